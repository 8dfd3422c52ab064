package mock

import (
	"slices"
	"time"
)

// The kinds of SSO connections.
const (
	samlKind     = "saml"
	oidcKind     = "oidc"
	externalKind = "external"
)

// connection is an SSO connection of an organization.
type connection struct {
	ID                   string            `json:"connection_id"`
	OrganizationID       string            `json:"-"` // of the organization whose record holds it
	Kind                 string            `json:"kind"`
	DisplayName          string            `json:"display_name"`
	IdentityProvider     string            `json:"identity_provider"`
	AttributeMapping     map[string]string `json:"attribute_mapping"` // Stytch's names to the identity provider's
	Roles                []string          `json:"roles,omitempty"`   // of everybody who signs in through it
	GroupRoles           []groupRole       `json:"roles_by_group,omitempty"`
	SAML                 samlSettings      `json:"saml,omitzero"`
	OIDC                 oidcSettings      `json:"oidc,omitzero"`
	ExternalOrganization string            `json:"external_organization_id,omitempty"` // external: whose connection it really is
	ExternalConnection   string            `json:"external_connection_id,omitempty"`
}

// groupRole gives a role to the members of a group of the identity provider.
type groupRole struct {
	RoleID string `json:"role_id"`
	Group  string `json:"group"`
}

// roleOnly gives a role to everybody.
type roleOnly struct {
	RoleID string `json:"role_id"`
}

// activeConnectionJSON is a connection in an Organization object.
type activeConnectionJSON struct {
	ConnectionID     string `json:"connection_id"`
	DisplayName      string `json:"display_name"`
	IdentityProvider string `json:"identity_provider"`
}

// identityProviders are the values of identity_provider.
var identityProviders = []string{
	"classlink", "cyberark", "duo", "generic", "google-workspace", "jumpcloud", "keycloak", "miniorange",
	"microsoft-entra", "okta", "onelogin", "pingfederate", "rippling", "salesforce", "shibboleth",
}

// active reports whether people can sign in through it: an unfinished one is
// pending.
// Source: https://stytch.com/docs/b2b/api/sso-object
func (n *connection) active() bool {
	switch n.Kind {
	case samlKind:
		return n.SAML.IDPEntityID != "" && n.SAML.IDPSSOURL != "" && len(n.SAML.Verification) > 0 && n.mapsIdentity()
	case oidcKind:
		o := n.OIDC
		return o.Issuer != "" && o.ClientID != "" && o.ClientSecret != "" &&
			o.AuthorizationURL != "" && o.TokenURL != "" && o.UserinfoURL != "" && o.JWKSURL != ""
	}
	return true
}

// mapsIdentity reports whether the attribute mapping names an address and a name.
func (n *connection) mapsIdentity() bool {
	has := func(name string) bool { return n.AttributeMapping[name] != "" }
	return has("email") && (has("full_name") || (has("first_name") && has("last_name")))
}

func (n *connection) status() string {
	if n.active() {
		return "active"
	}
	return "pending"
}

// connection returns the organization's connection of this id, or nil.
func (o *organization) connection(id string) *connection {
	if i := slices.IndexFunc(o.Connections, func(n *connection) bool { return n.ID == id }); i >= 0 {
		return o.Connections[i]
	}
	return nil
}

func (o *organization) activeConnections() []activeConnectionJSON {
	out := []activeConnectionJSON{}
	for _, n := range o.Connections {
		if n.active() {
			out = append(out, activeConnectionJSON{ConnectionID: n.ID, DisplayName: n.DisplayName, IdentityProvider: n.IdentityProvider})
		}
	}
	return out
}

// ssoRegistration is a member's account at an SSO identity provider.
type ssoRegistration struct {
	ID           string    `json:"registration_id"`
	ConnectionID string    `json:"connection_id"`
	ExternalID   string    `json:"external_id"` // what the provider calls them
	Attributes   metadata  `json:"sso_attributes"`
	Groups       []string  `json:"groups,omitempty"`
	IDToken      string    `json:"id_token,omitempty"` // OIDC
	ExpiresAt    time.Time `json:"expires_at,omitzero"`
}

// ssoRegistrationJSON is the same in a Member object.
// Source: https://stytch.com/docs/b2b/api/member-object
type ssoRegistrationJSON struct {
	ConnectionID   string   `json:"connection_id"`
	ExternalID     string   `json:"external_id"`
	RegistrationID string   `json:"registration_id"`
	SSOAttributes  metadata `json:"sso_attributes"`
}

func (r *ssoRegistration) json() ssoRegistrationJSON {
	return ssoRegistrationJSON{ConnectionID: r.ConnectionID, ExternalID: r.ExternalID, RegistrationID: r.ID, SSOAttributes: r.Attributes}
}

// ssoGrant is a role that comes with an account; group is empty if everybody who
// signs in through the connection has it.
type ssoGrant struct{ role, group string }

// grants are the roles that come with the account. OIDC connections give none, nor does
// one that was deleted.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (db *store) grants(r *ssoRegistration) []ssoGrant {
	n := db.connection(r.ConnectionID)
	if n == nil || n.Kind == oidcKind {
		return nil
	}
	var out []ssoGrant
	for _, id := range n.Roles {
		out = append(out, ssoGrant{role: id})
	}
	for _, g := range n.GroupRoles {
		if slices.Contains(r.Groups, g.Group) {
			out = append(out, ssoGrant{role: g.RoleID, group: g.Group})
		}
	}
	return out
}

func (g ssoGrant) source(connectionID string) roleSourceJSON {
	if g.group == "" {
		return roleSourceJSON{Type: "sso_connection", Details: map[string]string{"connection_id": connectionID}}
	}
	return roleSourceJSON{Type: "sso_connection_group", Details: map[string]string{"connection_id": connectionID, "group": g.group}}
}
