// Package rbac answers /v1/b2b/rbac.
package rbac

import (
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// policyResponse is the response of GET /v1/b2b/rbac/policy. The policy is always
// there: stytch-go dereferences it unasked.
type policyResponse struct {
	wire.Envelope
	Policy wire.Policy `json:"policy"`
}

// Policy returns the RBAC policy of the project.
// Source: https://stytch.com/docs/b2b/api/rbac-resource-object
func Policy(c *core.Request) (wire.Success, error) { return &policyResponse{Policy: c.Policy}, nil }

// organizationPolicyResponse is the response of
// GET /v1/b2b/rbac/organizations/{organization_id}, which newer SDKs need for
// every local check.
type organizationPolicyResponse struct {
	wire.Envelope
	OrgPolicy struct {
		Roles []wire.PolicyRole `json:"roles"`
	} `json:"org_policy"`
}

// OrganizationPolicy returns the organization's own roles.
func OrganizationPolicy(c *core.Request) (wire.Success, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	return policyOf(org), nil
}

func policyOf(org *state.Organization) *organizationPolicyResponse {
	out := new(organizationPolicyResponse)
	out.OrgPolicy.Roles = append([]wire.PolicyRole{}, org.CustomRoles...)
	return out
}

// setOrganizationPolicyRequest is PUT /v1/b2b/rbac/organizations/{organization_id}.
type setOrganizationPolicyRequest struct {
	OrgPolicy *struct {
		Roles []wire.PolicyRole `json:"roles"` // absent for none: stytch-go leaves it out
	} `json:"org_policy"`
}

// SetOrganizationPolicy replaces the organization's own roles. They may permit
// what the project's policy lists, and nothing else.
// Source: https://stytch.com/docs/b2b/api/set-org-rbac-policy
func SetOrganizationPolicy(c *core.Request, in setOrganizationPolicyRequest) (*organizationPolicyResponse, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	if in.OrgPolicy == nil {
		return nil, wire.FieldError("bad_request", "org_policy is missing")
	}
	roles := make([]wire.PolicyRole, 0, len(in.OrgPolicy.Roles))
	for _, role := range in.OrgPolicy.Roles {
		switch {
		case role.RoleID == "":
			return nil, wire.Error("empty_rbac_role_id")
		case strings.HasPrefix(role.RoleID, "stytch") || c.Policy.Has(role.RoleID):
			return nil, wire.Error("rbac_org_custom_roles_only")
		case slices.ContainsFunc(roles, func(r wire.PolicyRole) bool { return r.RoleID == role.RoleID }):
			return nil, wire.Error("rbac_role_duplicate")
		case len(role.Permissions) == 0:
			return nil, wire.Error("rbac_role_missing_permissions")
		}
		for _, permission := range role.Permissions {
			if len(permission.Actions) == 0 {
				return nil, wire.Error("rbac_permission_missing_actions")
			}
			for _, action := range permission.Actions {
				if action != "*" && !c.Policy.Lists(permission.ResourceID, action) {
					return nil, wire.Error("invalid_permission_action")
				}
			}
			if !slices.ContainsFunc(c.Policy.Resources, func(r wire.PolicyResource) bool { return r.ResourceID == permission.ResourceID }) {
				return nil, wire.Error("invalid_permission_resource")
			}
		}
		roles = append(roles, role)
	}
	for _, m := range c.State.Roster(org).Members {
		for _, id := range m.Roles {
			gone := !slices.ContainsFunc(roles, func(r wire.PolicyRole) bool { return r.RoleID == id })
			if m.Status != state.StatusDeleted && gone && !c.Policy.Has(id) {
				return nil, wire.Error("rbac_cannot_delete_attribute_used_in_org_policy")
			}
		}
	}
	org.CustomRoles = roles
	c.OrganizationChanged(org)
	return policyOf(org), nil
}
