package mock

import "net/http"

// policyAnswer is the answer of GET /v1/b2b/rbac/policy. The policy is always
// there: stytch-go dereferences it unasked.
type policyAnswer struct {
	envelope
	Policy policy `json:"policy"`
}

func getPolicy(c *call) (stamped, error) { return &policyAnswer{Policy: c.s.policy}, nil }

// organizationPolicyAnswer is the answer of
// GET /v1/b2b/rbac/organizations/{organization_id}, which newer SDKs need for
// every local check. No organization has roles of its own here.
type organizationPolicyAnswer struct {
	envelope
	OrgPolicy struct {
		Roles []policyRole `json:"roles"`
	} `json:"org_policy"`
}

func getOrganizationPolicy(c *call) (stamped, error) {
	if _, err := c.organization(c.params["organization_id"]); err != nil {
		return nil, err
	}
	out := new(organizationPolicyAnswer)
	out.OrgPolicy.Roles = []policyRole{}
	return out, nil
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
	if c.caller.member.org != org {
		return refuse("session_authorization_tenancy_error")
	}
	roles, policy := c.caller.roles(), c.s.policy
	if len(policy.granting(roles, resourceMember, action)) > 0 {
		return nil
	}
	if on == c.caller.member && policy.lists(resourceSelf, action) && len(policy.granting(roles, resourceSelf, action)) > 0 {
		return nil
	}
	return refuse("session_authorization_error")
}
