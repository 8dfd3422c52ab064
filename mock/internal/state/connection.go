package state

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// The kinds of SSO connections.
const (
	SAMLKind     = "saml"
	OIDCKind     = "oidc"
	ExternalKind = "external"
)

// Connection is an SSO connection of an organization.
type Connection struct {
	ID                   string            `json:"connection_id"`
	OrganizationID       string            `json:"-"` // of the organization whose record holds it
	Kind                 string            `json:"kind"`
	DisplayName          string            `json:"display_name"`
	IdentityProvider     string            `json:"identity_provider"`
	AttributeMapping     map[string]string `json:"attribute_mapping"` // Stytch's names to the identity provider's
	Roles                []string          `json:"roles,omitempty"`   // of all who sign in through it
	GroupRoles           []GroupRole       `json:"roles_by_group,omitempty"`
	SAML                 samlSettings      `json:"saml,omitzero"`
	OIDC                 OIDCSettings      `json:"oidc,omitzero"`
	ExternalOrganization string            `json:"external_organization_id,omitempty"` // external: whose connection it really is
	ExternalConnection   string            `json:"external_connection_id,omitempty"`
}

// GroupRole gives a role to the members of a group of the identity provider.
type GroupRole struct {
	RoleID string `json:"role_id"`
	Group  string `json:"group"`
}

// Active reports whether people can sign in through it: an unfinished one is
// pending.
// Source: https://stytch.com/docs/b2b/api/sso-object
func (n *Connection) Active() bool {
	switch n.Kind {
	case SAMLKind:
		return n.SAML.IDPEntityID != "" && n.SAML.IDPSSOURL != "" && len(n.SAML.Verification) > 0 && n.mapsIdentity()
	case OIDCKind:
		o := n.OIDC
		return o.Issuer != "" && o.ClientID != "" && o.ClientSecret != "" &&
			o.AuthorizationURL != "" && o.TokenURL != "" && o.UserinfoURL != "" && o.JWKSURL != ""
	}
	return true
}

// mapsIdentity reports whether the attribute mapping names an address and a name.
func (n *Connection) mapsIdentity() bool {
	has := func(name string) bool { return n.AttributeMapping[name] != "" }
	return has("email") && (has("full_name") || (has("first_name") && has("last_name")))
}

// Status is "active" or "pending".
func (n *Connection) Status() string {
	if n.Active() {
		return "active"
	}
	return "pending"
}

// Connection returns the organization's connection of this id, or nil.
func (o *Organization) Connection(id string) *Connection {
	if i := slices.IndexFunc(o.Connections, func(n *Connection) bool { return n.ID == id }); i >= 0 {
		return o.Connections[i]
	}
	return nil
}

func (o *Organization) activeConnections() []wire.ActiveConnection {
	out := []wire.ActiveConnection{}
	for _, n := range o.Connections {
		if n.Active() {
			out = append(out, wire.ActiveConnection{ConnectionID: n.ID, DisplayName: n.DisplayName, IdentityProvider: n.IdentityProvider})
		}
	}
	return out
}
