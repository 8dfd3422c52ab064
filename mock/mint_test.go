package mock_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

func TestStale(t *testing.T) {
	for _, life := range []time.Duration{0, 2 * time.Hour} {
		stytch := &mock.Stytch{JWTLife: life}
		credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
		stale := stytch.Stale(credentials)
		require.True(t, stale.Token.Equal(credentials.Token))
		require.True(t, genuine(t, stytch, stale.JWT.Reveal()))
		var got struct {
			Iat, Exp int64
			Session  struct {
				ID      string    `json:"id"`
				Started time.Time `json:"started_at"`
				Seen    time.Time `json:"last_accessed_at"`
				Ends    time.Time `json:"expires_at"`
			} `json:"https://stytch.com/session"`
		}
		require.NoError(t, json.Unmarshal(claimsOf(t, stale.JWT.Reveal()), &got))
		require.Less(t, got.Exp, time.Now().Unix(), "it has expired")
		require.LessOrEqual(t, got.Iat, time.Now().Add(-time.Hour).Unix())
		require.LessOrEqual(t, got.Session.Started.Unix(), got.Iat, "no session begins after its JWT")
		require.LessOrEqual(t, got.Session.Seen.Unix(), got.Iat)
		require.True(t, got.Session.Ends.After(time.Now()), "the session itself lives")
		w := wire{t: t, stytch: stytch}
		out := w.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": stale.JWT.Reveal()})
		require.Equal(t, got.Session.ID, out.text("member_session", "member_session_id"))
	}
}

func TestSignInOptions(t *testing.T) {
	w, _, member, _ := signedIn(t)
	earlier := time.Now().Add(-20 * time.Minute).Truncate(time.Second)
	out := w.authenticate(w.stytch.SignIn(member,
		mock.WithJWTAge(30*time.Minute), mock.WithDuration(2*time.Hour),
		mock.WithFactors(
			grimoireauth.Factor{Type: "sso", DeliveryMethod: "sso_saml"},
			grimoireauth.Factor{Type: "totp", DeliveryMethod: "authenticator_app", LastAuthenticatedAt: earlier},
			grimoireauth.Factor{Type: "oauth", DeliveryMethod: "oauth_google"},
			grimoireauth.Factor{Type: "password", DeliveryMethod: "knowledge"},
		)))
	began, err := time.Parse(time.RFC3339, out.text("member_session", "started_at"))
	require.NoError(t, err)
	ends, err := time.Parse(time.RFC3339, out.text("member_session", "expires_at"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(-30*time.Minute), began, time.Minute)
	require.Equal(t, 2*time.Hour, ends.Sub(began))
	factors := out.at("member_session", "authentication_factors").([]any)
	require.Len(t, factors, 4)
	sso, totp := object(factors[0].(map[string]any)), object(factors[1].(map[string]any))
	require.Contains(t, sso, "saml_sso_factor")
	require.Equal(t, out.text("member_session", "started_at"), sso["last_authenticated_at"])
	require.Equal(t, "SECONDARY", totp["sequence_order"])
	at, err := time.Parse(time.RFC3339, totp.text("last_authenticated_at"))
	require.NoError(t, err)
	require.True(t, earlier.Equal(at))
	require.Contains(t, factors[2], "google_oauth_factor")

	t.Run("an old JWT has expired and the session lives", func(t *testing.T) {
		var got struct{ Exp int64 }
		credentials := w.stytch.SignIn(member, mock.WithJWTAge(10*time.Minute))
		require.NoError(t, json.Unmarshal(claimsOf(t, credentials.JWT.Reveal()), &got))
		require.Less(t, got.Exp, time.Now().Unix())
		w.authenticate(credentials)
	})
	t.Run("signing in makes active", func(t *testing.T) {
		class := w.stytch.AddClass("Another")
		id := w.member(string(class.ID), object{"email_address": "p@example.edu", "create_member_as_pending": true})
		got := w.authenticate(w.stytch.SignIn(grimoireauth.MemberID(id)))
		require.Equal(t, "active", got.text("member", "status"))
		require.Equal(t, true, got.at("member", "email_address_verified"))
	})
}

func TestMisuse(t *testing.T) {
	w, class, member, credentials := signedIn(t)
	ended := w.stytch.SignIn(member)
	w.stytch.EndSession(ended)
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": ended.Token.Reveal()})
	for name, f := range map[string]func(){
		"class without a name":    func() { w.stytch.AddClass("") },
		"class with a bad policy": func() { w.stytch.AddClass("X", mock.Settings{"mfa_policy": "NEVER"}) },
		"member of no class":      func() { w.stytch.AddStudent("nothing", "x@example.edu") },
		"member twice":            func() { w.stytch.AddStudent(class.ID, "ADA@example.edu") },
		"member without a role":   func() { w.stytch.AddMember(class.ID, "x@example.edu", "dean") },
		"roles nobody has":        func() { w.stytch.SetRoles(member, "dean") },
		"roles of nobody":         func() { w.stytch.SetRoles("member-test-x") },
		"nobody to sign in":       func() { w.stytch.SignIn("member-test-x") },
		"JWT from the future":     func() { w.stytch.SignIn(member, mock.WithJWTAge(-time.Second)) },
		"role without an id":      func() { w.stytch.SignIn(member, mock.WithRoles("")) },
		"reserved claim":          func() { w.stytch.SignIn(member, mock.WithClaims(map[string]any{"sub": 1})) },
		"no credentials":          func() { w.stytch.Stale(grimoireauth.Credentials{}) },
		"ended session":           func() { w.stytch.Stale(ended) },
		"ended again":             func() { w.stytch.EndSession(ended) },
		"younger":                 func() { w.stytch.Age(-time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			said, ok := panicOf(f).(string)
			require.True(t, ok, "it panics with a sentence")
			require.True(t, strings.HasPrefix(said, "mock: "), said)
		})
	}
	w.authenticate(credentials)
}

func TestSlugs(t *testing.T) {
	stytch := new(mock.Stytch)
	for _, tt := range []struct{ name, want string }{
		{"LAWS1100, 2026 S1", "laws1100-2026-s1"},
		{"Laws1100 2026 (S1)", "laws1100-2026-s1-2"},
		{"laws1100-2026-s1", "laws1100-2026-s1-3"},
		{"A", "class-a"},
		{"§", "class"},
		{strings.Repeat("long ", 25), strings.Repeat("long-", 20)[:99]},
	} {
		require.Equal(t, tt.want, stytch.AddClass(tt.name).Slug)
	}
	require.Equal(t, "mine", stytch.AddClass("LAWS1100", mock.Settings{"organization_slug": "mine"}).Slug)
}
