package mock

import "slices"

// externalJSON is a connection to an identity provider of another organization.
// Source: https://stytch.com/docs/b2b/api/external-connection-object
type externalJSON struct {
	OrganizationID         string      `json:"organization_id"`
	ConnectionID           string      `json:"connection_id"`
	ExternalOrganizationID string      `json:"external_organization_id"`
	ExternalConnectionID   string      `json:"external_connection_id"`
	DisplayName            string      `json:"display_name"`
	Status                 string      `json:"status"`
	ImplicitRoles          []roleOnly  `json:"external_connection_implicit_role_assignments"`
	GroupImplicitRoles     []groupRole `json:"external_group_implicit_role_assignments"`
}

func (n *connection) externalJSON() externalJSON {
	return externalJSON{
		OrganizationID: n.OrganizationID, ConnectionID: n.ID, ExternalOrganizationID: n.ExternalOrganization, ExternalConnectionID: n.ExternalConnection,
		DisplayName: n.DisplayName, Status: n.status(), ImplicitRoles: rolesOnly(n.Roles), GroupImplicitRoles: append([]groupRole{}, n.GroupRoles...),
	}
}

// externalAnswer is the answer of the calls that return one.
type externalAnswer struct {
	envelope
	Connection externalJSON `json:"connection"`
}

// createExternalRequest is POST /v1/b2b/sso/external/{organization_id}.
type createExternalRequest struct {
	ExternalOrganizationID string      `json:"external_organization_id"`
	ExternalConnectionID   string      `json:"external_connection_id"`
	DisplayName            *string     `json:"display_name"`
	ImplicitRoles          []roleOnly  `json:"connection_implicit_role_assignments"`
	GroupImplicitRoles     []groupRole `json:"group_implicit_role_assignments"`
}

// createExternal lets the people of another organization's identity provider
// sign in to this one. Its connection must exist and be active.
// Source: https://stytch.com/docs/b2b/api/create-external-connection
func createExternal(c *call, in createExternalRequest) (*externalAnswer, error) {
	org, err := c.organizationFor(resourceSSO, "create")
	if err != nil {
		return nil, err
	}
	other, err := c.organization(in.ExternalOrganizationID)
	if err != nil {
		return nil, err
	}
	source := other.connection(in.ExternalConnectionID)
	switch {
	case source == nil || other == org || source.Kind == externalKind:
		return nil, refuse("external_connection_id_not_found")
	case !source.active():
		return nil, refuse("external_connection_not_active")
	case slices.ContainsFunc(org.Connections, func(n *connection) bool { return n.ExternalConnection == source.ID }):
		return nil, refuse("duplicate_external_sso_connection")
	}
	if err := c.checkGrants(org, in.ImplicitRoles, in.GroupImplicitRoles); err != nil {
		return nil, err
	}
	n, err := c.newConnection(externalKind, createConnectionRequest{DisplayName: in.DisplayName})
	if err != nil {
		return nil, err
	}
	n.ExternalOrganization, n.ExternalConnection, n.IdentityProvider = other.ID, source.ID, source.IdentityProvider
	n.Roles, n.GroupRoles = roleIDsOf(in.ImplicitRoles), slices.Clone(in.GroupImplicitRoles)
	return &externalAnswer{Connection: n.externalJSON()}, nil
}

// updateExternalRequest is PUT
// /v1/b2b/sso/external/{organization_id}/connections/{connection_id}.
type updateExternalRequest struct {
	DisplayName        *string     `json:"display_name"`
	ImplicitRoles      []roleOnly  `json:"external_connection_implicit_role_assignments"`
	GroupImplicitRoles []groupRole `json:"external_group_implicit_role_assignments"`
}

// updateExternal changes what the connection gives here, not whose it is.
// Source: https://stytch.com/docs/b2b/api/update-external-connection
func updateExternal(c *call, in updateExternalRequest) (*externalAnswer, error) {
	n, err := c.namedConnection("update", "external_connection_id_not_found", externalKind)
	if err != nil {
		return nil, err
	}
	if err := c.checkGrants(c.db.org(n.OrganizationID), in.ImplicitRoles, in.GroupImplicitRoles); err != nil {
		return nil, err
	}
	if err := n.describe(in.DisplayName, nil); err != nil {
		return nil, err
	}
	if in.ImplicitRoles != nil {
		n.Roles = roleIDsOf(in.ImplicitRoles)
	}
	if in.GroupImplicitRoles != nil {
		n.GroupRoles = slices.Clone(in.GroupImplicitRoles)
	}
	return &externalAnswer{Connection: n.externalJSON()}, nil
}
