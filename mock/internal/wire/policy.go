package wire

import "slices"

// The roles that every project has.
const (
	RoleMember = "stytch_member"
	RoleAdmin  = "stytch_admin"
)

// The resources that the calls about members and organizations ask for; the
// first is what a member may do to themselves.
const (
	ResourceSelf         = "stytch.self"
	ResourceMember       = "stytch.member"
	ResourceOrganization = "stytch.organization"
	ResourceSCIM         = "stytch.scim"
)

// Policy is the RBAC policy as it goes over the wire.
// Source: https://stytch.com/docs/b2b/api/rbac-resource-object
type Policy struct {
	Roles     []PolicyRole     `json:"roles"`
	Resources []PolicyResource `json:"resources"`
	Scopes    []PolicyScope    `json:"scopes"`
}

// PolicyRole is a role of the policy, or of one organization.
type PolicyRole struct {
	RoleID      string             `json:"role_id"`
	Description string             `json:"description"`
	Permissions []PolicyPermission `json:"permissions"`
}

// PolicyPermission permits actions on a resource; "*" is all of them.
type PolicyPermission struct {
	ResourceID string   `json:"resource_id"`
	Actions    []string `json:"actions"`
}

// PolicyResource is a resource and what can be done to it.
type PolicyResource struct {
	ResourceID  string   `json:"resource_id"`
	Description string   `json:"description"`
	Actions     []string `json:"actions"`
}

// PolicyScope is a scope of Connected Apps.
type PolicyScope struct {
	Scope       string             `json:"scope"`
	Description string             `json:"description"`
	Permissions []PolicyPermission `json:"permissions"`
}

// Has reports whether the policy has a role of this id.
func (p Policy) Has(role string) bool {
	return slices.ContainsFunc(p.Roles, func(r PolicyRole) bool { return r.RoleID == role })
}

// Granting returns which of the roles permit the action on the resource. "*"
// stands for any action; there is no such thing for resources.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func (p Policy) Granting(roles []string, resource, action string) []string {
	var out []string
	for _, role := range p.Roles {
		if !slices.Contains(roles, role.RoleID) {
			continue
		}
		for _, permission := range role.Permissions {
			if permission.ResourceID == resource && (slices.Contains(permission.Actions, "*") || slices.Contains(permission.Actions, action)) {
				out = append(out, role.RoleID)
				break
			}
		}
	}
	return out
}

// With returns the policy with the roles of one organization besides.
func (p Policy) With(roles []PolicyRole) Policy {
	p.Roles = slices.Concat(p.Roles, roles)
	return p
}

// Lists reports whether the resource has the action.
func (p Policy) Lists(resource, action string) bool {
	return slices.ContainsFunc(p.Resources, func(r PolicyResource) bool {
		return r.ResourceID == resource && slices.Contains(r.Actions, action)
	})
}

// What may be done to members, and what members may do to themselves.
var (
	infoActions = []string{
		"update.info.name", "update.info.untrusted-metadata", "update.info.mfa-phone", "update.info.email",
		"update.info.delete.mfa-phone", "update.info.delete.mfa-totp", "update.info.delete.password", "update.info.unlink.retired-email",
	}
	crud = []string{"create", "get", "update", "delete"}
)

// StytchResources are the resources that every project has.
func StytchResources() []PolicyResource {
	return []PolicyResource{
		{ResourceOrganization, "The organization itself", []string{
			"update.info.name", "update.info.slug", "update.info.logo-url",
			"update.settings.allowed-auth-methods", "update.settings.allowed-mfa-methods", "update.settings.email-jit-provisioning",
			"update.settings.email-invites", "update.settings.allowed-domains", "update.settings.default-sso-connection",
			"update.settings.sso-jit-provisioning", "update.settings.mfa-policy", "update.settings.implicit-roles",
			"update.settings.oauth-tenant-jit-provisioning", "update.settings.allowed-oauth-tenants", "delete",
		}},
		{ResourceMember, "The members of the organization", slices.Concat([]string{"create"}, infoActions, []string{
			"update.settings.is-breakglass", "update.settings.mfa-enrolled", "update.settings.default-mfa-method", "update.settings.roles",
			"search", "delete", "revoke-sessions", "get.connected-apps", "revoke.connected-app",
		})},
		{ResourceSelf, "The member who is signed in", slices.Concat(infoActions, []string{
			"update.settings.mfa-enrolled", "update.settings.default-mfa-method",
			"revoke-sessions", "delete", "get.connected-apps", "revoke.connected-app",
		})},
		{"stytch.sso", "The SSO connections of the organization", crud},
		{ResourceSCIM, "The SCIM connection of the organization", crud},
	}
}

// StytchRoles are the roles that every project has.
func StytchRoles() []PolicyRole {
	all := []string{"*"}
	return []PolicyRole{
		{RoleMember, "Granted to all Members", []PolicyPermission{{ResourceSelf, all}}},
		{RoleAdmin, "Granted to Members who create an organization", []PolicyPermission{
			{ResourceOrganization, all}, {ResourceMember, all}, {"stytch.sso", all}, {ResourceSCIM, all},
		}},
	}
}
