package grimoireauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// answered is one call whose answer can become a session.
type answered struct {
	lacks []string // fields of the complete answer that this one does not have
	do    func(context.Context, *grimoireauth.Client) (grimoireauth.SignedIn, error)
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
	verifier, code := grimoireauth.NewVerifier(), grimoireauth.FactorCode{Code: grimoireauth.NewSecret("739154")}
	unfinished := grimoireauth.Unfinished{Person: someone, Intermediate: begun}
	noFlag := []string{"member_authenticated", "mfa_required", "primary_required", "intermediate_session_token"}
	type client = *grimoireauth.Client
	return map[string]answered{
		"magic_links/authenticate": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.RedeemMagicLink(ctx, token)
		}},
		"otps/email/authenticate": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.WithEmailCode(ctx, grimoireauth.EmailCodeSignIn{Class: someone.Class, Email: sam, Code: code.Code})
		}},
		"passwords/authenticate": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.WithPassword(ctx, grimoireauth.PasswordSignIn{Class: someone.Class, Email: sam, Password: token})
		}},
		"passwords/email/reset": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.FinishPasswordReset(ctx, grimoireauth.NewPassword{Token: token, Verifier: verifier, Password: token})
		}},
		"passwords/existing_password/reset": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.ChangePassword(ctx, grimoireauth.PasswordChange{Class: someone.Class, Email: sam, Old: token, New: token})
		}},
		"passwords/session/reset": {lacks: []string{"primary_required"}, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.Sessions.SetPassword(ctx, live(t), token, grimoireauth.SessionOptions{})
		}},
		"sso/authenticate": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.WithSSO(ctx, grimoireauth.SSOSignIn{Token: token, Verifier: verifier})
		}},
		"oauth/authenticate": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			out, err := c.SignIn.WithOAuth(ctx, grimoireauth.OAuthSignIn{Token: token, Verifier: verifier})
			return out.SignedIn, err
		}},
		"discovery/intermediate_sessions/exchange": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.ChooseClass(ctx, grimoireauth.ChosenClass{Class: someone.Class, Intermediate: begun})
		}},
		"discovery/organizations/create": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.CreateClass(ctx, grimoireauth.CreatedClass{Intermediate: begun, NewClass: grimoireauth.NewClass{Name: "LAWS1100"}})
		}},
		"sessions/exchange": {do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.Sessions.Switch(ctx, live(t).Credentials, someone.Class)
		}},
		"impersonation/authenticate": {lacks: []string{"primary_required"}, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.Impersonate(ctx, token)
		}},

		"otps/sms/authenticate": {lacks: noFlag, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.ResumeWithSMS(ctx, unfinished, code)
		}},
		"totp/authenticate": {lacks: noFlag, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.ResumeWithApp(ctx, unfinished, code)
		}},
		"recovery_codes/recover": {lacks: noFlag, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.ResumeWithRecoveryCode(ctx, unfinished, code)
		}},
		"sessions/authenticate": {lacks: append(noFlag, "member_id"), do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.Sessions.Fetch(ctx, live(t).Credentials)
		}},
		"sessions/attest": {lacks: noFlag, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.WithTrustedToken(ctx, grimoireauth.TrustedToken{Token: token, Profile: "profile", Class: someone.Class})
		}},
		"sessions/migrate": {lacks: noFlag, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.WithOtherSession(ctx, grimoireauth.OtherSession{Token: token, Class: someone.Class})
		}},
		"sessions/exchange_access_token": {lacks: noFlag, do: func(ctx context.Context, c client) (grimoireauth.SignedIn, error) {
			return c.SignIn.WithAccessToken(ctx, grimoireauth.AccessToken{Token: token})
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

// An answer about another person or class than was asked about is no answer, where
// the question named them.
func TestSignInAnswerAboutSomebodyElse(t *testing.T) {
	unnamed := strings.Fields("magic_links/authenticate passwords/email/reset sso/authenticate oauth/authenticate impersonation/authenticate " +
		"discovery/organizations/create sessions/authenticate sessions/exchange_access_token")
	for endpoint, call := range nineteen(t) {
		t.Run(endpoint, func(t *testing.T) {
			// Everything in the answer agrees, and is about another class.
			var whole map[string]any
			require.NoError(t, json.Unmarshal([]byte(finished), &whole))
			for _, field := range call.lacks {
				delete(whole, field)
			}
			text, err := json.Marshal(whole)
			require.NoError(t, err)
			other := strings.NewReplacer("organization-test-1", "organization-test-2", "member-test-1", "member-test-2", "laws1100", "laws2200").Replace(string(text))
			client := clientOf(t, nil, body(http.StatusOK, other))
			signedIn, err := call.do(t.Context(), client)
			if slices.Contains(unnamed, endpoint) {
				require.NoError(t, err)
				require.Equal(t, grimoireauth.ClassID("organization-test-2"), signedIn.Class.ID)
				return
			}
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.True(t, signedIn.IsZero())
		})
	}
}

// The same where the class is the right one, and only the person is not.
func TestSignInAnswerAboutAnotherMember(t *testing.T) {
	calls := nineteen(t)
	for _, endpoint := range strings.Fields("otps/sms/authenticate totp/authenticate recovery_codes/recover passwords/session/reset") {
		t.Run(endpoint, func(t *testing.T) {
			signedIn, err := calls[endpoint].do(t.Context(), clientOf(t, nil, body(http.StatusOK, strings.ReplaceAll(finished, "member-test-1", "member-test-2"))))
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.True(t, signedIn.IsZero())
		})
	}
}

// Nor is anybody shown the secrets of somebody else, or an enrolment that lacks what
// its owner will need one day.
func TestSignInEnrolmentAnswers(t *testing.T) {
	const enrolment = `{"secret":"JBSWY3DPEHPK3PXP","recovery_codes":["q7w3-x9z5-k1v8"],"member_id":"member-test-1","organization":{"organization_id":"organization-test-1"}}`
	change := func(old, fresh string) string {
		require.Contains(t, enrolment, old)
		return strings.Replace(enrolment, old, fresh, 1)
	}
	unfinished := grimoireauth.Unfinished{Person: someone, Intermediate: begun}
	for name, test := range map[string]struct {
		answer        string
		enrol, rotate error // nil: accepted
	}{
		"complete":          {enrolment, nil, nil},
		"no secret":         {change(`"JBSWY3DPEHPK3PXP"`, `""`), grimoireauth.ErrUnavailable, nil},
		"no recovery codes": {change(`["q7w3-x9z5-k1v8"]`, `[]`), grimoireauth.ErrUnavailable, grimoireauth.ErrUnavailable},
		"another member":    {change("member-test-1", "member-test-2"), grimoireauth.ErrUnavailable, grimoireauth.ErrUnavailable},
		"another class":     {change("organization-test-1", "organization-test-2"), grimoireauth.ErrUnavailable, nil},
		"nothing":           {"{}", grimoireauth.ErrUnavailable, grimoireauth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, nil, body(http.StatusOK, test.answer))
			app, err := client.SignIn.EnrollApp(t.Context(), unfinished)
			require.ErrorIs(t, err, test.enrol)
			require.Equal(t, test.enrol != nil, app.Secret.IsZero())
			fresh, err := client.Sessions.RotateRecoveryCodes(t.Context(), live(t))
			require.ErrorIs(t, err, test.rotate)
			require.Equal(t, test.rotate != nil, len(fresh) == 0)
			left, err := client.Sessions.RecoveryCodes(t.Context(), live(t))
			if name == "another member" || name == "nothing" {
				require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
				require.Empty(t, left)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// What is allowed instead is said of the class that was asked about, or not at all.
func TestSignInInsteadOfWhat(t *testing.T) {
	for name, test := range map[string]struct {
		organization http.HandlerFunc
		said         bool
	}{
		"the class":              {body(200, `{"organization":{"organization_id":"organization-test-1","auth_methods":"RESTRICTED","allowed_auth_methods":["sso"]}}`), true},
		"another class":          {body(200, `{"organization":{"organization_id":"organization-test-2","auth_methods":"ALL_ALLOWED"}}`), false},
		"nothing":                {body(200, "{}"), false},
		"it cannot be found out": {envelope(404, "organization_not_found"), false},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, nil, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					test.organization(w, r)
					return
				}
				envelope(400, "operation_restricted_by_organization_auth_methods")(w, r)
			})
			err := client.SignIn.SendEmailCode(t.Context(), grimoireauth.EmailCode{Class: someone.Class, Email: sam})
			require.ErrorIs(t, err, grimoireauth.ErrMethodNotAllowed, "the answer stays what it was")
			var instead *grimoireauth.NotAllowedError
			require.Equal(t, test.said, errors.As(err, &instead))
			if test.said {
				require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.MethodSSO}, instead.Methods)
			}
		})
	}
}
