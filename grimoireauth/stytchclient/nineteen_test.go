package stytchclient_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
)

// answered is one call whose answer can become a session.
type answered struct {
	lacks []string // fields of the complete answer that this one does not have
	do    func(context.Context, *stytchclient.Client) (stytchclient.SignedIn, error)
}

var (
	someone = grimoireauth.Person{Member: "member-test-1", Class: "organization-test-1"}
	begun   = grimoireauth.Intermediate{Token: grimoireauth.NewSecret("DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94=")}
	token   = grimoireauth.NewSecret("SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4=")
)

// live is a session of someone.
func live(t testing.TB) grimoireauth.Authentication {
	t.Helper()
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: "member-session-test-1", Member: someone.Member, Organization: grimoireauth.OrganizationID(someone.Class),
	})
	require.NoError(t, err)
	return grimoireauth.Authentication{Session: session, Credentials: grimoireauth.Credentials{Token: token}}
}

// nineteen are the calls whose answers have session tokens: twelve say in
// member_authenticated whether the sign-in is finished, seven have no such field.
func nineteen(t testing.TB) map[string]answered {
	verifier, code := stytchclient.NewVerifier(), stytchclient.FactorCode{Code: grimoireauth.NewSecret("739154")}
	unfinished := stytchclient.FactorOwner{Person: someone, Proof: begun}
	noFlag := []string{"member_authenticated", "mfa_required", "primary_required", "intermediate_session_token"}
	type client = *stytchclient.Client
	return map[string]answered{
		"magic_links/authenticate": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: token})
		}},
		"otps/email/authenticate": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithEmailCode(ctx, stytchclient.EmailCodeSignIn{Class: someone.Class, Email: sam, Code: code.Code})
		}},
		"passwords/authenticate": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithPassword(ctx, stytchclient.PasswordSignIn{Class: someone.Class, Email: sam, Password: token})
		}},
		"passwords/email/reset": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Passwords.FinishReset(ctx, stytchclient.NewPassword{Token: token, Verifier: verifier, Password: token})
		}},
		"passwords/existing_password/reset": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Passwords.Change(ctx, stytchclient.PasswordChange{Class: someone.Class, Email: sam, Old: token, New: token})
		}},
		"passwords/session/reset": {lacks: []string{"primary_required"}, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Passwords.Set(ctx, live(t), token, stytchclient.SessionOptions{})
		}},
		"sso/authenticate": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithSSO(ctx, stytchclient.SSOSignIn{Token: token, Verifier: verifier})
		}},
		"oauth/authenticate": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			out, err := c.SignIn.WithOAuth(ctx, stytchclient.OAuthSignIn{Token: token, Verifier: verifier})
			return out.SignedIn, err
		}},
		"discovery/intermediate_sessions/exchange": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Discovery.ChooseClass(ctx, stytchclient.ChosenClass{Class: someone.Class, Intermediate: begun})
		}},
		"discovery/organizations/create": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Discovery.CreateClass(ctx, stytchclient.CreatedClass{Intermediate: begun, NewClass: stytchclient.NewClass{Name: "LAWS1100"}})
		}},
		"sessions/exchange": {do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Sessions.Switch(ctx, live(t).Credentials, someone.Class)
		}},
		"impersonation/authenticate": {lacks: []string{"primary_required"}, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.Impersonate(ctx, token)
		}},

		"otps/sms/authenticate": {lacks: noFlag, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SecondFactors.WithSMSCode(ctx, unfinished, code)
		}},
		"totp/authenticate": {lacks: noFlag, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SecondFactors.WithAppCode(ctx, unfinished, code)
		}},
		"recovery_codes/recover": {lacks: noFlag, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SecondFactors.WithRecoveryCode(ctx, unfinished, code)
		}},
		"sessions/authenticate": {lacks: append(noFlag, "member_id"), do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.Sessions.Fetch(ctx, live(t).Credentials)
		}},
		"sessions/attest": {lacks: noFlag, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithTrustedToken(ctx, stytchclient.TrustedToken{Token: token, Profile: "profile", Class: someone.Class})
		}},
		"sessions/migrate": {lacks: noFlag, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithOtherSession(ctx, stytchclient.OtherSession{Token: token, Class: someone.Class})
		}},
		"sessions/exchange_access_token": {lacks: noFlag, do: func(ctx context.Context, c client) (stytchclient.SignedIn, error) {
			return c.SignIn.WithAccessToken(ctx, stytchclient.AccessToken{Token: token})
		}},
	}
}

// needed are the fields without which there is no session, and what else must not
// stand in them.
var neededFields = map[string][]string{
	"member_authenticated":             {"", "null", "false"},
	"member_id":                        {"", "null", `""`, `"member-test-2"`},
	"session_token":                    {"", "null", `""`},
	"session_jwt":                      {"", "null", `""`},
	"member":                           {"", "null", "{}"},
	"member.member_id":                 {"", "null", `""`, `"member-test-2"`},
	"member.organization_id":           {"", "null", `""`, `"organization-test-2"`},
	"organization":                     {"", "null", "{}"},
	"organization.organization_id":     {"", "null", `""`, `"organization-test-2"`},
	"member_session":                   {"", "null", "{}"},
	"member_session.member_session_id": {"", "null", `""`},
	"member_session.member_id":         {"", "null", `""`, `"member-test-2"`},
	"member_session.organization_id":   {"", "null", `""`, `"organization-test-2"`},
	"member_session.expires_at":        {"", "null"},
	// What is owed is owed, whatever stands beside it.
	"mfa_required":     {`{"member_options":null,"secondary_auth_initiated":null}`},
	"primary_required": {`{"allowed_auth_methods":["sso"]}`},
}

// L09: none of the nineteen becomes a session if one thing about its answer is
// missing, empty or about somebody else.
func TestSignInNineteenAnswers(t *testing.T) {
	calls := nineteen(t)
	require.Len(t, calls, 19)
	withFlag, sessions, tried := 0, 0, 0
	for endpoint, call := range calls {
		if !slices.Contains(call.lacks, "member_authenticated") {
			withFlag++
		}
		t.Run(endpoint, func(t *testing.T) {
			var answer string
			client := clientOf(t, nil, func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "/v1/b2b/"+endpoint, r.URL.Path)
				body(http.StatusOK, answer)(w, r)
			})
			var base []string
			for _, field := range call.lacks {
				base = append(base, field, "")
			}
			answer = edited(t, base...)
			signedIn, err := call.do(t.Context(), client)
			heard.say(signedIn, err)
			require.NoError(t, err, "the complete answer")
			require.Equal(t, grimoireauth.SessionID("member-session-test-1"), signedIn.ID())
			require.Equal(t, confidential, signedIn.Token.Reveal())
			require.Equal(t, someone, signedIn.Member.Person)

			for field, values := range neededFields {
				if slices.Contains(call.lacks, field) {
					continue
				}
				for _, value := range values {
					answer = edited(t, append(base, field, value)...)
					signedIn, err := call.do(t.Context(), client)
					tried++
					if err == nil || !signedIn.IsZero() || !signedIn.Credentials.IsZero() {
						sessions++
						t.Errorf("%s = %q makes a session", field, value)
					}
					require.ErrorIs(t, err, grimoireauth.ErrUnavailable, "%s = %q: nothing may be concluded", field, value)
					heard.say(err)
					requireHidden(t, err.Error())
				}
			}
		})
	}
	require.Equal(t, 12, withFlag)
	require.Zero(t, sessions)
	t.Logf("%d answers, %d sessions", tried, sessions)
}
