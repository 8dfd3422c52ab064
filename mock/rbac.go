package mock

import (
	"net/http"
	"slices"
	"strings"
)

// policyAnswer is the answer of GET /v1/b2b/rbac/policy. The policy is always
// there: stytch-go dereferences it unasked.
type policyAnswer struct {
	envelope
	Policy policy `json:"policy"`
}

func getPolicy(c *call) (stamped, error) { return &policyAnswer{Policy: c.policy}, nil }

// organizationPolicyAnswer is the answer of
// GET /v1/b2b/rbac/organizations/{organization_id}, which newer SDKs need for
// every local check.
type organizationPolicyAnswer struct {
	envelope
	OrgPolicy struct {
		Roles []policyRole `json:"roles"`
	} `json:"org_policy"`
}

func getOrganizationPolicy(c *call) (stamped, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	return answerPolicy(org), nil
}

func answerPolicy(org *organization) *organizationPolicyAnswer {
	out := new(organizationPolicyAnswer)
	out.OrgPolicy.Roles = append([]policyRole{}, org.CustomRoles...)
	return out
}

// setOrganizationPolicyRequest is PUT /v1/b2b/rbac/organizations/{organization_id}.
type setOrganizationPolicyRequest struct {
	OrgPolicy struct {
		Roles []policyRole `json:"roles"`
	} `json:"org_policy"`
}

// setOrganizationPolicy replaces the organization's own roles. They may permit
// what the project's policy lists, and nothing else.
// Source: https://stytch.com/docs/b2b/api/set-org-rbac-policy
func setOrganizationPolicy(c *call, in setOrganizationPolicyRequest) (*organizationPolicyAnswer, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	roles := make([]policyRole, 0, len(in.OrgPolicy.Roles))
	for _, role := range in.OrgPolicy.Roles {
		switch {
		case role.RoleID == "":
			return nil, refuse("empty_rbac_role_id")
		case strings.HasPrefix(role.RoleID, "stytch") || c.policy.has(role.RoleID):
			return nil, refuse("rbac_org_custom_roles_only")
		case slices.ContainsFunc(roles, func(r policyRole) bool { return r.RoleID == role.RoleID }):
			return nil, refuse("rbac_role_duplicate")
		case len(role.Permissions) == 0:
			return nil, refuse("rbac_role_missing_permissions")
		}
		for _, permission := range role.Permissions {
			if len(permission.Actions) == 0 {
				return nil, refuse("rbac_permission_missing_actions")
			}
			for _, action := range permission.Actions {
				if action != "*" && !c.policy.lists(permission.ResourceID, action) {
					return nil, refuse("invalid_permission_action")
				}
			}
			if !slices.ContainsFunc(c.policy.Resources, func(r policyResource) bool { return r.ResourceID == permission.ResourceID }) {
				return nil, refuse("invalid_permission_resource")
			}
		}
		roles = append(roles, role)
	}
	for _, m := range c.db.roster(org).members {
		for _, id := range m.Roles {
			gone := !slices.ContainsFunc(roles, func(r policyRole) bool { return r.RoleID == id })
			if m.Status != statusDeleted && gone && !c.policy.has(id) {
				return nil, refuse("rbac_cannot_delete_attribute_used_in_org_policy")
			}
		}
	}
	org.CustomRoles, org.UpdatedAt = roles, c.now
	return answerPolicy(org), nil
}

// The headers in which a project passes on whose session it acts for.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
const (
	sessionTokenHeader = "X-Stytch-Member-Session"
	sessionJWTHeader   = "X-Stytch-Member-SessionJWT"
)

// identifyCaller reads the RBAC headers. What Stytch answers to a session that
// is dead, or to both headers at once, is not published: the first is refused as
// in sessions/authenticate, the second as two arguments, and a session_jwt must
// not have expired, because nothing here would replace it.
func (c *call) identifyCaller(h http.Header) error {
	token, jwt := h.Get(sessionTokenHeader), h.Get(sessionJWTHeader)
	if token == "" && jwt == "" {
		return nil
	}
	caller, err := c.sessionOf(token, jwt)
	if err != nil {
		return err
	}
	if jwt != "" {
		if err := c.unexpired(jwt); err != nil {
			return err
		}
	}
	c.caller = caller
	return nil
}

// permit checks that the caller may do this to a member of the organization; on
// is nil where no one member is meant. The project itself may do everything.
// What stytch.self lists suffices for a member who acts on themselves.
func (c *call) permit(org *organization, on *member, action string) error {
	if c.caller == nil {
		return nil
	}
	if c.db.member(c.caller.MemberID).OrganizationID != org.ID {
		return refuse("session_authorization_tenancy_error")
	}
	roles, policy := c.db.sessionRoles(c.caller), c.policyOf(org)
	if len(policy.granting(roles, resourceMember, action)) > 0 {
		return nil
	}
	if on != nil && on.ID == c.caller.MemberID && policy.lists(resourceSelf, action) && len(policy.granting(roles, resourceSelf, action)) > 0 {
		return nil
	}
	return refuse("session_authorization_error")
}
