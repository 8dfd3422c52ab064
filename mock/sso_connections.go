package mock

import (
	"net/url"
	"slices"
	"strings"
)

const resourceSSO = "stytch.sso"

// connectionsAnswer is the answer of GET /v1/b2b/sso/{organization_id}.
type connectionsAnswer struct {
	envelope
	SAML     []samlJSON     `json:"saml_connections"`
	OIDC     []oidcJSON     `json:"oidc_connections"`
	External []externalJSON `json:"external_connections"`
}

// getConnections lists the SSO connections of an organization.
// Source: https://stytch.com/docs/b2b/api/get-sso-connections
func getConnections(c *call) (stamped, error) {
	org, err := c.organizationFor(resourceSSO, "get")
	if err != nil {
		return nil, err
	}
	out := &connectionsAnswer{SAML: []samlJSON{}, OIDC: []oidcJSON{}, External: []externalJSON{}}
	for _, n := range org.Connections {
		switch n.Kind {
		case samlKind:
			out.SAML = append(out.SAML, c.samlJSON(n))
		case oidcKind:
			out.OIDC = append(out.OIDC, c.oidcJSON(n))
		default:
			out.External = append(out.External, n.externalJSON())
		}
	}
	return out, nil
}

// organizationFor returns the organization in the path, if the caller may do this
// to the resource in it.
func (c *call) organizationFor(resource, action string) (*organization, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	return org, c.permitResource(org, resource, action)
}

// namedConnection returns the connection in the path, of one of the kinds.
func (c *call) namedConnection(action, unknown string, kinds ...string) (*connection, error) {
	org, err := c.organizationFor(resourceSSO, action)
	if err != nil {
		return nil, err
	}
	n := org.connection(c.params["connection_id"])
	if n == nil || !slices.Contains(kinds, n.Kind) {
		return nil, refuse(unknown)
	}
	return n, nil
}

// connectionIDAnswer is the answer of the delete call.
type connectionIDAnswer struct {
	envelope
	ConnectionID string `json:"connection_id"`
}

// deleteConnection forgets a connection and the accounts that came through it.
// What becomes of sessions that began with it is not published; here they lose
// the roles that it gave and go on.
// Source: https://stytch.com/docs/b2b/api/delete-sso-connection
func deleteConnection(c *call) (stamped, error) {
	n, err := c.namedConnection("delete", "sso_connection_not_found", samlKind, oidcKind, externalKind)
	if err != nil {
		return nil, err
	}
	org := c.db.org(n.OrganizationID)
	if org.DefaultConnection == n.ID {
		return nil, refuse("cannot_delete_default_sso_connection")
	}
	c.db.deleteConnection(org, n)
	set := &org.Settings
	set.SSOJITProvisioningAllowedConnections = slices.DeleteFunc(slices.Clone(set.SSOJITProvisioningAllowedConnections), func(id string) bool { return id == n.ID })
	for _, m := range c.db.roster(org).members {
		m.SSO = slices.DeleteFunc(slices.Clone(m.SSO), func(r *ssoRegistration) bool { return r.ConnectionID == n.ID })
	}
	return &connectionIDAnswer{ConnectionID: n.ID}, nil
}

// createConnectionRequest is POST /v1/b2b/sso/saml/{organization_id}, and the
// same for OIDC.
type createConnectionRequest struct {
	DisplayName      *string `json:"display_name"`
	IdentityProvider *string `json:"identity_provider"`
}

// newConnection makes a pending connection of the organization in the path.
func (c *call) newConnection(kind string, in createConnectionRequest) (*connection, error) {
	org, err := c.organizationFor(resourceSSO, "create")
	if err != nil {
		return nil, err
	}
	n := &connection{ID: c.newID(kind + "-connection"), Kind: kind, OrganizationID: org.ID, IdentityProvider: "generic", AttributeMapping: map[string]string{}}
	if err := n.describe(in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	c.db.addConnection(org, n)
	return n, nil
}

// describe sets what all kinds have in common; nil leaves it alone.
func (n *connection) describe(displayName, identityProvider *string) error {
	if identityProvider != nil && *identityProvider != "" {
		if !slices.Contains(identityProviders, *identityProvider) {
			return refuse("invalid_sso_idp")
		}
		n.IdentityProvider = *identityProvider
	}
	if displayName != nil {
		if len(*displayName) > 128 {
			return refuse("invalid_display_name")
		}
		n.DisplayName = *displayName
	}
	return nil
}

// checkGrants refuses roles that the organization does not have.
func (c *call) checkGrants(org *organization, roles []roleOnly, groups []groupRole) error {
	for _, r := range roles {
		if err := c.checkRole(org, r.RoleID); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := c.checkRole(org, g.RoleID); err != nil {
			return err
		}
		if g.Group == "" {
			return refuseField("invalid_rbac_role_assignment", "group is missing")
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

// checkWebURL refuses what is no https URL with this error type. Plain http is
// taken on loopback, where a test's own identity provider would be.
func checkWebURL(raw, kind string) error {
	u, err := url.Parse(raw)
	if err != nil || !isWebURL(raw) || (u.Scheme != "https" && u.Hostname() != "localhost" && !strings.HasPrefix(u.Hostname(), "127.")) {
		return refuse(kind)
	}
	return nil
}
