package sso

import (
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// connectionsResponse is the response of GET /v1/b2b/sso/{organization_id}.
type connectionsResponse struct {
	wire.Envelope
	SAML     []samlConnection     `json:"saml_connections"`
	OIDC     []oidcConnection     `json:"oidc_connections"`
	External []externalConnection `json:"external_connections"`
}

// Connections lists the SSO connections of an organization.
// Source: https://stytch.com/docs/b2b/api/get-sso-connections
func Connections(c *core.Request) (wire.Success, error) {
	org, err := c.OrganizationFor(core.ResourceSSO, "get")
	if err != nil {
		return nil, err
	}
	out := &connectionsResponse{SAML: []samlConnection{}, OIDC: []oidcConnection{}, External: []externalConnection{}}
	for _, n := range org.Connections {
		switch n.Kind {
		case state.SAMLKind:
			out.SAML = append(out.SAML, samlObject(c, n))
		case state.OIDCKind:
			out.OIDC = append(out.OIDC, oidcObject(c, n))
		default:
			out.External = append(out.External, externalObject(n))
		}
	}
	return out, nil
}

// namedConnection returns the connection in the path, of one of the kinds.
func namedConnection(c *core.Request, action, unknown string, kinds ...string) (*state.Connection, error) {
	org, err := c.OrganizationFor(core.ResourceSSO, action)
	if err != nil {
		return nil, err
	}
	n := org.Connection(c.Params["connection_id"])
	if n == nil || !slices.Contains(kinds, n.Kind) {
		return nil, wire.Error(unknown)
	}
	return n, nil
}

// connectionIDResponse is the response of the delete call.
type connectionIDResponse struct {
	wire.Envelope
	ConnectionID string `json:"connection_id"`
}

// DeleteConnection forgets a connection and the accounts that came through it.
// What becomes of sessions that began with it is not published; here they lose
// the roles that it gave and go on.
// Source: https://stytch.com/docs/b2b/api/delete-sso-connection
func DeleteConnection(c *core.Request) (wire.Success, error) {
	n, err := namedConnection(c, "delete", "sso_connection_not_found", state.SAMLKind, state.OIDCKind, state.ExternalKind)
	if err != nil {
		return nil, err
	}
	org := c.State.Org(n.OrganizationID)
	if org.DefaultConnection == n.ID {
		return nil, wire.Error("cannot_delete_default_sso_connection")
	}
	c.State.DeleteConnection(org, n)
	noteConnection(c, core.ActionDelete, n)
	set := &org.Settings
	set.SSOJITProvisioningAllowedConnections = slices.DeleteFunc(slices.Clone(set.SSOJITProvisioningAllowedConnections), func(id string) bool { return id == n.ID })
	for _, m := range c.State.Roster(org).Members {
		m.SSO = slices.DeleteFunc(slices.Clone(m.SSO), func(r *state.SSORegistration) bool { return r.ConnectionID == n.ID })
	}
	return &connectionIDResponse{ConnectionID: n.ID}, nil
}

// CreateConnectionRequest is POST /v1/b2b/sso/saml/{organization_id}, and the
// same for OIDC.
type CreateConnectionRequest struct {
	DisplayName      *string `json:"display_name"`
	IdentityProvider *string `json:"identity_provider"`
}

// NewConnection makes a pending connection of the organization in the path.
func NewConnection(c *core.Request, kind string, in CreateConnectionRequest) (*state.Connection, error) {
	org, err := c.OrganizationFor(core.ResourceSSO, "create")
	if err != nil {
		return nil, err
	}
	n := &state.Connection{ID: c.NewID(kind + "-connection"), Kind: kind, OrganizationID: org.ID, IdentityProvider: "generic", AttributeMapping: map[string]string{}}
	if err := describe(n, in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	c.State.AddConnection(org, n)
	noteConnection(c, core.ActionCreate, n)
	return n, nil
}

// noteConnection notes what the call has done to a connection. Webhooks know none about
// connections to the identity provider of another organization.
func noteConnection(c *core.Request, action string, n *state.Connection) {
	switch n.Kind {
	case state.SAMLKind:
		c.Changed(action, core.ObjectSAMLConnection, n.ID, func() any { return samlObject(c, n) })
	case state.OIDCKind:
		c.Changed(action, core.ObjectOIDCConnection, n.ID, func() any { return oidcObject(c, n) })
	}
}

// describe sets what all kinds have in common; nil leaves it alone.
func describe(n *state.Connection, displayName, identityProvider *string) error {
	if identityProvider != nil && *identityProvider != "" {
		if !slices.Contains(identityProviders, *identityProvider) {
			return wire.Error("invalid_sso_idp")
		}
		n.IdentityProvider = *identityProvider
	}
	if displayName != nil {
		if len(*displayName) > 128 {
			return wire.Error("invalid_display_name")
		}
		n.DisplayName = *displayName
	}
	return nil
}

// checkGrants refuses roles that the organization does not have.
func checkGrants(c *core.Request, org *state.Organization, roles []roleOnly, groups []state.GroupRole) error {
	for _, r := range roles {
		if err := c.CheckRole(org, r.RoleID); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := c.CheckRole(org, g.RoleID); err != nil {
			return err
		}
		if g.Group == "" {
			return wire.FieldError("invalid_rbac_role_assignment", "group is missing")
		}
	}
	return nil
}

func roleIDsOf(roles []roleOnly) []string {
	out := make([]string, 0, len(roles))
	for _, r := range roles {
		out = append(out, r.RoleID)
	}
	return out
}

func rolesOnly(ids []string) []roleOnly {
	out := make([]roleOnly, 0, len(ids))
	for _, id := range ids {
		out = append(out, roleOnly{RoleID: id})
	}
	return out
}

// checkWebURL returns this error type for a text that is not an https URL. Plain http is
// taken on loopback, where a test's own identity provider would be.
func checkWebURL(raw, kind string) error {
	u, err := url.Parse(raw)
	if err != nil || !wire.IsWebURL(raw) || (u.Scheme != "https" && u.Hostname() != "localhost" && !strings.HasPrefix(u.Hostname(), "127.")) {
		return wire.Error(kind)
	}
	return nil
}
