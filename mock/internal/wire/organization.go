package wire

// ActiveConnection is a connection in an Organization object.
type ActiveConnection struct {
	ConnectionID     string `json:"connection_id"`
	DisplayName      string `json:"display_name"`
	IdentityProvider string `json:"identity_provider"`
}

// Organization is the Organization object with every field that is not
// optional.
// Source: https://stytch.com/docs/b2b/api/organization-object
type Organization struct {
	OrganizationID      string `json:"organization_id"`
	OrganizationName    string `json:"organization_name"`
	OrganizationLogoURL string `json:"organization_logo_url"`
	OrganizationSlug    string `json:"organization_slug"`
	Settings
	SSOActiveConnections   []ActiveConnection    `json:"sso_active_connections"`
	TrustedMetadata        Metadata              `json:"trusted_metadata"`
	CreatedAt              Timestamp             `json:"created_at"`
	UpdatedAt              Timestamp             `json:"updated_at"`
	OrganizationExternalID *string               `json:"organization_external_id"`
	SSODefaultConnectionID *string               `json:"sso_default_connection_id"`
	SCIMActiveConnection   *ActiveSCIMConnection `json:"scim_active_connection"`
	CustomRoles            []PolicyRole          `json:"custom_roles"` // newer than stytch-go v16
}
