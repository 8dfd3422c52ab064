package wire

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// APIError is an error of Stytch's: an HTTP status, an error_type and a text for
// people. Clients decide by the error_type.
// Source: https://stytch.com/docs/b2b/api/errors
type APIError struct {
	Status  int
	Type    string // error_type
	Message string
	Details map[string]any // error_details, of the few types that have it
	Allow   []string       // for 405, the methods that the path has
	OAuth2  bool           // the endpoint is one of OAuth 2.0, whose error object has other names
}

func (r *APIError) Error() string { return fmt.Sprintf("%d %s", r.Status, r.Type) }

// Error returns the error of this error_type. A type that is missing in the
// table is a mistake of this package.
func Error(kind string) *APIError {
	known, ok := Errors[kind]
	if !ok {
		panic("mock: error type " + kind + " is not in the table")
	}
	return &APIError{Status: known.Status, Type: kind, Message: known.Message}
}

// FieldError is refuse with the name of the field at fault.
func FieldError(kind, field string) *APIError {
	r := Error(kind)
	r.Message = fmt.Sprintf("%s (%s)", r.Message, field)
	return r
}

// url returns the address of the error's page. Two forms have been observed.
func (r *APIError) url() string {
	site := "https://stytch.com/docs/api/errors/"
	if strings.Contains(r.Type, "organization") {
		site = "https://stytch.com/docs/b2b/api/errors/"
	}
	return fmt.Sprintf("%s%d#%s", site, r.Status, r.Type)
}

// The types that are not Stytch's own: this package says so by its name.
const (
	TypeNotBuilt = "mock_not_implemented"
	TypeRemote   = "mock_refuses_remote"
)

// knownError is what goes with an error_type.
type knownError struct {
	Status  int
	Message string
}

// Errors are the error types in use. Statuses follow Stytch's pages where
// these state them; elsewhere the rule is: not found 404, a one-time secret or a
// JWT that fails 401, permission 403, everything else 400 (Stytch has no 409).
var Errors = map[string]knownError{
	TypeNotBuilt: {http.StatusNotImplemented, "The mock does not have this endpoint."},
	TypeRemote:   {http.StatusForbidden, "The mock answers on loopback addresses only. Set DangerouslyRemote if you mean it."},

	// Project credentials and transport.
	"invalid_authorization_header":      {400, "The Authorization header is missing or not HTTP Basic."},
	"invalid_project_id_authentication": {400, "The project_id used to authenticate is not of the right form."},
	"invalid_secret_authentication":     {400, "The secret used to authenticate is not of the right form."},
	"unauthorized_credentials":          {401, "Unauthorized credentials."},
	"invalid_consumer_endpoint":         {400, "This endpoint is only enabled for consumer projects."},
	"route_not_found":                   {404, "The route provided is not supported."},
	"method_not_allowed":                {405, "The method is not allowed on this route."},
	"bad_request":                       {400, "The submitted request is invalid."},
	"invalid_argument":                  {400, "An argument of the request is invalid."},
	"invalid_project_id":                {400, "The project_id is not of the right form."},
	"project_not_found":                 {404, "Project could not be found."},
	"public_token_required":             {400, "public_token is required."},
	"public_token_not_found":            {404, "Public token could not be found."},
	"too_many_requests":                 {429, "Too many requests have been made."},
	"internal_server_error":             {500, "Oops, something seems to have gone wrong, please reach out to support@stytch.com to let us know what went wrong."},
	"server_unavailable":                {503, "The server is unavailable."},

	// Sessions.
	"session_not_found":                                   {404, "Session could not be found."},
	"invalid_session_token":                               {400, "Session token format is invalid."},
	"invalid_session_id":                                  {400, "member_session_id format is invalid."},
	"invalid_session_fields":                              {400, "The session arguments cannot be combined."},
	"no_session_arguments":                                {400, "One of session_token or session_jwt is required."},
	"too_many_session_arguments":                          {400, "Only one of session_token and session_jwt may be given."},
	"no_session_revoke_arguments":                         {400, "One of member_session_id, session_token, session_jwt or member_id is required."},
	"too_many_session_revoke_arguments":                   {400, "Only one of member_session_id, session_token, session_jwt and member_id may be given."},
	"invalid_session_duration_minutes":                    {400, "session_duration_minutes is invalid, should be between 5 to 527040 minutes."},
	"unable_to_parse_session_jwt":                         {401, "The session_jwt could not be parsed."},
	"jwt_invalid_audience":                                {401, "The session_jwt is for another audience."},
	"jwt_invalid_issuer":                                  {401, "The session_jwt is from another issuer."},
	"jwt_invalid_claims":                                  {401, "The claims of the session_jwt are invalid."},
	"custom_claims_too_large":                             {400, "session_custom_claims may not exceed 4 KB."},
	"reserved_claims_in_custom_claims":                    {400, "session_custom_claims may not use a reserved claim."},
	"unable_to_represent_custom_claims_json":              {400, "session_custom_claims has a value that JSON readers cannot represent."},
	"stytch_claims_in_custom_claims":                      {400, "session_custom_claims may not use a claim of Stytch's."},
	"session_authorization_error":                         {403, "The Member is not authorized to perform the requested action on that resource."},
	"session_authorization_tenancy_error":                 {403, "OrganizationID in AuthorizationCheck request does not match session's Organization ID"},
	"member_session_member_id_mismatch":                   {400, "The session or intermediate session belongs to another member."},
	"intermediate_session_not_found":                      {404, "Intermediate session could not be found."},
	"insufficient_factors_for_session_exchange":           {401, "None of the session's factors counts in the other organization."},
	"invalid_intermediate_session_token_for_organization": {400, "The intermediate session is bound to another organization."},

	// Organizations.
	"organization_not_found":                                                     {404, "Organization could not be found."},
	"organization_name_missing":                                                  {400, "organization_name is required."},
	"invalid_organization_name":                                                  {400, "organization_name should have 1 to 128 characters."},
	"invalid_organization_slug":                                                  {400, "organization_slug should have 2 to 128 characters of A-Z a-z 0-9 - . _ ~ and at least one letter or digit."},
	"organization_slug_already_used":                                             {400, "The provided organization_slug is already used in another organization."},
	"invalid_organization_external_id":                                           {400, "organization_external_id should have at most 128 characters of A-Z a-z 0-9 . _ - |."},
	"organization_external_id_already_used":                                      {400, "The provided organization_external_id is already used in another organization."},
	"external_organization_id_same_as_organization_id":                           {400, "organization_external_id may not look like an organization_id."},
	"organization_logo_url_too_long":                                             {400, "organization_logo_url is too long."},
	"invalid_url":                                                                {400, "The URL is invalid."},
	"organization_settings_invalid_domain":                                       {400, "email_allowed_domains has an invalid domain."},
	"organization_settings_duplicate_domain":                                     {400, "email_allowed_domains has a domain twice."},
	"organization_settings_domain_too_common":                                    {400, "email_allowed_domains has the domain of a public e-mail provider."},
	"organization_settings_invalid_claimed_domain":                               {400, "claimed_email_domains has an invalid domain."},
	"organization_settings_duplicate_claimed_domain":                             {400, "claimed_email_domains has a domain that is claimed already."},
	"organization_settings_claimed_domain_too_common":                            {400, "claimed_email_domains has the domain of a public e-mail provider."},
	"allowed_auth_methods_required_for_restricted":                               {400, "allowed_auth_methods may not be empty while auth_methods is RESTRICTED."},
	"allowed_mfa_methods_required_for_restricted":                                {400, "allowed_mfa_methods may not be empty while mfa_methods is RESTRICTED."},
	"invalid_organization_auth_method_settings":                                  {400, "auth_methods should be ALL_ALLOWED or RESTRICTED."},
	"invalid_organization_allowed_auth_methods":                                  {400, "allowed_auth_methods has an unknown method."},
	"invalid_organization_mfa_policy":                                            {400, "mfa_policy should be REQUIRED_FOR_ALL or OPTIONAL."},
	"invalid_organization_mfa_factor_setting":                                    {400, "mfa_methods should be ALL_ALLOWED or RESTRICTED."},
	"invalid_organization_allowed_mfa_methods":                                   {400, "allowed_mfa_methods has an unknown method."},
	"invalid_organization_auth_factor_setting":                                   {400, "The provisioning settings are invalid, or leave no way into the organization."},
	"invalid_organization_auth_factor_setting_for_email_jit_provisioning":        {400, "email_jit_provisioning should be RESTRICTED or NOT_ALLOWED."},
	"invalid_organization_auth_factor_setting_for_oauth_tenant_jit_provisioning": {400, "oauth_tenant_jit_provisioning should be RESTRICTED or NOT_ALLOWED."},
	"invalid_restricted_email_setting":                                           {400, "RESTRICTED e-mail provisioning needs email_allowed_domains."},
	"invalid_restricted_sso_setting":                                             {400, "RESTRICTED SSO provisioning needs sso_jit_provisioning_allowed_connections."},
	"invalid_restricted_oauth_tenants_setting":                                   {400, "RESTRICTED OAuth tenant provisioning needs allowed_oauth_tenants."},
	"invalid_oauth_allowed_tenants_format":                                       {400, "allowed_oauth_tenants should map slack, hubspot or github to a list of strings."},
	"metadata_invalid_format":                                                    {400, "Metadata should be a JSON object."},
	"metadata_too_large":                                                         {400, "Metadata may not exceed 4 KB."},
	"metadata_too_many_keys":                                                     {400, "Metadata may not have more than 20 keys."},
	"rbac_invalid_domain":                                                        {400, "rbac_email_implicit_role_assignments has an invalid domain."},
	"invalid_sso_default_connection_id":                                          {400, "sso_default_connection_id is not of the right form."},
	"rbac_domain_too_common":                                                     {400, "rbac_email_implicit_role_assignments has the domain of a public e-mail provider."},

	// Members.
	"member_not_found":                             {404, "Member could not be found."},
	"member_does_not_exist_in_organization":        {404, "Member could not be found in the organization."},
	"duplicate_member_email":                       {400, "A member with this e-mail address is in the organization already."},
	"retired_member_email":                         {400, "The e-mail address was retired by another member of the organization."},
	"duplicate_member_external_id":                 {400, "The external_id is used by another member of the organization."},
	"duplicate_member_phone_number":                {400, "The phone number is used by another member of the organization."},
	"duplicate_member_phone_number_for_member":     {400, "The member has a phone number already."},
	"invalid_member_get_fields":                    {400, "Exactly one of member_id and email_address is required."},
	"invalid_email":                                {400, "The e-mail address is invalid."},
	"invalid_phone_number":                         {400, "The phone number is not in E.164 format."},
	"member_phone_number_not_found":                {404, "The member has no phone number."},
	"totp_not_found":                               {404, "The member has no authenticator app."},
	"invalid_rbac_role_id":                         {400, "The RBAC policy has no such role."},
	"cannot_assign_default_rbac_role_id":           {400, "stytch_member is assigned to every member and cannot be named."},
	"invalid_mfa_default_method":                   {400, "default_mfa_method should be sms_otp or totp."},
	"default_mfa_member_missing_factor":            {400, "The member has not enrolled the default_mfa_method."},
	"member_cannot_update_their_email_address":     {403, "Members may not change their own e-mail address."},
	"cannot_update_trusted_metadata":               {401, "Members may not change trusted_metadata."},
	"email_unverified_for_reactivation":            {400, "The member's e-mail address is not verified."},
	"no_deleted_member_found_for_reactivation":     {400, "The member is not deleted."},
	"reactivation_email_belongs_to_another_member": {400, "Another member has the e-mail address."},
	"action_not_allowed_email_domain_is_claimed":   {400, "The e-mail domain is claimed by another organization."},

	// Search.
	"user_search_invalid_cursor":                                {400, "The cursor is invalid."},
	"user_search_invalid_limit":                                 {400, "limit should be between 1 and 1000."},
	"user_search_invalid_operator":                              {400, "operator should be AND or OR."},
	"search_invalid_status_filter":                              {400, "statuses has an unknown status."},
	"member_search_organization_ids_empty":                      {400, "organization_ids is required."},
	"member_search_cannot_mix_internal_and_external_member_ids": {400, "member_ids may not mix Stytch's ids and external ids."},

	// Provisioning, magic links and PKCE.
	"email_jit_provisioning_not_allowed":                {400, "The organization does not provision members by e-mail address."},
	"invalid_email_for_jit_provisioning":                {400, "The e-mail domain is not in the organization's email_allowed_domains."},
	"invalid_email_for_invites":                         {400, "The organization does not allow invites to this e-mail address."},
	"operation_restricted_by_organization_auth_methods": {400, "The organization does not allow this authentication method."},
	"unable_to_auth_magic_link":                         {401, "The magic link could not be authenticated because it was already used or expired."},
	"magic_link_not_found":                              {404, "Magic link could not be found."},
	"invalid_token":                                     {400, "Token format is invalid."},
	"no_match_for_provided_magic_link_url":              {400, "The magic link URL is not one of the project's redirect URLs."},
	"invalid_login_redirect_url":                        {400, "login_redirect_url is invalid."},
	"invalid_signup_redirect_url":                       {400, "signup_redirect_url is invalid."},
	"invalid_invite_redirect_url":                       {400, "invite_redirect_url is invalid."},
	"no_login_redirect_urls_set":                        {400, "The project has no login redirect URL."},
	"no_signup_redirect_urls_set":                       {400, "The project has no signup redirect URL."},
	"no_invite_redirect_urls_set":                       {400, "The project has no invite redirect URL."},
	"invalid_expiration":                                {400, "The expiration should be between 5 and 10080 minutes."},
	"invalid_locale":                                    {400, "The locale is not supported."},
	"pkce_mismatch":                                     {401, "The PKCE code verifier does not match the code challenge."},
	"pkce_expected_code_verifier":                       {400, "A PKCE code verifier is required."},
	"pkce_did_not_expect_code_verifier":                 {400, "A PKCE code verifier was given, and the flow began without a code challenge."},
	"invalid_pkce_code_challenge":                       {400, "The PKCE code challenge is invalid."},
	"invalid_pkce_code_verifier":                        {400, "The PKCE code verifier is invalid."},
}

// AsError returns the APIError in err. Anything else is a mistake of this
// package, and must not be taken for an answer of Stytch's.
func AsError(err error) *APIError {
	var r *APIError
	if !errors.As(err, &r) {
		panic("mock: " + err.Error())
	}
	return r
}
