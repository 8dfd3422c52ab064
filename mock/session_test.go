package mock_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// signedIn is a class with one member, signed in.
func signedIn(t *testing.T, options ...mock.SignInOption) (wire, mock.Class, grimoireauth.MemberID, grimoireauth.Credentials) {
	t.Helper()
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	member := w.stytch.AddInstructor(class.ID, "ada@example.edu")
	return w, class, member, w.stytch.SignIn(member, options...)
}

func TestAuthenticateSession(t *testing.T) {
	w, class, member, credentials := signedIn(t)
	for name, given := range map[string]object{
		"token":       {"session_token": credentials.Token.Reveal()},
		"JWT":         {"session_jwt": credentials.JWT.Reveal()},
		"expired JWT": {"session_jwt": w.stytch.Stale(credentials).JWT.Reveal()},
		"empty other": {"session_token": credentials.Token.Reveal(), "session_jwt": ""},
	} {
		t.Run(name, func(t *testing.T) {
			out := wire{t: t, stytch: w.stytch}.ok(http.MethodPost, sessions+"/authenticate", given)
			require.Equal(t, string(member), out.text("member", "member_id"))
			require.Equal(t, string(member), out.text("member_session", "member_id"))
			require.Equal(t, string(class.ID), out.text("organization", "organization_id"))
			require.Equal(t, class.Slug, out.text("member_session", "organization_slug"))
			require.Equal(t, []any{"stytch_member", "instructor"}, out.at("member_session", "roles"))
			require.Equal(t, credentials.Token.Reveal(), out["session_token"], "the token stays for the life of the session")
			require.NotEqual(t, given["session_jwt"], out["session_jwt"])
			require.Nil(t, out["verdict"])
			require.Nil(t, out.at("member_session", "custom_claims"))
		})
	}
}

func TestAuthenticateSessionRefusals(t *testing.T) {
	w, _, _, credentials := signedIn(t)
	token := credentials.Token.Reveal()
	for _, tt := range []struct {
		name      string
		given     object
		status    int
		errorType string
	}{
		{"neither", object{}, 400, "no_session_arguments"},
		{"both", object{"session_token": token, "session_jwt": credentials.JWT.Reveal()}, 400, "too_many_session_arguments"},
		{"malformed", object{"session_token": "invalid-token-for-test"}, 400, "invalid_session_token"},
		{"too long", object{"session_token": strings.Repeat("A", 4096)}, 400, "invalid_session_token"},
		{"a space", object{"session_token": token + " "}, 400, "invalid_session_token"},
		{"unknown", object{"session_token": "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q"}, 404, "session_not_found"},
		{"a link's token", object{"session_token": "SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4="}, 404, "session_not_found"},
		{"4 minutes", object{"session_token": token, "session_duration_minutes": 4}, 400, "invalid_session_duration_minutes"},
		{"0 minutes", object{"session_token": token, "session_duration_minutes": 0}, 400, "invalid_session_duration_minutes"},
		{"negative", object{"session_token": token, "session_duration_minutes": -5}, 400, "invalid_session_duration_minutes"},
		{"367 days", object{"session_token": token, "session_duration_minutes": 527041}, 400, "invalid_session_duration_minutes"},
		{"claims that are no object", object{"session_token": token, "session_custom_claims": "x"}, 400, "bad_request"},
		{"reserved claim", object{"session_token": token, "session_custom_claims": object{"exp": 1}}, 400, "reserved_claims_in_custom_claims"},
		{"reserved claim to delete", object{"session_token": token, "session_custom_claims": object{"jti": nil}}, 400, "reserved_claims_in_custom_claims"},
		{"Stytch's claim", object{"session_token": token, "session_custom_claims": object{"https://stytch.com/session": object{}}}, 400, "stytch_claims_in_custom_claims"},
		{"a number that nobody can read", object{"session_token": token, "session_custom_claims": object{"a": json.Number("1e999")}}, 400, "unable_to_represent_custom_claims_json"},
		{"line break", object{"session_token": token + "\n"}, 400, "invalid_session_token"},
		{"line break in a JWT", object{"session_jwt": credentials.JWT.Reveal() + "\n"}, 401, "unable_to_parse_session_jwt"},
		{"large claims", object{"session_token": token, "session_custom_claims": object{"a": strings.Repeat("x", 4096)}}, 400, "custom_claims_too_large"},
		{"empty check", object{"session_token": token, "authorization_check": object{}}, 400, "invalid_argument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.errorType, http.MethodPost, sessions+"/authenticate", tt.given)
		})
	}
}

func TestSessionLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, class, member, credentials := signedIn(t)
		began := time.Now()
		ends := func(out object) time.Duration {
			at, err := time.Parse(time.RFC3339, out.text("member_session", "expires_at"))
			require.NoError(t, err)
			return at.Sub(began)
		}
		list := sessions + "?organization_id=" + string(class.ID) + "&member_id=" + string(member)
		token := credentials.Token.Reveal()
		extend := func(minutes int) object {
			return w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": token, "session_duration_minutes": minutes})
		}

		time.Sleep(10 * time.Minute)
		out := w.authenticate(credentials)
		require.Equal(t, time.Hour, ends(out), "asking does not extend")
		require.Equal(t, "2000-01-01T00:10:00.000000Z", out.text("member_session", "last_accessed_at"))
		require.Equal(t, "2000-01-01T00:00:00.000000Z", out.text("member_session", "started_at"))
		require.Equal(t, 10*time.Minute+527040*time.Minute, ends(extend(527040)))
		require.Equal(t, 15*time.Minute, ends(extend(5)), "a duration may also shorten")

		time.Sleep(5*time.Minute - time.Microsecond)
		require.Len(t, w.ok(http.MethodGet, list, nil)["member_sessions"], 1)
		time.Sleep(time.Microsecond)
		w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": token})
		w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": token, "session_duration_minutes": 60})
		require.Empty(t, w.ok(http.MethodGet, list, nil)["member_sessions"])
	})
}

func TestCustomClaims(t *testing.T) {
	w, _, _, credentials := signedIn(t)
	set := func(claims object) object {
		t.Helper()
		return w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal(), "session_custom_claims": claims})
	}
	set(object{"seat": "A4", "big": json.Number("12345678901234567890"), "deep": object{"x": 1, "y": 2}})
	out := set(object{"deep": object{"x": 3}, "seat": nil, "ISS": "not reserved"})
	require.Equal(t, map[string]any{"big": 12345678901234567890.0, "deep": map[string]any{"x": 3.0}, "ISS": "not reserved"}, out.at("member_session", "custom_claims"))
	payload := claimsOf(t, out.text("session_jwt"))
	require.Contains(t, string(payload), `"big":12345678901234567890`, "no digit is lost")
	require.Contains(t, string(payload), `"deep":{"x":3}`, "claims are at the top level")
	require.NotContains(t, string(payload), "seat")

	w.refuses(400, "custom_claims_too_large", http.MethodPost, sessions+"/authenticate", object{
		"session_token": credentials.Token.Reveal(), "session_custom_claims": object{"more": strings.Repeat("x", 4050)},
	})
	require.NotContains(t, string(claimsOf(t, w.authenticate(credentials).text("session_jwt"))), "more", "a refused call changes nothing")
}

func TestRolesFollowTheMember(t *testing.T) {
	w, _, member, credentials := signedIn(t, mock.WithRoles("sso_role"))
	require.Equal(t, []any{"stytch_member", "instructor", "sso_role"}, w.authenticate(credentials).at("member_session", "roles"))
	w.stytch.SetRoles(member, "tutor")
	require.Equal(t, []any{"stytch_member", "tutor", "sso_role"}, w.authenticate(credentials).at("member_session", "roles"))
}

func TestAuthorizationCheck(t *testing.T) {
	w, class, _, credentials := signedIn(t)
	other := w.stytch.AddClass("ARTS1200")
	for _, tt := range []struct {
		name, org, resource, action string
		granting                    []any
		errorType                   string
	}{
		{"granted", string(class.ID), "class", "release", []any{"instructor"}, ""},
		{"by slug", class.Slug, "class", "release", []any{"instructor"}, ""},
		{"by a wildcard", string(class.ID), "stytch.self", "anything", []any{"stytch_member"}, ""},
		{"another action", string(class.ID), "class", "delete", nil, "session_authorization_error"},
		{"another resource", string(class.ID), "classes", "release", nil, "session_authorization_error"},
		{"no wildcard for asking", string(class.ID), "class", "*", nil, "session_authorization_error"},
		{"Stytch's resource", string(class.ID), "stytch.member", "create", nil, "session_authorization_error"},
		{"another organization", string(other.ID), "class", "release", nil, "session_authorization_tenancy_error"},
		{"no such organization", "nothing", "class", "release", nil, "session_authorization_tenancy_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			given := object{
				"session_token": credentials.Token.Reveal(), "session_duration_minutes": 500,
				"authorization_check": object{"organization_id": tt.org, "resource_id": tt.resource, "action": tt.action},
			}
			if tt.errorType == "" {
				out := w.ok(http.MethodPost, sessions+"/authenticate", given)
				require.Equal(t, map[string]any{"authorized": true, "granting_roles": tt.granting}, out["verdict"])
				w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal(), "session_duration_minutes": 60})
				return
			}
			before := w.authenticate(credentials).at("member_session", "expires_at")
			w.refuses(403, tt.errorType, http.MethodPost, sessions+"/authenticate", given)
			require.Equal(t, before, w.authenticate(credentials).at("member_session", "expires_at"), "a refusal extends nothing")
		})
	}
}

func TestGetSessions(t *testing.T) {
	w, class, member, credentials := signedIn(t)
	w.stytch.SignIn(member)
	w.stytch.SignIn(w.stytch.AddStudent(class.ID, "bob@example.edu"))
	res := w.send(http.MethodGet, sessions+"?organization_id="+class.Slug+"&member_id="+string(member), nil)
	var raw json.RawMessage
	require.NoError(t, json.NewDecoder(res.Body).Decode(&raw))
	require.NotContains(t, string(raw), credentials.Token.Reveal(), "the list has no tokens")
	var out object
	require.NoError(t, json.Unmarshal(raw, &out))
	require.Len(t, out["member_sessions"], 2)

	for _, tt := range []struct {
		query     string
		status    int
		errorType string
	}{
		{"", 400, "invalid_argument"},
		{"?organization_id=" + class.Slug, 400, "invalid_argument"},
		{"?member_id=" + string(member), 400, "invalid_argument"},
		{"?organization_id=x&member_id=" + string(member), 404, "organization_not_found"},
		{"?organization_id=" + class.Slug + "&member_id=x", 404, "member_not_found"},
	} {
		w.refuses(tt.status, tt.errorType, http.MethodGet, sessions+tt.query, nil)
	}
}

func TestRevoke(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given func(id string, member grimoireauth.MemberID, c, stale grimoireauth.Credentials) object
		all   bool
	}{
		{"by id", func(id string, _ grimoireauth.MemberID, _, _ grimoireauth.Credentials) object {
			return object{"member_session_id": id}
		}, false},
		{"by token", func(_ string, _ grimoireauth.MemberID, c, _ grimoireauth.Credentials) object {
			return object{"session_token": c.Token.Reveal()}
		}, false},
		{"by JWT", func(_ string, _ grimoireauth.MemberID, c, _ grimoireauth.Credentials) object {
			return object{"session_jwt": c.JWT.Reveal()}
		}, false},
		{"by expired JWT", func(_ string, _ grimoireauth.MemberID, _, stale grimoireauth.Credentials) object {
			return object{"session_jwt": stale.JWT.Reveal()}
		}, false},
		{"by member", func(_ string, m grimoireauth.MemberID, _, _ grimoireauth.Credentials) object {
			return object{"member_id": string(m)}
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, class, member, credentials := signedIn(t)
			second := w.stytch.SignIn(member)
			bob := w.stytch.SignIn(w.stytch.AddStudent(class.ID, "bob@example.edu"))
			given := tt.given(w.authenticate(credentials).text("member_session", "member_session_id"), member, credentials, w.stytch.Stale(credentials))
			w.ok(http.MethodPost, sessions+"/revoke", given)
			for name, value := range map[string]string{"session_token": credentials.Token.Reveal(), "session_jwt": credentials.JWT.Reveal()} {
				w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{name: value})
			}
			w.authenticate(bob)
			if tt.all {
				w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": second.Token.Reveal()})
				w.ok(http.MethodPost, sessions+"/revoke", given) // there are none left, which is what was asked for
				return
			}
			w.authenticate(second)
			w.refuses(404, "session_not_found", http.MethodPost, sessions+"/revoke", given)
		})
	}
	w, _, member, credentials := signedIn(t)
	for _, tt := range []struct {
		name      string
		given     object
		status    int
		errorType string
	}{
		{"nothing", object{}, 400, "no_session_revoke_arguments"},
		{"two", object{"member_id": string(member), "session_token": credentials.Token.Reveal()}, 400, "too_many_session_revoke_arguments"},
		{"malformed id", object{"member_session_id": "x"}, 400, "invalid_session_id"},
		{"unknown id", object{"member_session_id": "session-test-" + uuid}, 404, "session_not_found"},
		{"malformed token", object{"session_token": "x"}, 400, "invalid_session_token"},
		{"unreadable JWT", object{"session_jwt": "x.y.z"}, 401, "unable_to_parse_session_jwt"},
		{"unknown member", object{"member_id": "member-test-" + uuid}, 404, "member_not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.errorType, http.MethodPost, sessions+"/revoke", tt.given)
		})
	}
	w.authenticate(credentials)
}
