package stytchclient

import (
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso"
)

// ConnectionID names a connection: Stytch's connection_id, such as
// "saml-connection-test-…".
type ConnectionID string

// ConnectionKind is how an identity provider is spoken to.
type ConnectionKind string

// The kinds of connections. An external one is the connection of another class,
// used here as well: how many classes share one institution's identity provider.
const (
	ConnectionOIDC     ConnectionKind = "oidc"
	ConnectionSAML     ConnectionKind = "saml"
	ConnectionExternal ConnectionKind = "external"
)

// Connection is a class's connection to an identity provider. It holds no secret;
// what is not here, such as certificates, is behind [Client.Stytch].
// Source: https://stytch.com/docs/b2b/api/sso-object
type Connection struct {
	ID    ConnectionID
	Class grimoireauth.ClassID
	Kind  ConnectionKind
	Name  string
	// Active says that people can sign in through it. One that lacks something of
	// what its identity provider says about itself is not.
	Active bool
	// Provider is the product behind it, in Stytch's words: "okta",
	// "microsoft-entra", "shibboleth", … or "generic". Empty for an external one.
	Provider string
	// Attributes map Stytch's names to those of the identity provider.
	Attributes map[string]string

	// Roles are given to everybody who signs in through it, and GroupRoles to the
	// members of groups. Stytch has neither for OIDC.
	Roles      []grimoireauth.Role
	GroupRoles []GroupRole

	// For the administrator of the identity provider, who enters them there: where
	// answers go (SAML: the ACS URL; OIDC: the redirect URL), and what this side calls
	// itself (SAML only: the audience). Empty for an external one.
	AnswerURL, Audience string
	// Issuer is what the identity provider calls itself: issuer, or entity id.
	Issuer string
}

// GroupRole gives a role to the members of one group of an identity provider.
type GroupRole struct {
	Group string
	Role  grimoireauth.Role
	// ID is Stytch's role id. In a change, empty means the one that the role table
	// has for Role.
	ID string
}

const activeConnection = "active"

func (c *Client) oidcConnection(n sso.OIDCConnection) Connection {
	return Connection{
		ID: ConnectionID(n.ConnectionID), Class: grimoireauth.ClassID(n.OrganizationID), Kind: ConnectionOIDC,
		Name: n.DisplayName, Active: n.Status == activeConnection, Provider: n.IdentityProvider,
		Attributes: attributesOf(n.AttributeMapping), AnswerURL: n.RedirectURL, Issuer: n.Issuer,
	}
}

func (c *Client) samlConnection(n sso.SAMLConnection) Connection {
	out := Connection{
		ID: ConnectionID(n.ConnectionID), Class: grimoireauth.ClassID(n.OrganizationID), Kind: ConnectionSAML,
		Name: n.DisplayName, Active: n.Status == activeConnection, Provider: n.IdentityProvider,
		Attributes: attributesOf(n.AttributeMapping), AnswerURL: n.AcsURL, Audience: n.AudienceURI, Issuer: n.IDPEntityID,
	}
	for _, r := range n.SAMLConnectionImplicitRoleAssignments {
		out.Roles = append(out.Roles, c.roles.Role(r.RoleID))
	}
	for _, r := range n.SAMLGroupImplicitRoleAssignments {
		out.GroupRoles = append(out.GroupRoles, GroupRole{Group: r.Group, Role: c.roles.Role(r.RoleID), ID: r.RoleID})
	}
	return out
}

func (c *Client) externalConnection(n sso.Connection) Connection {
	out := Connection{
		ID: ConnectionID(n.ConnectionID), Class: grimoireauth.ClassID(n.OrganizationID), Kind: ConnectionExternal,
		Name: n.DisplayName, Active: n.Status == activeConnection,
	}
	for _, r := range n.ExternalConnectionImplicitRoleAssignments {
		out.Roles = append(out.Roles, c.roles.Role(r.RoleID))
	}
	for _, r := range n.ExternalGroupImplicitRoleAssignments {
		out.GroupRoles = append(out.GroupRoles, GroupRole{Group: r.Group, Role: c.roles.Role(r.RoleID), ID: r.RoleID})
	}
	return out
}

// attributesOf leaves out what is no name: Stytch's own mappings are flat.
func attributesOf(mapping map[string]any) map[string]string {
	var out map[string]string
	for name, value := range mapping {
		if attribute, ok := value.(string); ok {
			if out == nil {
				out = make(map[string]string)
			}
			out[name] = attribute
		}
	}
	return out
}

// audit lists the connection's fields that can be shown. Its names and those of
// groups can hold a lecturer's name.
func (n Connection) audit() []field {
	return []field{
		{"connection", string(n.ID), false},
		{"kind", string(n.Kind), false},
		{"name", n.Name, true},
		{"active", said(n.Active), false},
		{"provider", n.Provider, false},
		{"attributes", encoded(n.Attributes), false},
		{"roles", encoded(n.Roles), false},
		{"group_roles", encoded(n.GroupRoles), true},
		{"issuer", n.Issuer, false},
	}
}
