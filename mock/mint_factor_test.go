package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// A factor that is given by its type alone has the delivery method and the detail
// object that a sign-in of this type leads to.
func TestW03_FactorsByTypeAreComplete(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	member := w.stytch.AddStudent(class.ID, "ada@example.edu")
	for kind, want := range map[string]struct{ delivery, detail string }{
		"magic_link":         {"email", "email_factor"},
		"email_otp":          {"email", "email_factor"},
		"otp":                {"sms", "phone_number_factor"},
		"totp":               {"authenticator_app", "authenticator_app_factor"},
		"recovery_codes":     {"recovery_code", "recovery_code_factor"},
		"password":           {"knowledge", ""},
		"sso":                {"sso_saml", "saml_sso_factor"},
		"oauth":              {"oauth_google", "google_oauth_factor"},
		"impersonated":       {"impersonation", "impersonated_factor"},
		"trusted_auth_token": {"trusted_token_exchange", "trusted_auth_token_factor"},
	} {
		t.Run(kind, func(t *testing.T) {
			credentials := w.stytch.SignIn(member, mock.WithFactors(grimoireauth.Factor{Type: kind}))
			out := w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
			factor := object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any))
			require.Equal(t, want.delivery, factor.text("delivery_method"))
			if want.detail != "" {
				require.NotNil(t, factor[want.detail], "%v", factor)
			}
		})
	}
}

// The detail object has the name that Stytch's description has for the provider; the
// comparison of all answers finds another name.
func TestW03_DetailsOfProviders(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	member := w.stytch.AddStudent(class.ID, "ada@example.edu")
	for delivery, want := range map[string]string{
		"oauth_microsoft":             "microsoft_oauth_factor",
		"oauth_gitlab":                "git_lab_oauth_factor",
		"oauth_linkedin":              "linked_in_oauth_factor",
		"oauth_tiktok":                "tik_tok_oauth_factor",
		"oauth_exchange_slack":        "slack_oauth_exchange_factor",
		"oauth_access_token_exchange": "oauth_access_token_exchange_factor",
	} {
		t.Run(delivery, func(t *testing.T) {
			credentials := w.stytch.SignIn(member, mock.WithFactors(grimoireauth.Factor{Type: "oauth", DeliveryMethod: delivery}))
			out := w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
			factor := object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any))
			require.NotNil(t, factor[want], "%v", factor)
		})
	}
}
