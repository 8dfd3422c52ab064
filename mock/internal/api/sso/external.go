package sso

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// externalConnection is a connection to an identity provider of another organization.
// Source: https://stytch.com/docs/b2b/api/external-connection-object
type externalConnection struct {
	OrganizationID         string            `json:"organization_id"`
	ConnectionID           string            `json:"connection_id"`
	ExternalOrganizationID string            `json:"external_organization_id"`
	ExternalConnectionID   string            `json:"external_connection_id"`
	DisplayName            string            `json:"display_name"`
	Status                 string            `json:"status"`
	ImplicitRoles          []roleOnly        `json:"external_connection_implicit_role_assignments"`
	GroupImplicitRoles     []state.GroupRole `json:"external_group_implicit_role_assignments"`
}

func externalObject(n *state.Connection) externalConnection {
	return externalConnection{
		OrganizationID: n.OrganizationID, ConnectionID: n.ID, ExternalOrganizationID: n.ExternalOrganization, ExternalConnectionID: n.ExternalConnection,
		DisplayName: n.DisplayName, Status: n.Status(), ImplicitRoles: rolesOnly(n.Roles), GroupImplicitRoles: append([]state.GroupRole{}, n.GroupRoles...),
	}
}

// externalResponse is the response of the calls that return one.
type externalResponse struct {
	wire.Envelope
	Connection externalConnection `json:"connection"`
}

// createExternalRequest is POST /v1/b2b/sso/external/{organization_id}.
type createExternalRequest struct {
	ExternalOrganizationID string            `json:"external_organization_id"`
	ExternalConnectionID   string            `json:"external_connection_id"`
	DisplayName            *string           `json:"display_name"`
	ImplicitRoles          []roleOnly        `json:"connection_implicit_role_assignments"`
	GroupImplicitRoles     []state.GroupRole `json:"group_implicit_role_assignments"`
}

// CreateExternal lets the people of another organization's identity provider
// sign in to this one. Its connection must exist and be active.
// Source: https://stytch.com/docs/b2b/api/create-external-connection
func CreateExternal(c *core.Request, in createExternalRequest) (*externalResponse, error) {
	org, err := c.OrganizationFor(core.ResourceSSO, "create")
	if err != nil {
		return nil, err
	}
	other, err := c.Organization(in.ExternalOrganizationID)
	if err != nil {
		return nil, err
	}
	source := other.Connection(in.ExternalConnectionID)
	switch {
	case source == nil || other == org || source.Kind == state.ExternalKind:
		return nil, wire.Error("external_connection_id_not_found")
	case !source.Active():
		return nil, wire.Error("external_connection_not_active")
	case slices.ContainsFunc(org.Connections, func(n *state.Connection) bool { return n.ExternalConnection == source.ID }):
		return nil, wire.Error("duplicate_external_sso_connection")
	}
	if err := checkGrants(c, org, in.ImplicitRoles, in.GroupImplicitRoles); err != nil {
		return nil, err
	}
	n, err := NewConnection(c, state.ExternalKind, CreateConnectionRequest{DisplayName: in.DisplayName})
	if err != nil {
		return nil, err
	}
	n.ExternalOrganization, n.ExternalConnection, n.IdentityProvider = other.ID, source.ID, source.IdentityProvider
	n.Roles, n.GroupRoles = roleIDsOf(in.ImplicitRoles), slices.Clone(in.GroupImplicitRoles)
	return &externalResponse{Connection: externalObject(n)}, nil
}

// updateExternalRequest is PUT
// /v1/b2b/sso/external/{organization_id}/connections/{connection_id}.
type updateExternalRequest struct {
	DisplayName        *string           `json:"display_name"`
	ImplicitRoles      []roleOnly        `json:"external_connection_implicit_role_assignments"`
	GroupImplicitRoles []state.GroupRole `json:"external_group_implicit_role_assignments"`
}

// UpdateExternal changes what the connection gives here, not whose it is.
// Source: https://stytch.com/docs/b2b/api/update-external-connection
func UpdateExternal(c *core.Request, in updateExternalRequest) (*externalResponse, error) {
	n, err := namedConnection(c, "update", "external_connection_id_not_found", state.ExternalKind)
	if err != nil {
		return nil, err
	}
	if err := checkGrants(c, c.State.Org(n.OrganizationID), in.ImplicitRoles, in.GroupImplicitRoles); err != nil {
		return nil, err
	}
	if err := describe(n, in.DisplayName, nil); err != nil {
		return nil, err
	}
	if in.ImplicitRoles != nil {
		n.Roles = roleIDsOf(in.ImplicitRoles)
	}
	if in.GroupImplicitRoles != nil {
		n.GroupRoles = slices.Clone(in.GroupImplicitRoles)
	}
	return &externalResponse{Connection: externalObject(n)}, nil
}
