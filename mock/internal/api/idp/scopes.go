package idp

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// checkScopes says of each scope whether the member can grant it. A scope of the
// project's policy takes roles that allow all of its permissions: a Connected App never
// may do more than the member.
// Source: https://stytch.com/docs/b2b/guides/connected-apps/oauth-scopes
func (a *authorization) checkScopes(c *core.Request, scopes []string) error {
	roles := c.State.RoleIDs(a.member)
	if a.session != nil {
		roles = c.State.SessionRoles(a.session)
	}
	policy := c.PolicyOf(a.org)
	a.scopes, a.granted = []wire.ScopeResult{}, []string{}
	for i, scope := range scopes {
		if slices.Contains(scopes[:i], scope) {
			continue
		}
		result := wire.ScopeResult{Scope: scope, IsGrantable: true}
		known := slices.IndexFunc(policy.Scopes, func(s wire.PolicyScope) bool { return s.Scope == scope })
		switch {
		case scope == wire.ScopeFullAccess:
			result.IsGrantable = a.app.FullAccess
		case slices.Contains(wire.BuiltInScopes, scope):
		case known < 0:
			return wire.FieldError("oauth_invalid_scope_requested", scope)
		default:
			result.Description = policy.Scopes[known].Description
			result.IsGrantable = grantsAll(policy, roles, policy.Scopes[known].Permissions)
		}
		a.scopes = append(a.scopes, result)
		if result.IsGrantable {
			a.granted = append(a.granted, scope)
		}
	}
	return nil
}

// grantsAll reports whether the roles allow all of the permissions. The action "*" in
// a permission stands for each action of the resource.
func grantsAll(policy wire.Policy, roles []string, permissions []wire.PolicyPermission) bool {
	for _, p := range permissions {
		for _, action := range p.Actions {
			if len(policy.Granting(roles, p.ResourceID, action)) > 0 {
				continue
			}
			if action != "*" || !grantsEach(policy, roles, p.ResourceID) {
				return false
			}
		}
	}
	return true
}

// grantsEach reports whether the roles allow each action that a resource has.
func grantsEach(policy wire.Policy, roles []string, resource string) bool {
	i := slices.IndexFunc(policy.Resources, func(r wire.PolicyResource) bool { return r.ResourceID == resource })
	if i < 0 || len(policy.Resources[i].Actions) == 0 {
		return false
	}
	return !slices.ContainsFunc(policy.Resources[i].Actions, func(action string) bool {
		return len(policy.Granting(roles, resource, action)) == 0
	})
}
