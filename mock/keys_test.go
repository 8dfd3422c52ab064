package mock_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// publicKeys fetches the key set, as a validator does.
func publicKeys(t testing.TB, stytch *mock.Stytch) map[string]*rsa.PublicKey {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://test.stytch.com/v1/b2b/sessions/jwks/"+stytch.ProjectID(), nil)
	require.NoError(t, err)
	res, err := stytch.RoundTrip(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	var set struct {
		Keys []struct {
			Kty, Use, Alg, Kid, N, E string
			KeyOps                   []string `json:"key_ops"`
			X5C                      []string `json:"x5c"`
			X5T                      string   `json:"x5tS256"`
		} `json:"keys"`
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&set))
	out := make(map[string]*rsa.PublicKey)
	for _, k := range set.Keys {
		require.Equal(t, []string{"RSA", "sig", "RS256"}, []string{k.Kty, k.Use, k.Alg})
		require.Equal(t, []string{"verify"}, k.KeyOps)
		require.Regexp(t, `^jwk-test-`, k.Kid)
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		require.NoError(t, err)
		e, err := base64.RawURLEncoding.DecodeString(k.E)
		require.NoError(t, err)
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		require.Equal(t, 2048, key.N.BitLen())
		der, err := base64.StdEncoding.DecodeString(k.X5C[0])
		require.NoError(t, err)
		certificate, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		require.True(t, key.Equal(certificate.PublicKey), "the certificate is of this key")
		digest := sha256.Sum256(der)
		require.Equal(t, base64.RawURLEncoding.EncodeToString(digest[:]), k.X5T)
		out[k.Kid] = key
	}
	return out
}

func TestJWKS(t *testing.T) {
	w := newWire(t)
	require.Len(t, publicKeys(t, w.stytch), 1, "without credentials")
	w.ok(http.MethodGet, sessions+"/jwks/"+w.stytch.ProjectID(), nil)
	wrong := wire{t: t, stytch: w.stytch, header: http.Header{"Authorization": {"Basic x"}}}
	wrong.ok(http.MethodGet, sessions+"/jwks/"+w.stytch.ProjectID(), nil)
	w.refuses(404, "project_not_found", http.MethodGet, sessions+"/jwks/"+new(mock.Stytch).ProjectID(), nil)
	w.refuses(400, "invalid_project_id", http.MethodGet, sessions+"/jwks/abc", nil)
}

func TestRotateKeys(t *testing.T) {
	w, _, _, credentials := signedIn(t)
	old := credentials.JWT.Reveal()
	refresh := func(jwt string) string {
		return w.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": jwt}).text("session_jwt")
	}
	w.stytch.RotateKeys(true)
	require.Len(t, publicKeys(t, w.stytch), 2)
	require.True(t, genuine(t, w.stytch, old), "both are published")
	fresh := refresh(old)
	require.True(t, genuine(t, w.stytch, fresh))
	require.NotEqual(t, part(t, old, 0), part(t, fresh, 0), "the new one signs")

	w.stytch.Age(time.Minute)
	require.Len(t, publicKeys(t, w.stytch), 2)
	w.stytch.RotateKeys(false)
	require.Len(t, publicKeys(t, w.stytch), 1)
	require.False(t, genuine(t, w.stytch, fresh))
	w.refuses(401, "unable_to_parse_session_jwt", http.MethodPost, sessions+"/authenticate", object{"session_jwt": fresh})
	newest := w.authenticate(credentials).text("session_jwt")
	require.True(t, genuine(t, w.stytch, newest), "the session lives on, by its token")

	t.Run("an old key leaves the set after a month", func(t *testing.T) {
		w.stytch.RotateKeys(true)
		w.stytch.Age(30*24*time.Hour - time.Minute)
		require.Len(t, publicKeys(t, w.stytch), 2)
		w.stytch.Age(time.Minute)
		require.Len(t, publicKeys(t, w.stytch), 1)
		require.False(t, genuine(t, w.stytch, newest))
	})
	t.Run("before first use", func(t *testing.T) {
		stytch := new(mock.Stytch)
		stytch.RotateKeys(true)
		require.Len(t, publicKeys(t, stytch), 2)
	})
}
