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
	id, kind, displayName string
	identityProvider      string
	org                   *organization
	attributeMapping      map[string]string // Stytch's names to the identity provider's
	roles                 []string          // of everybody who signs in through it
	groupRoles            []groupRole
	saml                  samlSettings
	oidc                  oidcSettings
	externalOrganization  string // external: whose connection it really is
	externalConnection    string
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
	switch n.kind {
	case samlKind:
		return n.saml.idpEntityID != "" && n.saml.idpSSOURL != "" && len(n.saml.verification) > 0 && n.mapsIdentity()
	case oidcKind:
		o := n.oidc
		return o.Issuer != "" && o.ClientID != "" && o.ClientSecret != "" &&
			o.AuthorizationURL != "" && o.TokenURL != "" && o.UserinfoURL != "" && o.JWKSURL != ""
	}
	return true
}

// mapsIdentity reports whether the attribute mapping names an address and a name.
func (n *connection) mapsIdentity() bool {
	has := func(name string) bool { return n.attributeMapping[name] != "" }
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
	if i := slices.IndexFunc(o.connections, func(n *connection) bool { return n.id == id }); i >= 0 {
		return o.connections[i]
	}
	return nil
}

func (o *organization) activeConnections() []activeConnectionJSON {
	out := []activeConnectionJSON{}
	for _, n := range o.connections {
		if n.active() {
			out = append(out, activeConnectionJSON{ConnectionID: n.id, DisplayName: n.displayName, IdentityProvider: n.identityProvider})
		}
	}
	return out
}

// ssoRegistration is a member's account at an SSO identity provider.
type ssoRegistration struct {
	id         string
	connection *connection
	externalID string // what the provider calls them
	attributes metadata
	groups     []string
	idToken    string // OIDC
	expiresAt  time.Time
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
	return ssoRegistrationJSON{ConnectionID: r.connection.id, ExternalID: r.externalID, RegistrationID: r.id, SSOAttributes: r.attributes}
}

// ssoGrant is a role that comes with an account; group is empty if everybody who
// signs in through the connection has it.
type ssoGrant struct{ role, group string }

// grants are the roles that come with the account. OIDC connections give none.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (r *ssoRegistration) grants() []ssoGrant {
	if r.connection.kind == oidcKind {
		return nil
	}
	var out []ssoGrant
	for _, id := range r.connection.roles {
		out = append(out, ssoGrant{role: id})
	}
	for _, g := range r.connection.groupRoles {
		if slices.Contains(r.groups, g.Group) {
			out = append(out, ssoGrant{role: g.RoleID, group: g.Group})
		}
	}
	return out
}

func (g ssoGrant) source(n *connection) roleSourceJSON {
	if g.group == "" {
		return roleSourceJSON{Type: "sso_connection", Details: map[string]string{"connection_id": n.id}}
	}
	return roleSourceJSON{Type: "sso_connection_group", Details: map[string]string{"connection_id": n.id, "group": g.group}}
}
