package mock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/wire"
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

// Scope is a scope of the project's RBAC policy, which a Connected App asks for. A member
// can grant it if their roles allow all of its permissions.
type Scope struct {
	Scope       string // required; none of "openid", "profile", "email", "phone", "offline_access", "full_access"
	Description string
	Permissions []Permission // required
}

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

// newPolicy returns the policy with these roles besides Stytch's own, and with these
// scopes, or what is wrong with them.
func newPolicy(roles []Role, scopes []Scope) (wire.Policy, string) {
	if roles == nil {
		roles = defaultRoles()
	}
	p := wire.Policy{
		Roles:     wire.StytchRoles(),
		Resources: wire.StytchResources(),
		Scopes:    []wire.PolicyScope{},
	}
	for _, role := range roles {
		if role.ID == "" || strings.HasPrefix(role.ID, "stytch") || p.Has(role.ID) {
			return wire.Policy{}, fmt.Sprintf("Roles has %q, which is empty, Stytch's own, or there twice", role.ID)
		}
		permissions, problem := declareAll(&p, "Roles", role.ID, role.Permissions)
		if problem != "" {
			return wire.Policy{}, problem
		}
		p.Roles = append(p.Roles, wire.PolicyRole{RoleID: role.ID, Description: role.Description, Permissions: permissions})
	}
	for _, scope := range scopes {
		there := slices.ContainsFunc(p.Scopes, func(s wire.PolicyScope) bool { return s.Scope == scope.Scope })
		if scope.Scope == "" || strings.Contains(scope.Scope, " ") || slices.Contains(wire.BuiltInScopes, scope.Scope) || there {
			return wire.Policy{}, fmt.Sprintf("Scopes has %q, which is empty, has a space, is Stytch's own, or is there twice", scope.Scope)
		}
		permissions, problem := declareAll(&p, "Scopes", scope.Scope, scope.Permissions)
		switch {
		case problem != "":
			return wire.Policy{}, problem
		case len(permissions) == 0:
			return wire.Policy{}, fmt.Sprintf("Scopes has %q without Permissions", scope.Scope)
		}
		p.Scopes = append(p.Scopes, wire.PolicyScope{Scope: scope.Scope, Description: scope.Description, Permissions: permissions})
	}
	return p, ""
}

// declareAll returns the permissions of a role or a scope as they go over the wire.
func declareAll(p *wire.Policy, field, of string, permissions []Permission) (out []wire.PolicyPermission, problem string) {
	out = []wire.PolicyPermission{}
	for _, permission := range permissions {
		if permission.Resource == "" || len(permission.Actions) == 0 {
			return nil, fmt.Sprintf("%s has a permission of %q without a Resource or without Actions", field, of)
		}
		if problem := declare(p, field, permission); problem != "" {
			return nil, problem
		}
		out = append(out, wire.PolicyPermission{ResourceID: permission.Resource, Actions: slices.Clone(permission.Actions)})
	}
	return out, ""
}

// declare adds what a permission speaks of to the policy's resources.
func declare(p *wire.Policy, field string, permission Permission) string {
	i := slices.IndexFunc(p.Resources, func(r wire.PolicyResource) bool { return r.ResourceID == permission.Resource })
	if i < 0 {
		if strings.HasPrefix(permission.Resource, "stytch") {
			return fmt.Sprintf("%s names the resource %q, which Stytch does not have", field, permission.Resource)
		}
		p.Resources = append(p.Resources, wire.PolicyResource{ResourceID: permission.Resource, Actions: []string{}})
		i = len(p.Resources) - 1
	}
	for _, action := range permission.Actions {
		switch {
		case action == "*" || slices.Contains(p.Resources[i].Actions, action):
		case strings.HasPrefix(permission.Resource, "stytch"):
			return fmt.Sprintf("%s names the action %q, which %s does not have", field, action, permission.Resource)
		default:
			p.Resources[i].Actions = append(p.Resources[i].Actions, action)
		}
	}
	return ""
}
