package mock_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func part(t testing.TB, jwt string, n int) []byte {
	t.Helper()
	parts := strings.Split(jwt, ".")
	require.Len(t, parts, 3)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[n])
	require.NoError(t, err)
	return raw
}

func claimsOf(t testing.TB, jwt string) []byte { return part(t, jwt, 1) }

func unmarshalClaims(t testing.TB, jwt string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(claimsOf(t, jwt), into))
}

// genuine reports whether a JWT's signature is good under a published key.
func genuine(t testing.TB, stytch *mock.Stytch, jwt string) bool {
	t.Helper()
	var header map[string]string
	require.NoError(t, json.Unmarshal(part(t, jwt, 0), &header))
	require.Len(t, header, 3, "alg, kid and typ")
	require.Equal(t, "RS256", header["alg"])
	require.Equal(t, "JWT", header["typ"])
	key, ok := publicKeys(t, stytch)[header["kid"]]
	digest := sha256.Sum256([]byte(jwt[:strings.LastIndexByte(jwt, '.')]))
	return ok && rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], part(t, jwt, 2)) == nil
}

func TestSessionJWT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1500 * time.Millisecond) // times in a JWT have whole seconds
		w, class, member, credentials := signedIn(t, mock.WithClaims(map[string]any{"seat": "A4"}))
		out := w.authenticate(credentials)
		jwt := out.text("session_jwt")
		require.True(t, genuine(t, w.stytch, jwt))
		var got map[string]any
		require.NoError(t, json.Unmarshal(claimsOf(t, jwt), &got))
		now := float64(time.Now().Unix())
		require.Equal(t, map[string]any{
			"iss": "stytch.com/" + w.stytch.ProjectID(), "aud": []any{w.stytch.ProjectID()}, "sub": string(member),
			"iat": now, "nbf": now, "exp": now + 300, "seat": "A4",
			"https://stytch.com/session": map[string]any{
				"id":         out.text("member_session", "member_session_id"),
				"started_at": "2000-01-01T00:00:01Z", "last_accessed_at": "2000-01-01T00:00:01Z", "expires_at": "2000-01-01T01:00:01Z",
				"attributes": map[string]any{"user_agent": "", "ip_address": ""},
				"authentication_factors": []any{map[string]any{
					"type": "magic_link", "delivery_method": "email", "last_authenticated_at": "2000-01-01T00:00:01Z",
					"email_factor": map[string]any{
						"email_address": "ada@example.edu",
						"email_id":      object(out.at("member_session", "authentication_factors").([]any)[0].(map[string]any)).text("email_factor", "email_id"),
					},
				}},
				"roles": []any{"stytch_member", "instructor"},
			},
			"https://stytch.com/organization": map[string]any{"organization_id": string(class.ID), "slug": class.Slug},
		}, got)
	})
}

func TestJWTFields(t *testing.T) {
	stytch := &mock.Stytch{JWTLife: time.Minute, CustomDomain: "https://login.example.edu"}
	credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
	var got struct {
		Iss      string
		Iat, Exp int64
	}
	require.NoError(t, json.Unmarshal(claimsOf(t, credentials.JWT.Reveal()), &got))
	require.Equal(t, "https://login.example.edu", got.Iss)
	require.EqualValues(t, 60, got.Exp-got.Iat)
	wire{t: t, stytch: stytch}.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": credentials.JWT.Reveal()})
}

// TestW02_CustomAudienceIsMinted: every session_jwt names the custom audience of the JWT
// template behind the project, wherever it is made, and is taken by the endpoints.
func TestW02_CustomAudienceIsMinted(t *testing.T) {
	const audience = "https://classes.example.edu"
	stytch := new(mock.Stytch)
	require.NoError(t, stytch.Seed([]byte(`{"custom_audience":"`+audience+`"}`)))
	require.Equal(t, audience, stytch.CustomAudience)
	w := wire{t: t, stytch: stytch}
	class := stytch.AddClass("LAWS1100")
	ada := stytch.AddStudent(class.ID, "ada@example.edu")
	credentials := stytch.SignIn(ada)
	audienceOf := func(jwt string) []string {
		var claims struct{ Aud []string }
		unmarshalClaims(t, jwt, &claims)
		return claims.Aud
	}
	want := []string{stytch.ProjectID(), audience}

	panel := newPanel(t, stytch)
	controlled, _ := panel.ok(http.MethodPost, "/fake/login", `{"organization_id":"`+string(class.ID)+`","email_address":"ada@example.edu"}`)

	minted := map[string]string{
		"SignIn":              credentials.JWT.Reveal(),
		"Stale":               stytch.Stale(credentials).JWT.Reveal(),
		"Expired":             stytch.Expired(ada).JWT.Reveal(),
		"Revoked":             stytch.Revoked(ada).JWT.Reveal(),
		"Skewed":              stytch.Skewed(ada, time.Minute).JWT.Reveal(),
		"Forged":              stytch.Forged(ada).JWT.Reveal(),
		"ClockAhead":          stytch.ClockAhead(time.Minute).JWT(credentials.JWT).Reveal(),
		"POST /fake/login":    controlled.text("session_jwt"),
		"authenticate, token": w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()}).text("session_jwt"),
		"authenticate, JWT":   w.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": credentials.JWT.Reveal()}).text("session_jwt"),
		"exchange":            w.ok(http.MethodPost, sessions+"/exchange", object{"session_jwt": credentials.JWT.Reveal(), "organization_id": class.ID}).text("session_jwt"),
		"attest": w.ok(http.MethodPost, sessions+"/attest", object{
			"profile_id": mock.TrustedProfile, "token": stytch.ForeignToken(ada, mock.TrustedAuthToken).Reveal(),
		}).text("session_jwt"),
	}
	for name, jwt := range minted {
		require.Equal(t, want, audienceOf(jwt), name)
	}

	// A template that is changed later leaves the earlier tokens good, in both directions.
	plain := &mock.Stytch{Project: stytch.ProjectID(), ProjectSecret: stytch.Secret()}
	newPanel(t, plain).ok(http.MethodPut, "/fake/state", panel.send(http.MethodGet, "/fake/state", "", nil).Body.String())
	wire{t: t, stytch: plain}.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": credentials.JWT.Reveal()})

	err := new(mock.Stytch).Seed([]byte(`{"custom_audience":"project-test-1"}`))
	require.ErrorContains(t, err, "custom_audience")
}

func TestJWTRefusals(t *testing.T) {
	// One custom domain for two projects, so that only the audience differs.
	const domain = "https://login.example.edu"
	stytch, twin, stranger := &mock.Stytch{CustomDomain: domain}, &mock.Stytch{CustomDomain: domain}, new(mock.Stytch)
	jwtOf := func(s *mock.Stytch) string {
		return s.SignIn(s.AddStudent(s.AddClass("LAWS1100").ID, "ada@example.edu")).JWT.Reveal()
	}
	good := jwtOf(stytch)
	parts := strings.Split(good, ".")
	header := func(h string) string { return base64.RawURLEncoding.EncodeToString([]byte(h)) }
	flipped := []byte(parts[2])
	flipped[10] ^= 1
	removed := &mock.Stytch{Project: stytch.ProjectID(), ProjectSecret: stytch.Secret(), CustomDomain: domain}
	for _, tt := range []struct {
		name, jwt string
		status    int
		errorType string
	}{
		{"words", "not a jwt", 401, "unable_to_parse_session_jwt"},
		{"two parts", parts[0] + "." + parts[1], 401, "unable_to_parse_session_jwt"},
		{"no signature", parts[0] + "." + parts[1] + ".", 401, "unable_to_parse_session_jwt"},
		{"bad signature", parts[0] + "." + parts[1] + "." + string(flipped), 401, "unable_to_parse_session_jwt"},
		{"other claims", parts[0] + "." + header(`{"sub":"x"}`) + "." + parts[2], 401, "unable_to_parse_session_jwt"},
		{"alg none", header(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".", 401, "unable_to_parse_session_jwt"},
		{"no kid", header(`{"alg":"RS256","typ":"JWT"}`) + "." + parts[1] + "." + parts[2], 401, "unable_to_parse_session_jwt"},
		{"padded", parts[0] + "=." + parts[1] + "." + parts[2], 401, "unable_to_parse_session_jwt"},
		{"another issuer", jwtOf(stranger), 401, "jwt_invalid_issuer"},
		{"another project", jwtOf(twin), 401, "jwt_invalid_audience"},
		{"a session that this project never had", jwtOf(removed), 404, "session_not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: stytch}.refuses(tt.status, tt.errorType, http.MethodPost, sessions+"/authenticate", object{"session_jwt": tt.jwt})
		})
	}
	wire{t: t, stytch: stytch}.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": good})
}
