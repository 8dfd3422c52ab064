package stytchhttp

import (
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// meanings is what Stytch's error types mean to a caller, for the endpoints that
// this package uses. A type decides, not its status: most statuses are not
// published. Source: https://stytch.com/docs/b2b/api/errors
var meanings = []struct {
	kind  error
	types string
}{
	// Nothing else ends a session.
	{grimoireauth.ErrSessionEnded, "session_not_found"},
	{grimoireauth.ErrUnauthenticated, `invalid_session_token unable_to_parse_session_jwt
		jwt_invalid_audience jwt_invalid_issuer jwt_invalid_claims
		insufficient_factors_for_session_exchange invalid_intermediate_session_token_for_organization
		invalid_trusted_auth_token`},
	{grimoireauth.ErrNotRecent, "session_too_old_to_reset_password stale_factors"},

	// What was typed in, opened, or brought back by a browser.
	{grimoireauth.ErrTokenSpent, `unable_to_auth_magic_link unable_to_auth_otp_code unable_to_auth_password_reset_token
		totp_code_already_authenticated expired_totp unable_to_auth_impersonation_token
		oauth_access_token_exchange_token_too_old`},
	{grimoireauth.ErrTokenUnknown, `magic_link_not_found invalid_token oauth_token_not_found sso_token_not_found
		oauth_access_token_exchange_token_invalid_grant`},
	{grimoireauth.ErrSignInExpired, "intermediate_session_not_found"},
	{grimoireauth.ErrWrongCode, `otp_code_not_found invalid_code invalid_totp_code unable_to_authenticate_totp
		invalid_recovery_code unable_to_authenticate_recovery_code
		recovery_code_used_as_totp_code totp_code_used_as_recovery_code`},
	{grimoireauth.ErrWrongPassword, "password_does_not_match"},
	{grimoireauth.ErrWeakPassword, "weak_password breached_password cannot_reset_password_with_existing_password"},
	{grimoireauth.ErrPasswordMustChange, "member_reset_password reset_password"},
	{grimoireauth.ErrOtherBrowser, "pkce_mismatch pkce_expected_code_verifier"},

	{grimoireauth.ErrMethodNotAllowed, `operation_restricted_by_organization_auth_methods
		operation_restricted_by_organization_mfa_methods`},
	{grimoireauth.ErrNotInvited, `email_jit_provisioning_not_allowed invalid_email_for_jit_provisioning
		invalid_connection_for_jit_provisioning oauth_tenant_jit_provisioning_not_allowed
		invalid_oauth_tenant_for_jit_provisioning`},
	{grimoireauth.ErrForbidden, `session_authorization_error session_authorization_tenancy_error unauthorized_action
		organization_suspended invalid_email_for_invites action_not_allowed_email_domain_is_claimed
		cannot_update_trusted_metadata member_cannot_update_their_email_address
		email_verification_required captcha_required session_not_mutable incompatible_session_type
		insufficient_factors oauth_unverified_email sso_connection_organization_mismatch member_impersonation_not_allowed
		oauth_access_token_exchange_missing_full_access`},

	{grimoireauth.ErrConflict, `organization_slug_already_used organization_external_id_already_used duplicate_organization
		organization_settings_duplicate_claimed_domain
		duplicate_member_email duplicate_member_external_id retired_member_email
		duplicate_member_phone_number duplicate_member_phone_number_for_member
		no_deleted_member_found_for_reactivation reactivation_email_belongs_to_another_member
		desired_email_updating_for_different_member desired_email_deactivated_by_different_member
		active_totp_exists pending_totp_exists recovery_codes_already_exist password_already_exists
		duplicate_saml_connection duplicate_external_sso_connection`},
	{grimoireauth.ErrNotFound, `organization_not_found member_not_found member_does_not_exist_in_organization
		member_phone_number_not_found totp_not_found secondary_factor_not_found email_not_found
		email_template_not_found recovery_codes_not_found no_active_recovery_code_backed_factor
		member_password_not_found password_not_found no_user_password
		sso_connection_not_found saml_connection_not_found oidc_connection_not_found external_connection_id_not_found
		trusted_token_profile_not_found migrate_from_external_email_does_not_exist`},

	{grimoireauth.ErrRateLimited, "too_many_requests too_few_tokens_authenticated captcha_failed"},
	{grimoireauth.ErrLocked, "user_lock_limit_reached"},
	{grimoireauth.ErrUnavailable, `internal_server_error server_unavailable client_closed_request search_timeout
		password_validation_timeout downstream_carrier_error
		migrate_from_external_missing_userinfo migrate_from_external_unexpected_response`},

	// The request itself.
	{grimoireauth.ErrInvalid, `bad_request invalid_argument invalid_request_value invalid_id invalid_request_id query_params_do_not_match
		too_many_domains invalid_domain invalid_url invalid_role
		metadata_invalid_format metadata_too_large metadata_too_many_keys`},
	// Sessions.
	{grimoireauth.ErrInvalid, `invalid_session_id invalid_session_fields no_session_arguments too_many_session_arguments
		no_session_revoke_arguments too_many_session_revoke_arguments no_associated_session_passed_in
		invalid_session_duration invalid_session_duration_minutes member_session_member_id_mismatch
		custom_claims_too_large reserved_claims_in_custom_claims stytch_claims_in_custom_claims
		unable_to_represent_custom_claims_json`},
	// Classes.
	{grimoireauth.ErrInvalid, `invalid_organization_id invalid_organization_slug invalid_organization_external_id
		external_organization_id_same_as_organization_id organization_name_missing invalid_organization_name
		organization_name_includes_banned_words organization_logo_url_too_long
		organization_settings_domain_too_common organization_settings_disposable_domain
		organization_settings_invalid_domain organization_settings_duplicate_domain
		organization_settings_claimed_domain_too_common organization_settings_invalid_claimed_domain
		claimed_email_domains_not_supported
		allowed_auth_methods_required_for_restricted allowed_mfa_methods_required_for_restricted
		invalid_organization_allowed_auth_methods invalid_organization_auth_method_settings
		invalid_organization_auth_factor_setting invalid_organization_allowed_mfa_methods
		invalid_organization_mfa_factor_setting invalid_organization_mfa_policy
		invalid_organization_auth_factor_setting_for_email_jit_provisioning
		invalid_organization_auth_factor_setting_for_oauth_tenant_jit_provisioning
		invalid_restricted_email_setting invalid_restricted_sso_setting invalid_restricted_oauth_tenants_setting
		invalid_oauth_allowed_tenants_format invalid_sso_default_connection_id
		cannot_delete_default_sso_connection requires_active_sso_connection
		rbac_invalid_domain rbac_domain_too_common`},
	// Members.
	{grimoireauth.ErrInvalid, `invalid_member_get_fields invalid_email invalid_email_domain inactive_email invalid_email_id
		email_in_denylist email_not_in_allowlist invalid_email_sandbox invalid_phone_number_sandbox
		invalid_phone_number invalid_phone_number_docs invalid_phone_number_country_code
		action_available_only_for_active_members email_updates_available_only_for_active_members
		member_has_no_active_verified_email unable_to_verify_member_email_update
		retired_email_missing_email_identifiers email_unverified_for_reactivation
		default_mfa_member_missing_factor invalid_mfa_default_method cannot_preserve_existing_sessions
		cannot_assign_default_rbac_role_id invalid_rbac_role_id invalid_rbac_role_assignment too_many_roles`},
	// E-mails with links.
	{grimoireauth.ErrInvalid, `invalid_magic_link_url no_match_for_provided_magic_link_url
		invalid_login_magic_link_url invalid_signup_magic_link_url invalid_invite_magic_link_url
		invalid_login_redirect_url invalid_signup_redirect_url invalid_invite_redirect_url
		invalid_default_url no_wildcards_in_live_redirect_url invalid_expiration invalid_template_id invalid_locale
		invalid_authentication_type invalid_method_id
		pkce_did_not_expect_code_verifier invalid_pkce_code_challenge invalid_pkce_code_verifier
		invalid_discovery_redirect_url invalid_password_reset_redirect_url invalid_expiration_otp`},
	// Codes, apps, passwords, and tokens of other systems.
	{grimoireauth.ErrInvalid, `missing_sms_parameter unsubscribed_phone_number invalid_totp_id invalid_password_id
		action_available_only_once_primary_authentication_is_met
		trusted_token_profile_invalid_request invalid_token_organization_id_claim token_missing_organization_id_claim
		invalid_impersonation_reason`},
	// Connections to identity providers.
	{grimoireauth.ErrInvalid, `invalid_sso_idp invalid_display_name invalid_idp_entity_id invalid_idp_sso_url invalid_x509_certificate
		saml_connection_attribute_mapping_required saml_connection_attribute_mapping_missing_groups_key
		saml_connection_email_mapping_required saml_connection_name_mapping_required
		saml_connection_no_nested_keys_in_attribute_mapping saml_connection_idp_sso_url_required
		saml_connection_idp_sso_url_invalid_format saml_connection_idp_sso_url_not_https
		oidc_connection_issuer_required oidc_connection_issuer_url_invalid_format oidc_connection_client_id_required
		oidc_connection_client_secret_required oidc_connection_authorization_url_required
		oidc_connection_authorization_url_invalid_format oidc_connection_token_url_required
		oidc_connection_token_url_invalid_format oidc_connection_userinfo_url_invalid_format
		oidc_connection_jwks_url_required oidc_connection_jwks_url_invalid_format
		invalid_issuer invalid_authorization_url invalid_token_url invalid_userinfo_url invalid_jwks_url
		invalid_client_id invalid_client_secret client_secret_too_long
		too_many_sso_connections too_many_sso_connections_for_billing_tier external_connection_not_active`},
	// Searches.
	{grimoireauth.ErrInvalid, `user_search_invalid_cursor user_search_invalid_limit user_search_invalid_operator
		search_invalid_status_filter member_dashboard_search_disabled
		member_search_organization_ids_empty member_search_missing_organization_id
		member_search_cannot_mix_internal_and_external_member_ids`},
}

// kinds is meanings by error_type.
var kinds = func() map[string]error {
	out := make(map[string]error)
	for _, m := range meanings {
		for errorType := range strings.FieldsSeq(m.types) {
			out[errorType] = m.kind
		}
	}
	return out
}()

// projectFaults are refusals of our own credentials, of the project's
// configuration, or of this version of the package. Users can do nothing about
// them, and they say nothing about any session. Stytch answers a wrong password
// with unauthorized_credentials, too; the password calls look before they come
// here.
var projectFaults = func() map[string]bool {
	out := make(map[string]bool)
	for errorType := range strings.FieldsSeq(`
		unauthorized_credentials invalid_project_id_authentication invalid_secret_authentication
		invalid_authorization_header unauthorized_project_id_live unauthorized_project_id_test
		wrong_stack_live wrong_stack_test live_id_used_in_test_environment test_id_used_in_live_environment
		invalid_project_id invalid_secret_id secret_not_found project_not_found
		invalid_b2b_endpoint invalid_consumer_endpoint use_https enterprise_endpoint
		route_not_found route_not_supported_in_test method_not_allowed deprecated_endpoint unavailable_endpoint
		no_login_redirect_urls_set no_signup_redirect_urls_set no_invite_redirect_urls_set
		no_default_login_redirect_url_set no_default_signup_redirect_url_set no_default_invite_redirect_url_set
		no_login_redirect_url no_signup_redirect_url no_invite_redirect_url
		no_discovery_redirect_urls_set no_default_discovery_redirect_url_set no_discovery_redirect_url
		no_password_reset_redirect_url cross_org_passwords_enabled cross_org_passwords_not_enabled`) {
		out[errorType] = true
	}
	return out
}()

// ProjectFault reports whether an error type is among projectFaults.
func ProjectFault(errorType string) bool { return projectFaults[errorType] }
