package wire

import "maps"

func init() { maps.Copy(Errors, providerErrors) }

// providerErrors are the error types of OAuth and SSO.
var providerErrors = map[string]knownError{
	// OAuth. A sandbox page of Stytch's says 400 for the first; its name says 404.
	"oauth_token_not_found":                     {404, "OAuth token could not be found."},
	"oauth_invalid_state":                       {400, "The state is unknown, used or expired."},
	"invalid_oauth_provider":                    {400, "The OAuth provider is unknown."},
	"missing_oauth_organization_locator":        {400, "organization_id or slug is required."},
	"too_many_oauth_organization_locators":      {400, "Only one of organization_id and slug may be given."},
	"invalid_oauth_tenant_for_jit_provisioning": {400, "The OAuth tenant is not in the organization's allowed_oauth_tenants."},
	"no_match_for_provided_oauth_url":           {400, "The URL is not one of the project's redirect URLs."},
	"invalid_login_oauth_url":                   {400, "login_redirect_url is invalid."},
	"invalid_signup_oauth_url":                  {400, "signup_redirect_url is invalid."},

	// SSO: signing in.
	"sso_token_not_found":                           {404, "SSO token could not be found."},
	"missing_sso_connection_locator":                {400, "connection_id is required."},
	"too_many_sso_connection_locators":              {400, "Only one of connection_id and an organization may be given."},
	"indeterminate_sso_connection_for_organization": {400, "The organization has several SSO connections and no default one."},
	"no_sso_connection_exists_for_organization":     {400, "The organization has no SSO connection."},
	"requires_active_sso_connection":                {400, "The SSO connection is not active."},
	"invalid_connection_for_jit_provisioning":       {400, "The organization does not provision members through this SSO connection."},
	"no_match_for_provided_sso_url":                 {400, "The URL is not one of the project's redirect URLs."},
	"invalid_login_sso_url":                         {400, "login_redirect_url is invalid."},
	"invalid_signup_sso_url":                        {400, "signup_redirect_url is invalid."},

	// SSO: connections.
	"sso_connection_not_found":                             {404, "SSO connection could not be found."},
	"saml_connection_not_found":                            {404, "SAML connection could not be found."},
	"oidc_connection_not_found":                            {404, "OIDC connection could not be found."},
	"external_connection_id_not_found":                     {404, "External connection could not be found."},
	"external_connection_not_active":                       {400, "The external connection is not active."},
	"duplicate_external_sso_connection":                    {400, "The organization has this external connection already."},
	"cannot_delete_default_sso_connection":                 {400, "The connection is the organization's default."},
	"sso_verification_key_not_found":                       {404, "Verification certificate could not be found."},
	"cannot_delete_last_sso_verification_key":              {400, "The last verification certificate cannot be deleted."},
	"sso_encryption_private_key_not_found":                 {404, "Encryption private key could not be found."},
	"invalid_sso_idp":                                      {400, "identity_provider is unknown."},
	"invalid_display_name":                                 {400, "display_name may not exceed 128 characters."},
	"invalid_x509_certificate":                             {400, "x509_certificate is not a PEM certificate."},
	"saml_signing_private_key_format_not_supported":        {400, "signing_private_key is not in PKCS #1, which begins with -----BEGIN RSA PRIVATE KEY-----."},
	"saml_signing_private_key_invalid":                     {400, "signing_private_key is not an RSA key."},
	"invalid_saml_metadata_url":                            {400, "metadata_url is invalid."},
	"saml_connection_attribute_mapping_required":           {400, "attribute_mapping is empty."},
	"saml_connection_email_mapping_required":               {400, "attribute_mapping needs email."},
	"saml_connection_name_mapping_required":                {400, "attribute_mapping needs full_name, or first_name and last_name."},
	"saml_connection_attribute_mapping_missing_groups_key": {400, "Roles by group need groups in attribute_mapping."},
	"saml_connection_no_nested_keys_in_attribute_mapping":  {400, "The values of attribute_mapping should be strings."},
	"saml_connection_idp_sso_url_invalid_format":           {400, "idp_sso_url is invalid."},
	"oidc_connection_issuer_url_invalid_format":            {400, "issuer is invalid."},
	"oidc_connection_authorization_url_invalid_format":     {400, "authorization_url is invalid."},
	"oidc_connection_token_url_invalid_format":             {400, "token_url is invalid."},
	"oidc_connection_userinfo_url_invalid_format":          {400, "userinfo_url is invalid."},
	"oidc_connection_jwks_url_invalid_format":              {400, "jwks_url is invalid."},

	// SCIM. Stytch has no error type for a connection_id that is unknown.
	"active_scim_connection_exists":                        {400, "The organization has a SCIM connection already."},
	"no_active_scim_connection":                            {400, "The organization has no such SCIM connection."},
	"invalid_scim_idp":                                     {400, "identity_provider is unknown."},
	"scim_connection_not_rotating_token":                   {400, "No rotation of the bearer token is under way."},
	"scim_group_role_assignment_does_not_contain_group_id": {400, "A role assignment has no group_id."},
	"scim_group_role_assignment_group_does_not_exist":      {400, "The SCIM connection has no group of this group_id."},
}
