// Package members answers /v1/b2b/organizations/{organization_id}/members.
package members

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// memberIDResponse is the response of the delete call, which has no member object.
type memberIDResponse struct {
	wire.Envelope
	MemberID string `json:"member_id"`
}

// createMemberRequest is POST /v1/b2b/organizations/{organization_id}/members.
type createMemberRequest struct {
	EmailAddress          string        `json:"email_address"`
	Name                  string        `json:"name"`
	TrustedMetadata       wire.Metadata `json:"trusted_metadata"`
	UntrustedMetadata     wire.Metadata `json:"untrusted_metadata"`
	CreateMemberAsPending bool          `json:"create_member_as_pending"`
	IsBreakglass          bool          `json:"is_breakglass"`
	MFAPhoneNumber        *string       `json:"mfa_phone_number"`
	MFAEnrolled           bool          `json:"mfa_enrolled"`
	Roles                 []string      `json:"roles"`
	ExternalID            *string       `json:"external_id"`
}

// Create makes a member of the organization, active and unverified unless asked
// otherwise. The organization's settings about provisioning do not apply: they are
// about people who join by themselves.
// Source: https://stytch.com/docs/b2b/api/create-member
func Create(c *core.Request, in createMemberRequest) (*core.MemberResponse, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, nil, "create"); err != nil {
		return nil, err
	}
	if c.Caller != nil && in.TrustedMetadata != nil {
		return nil, wire.Error("cannot_update_trusted_metadata")
	}
	if err := c.CheckAddress(org, in.EmailAddress, nil); err != nil {
		return nil, err
	}
	status := state.StatusActive
	if in.CreateMemberAsPending {
		status = state.StatusPending
	}
	m := c.NewMember(org, in.EmailAddress, status)
	m.Name, m.Breakglass, m.MFAEnrolled = in.Name, in.IsBreakglass, in.MFAEnrolled
	if err := c.SetDetails(m, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return nil, err
	}
	if in.MFAPhoneNumber != nil && *in.MFAPhoneNumber != "" {
		if err := c.SetPhone(m, *in.MFAPhoneNumber); err != nil {
			return nil, err
		}
	}
	if in.ExternalID != nil && *in.ExternalID != "" {
		if err := c.SetExternalID(m, *in.ExternalID); err != nil {
			return nil, err
		}
	}
	// Stored only now, so that a request with an error changes nothing.
	c.StoreMember(m)
	return c.MemberResponseOf(m), nil
}

// Get is GET /v1/b2b/organizations/{organization_id}/member: by member_id
// or by email_address.
// Source: https://stytch.com/docs/b2b/api/get-member
func Get(c *core.Request) (wire.Success, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	id, email := c.Query.Get("member_id"), c.Query.Get("email_address")
	if (id == "") == (email == "") {
		return nil, wire.Error("invalid_member_get_fields")
	}
	if id != "" {
		m, err := c.Member(org, id)
		if err != nil {
			return nil, err
		}
		return c.MemberResponseOf(m), nil
	}
	if err := wire.CheckEmail(email); err != nil {
		return nil, err
	}
	m := c.MemberByEmail(org, email)
	if m == nil {
		return nil, wire.Error("member_not_found")
	}
	return c.MemberResponseOf(m), nil
}

// Delete marks the member as deleted, ends their sessions and invalidates
// their links and codes.
// Source: https://stytch.com/docs/b2b/api/delete-member
func Delete(c *core.Request) (wire.Success, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, "delete"); err != nil {
		return nil, err
	}
	c.DeleteMember(m)
	return &memberIDResponse{MemberID: m.ID}, nil
}

// Reactivate makes a deleted member active again. It takes Stytch's own
// member_id only, and a member whose address was proven.
// Source: https://stytch.com/docs/b2b/api/reactivate-member
func Reactivate(c *core.Request) (wire.Success, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	m := c.State.Member(c.Params["member_id"])
	switch {
	case m == nil:
		return nil, wire.Error("member_not_found")
	case m.OrganizationID != org.ID:
		return nil, wire.Error("member_does_not_exist_in_organization")
	}
	if err := c.Permit(org, nil, "create"); err != nil {
		return nil, err
	}
	switch {
	case m.Status != state.StatusDeleted:
		return nil, wire.Error("no_deleted_member_found_for_reactivation")
	case !m.Verified:
		return nil, wire.Error("email_unverified_for_reactivation")
	case c.MemberByEmail(org, m.Email) != nil:
		return nil, wire.Error("reactivation_email_belongs_to_another_member")
	}
	// The address may have been claimed or retired by others in the meantime.
	if err := c.CheckAddress(org, m.Email, m); err != nil {
		return nil, err
	}
	m.Status = state.StatusActive
	c.State.Reindex(m)
	c.MemberChanged(m)
	return c.MemberResponseOf(m), nil
}
