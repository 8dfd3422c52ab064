package stytchkeys_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal/stytchkeys"
)

// parsed parses as carelessly as golang-jwt permits: the keys themselves have to refuse.
func parsed(t testing.TB, keys keyfunc.Keyfunc, text string) error {
	t.Helper()
	_, err := jwt.Parse(text, keys.KeyfuncCtx(t.Context()))
	_, same := jwt.Parse(text, keys.Keyfunc)
	require.Equal(t, err == nil, same == nil)
	return err
}

func requireBad(t testing.TB, err error) {
	t.Helper()
	require.Error(t, err)
	require.NotErrorIs(t, err, grimoireauth.ErrUnavailable)
}

// TestAlgorithms: nothing that a token says of its algorithm is believed, and the public
// key is no secret for HMAC (RFC 8725, 2.1 and 3.1).
func TestAlgorithms(t *testing.T) {
	stytch := &project{keys: []string{"one"}}
	keys, err := stytchkeys.New(newVerifier(t, stytch))
	require.NoError(t, err)
	require.NoError(t, parsed(t, keys, signed("one", m2m("read:users"))))

	private := keyOf("one")
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	require.NoError(t, err)
	secrets := map[string][]byte{
		"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"PKCS #1": x509.MarshalPKCS1PublicKey(&private.PublicKey), "the modulus": private.N.Bytes(), "empty": {},
	}
	kid := map[string]any{"kid": "jwk-test-one"}
	bad := map[string]string{
		"none":                  sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, m2m("x")),
		"none without a kid":    sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, m2m("x")),
		"RS384":                 sign(jwt.SigningMethodRS384, private, kid, m2m("x")),
		"RS512":                 sign(jwt.SigningMethodRS512, private, kid, m2m("x")),
		"PS256":                 sign(jwt.SigningMethodPS256, private, kid, m2m("x")),
		"RS256 without a kid":   sign(jwt.SigningMethodRS256, private, nil, m2m("x")),
		"RS256, kid a number":   sign(jwt.SigningMethodRS256, private, map[string]any{"kid": 1}, m2m("x")),
		"RS256, kid empty":      sign(jwt.SigningMethodRS256, private, map[string]any{"kid": ""}, m2m("x")),
		"RS256, kid null":       sign(jwt.SigningMethodRS256, private, map[string]any{"kid": []any{nil}}, m2m("x")),
		"another key, this kid": sign(jwt.SigningMethodRS256, keyOf("forger"), kid, m2m("x")),
		"its own key":           sign(jwt.SigningMethodRS256, keyOf("forger"), map[string]any{"kid": "jwk-test-one", "jwk": map[string]any{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(keyOf("forger").N.Bytes()), "e": "AQAB"}, "jku": "https://evil.example/jwks"}, m2m("x")),
		"crit":                  sign(jwt.SigningMethodRS256, private, map[string]any{"kid": "jwk-test-one", "crit": []string{"exp"}}, m2m("x")),
		"b64":                   sign(jwt.SigningMethodRS256, private, map[string]any{"kid": "jwk-test-one", "b64": false}, m2m("x")),
		"alg in lower case":     strings.Replace(sign(jwt.SigningMethodRS256, private, kid, m2m("x")), "eyJhbGciOiJSUzI1NiI", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"rs256"`)), 1),
	}
	for name, secret := range secrets {
		bad["HS256 with "+name] = sign(jwt.SigningMethodHS256, secret, kid, m2m("x"))
		bad["HS256 with "+name+", no kid"] = sign(jwt.SigningMethodHS256, secret, nil, m2m("x"))
	}
	for name, text := range bad {
		t.Run(name, func(t *testing.T) { requireBad(t, parsed(t, keys, text)) })
	}
	require.Equal(t, 1, stytch.count(), "none of them caused a fetch")

	// A parser that is told to allow the others gets no key for them either.
	all := jwt.WithValidMethods([]string{"none", "HS256", "RS384", "PS256"})
	for _, text := range bad {
		_, err := jwt.Parse(text, keys.Keyfunc, all)
		requireBad(t, err)
	}
	// The key itself is an RSA key, which golang-jwt uses for no other kind of algorithm.
	key, err := keys.Keyfunc(&jwt.Token{Method: jwt.SigningMethodRS256, Header: map[string]any{"alg": "RS256", "kid": "jwk-test-one"}})
	require.NoError(t, err)
	require.IsType(t, new(rsa.PublicKey), key)
	for _, token := range []*jwt.Token{nil, {}, {Header: map[string]any{"alg": "RS256", "kid": "jwk-test-one"}},
		{Method: jwt.SigningMethodHS256, Header: map[string]any{"alg": "RS256", "kid": "jwk-test-one"}},
		{Method: jwt.SigningMethodRS256, Header: map[string]any{"alg": "HS256", "kid": "jwk-test-one"}}} {
		_, err := keys.Keyfunc(token)
		require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
		require.ErrorIs(t, err, keyfunc.ErrKeyfunc)
	}
}

// TestKeysAreTheVerifiers: what a caller does with a key, or with the storage, changes
// nothing for others.
func TestKeysAreTheVerifiers(t *testing.T) {
	verifier := newVerifier(t, &project{keys: []string{"one"}})
	keys, err := stytchkeys.New(verifier)
	require.NoError(t, err)
	key, err := verifier.PublicKey(t.Context(), "jwk-test-one")
	require.NoError(t, err)
	key.N.SetInt64(7)
	key.E = 1
	require.NoError(t, parsed(t, keys, signed("one", m2m("x"))))

	_, err = keys.VerificationKeySet(t.Context())
	require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
	storage := keys.Storage()
	forged, err := jwkset.NewJWKFromKey(&keyOf("forger").PublicKey, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: "jwk-test-one"}})
	require.NoError(t, err)
	require.Error(t, storage.KeyWrite(t.Context(), forged))
	require.Error(t, storage.KeyReplaceAll(t.Context(), nil))
	deleted, err := storage.KeyDelete(t.Context(), "jwk-test-one")
	require.False(t, deleted)
	require.Error(t, err)
	one, err := storage.KeyRead(t.Context(), "jwk-test-one")
	require.NoError(t, err)
	require.Equal(t, &keyOf("one").PublicKey, one.Key())
	_, err = storage.KeyRead(t.Context(), "jwk-test-two")
	require.ErrorIs(t, err, jwkset.ErrKeyNotFound)
	for _, read := range []func() error{
		func() error { _, err := storage.KeyReadAll(t.Context()); return err },
		func() error { _, err := storage.JSON(t.Context()); return err },
		func() error { _, err := storage.JSONPublic(t.Context()); return err },
		func() error { _, err := storage.JSONPrivate(t.Context()); return err },
		func() error { _, err := storage.Marshal(t.Context()); return err },
		func() error {
			_, err := storage.JSONWithOptions(t.Context(), jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
			return err
		},
		func() error {
			_, err := storage.MarshalWithOptions(t.Context(), jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
			return err
		},
	} {
		require.Error(t, read())
	}
	_, err = stytchkeys.New(nil)
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
}

// TestUnknownKeys: a flood of invented key ids causes one fetch in a cool-down, and ids that
// cannot be one cause none.
func TestUnknownKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := &project{keys: []string{"one"}}
		verifier := newVerifier(t, stytch)
		defer func() { require.NoError(t, verifier.Wait(t.Context())) }()
		keys, err := stytchkeys.New(verifier)
		require.NoError(t, err)
		require.NoError(t, parsed(t, keys, signed("one", m2m("x"))))
		require.Equal(t, 1, stytch.count())
		flood := func(kids ...string) {
			for _, kid := range kids {
				err := parsed(t, keys, sign(jwt.SigningMethodRS256, keyOf("forger"), map[string]any{"kid": kid}, m2m("x")))
				requireBad(t, err)
				require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
				require.NotContains(t, err.Error(), "hidden")
			}
		}
		time.Sleep(time.Minute)
		for n := range 200 {
			flood(fmt.Sprintf("jwk-test-hidden-%d", n))
		}
		require.Equal(t, 2, stytch.count())
		time.Sleep(time.Minute)
		flood(strings.Repeat("hidden", 30), "hidden id", "hidden\x00", "hidden\u00e9", "../hidden\\")
		require.Equal(t, 2, stytch.count())
	})
}

// TestRotatedKeys: a new key is known as soon as it is published, and a withdrawn one
// verifies nothing, not even while Stytch cannot be reached.
func TestRotatedKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := &project{keys: []string{"one"}}
		verifier := newVerifier(t, stytch)
		defer func() { require.NoError(t, verifier.Wait(t.Context())) }()
		keys, err := stytchkeys.New(verifier)
		require.NoError(t, err)
		one, two := signed("one", m2m("x")), signed("two", m2m("x"))
		require.NoError(t, parsed(t, keys, one))
		requireBad(t, parsed(t, keys, two))

		stytch.change(func(p *project) { p.keys = []string{"two", "one"} })
		time.Sleep(11 * time.Second)
		require.NoError(t, parsed(t, keys, two), "within a cool-down")
		require.NoError(t, parsed(t, keys, one), "both are published for a month")

		stytch.change(func(p *project) { p.keys = []string{"two"} })
		time.Sleep(11 * time.Second)
		requireBad(t, parsed(t, keys, signed("three", m2m("x")))) // causes the fetch
		requireBad(t, parsed(t, keys, one))
		require.NoError(t, parsed(t, keys, two))
		stytch.change(func(p *project) { p.down = true })
		time.Sleep(11 * time.Second)
		err = parsed(t, keys, one)
		require.Error(t, err)
		require.NoError(t, parsed(t, keys, two))
	})
}

// TestOutage: when the key set cannot be fetched, the error says so, and nothing about the
// token; keys that are known go on until they are too old.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := &project{keys: []string{"one"}, down: true}
		verifier := newVerifier(t, stytch)
		defer func() { require.NoError(t, verifier.Wait(t.Context())) }()
		keys, err := stytchkeys.New(verifier)
		require.NoError(t, err)
		good := func() string { return signed("one", m2m("x")) }
		requireOutage := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
			wait, ok := grimoireauth.RetryAfter(err)
			require.True(t, ok)
			require.Positive(t, wait)
		}
		requireOutage(parsed(t, keys, good()))
		forged := sign(jwt.SigningMethodRS256, keyOf("forger"), map[string]any{"kid": "jwk-test-one"}, m2m("x"))
		requireOutage(parsed(t, keys, forged))
		for range 100 {
			requireOutage(parsed(t, keys, good()))
		}
		require.LessOrEqual(t, stytch.count(), 2, "it backs off")

		stytch.change(func(p *project) { p.down = false })
		time.Sleep(10 * time.Second)
		require.NoError(t, parsed(t, keys, good()))
		requireBad(t, parsed(t, keys, forged))

		stytch.change(func(p *project) { p.down = true })
		time.Sleep(12 * time.Hour)
		require.NoError(t, parsed(t, keys, good()), "a known key needs no network call")
		time.Sleep(13 * time.Hour)
		requireOutage(parsed(t, keys, good()))

		// The context of a request bounds its wait.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = jwt.Parse(good(), keys.KeyfuncCtx(ctx))
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	})
}
