package core

import (
	"net/http"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// checkCredentials looks at the project id and secret of HTTP Basic. A wrong
// form is 400 and a wrong pair 401, in this order.
func (s *Server) checkCredentials(r *http.Request) *wire.APIError {
	// Header.Get would hide a second header, which two programs in a row could read
	// differently.
	id, secret, ok := r.BasicAuth()
	switch {
	case !ok || len(r.Header.Values("Authorization")) != 1:
		return wire.Error("invalid_authorization_header")
	case !ProjectForm.MatchString(id):
		return wire.Error("invalid_project_id_authentication")
	case !SecretForm.MatchString(secret):
		return wire.Error("invalid_secret_authentication")
	case !state.Same(id, s.ProjectID) || !state.Same(secret, s.Secret):
		return wire.Error("unauthorized_credentials")
	}
	return nil
}

// PermitOrganization checks that the caller may do this to the organization. The
// project itself may do everything.
func (c *Request) PermitOrganization(o *state.Organization, action string) error {
	return c.permitResource(o, wire.ResourceOrganization, action)
}

// permitResource is PermitOrganization for any resource of the organization.
func (c *Request) permitResource(o *state.Organization, resource, action string) error {
	switch {
	case c.Caller == nil:
		return nil
	case c.State.Member(c.Caller.MemberID).OrganizationID != o.ID:
		return wire.Error("session_authorization_tenancy_error")
	case len(c.PolicyOf(o).Granting(c.State.SessionRoles(c.Caller), resource, action)) == 0:
		return wire.Error("session_authorization_error")
	}
	return nil
}

// PolicyOf is the project's policy with the organization's own roles.
func (c *Request) PolicyOf(o *state.Organization) wire.Policy { return c.Policy.With(o.CustomRoles) }

// The headers in which a project passes on whose session it acts for.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
const (
	SessionTokenHeader = "X-Stytch-Member-Session"
	SessionJWTHeader   = "X-Stytch-Member-SessionJWT"
)

// identifyCaller reads the RBAC headers. What Stytch answers to a session that
// is dead, or to both headers at once, is not published: the first is refused as
// in sessions/authenticate, the second as two arguments, and a session_jwt must
// not have expired, because nothing here would replace it.
func (c *Request) identifyCaller(h http.Header) error {
	token, jwt := h.Get(SessionTokenHeader), h.Get(SessionJWTHeader)
	if token == "" && jwt == "" {
		return nil
	}
	caller, err := c.SessionOf(token, jwt)
	if err != nil {
		return err
	}
	if jwt != "" {
		if err := c.Unexpired(jwt); err != nil {
			return err
		}
	}
	c.Caller = caller
	return nil
}

// Permit checks that the caller may do this to a member of the organization; on
// is nil where no one member is meant. The project itself may do everything.
// What stytch.self lists suffices for a member who acts on themselves.
func (c *Request) Permit(org *state.Organization, on *state.Member, action string) error {
	if c.Caller == nil {
		return nil
	}
	if c.State.Member(c.Caller.MemberID).OrganizationID != org.ID {
		return wire.Error("session_authorization_tenancy_error")
	}
	roles, policy := c.State.SessionRoles(c.Caller), c.PolicyOf(org)
	if len(policy.Granting(roles, wire.ResourceMember, action)) > 0 {
		return nil
	}
	if on != nil && on.ID == c.Caller.MemberID && policy.Lists(wire.ResourceSelf, action) && len(policy.Granting(roles, wire.ResourceSelf, action)) > 0 {
		return nil
	}
	return wire.Error("session_authorization_error")
}

// ResourceSSO is the resource of an organization's SSO connections.
const ResourceSSO = "stytch.sso"

// ResourceSCIM is the resource of an organization's SCIM connection.
const ResourceSCIM = wire.ResourceSCIM

// OrganizationFor returns the organization in the path, if the caller may do this
// to the resource in it.
func (c *Request) OrganizationFor(resource, action string) (*state.Organization, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	return org, c.permitResource(org, resource, action)
}
