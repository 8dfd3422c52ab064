package state

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Organization is a Stytch Organization: what the school calls a class.
type Organization struct {
	Seq               int64             `json:"seq"`
	ID                string            `json:"organization_id"`
	Name              string            `json:"organization_name"`
	Slug              string            `json:"organization_slug"`
	ExternalID        string            `json:"organization_external_id,omitempty"`
	LogoURL           string            `json:"organization_logo_url,omitempty"`
	Settings          wire.Settings     `json:"settings"`
	DefaultConnection string            `json:"sso_default_connection_id,omitempty"`
	Connections       []*Connection     `json:"sso_connections,omitempty"` // oldest first
	SCIM              *SCIMConnection   `json:"scim_connection,omitempty"`
	CustomRoles       []wire.PolicyRole `json:"custom_roles,omitempty"` // of this organization only
	Trusted           wire.Metadata     `json:"trusted_metadata"`
	CreatedAt         time.Time         `json:"created_at"`
	UpdatedAt         time.Time         `json:"updated_at"`

	indexed organizationNames // where the index has it
}

// JSON is the organization as Stytch sends it.
func (o *Organization) JSON() wire.Organization {
	return wire.Organization{
		OrganizationID:         o.ID,
		OrganizationName:       o.Name,
		OrganizationLogoURL:    o.LogoURL,
		OrganizationSlug:       o.Slug,
		Settings:               o.Settings,
		SSOActiveConnections:   o.activeConnections(),
		TrustedMetadata:        o.Trusted,
		CreatedAt:              wire.Timestamp(o.CreatedAt),
		UpdatedAt:              wire.Timestamp(o.UpdatedAt),
		OrganizationExternalID: wire.OrNull(o.ExternalID),
		SSODefaultConnectionID: wire.OrNull(o.DefaultConnection),
		SCIMActiveConnection:   o.activeSCIM(),
		CustomRoles:            append([]wire.PolicyRole{}, o.CustomRoles...),
	}
}

// Values that a test project accepts without anything having been sent.
// Source: https://stytch.com/docs/b2b/guides/testing
const (
	SandboxOrganization = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b"
	SandboxTokenGood    = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94="
	SandboxTokenSpent   = "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU="
	SandboxTokenUnknown = "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM="
	SandboxSlug         = "sandbox-organization"
)
