package mock_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

// An address of a domain that the organization does not allow is refused with details,
// which the SDK passes on. They say what the request and the organization have.
func TestW07_ErrorDetails(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu", "uni.example"}})
	api := connect(t, w.stytch.ProjectID(), w.stytch.Secret().Reveal(), w.stytch)
	_, err := api.MagicLinks.Email.LoginOrSignup(t.Context(), &email.LoginOrSignupParams{OrganizationID: org, EmailAddress: "ada@elsewhere.example"})
	var refused stytcherror.Error
	require.True(t, errors.As(err, &refused), "%v", err)
	require.EqualValues(t, "invalid_email_for_jit_provisioning", refused.ErrorType)
	require.Equal(t, stytcherror.Details{
		"email_domain":          "elsewhere.example",
		"email_allowed_domains": []any{"example.edu", "uni.example"},
	}, refused.ErrorDetails)

	body := object{"organization_id": org, "email_address": "ada@elsewhere.example"}
	for _, path := range []string{links + "/email/login_or_signup", "/v1/b2b/otps/email/login_or_signup"} {
		w.refuses(400, "invalid_email_for_jit_provisioning", http.MethodPost, path, body)
	}
	closed := w.organization(nil)
	body["organization_id"] = closed
	require.NotContains(t, w.refuses(400, "email_jit_provisioning_not_allowed", http.MethodPost, links+"/email/login_or_signup", body), "error_details")
}
