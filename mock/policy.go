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

// newPolicy returns the policy with these roles besides Stytch's own, or what is
// wrong with them.
func newPolicy(roles []Role) (wire.Policy, string) {
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
		out := wire.PolicyRole{RoleID: role.ID, Description: role.Description, Permissions: []wire.PolicyPermission{}}
		for _, permission := range role.Permissions {
			if permission.Resource == "" || len(permission.Actions) == 0 {
				return wire.Policy{}, fmt.Sprintf("Roles has a permission of %q without a Resource or without Actions", role.ID)
			}
			out.Permissions = append(out.Permissions, wire.PolicyPermission{ResourceID: permission.Resource, Actions: slices.Clone(permission.Actions)})
			if problem := declare(&p, permission); problem != "" {
				return wire.Policy{}, problem
			}
		}
		p.Roles = append(p.Roles, out)
	}
	return p, ""
}

// declare adds what a role's permission speaks of to the policy's resources.
func declare(p *wire.Policy, permission Permission) string {
	i := slices.IndexFunc(p.Resources, func(r wire.PolicyResource) bool { return r.ResourceID == permission.Resource })
	if i < 0 {
		if strings.HasPrefix(permission.Resource, "stytch") {
			return fmt.Sprintf("Roles names the resource %q, which Stytch does not have", permission.Resource)
		}
		p.Resources = append(p.Resources, wire.PolicyResource{ResourceID: permission.Resource, Actions: []string{}})
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
