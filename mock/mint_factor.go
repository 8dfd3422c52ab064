package mock

import (
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
)

// deliveries are the delivery methods of the types of factors, for those that are given
// by their type alone. Where Stytch has several for a type, it is the usual one.
var deliveries = map[string]string{
	"magic_link":         "email",
	"email_otp":          "email",
	"otp":                "sms",
	"totp":               "authenticator_app",
	"recovery_codes":     "recovery_code",
	"password":           "knowledge",
	"sso":                "sso_saml",
	"oauth":              "oauth_google",
	"imported":           "imported_auth0",
	"impersonated":       "impersonation",
	"trusted_auth_token": "trusted_token_exchange",
}

// oauthDetails are the names of OAuth detail objects that do not follow from the name of
// the provider in the delivery method.
var oauthDetails = map[string]string{
	"gitlab":                "git_lab_oauth_factor",
	"linkedin":              "linked_in_oauth_factor",
	"tiktok":                "tik_tok_oauth_factor",
	"access_token_exchange": "oauth_access_token_exchange_factor",
}

// factorsOf returns factors of these types for the member, with the detail
// object that Stytch has for each type. A factor without a time is from now.
func factorsOf(c *core.Request, m *state.Member, wanted []grimoireauth.Factor) []state.Factor {
	if len(wanted) == 0 {
		return []state.Factor{c.MagicLinkFactor(m.EmailID, m.Email)}
	}
	var out []state.Factor
	for _, w := range wanted {
		at := w.LastAuthenticatedAt.UTC()
		if w.LastAuthenticatedAt.IsZero() {
			at = c.Now
		}
		if w.DeliveryMethod == "" {
			w.DeliveryMethod = deliveries[w.Type]
		}
		f := state.Factor{Kind: w.Type, Delivery: w.DeliveryMethod, Last: at, CreatedAt: at, UpdatedAt: at}
		f.DetailName, f.Detail = factorDetail(c, m, w)
		out = append(out, f)
	}
	return out
}

// factorDetail returns the name and the fields of a factor's detail object;
// nothing for the types that have none.
// Source: https://stytch.com/docs/b2b/api/session-object
func factorDetail(c *core.Request, m *state.Member, w grimoireauth.Factor) (string, map[string]string) {
	switch w.Type {
	case "magic_link", "email_otp":
		return "email_factor", map[string]string{"email_id": m.EmailID, "email_address": m.Email}
	case "otp":
		return "phone_number_factor", map[string]string{"phone_id": m.PhoneID, "phone_number": m.Phone}
	case "totp":
		return "authenticator_app_factor", map[string]string{"totp_id": c.NewID("member-totp")}
	case "recovery_codes":
		return "recovery_code_factor", map[string]string{"totp_recovery_code_id": c.NewID("member-totp")}
	case "impersonated":
		return "impersonated_factor", map[string]string{"impersonator_id": c.NewID("workspace-user"), "impersonator_email_address": "support@example.edu"}
	case "trusted_auth_token":
		return "trusted_auth_token_factor", map[string]string{"token_id": c.NewUUID("trusted-auth-token")}
	case "sso":
		kind := strings.TrimPrefix(w.DeliveryMethod, "sso_") // saml or oidc
		return kind + "_sso_factor", map[string]string{
			"id":          c.NewID(kind + "-member-registration"),
			"provider_id": c.NewID(kind + "-connection"),
			"external_id": m.Email,
		}
	case "oauth":
		provider := strings.TrimPrefix(w.DeliveryMethod, "oauth_")
		name, ok := oauthDetails[provider]
		if exchanged, is := strings.CutPrefix(provider, "exchange_"); is {
			return exchanged + "_oauth_exchange_factor", map[string]string{"email_id": m.EmailID}
		} else if provider == "access_token_exchange" {
			return name, map[string]string{"client_id": c.NewID("connected-app")}
		} else if !ok {
			name = provider + "_oauth_factor"
		}
		return name, map[string]string{
			"id":               c.NewID("oauth-user"),
			"provider_subject": c.NewUUID("provider-subject"),
			"email_id":         m.EmailID,
		}
	}
	return "", nil
}
