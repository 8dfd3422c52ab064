package stytchclient_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
)

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

// Nor is anybody shown the secrets of somebody else, or an enrollment that lacks what
// its owner will need one day.
func TestSignInEnrollmentAnswers(t *testing.T) {
	const enrollment = `{"secret":"JBSWY3DPEHPK3PXP","recovery_codes":["q7w3-x9z5-k1v8"],"member_id":"member-test-1","organization":{"organization_id":"organization-test-1"}}`
	change := func(old, fresh string) string {
		require.Contains(t, enrollment, old)
		return strings.Replace(enrollment, old, fresh, 1)
	}
	unfinished := stytchclient.FactorOwner{Person: someone, Proof: begun}
	for name, test := range map[string]struct {
		answer         string
		enroll, rotate error // nil: accepted
	}{
		"complete":          {enrollment, nil, nil},
		"no secret":         {change(`"JBSWY3DPEHPK3PXP"`, `""`), grimoireauth.ErrUnavailable, nil},
		"no recovery codes": {change(`["q7w3-x9z5-k1v8"]`, `[]`), grimoireauth.ErrUnavailable, grimoireauth.ErrUnavailable},
		"another member":    {change("member-test-1", "member-test-2"), grimoireauth.ErrUnavailable, grimoireauth.ErrUnavailable},
		"another class":     {change("organization-test-1", "organization-test-2"), grimoireauth.ErrUnavailable, nil},
		"nothing":           {"{}", grimoireauth.ErrUnavailable, grimoireauth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, nil, body(http.StatusOK, test.answer))
			app, err := client.SecondFactors.EnrollApp(t.Context(), unfinished)
			require.ErrorIs(t, err, test.enroll)
			require.Equal(t, test.enroll != nil, app.Secret.IsZero())
			fresh, err := client.SecondFactors.RotateRecoveryCodes(t.Context(), live(t))
			require.ErrorIs(t, err, test.rotate)
			require.Equal(t, test.rotate != nil, len(fresh) == 0)
			left, err := client.SecondFactors.RecoveryCodes(t.Context(), live(t))
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
			err := client.SignIn.SendEmailCode(t.Context(), stytchclient.EmailCode{Class: someone.Class, Email: sam})
			require.ErrorIs(t, err, grimoireauth.ErrMethodNotAllowed, "the answer stays what it was")
			var instead *stytchclient.NotAllowedError
			require.Equal(t, test.said, errors.As(err, &instead))
			if test.said {
				require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.MethodSSO}, instead.Methods)
			}
		})
	}
}
