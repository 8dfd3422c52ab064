package mock

// routes is every endpoint of Stytch B2B. Those without a serve function are
// known and not built: they answer 501 with their name, because a 404 would look
// like an answer of Stytch's.
// Source: the endpoint list of stytch-go v16.41.0, and
// https://stytch.com/docs/b2b/api for what is newer or for browsers.
var routes []route

// Filled by init, since the functions refer to the table through their call.
func init() {
	for _, r := range []route{
		// Organizations.
		{endpoint: "POST /v1/b2b/organizations", serve: body(createOrganization)},
		{endpoint: "POST /v1/b2b/organizations/search", serve: body(searchOrganizations)},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}", serve: getOrganization},
		{endpoint: "PUT /v1/b2b/organizations/{organization_id}", access: byMember, serve: body(updateOrganization)},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}", access: byMember, serve: deleteOrganization},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/external_id", serve: deleteOrganizationExternalID},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/metrics", serve: getMetrics},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/connected_apps", access: byMember, serve: getConnectedApps},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/connected_apps/{connected_app_id}", access: byMember, serve: getConnectedApp},

		// Members.
		{endpoint: "POST /v1/b2b/organizations/{organization_id}/members", access: byMember, serve: body(createMember)},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/member", serve: getMember},
		{endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}", access: byMember, serve: body(updateMember)},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}", access: byMember, serve: deleteMember},
		{endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate", access: byMember, serve: reactivateMember},
		{endpoint: "POST /v1/b2b/organizations/members/search", access: byMember, serve: body(searchMembers)},
		{endpoint: "GET /v1/b2b/organizations/members/dangerously_get/{member_id}", serve: dangerouslyGet},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}", access: byMember, serve: deletePhone},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp", access: byMember, serve: deleteTOTP},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/external_id", serve: deleteMemberExternalID},
		{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/passwords/{member_password_id}", access: byMember, serve: deletePassword},
		{endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email", access: byMember, serve: body(unlinkRetiredEmail)},
		{endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update", access: byMember, serve: body(startEmailUpdate)},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oidc_providers", serve: getOIDCProviders},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/google", serve: getOAuthProvider("google")},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/microsoft", serve: getOAuthProvider("microsoft")},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/slack", serve: getOAuthProvider("slack")},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/hubspot", serve: getOAuthProvider("hubspot")},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/github", serve: getOAuthProvider("github")},
		{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps", access: byMember, serve: getMemberConnectedApps},
		{endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps/{connected_app_id}/revoke", access: byMember, serve: revokeConnectedApp},

		// Magic links.
		{endpoint: "POST /v1/b2b/magic_links/email/login_or_signup", serve: body(loginOrSignup)},
		{endpoint: "POST /v1/b2b/magic_links/email/invite", access: byMember, serve: body(invite)},
		{endpoint: "POST /v1/b2b/magic_links/authenticate", serve: body(authenticateMagicLink)},
		{endpoint: linkEndpoint, access: byAnyone, serve: followLink},
		{endpoint: "POST /v1/b2b/magic_links/email/discovery/send", serve: body(sendDiscovery)},
		{endpoint: "POST /v1/b2b/magic_links/discovery/authenticate", serve: body(authenticateDiscovery)},

		// Sessions.
		{endpoint: "GET /v1/b2b/sessions", serve: getSessions},
		{endpoint: "POST /v1/b2b/sessions/authenticate", serve: body(authenticateSession)},
		{endpoint: "POST /v1/b2b/sessions/revoke", access: byMember, serve: body(revokeSessions)},
		{endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", access: byAnyone, serve: getJWKS},
		{endpoint: "POST /v1/b2b/sessions/exchange", serve: body(exchangeSession)},
		{endpoint: "POST /v1/b2b/sessions/exchange_access_token", serve: body(exchangeAccessToken)},
		{endpoint: "POST /v1/b2b/sessions/attest", serve: body(attest)},
		{endpoint: "POST /v1/b2b/sessions/migrate", serve: body(migrateSession)},

		// Discovery.
		{endpoint: "POST /v1/b2b/discovery/organizations", serve: body(discover)},
		{endpoint: "POST /v1/b2b/discovery/organizations/create", serve: body(createByDiscovery)},
		{endpoint: "POST /v1/b2b/discovery/intermediate_sessions/exchange", serve: body(exchangeIntermediate)},

		// Passwords. There is no "create": a password comes from a reset or a
		// migration, so POST /v1/b2b/passwords is 404 at Stytch, too.
		{endpoint: "POST /v1/b2b/passwords/strength_check", serve: body(checkPasswordStrength)},
		{endpoint: "POST /v1/b2b/passwords/migrate", serve: body(migratePassword)},
		{endpoint: "POST /v1/b2b/passwords/authenticate", serve: body(authenticatePassword)},
		{endpoint: "POST /v1/b2b/passwords/email/reset/start", serve: body(startReset)},
		{endpoint: "POST /v1/b2b/passwords/email/reset", serve: body(reset)},
		{endpoint: "POST /v1/b2b/passwords/email/require_reset", access: byMember, serve: body(requireReset)},
		{endpoint: "POST /v1/b2b/passwords/existing_password/reset", serve: body(resetExisting)},
		{endpoint: "POST /v1/b2b/passwords/session/reset", serve: body(resetBySession)},
		{endpoint: "POST /v1/b2b/passwords/discovery/authenticate", serve: body(discoverByPassword)},
		{endpoint: "POST /v1/b2b/passwords/discovery/email/reset/start", serve: body(startDiscoveryReset)},
		{endpoint: "POST /v1/b2b/passwords/discovery/email/reset", serve: body(discoveryReset)},

		// One-time codes, authenticator apps, recovery codes.
		{endpoint: "POST /v1/b2b/otps/sms/send", serve: body(sendSMS)},
		{endpoint: "POST /v1/b2b/otps/sms/authenticate", serve: body(authenticateSMS)},
		{endpoint: "POST /v1/b2b/otps/email/login_or_signup", serve: body(sendEmailOTP)},
		{endpoint: "POST /v1/b2b/otps/email/authenticate", serve: body(authenticateEmailOTP)},
		{endpoint: "POST /v1/b2b/otps/email/discovery/send", serve: body(sendDiscoveryOTP)},
		{endpoint: "POST /v1/b2b/otps/email/discovery/authenticate", serve: body(authenticateDiscoveryOTP)},
		{endpoint: "POST /v1/b2b/totp", serve: body(createTOTP)},
		{endpoint: "POST /v1/b2b/totp/authenticate", serve: body(authenticateTOTP)},
		{endpoint: "POST /v1/b2b/totp/migrate", serve: body(migrateTOTP)},
		{endpoint: "POST /v1/b2b/recovery_codes/recover", serve: body(recoverMember)},
		{endpoint: "GET /v1/b2b/recovery_codes/{organization_id}/{member_id}", serve: getRecoveryCodes},
		{endpoint: "POST /v1/b2b/recovery_codes/rotate", serve: body(rotateRecoveryCodes)},

		// OAuth and SSO. The start pages are for browsers; the one of SSO has no
		// /b2b in its path.
		{endpoint: "GET /v1/b2b/public/oauth/{provider}/start", access: byAnyone, serve: startOAuth},
		{endpoint: "GET /v1/b2b/public/oauth/{provider}/discovery/start", access: byAnyone, serve: startOAuthDiscovery},
		{endpoint: idpPage, access: byAnyone, serve: showIDP},
		{endpoint: idpCallback, access: byAnyone, serve: followIDP},
		{endpoint: "POST /v1/b2b/oauth/authenticate", serve: body(authenticateOAuth)},
		{endpoint: "POST /v1/b2b/oauth/discovery/authenticate", serve: body(discoverByOAuth)},
		{endpoint: "GET /v1/public/sso/start", access: byAnyone, serve: startSSO},
		{endpoint: "POST /v1/b2b/sso/authenticate", serve: body(authenticateSSO)},
		{endpoint: "GET /v1/b2b/sso/{organization_id}", access: byMember, serve: getConnections},
		{endpoint: "DELETE /v1/b2b/sso/{organization_id}/connections/{connection_id}", access: byMember, serve: deleteConnection},
		{endpoint: "POST /v1/b2b/sso/saml/{organization_id}", access: byMember, serve: body(createSAML)},
		{endpoint: "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}", access: byMember, serve: body(updateSAML)},
		{endpoint: "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/url", access: byMember, serve: body(updateSAMLByURL)},
		{endpoint: "DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/verification_certificates/{certificate_id}", access: byMember, serve: deleteCertificate},
		{endpoint: "DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/encryption_private_keys/{private_key_id}", access: byMember, serve: deleteEncryptionKey},
		{endpoint: "POST /v1/b2b/sso/oidc/{organization_id}", access: byMember, serve: body(createOIDC)},
		{endpoint: "PUT /v1/b2b/sso/oidc/{organization_id}/connections/{connection_id}", access: byMember, serve: body(updateOIDC)},
		{endpoint: "POST /v1/b2b/sso/external/{organization_id}", access: byMember, serve: body(createExternal)},
		{endpoint: "PUT /v1/b2b/sso/external/{organization_id}/connections/{connection_id}", access: byMember, serve: body(updateExternal)},

		// RBAC.
		{endpoint: "GET /v1/b2b/rbac/policy", serve: getPolicy},
		{endpoint: "GET /v1/b2b/rbac/organizations/{organization_id}", serve: getOrganizationPolicy},
		{endpoint: "PUT /v1/b2b/rbac/organizations/{organization_id}", serve: body(setOrganizationPolicy)},

		// Impersonation, SCIM, Connected Apps.
		{endpoint: "POST /v1/b2b/impersonation/authenticate"},
		{endpoint: "POST /v1/b2b/scim/{organization_id}/connection", access: byMember},
		{endpoint: "GET /v1/b2b/scim/{organization_id}/connection", access: byMember},
		{endpoint: "GET /v1/b2b/scim/{organization_id}/connection/{connection_id}", access: byMember},
		{endpoint: "PUT /v1/b2b/scim/{organization_id}/connection/{connection_id}", access: byMember},
		{endpoint: "DELETE /v1/b2b/scim/{organization_id}/connection/{connection_id}", access: byMember},
		{endpoint: "POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/start", access: byMember},
		{endpoint: "POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/complete", access: byMember},
		{endpoint: "POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/cancel", access: byMember},
		{endpoint: "POST /v1/b2b/idp/oauth/authorize/start"},
		{endpoint: "POST /v1/b2b/idp/oauth/authorize"},
	} {
		routes = append(routes, r.split())
	}
}
