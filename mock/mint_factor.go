package mock

import (
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
)

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
		return provider + "_oauth_factor", map[string]string{
			"id":               c.NewID("oauth-user"),
			"provider_subject": c.NewUUID("provider-subject"),
			"email_id":         m.EmailID,
		}
	}
	return "", nil
}
