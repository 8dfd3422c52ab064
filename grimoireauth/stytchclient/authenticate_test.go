package stytchclient_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
)

// finished is a complete answer to magic_links/authenticate.
const finished = `{
  "status_code": 200, "request_id": "request-id-test-1",
  "member_id": "member-test-1", "organization_id": "organization-test-1", "method_id": "email-test-1", "reset_sessions": false,
  "member_authenticated": true, "intermediate_session_token": "", "mfa_required": null, "primary_required": null,
  "session_token": "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q", "session_jwt": "eyJ.eyJ.sig",
  "member": {"member_id": "member-test-1", "organization_id": "organization-test-1", "email_address": "sam@example.edu", "status": "active",
             "name": "Sam", "roles": [{"role_id": "stytch_member", "sources": []}]},
  "organization": {"organization_id": "organization-test-1", "organization_slug": "laws1100", "organization_name": "LAWS1100",
                   "auth_methods": "ALL_ALLOWED", "mfa_methods": "ALL_ALLOWED", "mfa_policy": "OPTIONAL"},
  "member_session": {"member_session_id": "member-session-test-1", "member_id": "member-test-1", "organization_id": "organization-test-1",
             "organization_slug": "laws1100", "roles": ["stytch_member"], "started_at": "2026-01-01T00:00:00Z",
             "last_accessed_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T01:00:00Z",
             "custom_claims": {"group": "a"},
             "authentication_factors": [{"type": "magic_link", "delivery_method": "email", "last_authenticated_at": "2026-01-01T00:00:00Z"}]}
}`

// edited returns finished with changes: a dotted path and the JSON to put there,
// "" to remove the member.
func edited(t *testing.T, changes ...string) string {
	t.Helper()
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(finished), &answer))
	for i := 0; i < len(changes); i += 2 {
		path := strings.Split(changes[i], ".")
		at := answer
		for _, name := range path[:len(path)-1] {
			at = at[name].(map[string]any)
		}
		last := path[len(path)-1]
		delete(at, last)
		if changes[i+1] != "" {
			var v any
			require.NoError(t, json.Unmarshal([]byte(changes[i+1]), &v))
			at[last] = v
		}
	}
	out, err := json.Marshal(answer)
	require.NoError(t, err)
	return string(out)
}

func redeem(t *testing.T, answer string) (stytchclient.SignedIn, error) {
	t.Helper()
	client := clientOf(t, nil, body(http.StatusOK, answer))
	return client.SignIn.WithMagicLink(t.Context(), stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret("DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94=")})
}

func TestFinishedSignIn(t *testing.T) {
	signedIn, err := redeem(t, finished)
	require.NoError(t, err)
	require.Equal(t, grimoireauth.MemberID("member-test-1"), signedIn.Member.Member)
	require.Equal(t, grimoireauth.RoleStudent, signedIn.Member.Role)
	require.Equal(t, grimoireauth.ClassID("organization-test-1"), signedIn.Class.ID)
	require.Equal(t, "laws1100", signedIn.Class.Slug)
	require.Equal(t, "LAWS1100", signedIn.Class.Name)
	require.Equal(t, grimoireauth.SessionID("member-session-test-1"), signedIn.ID())
	require.Equal(t, grimoireauth.SourceRemote, signedIn.Source)
	require.Equal(t, confidential, signedIn.Token.Reveal())
	require.Equal(t, "magic_link", signedIn.Factors()[0].Type)
	var claims struct{ Group string }
	require.NoError(t, signedIn.CustomClaims(&claims))
	require.Equal(t, "a", claims.Group)
}

// L09: no field may be missing, empty or about somebody else when an answer
// becomes a session.
func TestL09NoSessionFromAnIncompleteAnswer(t *testing.T) {
	tests := map[string][]string{
		"not authenticated":                {"member_authenticated", "false"},
		"authenticated absent":             {"member_authenticated", ""},
		"authenticated null":               {"member_authenticated", "null"},
		"token absent":                     {"session_token", ""},
		"token empty":                      {"session_token", `""`},
		"jwt absent":                       {"session_jwt", ""},
		"jwt empty":                        {"session_jwt", `""`},
		"session absent":                   {"member_session", ""},
		"session null":                     {"member_session", "null"},
		"session empty":                    {"member_session", "{}"},
		"session id absent":                {"member_session.member_session_id", ""},
		"session member absent":            {"member_session.member_id", ""},
		"session organization absent":      {"member_session.organization_id", ""},
		"session end absent":               {"member_session.expires_at", ""},
		"member id absent":                 {"member_id", ""},
		"member absent":                    {"member", ""},
		"member without id":                {"member.member_id", ""},
		"member without organization":      {"member.organization_id", ""},
		"organization absent":              {"organization", ""},
		"organization without id":          {"organization.organization_id", ""},
		"member of another organization":   {"member.organization_id", `"organization-test-2"`},
		"another member's session":         {"member_session.member_id", `"member-test-2"`},
		"another organization's session":   {"member_session.organization_id", `"organization-test-2"`},
		"two members named":                {"member_id", `"member-test-2"`},
		"finished, but MFA is owed":        {"mfa_required", `{"member_options":null,"secondary_auth_initiated":null}`},
		"finished, but a primary is owed":  {"primary_required", `{"allowed_auth_methods":[]}`},
		"unfinished, with a session":       {"member_authenticated", "false", "mfa_required", "{}", "intermediate_session_token", `"ist"`},
		"unfinished, with nothing to hold": {"member_authenticated", "false", "mfa_required", "{}", "session_token", `""`, "session_jwt", `""`, "member_session", "null"},
	}
	for name, changes := range tests {
		t.Run(name, func(t *testing.T) {
			signedIn, err := redeem(t, edited(t, changes...))
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.True(t, signedIn.IsZero())
			require.True(t, signedIn.Credentials.IsZero())
			requireHidden(t, err.Error())
		})
	}
}

func TestStepUp(t *testing.T) {
	unfinished := []string{
		"member_authenticated", "false", "session_token", `""`, "session_jwt", `""`, "member_session", "null",
		"intermediate_session_token", `"` + confidential + `"`,
	}
	t.Run("second factor", func(t *testing.T) {
		_, err := redeem(t, edited(t, append(unfinished,
			"mfa_required", `{"member_options":{"mfa_phone_number":"+10000000000","totp_registration_id":""},"secondary_auth_initiated":"sms_otp"}`)...))
		require.ErrorIs(t, err, grimoireauth.ErrStepUp)
		require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
		var stepUp *stytchclient.StepUpError
		require.ErrorAs(t, err, &stepUp)
		require.True(t, stepUp.MFA)
		require.False(t, stepUp.Primary)
		require.Equal(t, []grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS}, stepUp.Enrolled)
		require.True(t, stepUp.CodeSent)
		require.Empty(t, stepUp.Methods)
		require.Equal(t, confidential, stepUp.Intermediate.Token.Reveal())
		require.False(t, stepUp.Intermediate.ExpiresAt.IsZero())
		requireHidden(t, err.Error())
	})
	t.Run("another primary factor", func(t *testing.T) {
		_, err := redeem(t, edited(t, append(unfinished, "primary_required", `{"allowed_auth_methods":["sso"]}`)...))
		var stepUp *stytchclient.StepUpError
		require.ErrorAs(t, err, &stepUp)
		require.True(t, stepUp.Primary)
		require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.MethodSSO}, stepUp.Methods)
		require.False(t, stepUp.MFA)
		require.ErrorContains(t, err, "one of sso")
	})
}
