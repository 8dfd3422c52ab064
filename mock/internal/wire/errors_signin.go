package wire

import "maps"

func init() { maps.Copy(Errors, signInErrors) }

// signInErrors are the error types of the ways to sign in besides magic links.
var signInErrors = map[string]knownError{
	// Discovery and pending sign-ins.
	"claimed_email_domains_not_supported":                      {400, "claimed_email_domains cannot be given here."},
	"email_verification_required":                              {400, "The e-mail address has to be verified first."},
	"no_associated_session_passed_in":                          {400, "An intermediate_session_token, session_token or session_jwt is required."},
	"action_available_only_for_active_members":                 {400, "You may not attach an MFA factor to a member that is not active."},
	"action_available_only_once_primary_authentication_is_met": {400, "The action is available only once the primary authentication requirement is met."},
	"no_discovery_redirect_urls_set":                           {400, "The project has no discovery redirect URL."},
	"invalid_discovery_redirect_url":                           {400, "discovery_redirect_url is invalid."},
	"user_lock_limit_reached":                                  {429, "The member is locked after too many failed attempts."},

	// Codes.
	"otp_code_not_found":                               {404, "One-time passcode could not be found."},
	"unable_to_auth_otp_code":                          {401, "The passcode could not be authenticated because it was already used, expired or replaced."},
	"invalid_code":                                     {400, "Code format is invalid."},
	"invalid_expiration_otp":                           {400, "The expiration should be between 2 and 15 minutes."},
	"missing_sms_parameter":                            {400, "mfa_phone_number is required for a member without a phone number."},
	"operation_restricted_by_organization_mfa_methods": {400, "The organization does not allow this MFA method."},

	// Authenticator apps and recovery codes.
	"active_totp_exists":                    {400, "The member has an active TOTP registration already."},
	"pending_totp_exists":                   {400, "The member has a pending TOTP registration already."},
	"expired_totp":                          {401, "The TOTP registration expired before it was authenticated."},
	"invalid_totp_code":                     {400, "TOTP code format is invalid."},
	"unable_to_authenticate_totp":           {401, "The TOTP code could not be authenticated."},
	"totp_code_already_authenticated":       {401, "The TOTP code was already used."},
	"recovery_code_used_as_totp_code":       {400, "A recovery code was given as a TOTP code."},
	"totp_code_used_as_recovery_code":       {400, "A TOTP code was given as a recovery code."},
	"invalid_recovery_code":                 {400, "Recovery code format is invalid."},
	"unable_to_authenticate_recovery_code":  {401, "The recovery code could not be authenticated."},
	"recovery_codes_not_found":              {404, "Recovery codes could not be found."},
	"no_active_recovery_code_backed_factor": {400, "The member has no factor with recovery codes."},

	// Passwords.
	"weak_password":                                {400, "password doesn't meet our strength requirements."},
	"breached_password":                            {400, "The password was found in a data breach."},
	"member_reset_password":                        {400, "The password has to be reset before it can be used."},
	"member_password_not_found":                    {404, "Member password could not be found."},
	"password_already_exists":                      {400, "The member has a password already."},
	"cannot_reset_password_with_existing_password": {400, "The new password is the existing one."},
	"unable_to_auth_password_reset_token":          {401, "The password reset token could not be authenticated because it was already used or expired."},
	"invalid_password_reset_redirect_url":          {400, "reset_password_redirect_url is invalid."},
	"no_password_reset_redirect_url":               {400, "The project has no password reset redirect URL."},
	"cross_org_passwords_enabled":                  {400, "Passwords belong to e-mail addresses in this project."},
	"cross_org_passwords_not_enabled":              {400, "Passwords belong to organizations in this project."},
	"session_too_old_to_reset_password":            {401, "No factor was authenticated within the last 5 minutes."},
	"invalid_hash":                                 {400, "hash is missing or invalid."},
	"invalid_hash_type":                            {400, "hash_type is unknown."},
	"invalid_bcrypt_hash":                          {400, "The bcrypt hash is invalid."},
	"invalid_md_5_hash":                            {400, "The MD5 hash is invalid."},
	"invalid_sha_1_hash":                           {400, "The SHA-1 hash is invalid."},
	"invalid_sha_512_hash":                         {400, "The SHA-512 hash is invalid."},
	"invalid_phpass_hash_prefix":                   {400, "The phpass hash has an unknown prefix."},
	"invalid_bcrypt_cost":                          {400, "The cost of the bcrypt hash is out of range."},
	"invalid_phpass_hash_format":                   {400, "The phpass hash is invalid."},
	"argon_2_key_length_mismatch":                  {400, "key_length is not the length of the Argon2 hash."},
	"invalid_argon_2_iteration_amount":             {400, "The iteration amount of Argon2 is out of range."},
	"invalid_argon_2_key_length":                   {400, "The key length of Argon2 is out of range."},
	"invalid_argon_2_memory":                       {400, "The memory of Argon2 is out of range."},
	"invalid_argon_2_salt":                         {400, "The salt of Argon2 is too short or too long."},
	"invalid_argon_2_threads":                      {400, "The threads of Argon2 are out of range."},
	"invalid_scrypt_n_parameter":                   {400, "The N parameter of scrypt should be a power of two greater than 1 and less than 262,145."},
	"invalid_scrypt_parameters":                    {400, "The r and p parameters of scrypt are out of range."},
	"invalid_scrypt_salt_length":                   {400, "The salt of scrypt is too short or too long."},
	"invalid_base64_scrypt_hash":                   {400, "The scrypt hash is not base64."},
	"invalid_base64_scrypt_salt":                   {400, "The salt of scrypt is not base64."},
	"scrypt_key_length_mismatch":                   {400, "key_length is not the length of the scrypt hash, or out of range."},
	"invalid_pbkdf_2_algorithm":                    {400, "The algorithm of PBKDF2 should be sha256 or sha512."},
	"invalid_pbkdf_2_hash":                         {400, "The PBKDF2 hash is invalid."},
	"invalid_pbkdf_2_iteration_amount":             {400, "The iteration amount of PBKDF2 is out of range."},
	"invalid_pbkdf_2_salt":                         {400, "The salt of PBKDF2 is invalid."},
	"pbkdf_2_key_length_mismatch":                  {400, "key_length is not the length of the PBKDF2 hash, or out of range."},

	// Sessions of others.
	"oauth_access_token_exchange_token_invalid_grant": {400, "The access token is invalid, or was exchanged already."},
	"oauth_access_token_exchange_token_too_old":       {400, "The access token was issued more than 5 minutes ago."},
	"invalid_trusted_auth_token":                      {400, "The trusted auth token is invalid."},
	"trusted_token_profile_not_found":                 {404, "Trusted auth token profile could not be found."},
	"invalid_token_organization_id_claim":             {400, "The token is for another organization."},
	"migrate_from_external_unexpected_response":       {400, "The external session could not be read."},

	// Impersonation. Its session cannot be extended.
	"unable_to_auth_impersonation_token": {401, "The impersonation token was already used or has expired."},
	"member_impersonation_not_allowed":   {403, "The member may not be impersonated."},
	"session_not_mutable":                {400, "An impersonated session cannot be changed."},

	// Members.
	"email_updates_available_only_for_active_members": {400, "Only active members can change their e-mail address."},
	"member_has_no_active_verified_email":             {400, "The member's e-mail address is not verified."},
	"unable_to_verify_member_email_update":            {401, "The e-mail address could not be changed."},
	"retired_email_missing_email_identifiers":         {400, "email_id or email_address is required."},
	"email_not_found":                                 {404, "E-mail address could not be found."},
	"member_oauth_token_not_found":                    {404, "The member has no tokens of this provider."},
	"member_oidc_token_not_found":                     {404, "The member has no tokens of an OIDC connection."},

	// An organization's own roles.
	"empty_rbac_role_id":                              {400, "role_id is missing."},
	"rbac_org_custom_roles_only":                      {400, "The role belongs to the project's policy."},
	"rbac_role_duplicate":                             {400, "A role is there twice."},
	"rbac_role_missing_permissions":                   {400, "A role has no permissions."},
	"rbac_permission_missing_actions":                 {400, "A permission has no actions."},
	"invalid_permission_action":                       {400, "The resource has no such action."},
	"invalid_permission_resource":                     {400, "The policy has no such resource."},
	"invalid_rbac_role_assignment":                    {400, "The role assignment is invalid."},
	"rbac_cannot_delete_attribute_used_in_org_policy": {400, "A member has a role that would be deleted."},
}
