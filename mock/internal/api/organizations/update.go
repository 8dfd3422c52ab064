package organizations

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// updateOrganizationRequest is PUT /v1/b2b/organizations/{organization_id}. What
// is absent stays as it is; lists are replaced as a whole.
type updateOrganizationRequest struct {
	core.OrganizationInfo
	wire.SettingsGiven
	connectionsGiven
}

// connectionsGiven are the settings about SSO connections, which only an update
// takes: a new organization has no connections.
type connectionsGiven struct {
	SSODefaultConnectionID               *string  `json:"sso_default_connection_id"`
	SSOJITProvisioningAllowedConnections []string `json:"sso_jit_provisioning_allowed_connections"`
}

// Update changes an organization, or nothing: it works on a copy
// until every field has passed.
// Source: https://stytch.com/docs/b2b/api/update-organization
func Update(c *core.Request, in updateOrganizationRequest) (*core.OrganizationResponse, error) {
	o, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	if err := permitOrganizationUpdate(c, o, in); err != nil {
		return nil, err
	}
	changed := *o
	if err := c.SetInfo(&changed, in.OrganizationInfo); err != nil {
		return nil, err
	}
	if err := connect(&changed, in.connectionsGiven); err != nil {
		return nil, err
	}
	if changed.Settings, err = c.ChangeSettings(&changed, changed.Settings, in.SettingsGiven); err != nil {
		return nil, err
	}
	*o = changed
	c.State.ReindexOrganization(o)
	c.State.RevokeForbiddenApps(o)
	c.OrganizationChanged(o)
	return &core.OrganizationResponse{Organization: o.JSON()}, nil
}

// connect changes the settings about SSO connections. An empty default takes it
// away; that Stytch reads it so is not published.
func connect(o *state.Organization, in connectionsGiven) error {
	for _, id := range in.SSOJITProvisioningAllowedConnections {
		if o.Connection(id) == nil {
			return wire.Error("invalid_restricted_sso_setting")
		}
	}
	if in.SSOJITProvisioningAllowedConnections != nil {
		o.Settings.SSOJITProvisioningAllowedConnections = slices.Clone(in.SSOJITProvisioningAllowedConnections)
	}
	if id := in.SSODefaultConnectionID; id != nil {
		if *id != "" && o.Connection(*id) == nil {
			return wire.Error("invalid_sso_default_connection_id")
		}
		o.DefaultConnection = *id
	}
	return nil
}

// permitOrganizationUpdate asks for the action of every field that a member
// wants to change.
// Source: the field comments of https://stytch.com/docs/b2b/api/update-organization
func permitOrganizationUpdate(c *core.Request, o *state.Organization, in updateOrganizationRequest) error {
	if c.Caller == nil {
		return nil
	}
	if in.TrustedMetadata != nil {
		return wire.Error("cannot_update_trusted_metadata")
	}
	wanted := []struct {
		given  bool
		action string
	}{
		{in.OrganizationName != nil, "update.info.name"},
		{in.OrganizationSlug != nil, "update.info.slug"},
		{in.OrganizationLogoURL != nil, "update.info.logo-url"},
		{in.EmailInvites != nil, "update.settings.email-invites"},
		{in.EmailJITProvisioning != nil, "update.settings.email-jit-provisioning"},
		{in.EmailAllowedDomains != nil, "update.settings.allowed-domains"},
		{in.SSOJITProvisioning != nil || in.SSOJITProvisioningAllowedConnections != nil, "update.settings.sso-jit-provisioning"},
		{in.SSODefaultConnectionID != nil, "update.settings.default-sso-connection"},
		{in.AuthMethods != nil || in.AllowedAuthMethods != nil, "update.settings.allowed-auth-methods"},
		{in.MFAPolicy != nil, "update.settings.mfa-policy"},
		{in.MFAMethods != nil || in.AllowedMFAMethods != nil, "update.settings.allowed-mfa-methods"},
		{in.OAuthTenantJITProvisioning != nil, "update.settings.oauth-tenant-jit-provisioning"},
		{in.AllowedOAuthTenants != nil, "update.settings.allowed-oauth-tenants"},
		{in.ImplicitRoles != nil, "update.settings.implicit-roles"},
		// Stytch states no action for these, so only a member with all actions on the
		// organization may change them.
		{in.OrganizationExternalID != nil, "update.info.external-id"},
		{in.ClaimedEmailDomains != nil, "update.settings.claimed-domains"},
		{in.FirstPartyApps != nil || in.AllowedFirstPartyApps != nil || in.ThirdPartyApps != nil || in.AllowedThirdPartyApps != nil, "update.settings.connected-apps"},
	}
	asked := false
	for _, w := range wanted {
		if !w.given {
			continue
		}
		asked = true
		if err := c.PermitOrganization(o, w.action); err != nil {
			return err
		}
	}
	if !asked {
		// Nothing to change still tells what the organization is.
		return c.PermitOrganization(o, "update.info.name")
	}
	return nil
}
