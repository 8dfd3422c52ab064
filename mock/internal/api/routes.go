// Package api is the table of all endpoints of Stytch B2B. Below it is one package for
// each family of URLs; none of them imports another.
package api

import (
	"github.com/promptgrimoire/auth/mock/internal/api/debug"
	"github.com/promptgrimoire/auth/mock/internal/api/discovery"
	"github.com/promptgrimoire/auth/mock/internal/api/elsewhere"
	"github.com/promptgrimoire/auth/mock/internal/api/idp"
	"github.com/promptgrimoire/auth/mock/internal/api/impersonation"
	"github.com/promptgrimoire/auth/mock/internal/api/magiclinks"
	"github.com/promptgrimoire/auth/mock/internal/api/members"
	"github.com/promptgrimoire/auth/mock/internal/api/oauth"
	"github.com/promptgrimoire/auth/mock/internal/api/organizations"
	"github.com/promptgrimoire/auth/mock/internal/api/otps"
	"github.com/promptgrimoire/auth/mock/internal/api/passwords"
	"github.com/promptgrimoire/auth/mock/internal/api/rbac"
	"github.com/promptgrimoire/auth/mock/internal/api/scim"
	"github.com/promptgrimoire/auth/mock/internal/api/sessions"
	"github.com/promptgrimoire/auth/mock/internal/api/sso"
	"github.com/promptgrimoire/auth/mock/internal/api/totps"
	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Routes is every endpoint of Stytch B2B. Those without a serve function are
// known and not built: they answer 501 with their name, because a 404 would look
// like an answer of Stytch's.
// Source: the endpoint list of stytch-go v16.41.0, and
// https://stytch.com/docs/b2b/api for what is newer or for browsers.
var Routes = core.Table([]core.Route{
	// Organizations.
	{Endpoint: "POST /v1/b2b/organizations", Serve: core.Body(core.CreateOrganization)},
	{Endpoint: "POST /v1/b2b/organizations/search", Serve: core.Body(organizations.Search)},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}", Serve: organizations.Get},
	{Endpoint: "PUT /v1/b2b/organizations/{organization_id}", Access: core.ByMember, Serve: core.Body(organizations.Update)},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}", Access: core.ByMember, Serve: organizations.Delete},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/external_id", Access: core.ByMember, Serve: organizations.DeleteExternalID},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/metrics", Serve: organizations.Metrics},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/connected_apps", Access: core.ByMember, Serve: idp.Apps},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/connected_apps/{connected_app_id}", Access: core.ByMember, Serve: idp.App},

	// Members.
	{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members", Access: core.ByMember, Serve: core.Body(members.Create)},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/member", Serve: members.Get},
	{Endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}", Access: core.ByMember, Serve: core.Body(members.Update)},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}", Access: core.ByMember, Serve: members.Delete},
	{Endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate", Access: core.ByMember, Serve: core.NoArguments(members.Reactivate)},
	{Endpoint: "POST /v1/b2b/organizations/members/search", Access: core.ByMember, Serve: core.Body(members.Search)},
	{Endpoint: "GET /v1/b2b/organizations/members/dangerously_get/{member_id}", Serve: members.DangerouslyGet},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}", Access: core.ByMember, Serve: members.DeletePhone},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp", Access: core.ByMember, Serve: members.DeleteTOTP},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/external_id", Access: core.ByMember, Serve: members.DeleteExternalID},
	{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/passwords/{member_password_id}", Access: core.ByMember, Serve: members.DeletePassword},
	{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email", Access: core.ByMember, Serve: core.Body(members.UnlinkRetiredEmail)},
	{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update", Access: core.ByMember, Serve: core.Body(members.StartEmailUpdate)},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oidc_providers", Serve: members.OIDCProviders},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/google", Serve: members.OAuthProvider("google")},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/microsoft", Serve: members.OAuthProvider("microsoft")},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/slack", Serve: members.OAuthProvider("slack")},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/hubspot", Serve: members.OAuthProvider("hubspot")},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/github", Serve: members.OAuthProvider("github")},
	{Endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps", Access: core.ByMember, Serve: idp.MemberApps},
	{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps/{connected_app_id}/revoke", Access: core.ByMember, Serve: core.NoArguments(idp.Revoke)},

	// Magic links.
	{Endpoint: "POST /v1/b2b/magic_links/email/login_or_signup", Serve: core.Body(magiclinks.LoginOrSignup)},
	{Endpoint: "POST /v1/b2b/magic_links/email/invite", Access: core.ByMember, Serve: core.Body(magiclinks.Invite)},
	{Endpoint: "POST /v1/b2b/magic_links/authenticate", Serve: core.Body(magiclinks.Authenticate)},
	{Endpoint: magiclinks.LinkEndpoint, Access: core.ByAnyone, Serve: magiclinks.FollowLink},
	{Endpoint: "POST /v1/b2b/magic_links/email/discovery/send", Serve: core.Body(magiclinks.SendDiscovery)},
	{Endpoint: "POST /v1/b2b/magic_links/discovery/authenticate", Serve: core.Body(magiclinks.AuthenticateDiscovery)},

	// Sessions.
	{Endpoint: "GET /v1/b2b/sessions", Serve: sessions.Get},
	{Endpoint: "POST /v1/b2b/sessions/authenticate", Serve: core.Body(sessions.Authenticate)},
	{Endpoint: "POST /v1/b2b/sessions/revoke", Access: core.ByMember, Serve: core.Body(sessions.Revoke)},
	{Endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", Access: core.ByAnyone, Serve: sessions.JWKS},
	{Endpoint: "POST /v1/b2b/sessions/exchange", Serve: core.Body(sessions.Exchange)},
	{Endpoint: "POST /v1/b2b/sessions/exchange_access_token", Serve: core.Body(sessions.ExchangeAccessToken)},
	{Endpoint: "POST /v1/b2b/sessions/attest", Serve: core.Body(sessions.Attest)},
	{Endpoint: "POST /v1/b2b/sessions/migrate", Serve: core.Body(sessions.Migrate)},

	// Discovery.
	{Endpoint: "POST /v1/b2b/discovery/organizations", Serve: core.Body(discovery.Organizations)},
	{Endpoint: "POST /v1/b2b/discovery/organizations/create", Serve: core.Body(discovery.CreateOrganization)},
	{Endpoint: "POST /v1/b2b/discovery/intermediate_sessions/exchange", Serve: core.Body(discovery.ExchangeIntermediate)},

	// Passwords. There is no "create": a password comes from a reset or a
	// migration, so POST /v1/b2b/passwords is 404 at Stytch, too.
	{Endpoint: "POST /v1/b2b/passwords/strength_check", Serve: core.Body(passwords.StrengthCheck)},
	{Endpoint: "POST /v1/b2b/passwords/migrate", Serve: core.Body(passwords.Migrate)},
	{Endpoint: "POST /v1/b2b/passwords/authenticate", Serve: core.Body(passwords.Authenticate)},
	{Endpoint: "POST /v1/b2b/passwords/email/reset/start", Serve: core.Body(passwords.StartReset)},
	{Endpoint: "POST /v1/b2b/passwords/email/reset", Serve: core.Body(passwords.Reset)},
	{Endpoint: "POST /v1/b2b/passwords/email/require_reset", Access: core.ByMember, Serve: core.Body(passwords.RequireReset)},
	{Endpoint: "POST /v1/b2b/passwords/existing_password/reset", Serve: core.Body(passwords.ResetExisting)},
	{Endpoint: "POST /v1/b2b/passwords/session/reset", Serve: core.Body(passwords.ResetBySession)},
	{Endpoint: "POST /v1/b2b/passwords/discovery/authenticate", Serve: core.Body(passwords.Discover)},
	{Endpoint: "POST /v1/b2b/passwords/discovery/email/reset/start", Serve: core.Body(passwords.StartDiscoveryReset)},
	{Endpoint: "POST /v1/b2b/passwords/discovery/email/reset", Serve: core.Body(passwords.DiscoveryReset)},

	// One-time codes, authenticator apps, recovery codes.
	{Endpoint: "POST /v1/b2b/otps/sms/send", Serve: core.Body(otps.SendSMS)},
	{Endpoint: "POST /v1/b2b/otps/sms/authenticate", Serve: core.Body(otps.AuthenticateSMS)},
	{Endpoint: "POST /v1/b2b/otps/email/login_or_signup", Serve: core.Body(otps.SendEmail)},
	{Endpoint: "POST /v1/b2b/otps/email/authenticate", Serve: core.Body(otps.AuthenticateEmail)},
	{Endpoint: "POST /v1/b2b/otps/email/discovery/send", Serve: core.Body(otps.SendDiscovery)},
	{Endpoint: "POST /v1/b2b/otps/email/discovery/authenticate", Serve: core.Body(otps.AuthenticateDiscovery)},
	{Endpoint: "POST /v1/b2b/totp", Serve: core.Body(totps.Create)},
	{Endpoint: "POST /v1/b2b/totp/authenticate", Serve: core.Body(totps.Authenticate)},
	{Endpoint: "POST /v1/b2b/totp/migrate", Serve: core.Body(totps.Migrate)},
	{Endpoint: "POST /v1/b2b/recovery_codes/recover", Serve: core.Body(totps.Recover)},
	{Endpoint: "GET /v1/b2b/recovery_codes/{organization_id}/{member_id}", Serve: totps.RecoveryCodes},
	{Endpoint: "POST /v1/b2b/recovery_codes/rotate", Serve: core.Body(totps.RotateRecoveryCodes)},

	// OAuth and SSO. The start pages are for browsers; the one of SSO has no
	// /b2b in its path.
	{Endpoint: "GET /v1/b2b/public/oauth/{provider}/start", Access: core.ByAnyone, Serve: oauth.Start},
	{Endpoint: "GET /v1/b2b/public/oauth/{provider}/discovery/start", Access: core.ByAnyone, Serve: oauth.StartDiscovery},
	{Endpoint: core.IdPPage, Access: core.ByAnyone, Serve: oauth.ShowIdP},
	{Endpoint: core.IdPCallback, Access: core.ByAnyone, Serve: oauth.FollowIdP},
	{Endpoint: "POST /v1/b2b/oauth/authenticate", Serve: core.Body(oauth.Authenticate)},
	{Endpoint: "POST /v1/b2b/oauth/discovery/authenticate", Serve: core.Body(oauth.Discover)},
	{Endpoint: "GET /v1/public/sso/start", Access: core.ByAnyone, Serve: sso.Start},
	{Endpoint: "POST /v1/b2b/sso/authenticate", Serve: core.Body(sso.Authenticate)},
	{Endpoint: "GET /v1/b2b/sso/{organization_id}", Access: core.ByMember, Serve: sso.Connections},
	{Endpoint: "DELETE /v1/b2b/sso/{organization_id}/connections/{connection_id}", Access: core.ByMember, Serve: sso.DeleteConnection},
	{Endpoint: "POST /v1/b2b/sso/saml/{organization_id}", Access: core.ByMember, Serve: core.Body(sso.CreateSAML)},
	{Endpoint: "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}", Access: core.ByMember, Serve: core.Body(sso.UpdateSAML)},
	{Endpoint: "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/url", Access: core.ByMember, Serve: core.Body(sso.UpdateSAMLByURL)},
	{Endpoint: "DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/verification_certificates/{certificate_id}", Access: core.ByMember, Serve: sso.DeleteCertificate},
	{Endpoint: "DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/encryption_private_keys/{private_key_id}", Access: core.ByMember, Serve: sso.DeleteEncryptionKey},
	{Endpoint: "POST /v1/b2b/sso/oidc/{organization_id}", Access: core.ByMember, Serve: core.Body(sso.CreateOIDC)},
	{Endpoint: "PUT /v1/b2b/sso/oidc/{organization_id}/connections/{connection_id}", Access: core.ByMember, Serve: core.Body(sso.UpdateOIDC)},
	{Endpoint: "POST /v1/b2b/sso/external/{organization_id}", Access: core.ByMember, Serve: core.Body(sso.CreateExternal)},
	{Endpoint: "PUT /v1/b2b/sso/external/{organization_id}/connections/{connection_id}", Access: core.ByMember, Serve: core.Body(sso.UpdateExternal)},

	// RBAC.
	{Endpoint: "GET /v1/b2b/rbac/policy", Serve: rbac.Policy},
	{Endpoint: "GET /v1/b2b/rbac/organizations/{organization_id}", Serve: rbac.OrganizationPolicy},
	{Endpoint: "PUT /v1/b2b/rbac/organizations/{organization_id}", Serve: core.Body(rbac.SetOrganizationPolicy)},

	// The project. It is no part of Stytch B2B, and has no /b2b in its path.
	{Endpoint: "GET /v1/debug/whoami", Serve: debug.Whoami},

	// Impersonation, SCIM, Connected Apps.
	{Endpoint: "POST /v1/b2b/impersonation/authenticate", Serve: core.Body(impersonation.Authenticate)},
	{Endpoint: "POST /v1/b2b/scim/{organization_id}/connection", Access: core.ByMember, Serve: core.Body(scim.Create)},
	{Endpoint: "GET /v1/b2b/scim/{organization_id}/connection", Access: core.ByMember, Serve: scim.Get},
	{Endpoint: "GET /v1/b2b/scim/{organization_id}/connection/{connection_id}", Access: core.ByMember, Serve: scim.Groups},
	{Endpoint: "PUT /v1/b2b/scim/{organization_id}/connection/{connection_id}", Access: core.ByMember, Serve: core.Body(scim.Update)},
	{Endpoint: "DELETE /v1/b2b/scim/{organization_id}/connection/{connection_id}", Access: core.ByMember, Serve: scim.Delete},
	{Endpoint: "POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/start", Access: core.ByMember, Serve: core.NoArguments(scim.StartRotation)},
	{Endpoint: "POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/complete", Access: core.ByMember, Serve: core.NoArguments(scim.CompleteRotation)},
	{Endpoint: "POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/cancel", Access: core.ByMember, Serve: core.NoArguments(scim.CancelRotation)},
	{Endpoint: "POST /v1/b2b/idp/oauth/authorize/start", Serve: core.Body(idp.AuthorizeStart)},
	{Endpoint: "POST /v1/b2b/idp/oauth/authorize", Serve: core.Body(idp.Authorize)},
})

// Elsewhere is the rest of Stytch's API, which is looked at if Routes has no such path.
var Elsewhere = core.Table(elsewhere.Routes())
