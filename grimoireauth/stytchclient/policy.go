package stytchclient

import (
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/rbac"
)

// policy is the project's RBAC policy, arranged for the one question that is
// asked of it. It is immutable, so that any number of requests may read it.
type policy struct{ grants map[grant]bool }

// grant is one action that one role has on one resource. The action "*" stands
// for every action; Stytch has no such thing for resources or roles, so those
// are compared exactly.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
type grant struct{ role, resource, action string }

const everyAction = "*"

// newPolicy reads Stytch's policy. It returns false for an answer that cannot be
// a project's policy: one that is absent, or lacks stytch_member, which every
// project has and which cannot be deleted.
func newPolicy(answer *rbac.Policy) (*policy, bool) {
	if answer == nil {
		return nil, false
	}
	p := &policy{grants: make(map[grant]bool)}
	complete := false
	for _, role := range answer.Roles {
		complete = complete || role.RoleID == grimoireauth.StytchMember
		for _, permission := range role.Permissions {
			for _, action := range permission.Actions {
				p.grants[grant{role.RoleID, permission.ResourceID, action}] = true
			}
		}
	}
	return p, complete
}

// permits reports whether one of the roles has the action on the resource. An
// empty role, resource or action has nothing, even if a policy should name it.
func (p *policy) permits(roles []string, resource, action string) bool {
	if resource == "" || action == "" {
		return false
	}
	return slices.ContainsFunc(roles, func(role string) bool {
		return role != "" && (p.grants[grant{role, resource, action}] || p.grants[grant{role, resource, everyAction}])
	})
}
