package mock

import (
	"fmt"
	"slices"
	"strings"
)

// Role is a role of the project's RBAC policy.
type Role struct {
	ID          string // required; not beginning with "stytch"
	Description string
	Permissions []Permission
}

// Permission allows actions on a resource; the action "*" is all of them.
type Permission struct {
	Resource string
	Actions  []string
}

// The roles that every project has.
const (
	roleMember = "stytch_member"
	roleAdmin  = "stytch_admin"
)

// The resources that the calls about members and organizations ask for; the
// first is what a member may do to themselves.
const (
	resourceSelf         = "stytch.self"
	resourceMember       = "stytch.member"
	resourceOrganization = "stytch.organization"
)

// defaultRoles are the roles that this module's role table knows. Their
// permissions are on a resource "class", for demonstrations; Stytch's own
// resources belong to stytch_admin.
func defaultRoles() []Role {
	return []Role{
		{ID: "tutor", Description: "Helps to teach a class", Permissions: []Permission{{"class", []string{"read", "mark"}}}},
		{ID: "instructor", Description: "Teaches a class", Permissions: []Permission{{"class", []string{"read", "mark", "release", "manage"}}}},
		{ID: "coordinator", Description: "Answers for a class", Permissions: []Permission{{"class", []string{"*"}}}},
	}
}

// policy is the RBAC policy as it goes over the wire.
// Source: https://stytch.com/docs/b2b/api/rbac-resource-object
type policy struct {
	Roles     []policyRole     `json:"roles"`
	Resources []policyResource `json:"resources"`
	Scopes    []policyScope    `json:"scopes"`
}

type policyRole struct {
	RoleID      string             `json:"role_id"`
	Description string             `json:"description"`
	Permissions []policyPermission `json:"permissions"`
}

type policyPermission struct {
	ResourceID string   `json:"resource_id"`
	Actions    []string `json:"actions"`
}

type policyResource struct {
	ResourceID  string   `json:"resource_id"`
	Description string   `json:"description"`
	Actions     []string `json:"actions"`
}

type policyScope struct {
	Scope       string             `json:"scope"`
	Description string             `json:"description"`
	Permissions []policyPermission `json:"permissions"`
}

// What members may have done to them, and do to themselves.
var (
	infoActions = []string{
		"update.info.name", "update.info.untrusted-metadata", "update.info.mfa-phone", "update.info.email",
		"update.info.delete.mfa-phone", "update.info.delete.mfa-totp", "update.info.delete.password", "update.info.unlink.retired-email",
	}
	crud = []string{"create", "get", "update", "delete"}
)

// stytchResources are the resources that every project has.
func stytchResources() []policyResource {
	return []policyResource{
		{resourceOrganization, "The organization itself", []string{
			"update.info.name", "update.info.slug", "update.info.logo-url",
			"update.settings.allowed-auth-methods", "update.settings.allowed-mfa-methods", "update.settings.email-jit-provisioning",
			"update.settings.email-invites", "update.settings.allowed-domains", "update.settings.default-sso-connection",
			"update.settings.sso-jit-provisioning", "update.settings.mfa-policy", "update.settings.implicit-roles",
			"update.settings.oauth-tenant-jit-provisioning", "update.settings.allowed-oauth-tenants", "delete",
		}},
		{resourceMember, "The members of the organization", slices.Concat([]string{"create"}, infoActions, []string{
			"update.settings.is-breakglass", "update.settings.mfa-enrolled", "update.settings.default-mfa-method", "update.settings.roles",
			"search", "delete", "revoke-sessions", "get.connected-apps", "revoke.connected-app",
		})},
		{resourceSelf, "The member who is signed in", slices.Concat(infoActions, []string{
			"update.settings.mfa-enrolled", "update.settings.default-mfa-method",
			"revoke-sessions", "delete", "get.connected-apps", "revoke.connected-app",
		})},
		{"stytch.sso", "The SSO connections of the organization", crud},
		{"stytch.scim", "The SCIM connection of the organization", crud},
	}
}

// newPolicy returns the policy with these roles besides Stytch's own, or what is
// wrong with them.
func newPolicy(roles []Role) (policy, string) {
	if roles == nil {
		roles = defaultRoles()
	}
	all := []string{"*"}
	p := policy{
		Roles: []policyRole{
			{roleMember, "Granted to all Members", []policyPermission{{resourceSelf, all}}},
			{roleAdmin, "Granted to Members who create an organization", []policyPermission{
				{resourceOrganization, all}, {resourceMember, all}, {"stytch.sso", all}, {"stytch.scim", all},
			}},
		},
		Resources: stytchResources(),
		Scopes:    []policyScope{},
	}
	for _, role := range roles {
		if role.ID == "" || strings.HasPrefix(role.ID, "stytch") || p.has(role.ID) {
			return policy{}, fmt.Sprintf("Roles has %q, which is empty, Stytch's own, or there twice", role.ID)
		}
		out := policyRole{role.ID, role.Description, []policyPermission{}}
		for _, permission := range role.Permissions {
			if permission.Resource == "" || len(permission.Actions) == 0 {
				return policy{}, fmt.Sprintf("Roles has a permission of %q without a Resource or without Actions", role.ID)
			}
			out.Permissions = append(out.Permissions, policyPermission{permission.Resource, slices.Clone(permission.Actions)})
			if problem := p.declare(permission); problem != "" {
				return policy{}, problem
			}
		}
		p.Roles = append(p.Roles, out)
	}
	return p, ""
}

// declare adds what a role's permission speaks of to the policy's resources.
func (p *policy) declare(permission Permission) string {
	i := slices.IndexFunc(p.Resources, func(r policyResource) bool { return r.ResourceID == permission.Resource })
	if i < 0 {
		if strings.HasPrefix(permission.Resource, "stytch") {
			return fmt.Sprintf("Roles names the resource %q, which Stytch does not have", permission.Resource)
		}
		p.Resources = append(p.Resources, policyResource{permission.Resource, "", []string{}})
		i = len(p.Resources) - 1
	}
	for _, action := range permission.Actions {
		switch {
		case action == "*" || slices.Contains(p.Resources[i].Actions, action):
		case strings.HasPrefix(permission.Resource, "stytch"):
			return fmt.Sprintf("Roles names the action %q, which %s does not have", action, permission.Resource)
		default:
			p.Resources[i].Actions = append(p.Resources[i].Actions, action)
		}
	}
	return ""
}

// has reports whether the policy has a role of this id.
func (p policy) has(role string) bool {
	return slices.ContainsFunc(p.Roles, func(r policyRole) bool { return r.RoleID == role })
}

// granting returns which of the roles permit the action on the resource. "*"
// stands for any action; there is no such thing for resources.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func (p policy) granting(roles []string, resource, action string) []string {
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

// with returns the policy with the roles of one organization besides.
func (p policy) with(roles []policyRole) policy {
	p.Roles = slices.Concat(p.Roles, roles)
	return p
}

// lists reports whether the resource has the action.
func (p policy) lists(resource, action string) bool {
	return slices.ContainsFunc(p.Resources, func(r policyResource) bool {
		return r.ResourceID == resource && slices.Contains(r.Actions, action)
	})
}
