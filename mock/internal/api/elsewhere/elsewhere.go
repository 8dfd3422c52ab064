// Package elsewhere is what Stytch has outside B2B. The mock serves none of it, and says
// so: what every project has answers 501 with its name, because a 404 would look like an
// answer of Stytch's; what only consumer projects have answers as Stytch does to a B2B
// project.
package elsewhere

import (
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// oauth2Paths are paths whose errors have the names of RFC 6749, at Stytch's own domain
// and at that of a project.
// Source: https://stytch.com/docs/b2b/api/connected-app-openid-configuration
const (
	oauth2Paths       = "/v1/public/{project_id}/oauth2/"
	oauth2DomainPaths = "/v1/oauth2/"
)

// absent are endpoints that a B2B project has at Stytch, and what one sentence says
// about each of them.
var absent = []struct {
	access    core.Access
	why       string
	endpoints []string
}{
	{core.BySecret, "it has no machine-to-machine clients, only members", []string{
		"POST /v1/m2m/clients",
		"POST /v1/m2m/clients/search",
		"GET /v1/m2m/clients/{client_id}",
		"PUT /v1/m2m/clients/{client_id}",
		"DELETE /v1/m2m/clients/{client_id}",
		"POST /v1/m2m/clients/{client_id}/secrets/rotate",
		"POST /v1/m2m/clients/{client_id}/secrets/rotate/cancel",
		"POST /v1/m2m/clients/{client_id}/secrets/rotate/start",
	}},
	{core.BySecret, "its Connected Apps come from the seed file or the control plane", []string{
		"POST /v1/connected_apps/clients",
		"POST /v1/connected_apps/clients/search",
		"GET /v1/connected_apps/clients/{client_id}",
		"PUT /v1/connected_apps/clients/{client_id}",
		"DELETE /v1/connected_apps/clients/{client_id}",
		"POST /v1/connected_apps/clients/{client_id}/secrets/rotate",
		"POST /v1/connected_apps/clients/{client_id}/secrets/rotate/cancel",
		"POST /v1/connected_apps/clients/{client_id}/secrets/rotate/start",
	}},
	{core.BySecret, "it does not count what a project uses", []string{"GET /v1/projects/metrics"}},
	{core.BySecret, "it takes no fingerprints of devices and rates no fraud", []string{
		"POST /v1/email/risk",
		"POST /v1/fingerprint/lookup",
		"POST /v1/rules/list",
		"POST /v1/rules/set",
		"POST /v1/verdict_reasons/list",
		"POST /v1/verdict_reasons/override",
	}},
	{core.ByAnyone, "it issues no tokens of OAuth 2.0 and knows none", []string{
		"POST " + oauth2Paths + "token",
		"POST " + oauth2Paths + "introspect",
		"POST " + oauth2Paths + "revoke",
		"POST " + oauth2Paths + "register",
		"GET " + oauth2Paths + "userinfo",
		"POST " + oauth2Paths + "userinfo",
		"POST " + oauth2DomainPaths + "token",
		"POST " + oauth2DomainPaths + "introspect",
		"POST " + oauth2DomainPaths + "revoke",
		"POST " + oauth2DomainPaths + "register",
		"GET " + oauth2DomainPaths + "userinfo",
		"POST " + oauth2DomainPaths + "userinfo",
	}},
	{core.ByAnyone, "it is no OpenID provider that clients could discover", []string{
		"* /v1/public/{project_id}/.well-known/{path...}",
		"* /.well-known/{path...}",
	}},
	{core.ByAnyone, "it serves backends, and this is for Stytch's SDKs in browsers and phones", []string{"* /sdk/v1/{path...}"}},
	{core.ByAnyone, "the project's settings come from the seed file or its fields, and no workspace key is known", []string{"* /pwa/{path...}"}},
}

// consumer are the endpoints of consumer projects. They take the project's credentials.
var consumer = strings.Fields(`
	POST /v1/crypto_wallets/authenticate
	POST /v1/crypto_wallets/authenticate/start
	POST /v1/idp/oauth/authorize
	POST /v1/idp/oauth/authorize/start
	POST /v1/impersonation/authenticate
	POST /v1/magic_links
	POST /v1/magic_links/authenticate
	POST /v1/magic_links/email/invite
	POST /v1/magic_links/email/login_or_create
	POST /v1/magic_links/email/revoke_invite
	POST /v1/magic_links/email/send
	POST /v1/oauth/attach
	POST /v1/oauth/authenticate
	POST /v1/otps/authenticate
	POST /v1/otps/email/login_or_create
	POST /v1/otps/email/send
	POST /v1/otps/sms/login_or_create
	POST /v1/otps/sms/send
	POST /v1/otps/whatsapp/login_or_create
	POST /v1/otps/whatsapp/send
	POST /v1/passwords
	POST /v1/passwords/authenticate
	POST /v1/passwords/email/reset
	POST /v1/passwords/email/reset/start
	POST /v1/passwords/existing_password/reset
	POST /v1/passwords/migrate
	POST /v1/passwords/session/reset
	POST /v1/passwords/strength_check
	GET  /v1/rbac/policy
	GET  /v1/sessions
	POST /v1/sessions/attest
	POST /v1/sessions/authenticate
	POST /v1/sessions/exchange_access_token
	POST /v1/sessions/migrate
	POST /v1/sessions/revoke
	POST /v1/totps
	POST /v1/totps/authenticate
	POST /v1/totps/recover
	POST /v1/totps/recovery_codes
	POST /v1/users
	DELETE /v1/users/biometric_registrations/{biometric_registration_id}
	DELETE /v1/users/crypto_wallets/{crypto_wallet_id}
	DELETE /v1/users/emails/{email_id}
	DELETE /v1/users/oauth/{oauth_user_registration_id}
	DELETE /v1/users/passwords/{password_id}
	DELETE /v1/users/phone_numbers/{phone_id}
	POST /v1/users/search
	DELETE /v1/users/totps/{totp_id}
	DELETE /v1/users/webauthn_registrations/{webauthn_registration_id}
	GET /v1/users/{user_id}
	PUT /v1/users/{user_id}
	DELETE /v1/users/{user_id}
	GET /v1/users/{user_id}/connected_apps
	POST /v1/users/{user_id}/connected_apps/{connected_app_id}/revoke
	PUT /v1/users/{user_id}/exchange_primary_factor
	DELETE /v1/users/{user_id}/external_id
	POST /v1/webauthn/authenticate
	POST /v1/webauthn/authenticate/start
	GET /v1/webauthn/credentials/{user_id}/{domain}
	POST /v1/webauthn/register
	POST /v1/webauthn/register/start
	PUT /v1/webauthn/{webauthn_registration_id}`)

// consumerPages are those that browsers open, and the key set.
var consumerPages = []string{
	"GET /v1/sessions/jwks/{project_id}",
	"GET /v1/magic_links/redirect",
	"GET /v1/public/oauth/{provider}/start",
}

// Routes returns the endpoints.
// Source: https://github.com/stytchauth/stytch-openapi at 43fe0d6, and the SDKs for
// what that description leaves out.
func Routes() []core.Route {
	var out []core.Route
	for _, family := range absent {
		for _, endpoint := range family.endpoints {
			out = append(out, core.Route{Endpoint: endpoint, Access: family.access, Refusal: func(name string) *wire.APIError {
				refusal := wire.Error(wire.TypeNotBuilt)
				refusal.Message = fmt.Sprintf("The mock does not have %s: %s.", name, family.why)
				refusal.OAuth2 = strings.Contains(name, oauth2Paths) || strings.Contains(name, oauth2DomainPaths)
				return refusal
			}})
		}
	}
	onlyConsumer := func(string) *wire.APIError { return wire.Error("invalid_consumer_endpoint") }
	for i := 0; i < len(consumer); i += 2 {
		out = append(out, core.Route{Endpoint: consumer[i] + " " + consumer[i+1], Access: core.BySecret, Refusal: onlyConsumer})
	}
	for _, endpoint := range consumerPages {
		out = append(out, core.Route{Endpoint: endpoint, Access: core.ByAnyone, Refusal: onlyConsumer})
	}
	return out
}
