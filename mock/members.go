package mock

// memberAnswer is the answer of the calls that return a member.
type memberAnswer struct {
	envelope
	MemberID     string           `json:"member_id"`
	Member       memberJSON       `json:"member"`
	Organization organizationJSON `json:"organization"`
}

func (c *call) answerMember(m *member) *memberAnswer {
	return &memberAnswer{MemberID: m.ID, Member: c.db.memberJSON(m), Organization: c.db.org(m.OrganizationID).json()}
}

// memberIDAnswer is the answer of the delete call, which has no member object.
type memberIDAnswer struct {
	envelope
	MemberID string `json:"member_id"`
}

// createMemberRequest is POST /v1/b2b/organizations/{organization_id}/members.
type createMemberRequest struct {
	EmailAddress          string   `json:"email_address"`
	Name                  string   `json:"name"`
	TrustedMetadata       metadata `json:"trusted_metadata"`
	UntrustedMetadata     metadata `json:"untrusted_metadata"`
	CreateMemberAsPending bool     `json:"create_member_as_pending"`
	IsBreakglass          bool     `json:"is_breakglass"`
	MFAPhoneNumber        *string  `json:"mfa_phone_number"`
	MFAEnrolled           bool     `json:"mfa_enrolled"`
	Roles                 []string `json:"roles"`
	ExternalID            *string  `json:"external_id"`
}

// createMember puts somebody into the organization, active and unverified unless
// asked otherwise. The organization's settings do not stand in the way of the
// project: they are about people who come by themselves.
// Source: https://stytch.com/docs/b2b/api/create-member
func createMember(c *call, in createMemberRequest) (*memberAnswer, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, nil, "create"); err != nil {
		return nil, err
	}
	if c.caller != nil && in.TrustedMetadata != nil {
		return nil, refuse("cannot_update_trusted_metadata")
	}
	if err := c.admit(org, in.EmailAddress, nil); err != nil {
		return nil, err
	}
	status := statusActive
	if in.CreateMemberAsPending {
		status = statusPending
	}
	m := c.newMember(org, in.EmailAddress, status)
	m.Name, m.Breakglass, m.MFAEnrolled = in.Name, in.IsBreakglass, in.MFAEnrolled
	if err := c.describe(m, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return nil, err
	}
	if in.MFAPhoneNumber != nil && *in.MFAPhoneNumber != "" {
		if err := c.setPhone(m, *in.MFAPhoneNumber); err != nil {
			return nil, err
		}
	}
	if in.ExternalID != nil && *in.ExternalID != "" {
		if err := c.setExternalID(m, *in.ExternalID); err != nil {
			return nil, err
		}
	}
	// Only now is there anything to see of it: a refused call leaves nothing behind.
	c.keep(m)
	return c.answerMember(m), nil
}

// describe sets what creating, inviting and updating have in common. Nil leaves
// a value alone.
func (c *call) describe(m *member, trusted, untrusted metadata, roles []string) error {
	var err error
	if m.Trusted, err = m.Trusted.merged(trusted); err != nil {
		return err
	}
	if m.Untrusted, err = m.Untrusted.merged(untrusted); err != nil {
		return err
	}
	if roles != nil {
		return c.setRoles(m, roles)
	}
	return nil
}

// getMember is GET /v1/b2b/organizations/{organization_id}/member: by member_id
// or by email_address.
// Source: https://stytch.com/docs/b2b/api/get-member
func getMember(c *call) (stamped, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	id, email := c.query.Get("member_id"), c.query.Get("email_address")
	if (id == "") == (email == "") {
		return nil, refuse("invalid_member_get_fields")
	}
	if id != "" {
		m, err := c.member(org, id)
		if err != nil {
			return nil, err
		}
		return c.answerMember(m), nil
	}
	if err := checkEmail(email); err != nil {
		return nil, err
	}
	m := c.memberByEmail(org, email)
	if m == nil {
		return nil, refuse("member_not_found")
	}
	return c.answerMember(m), nil
}

// namedMember returns the organization and the member in the path.
func (c *call) namedMember() (*organization, *member, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, nil, err
	}
	m, err := c.member(org, c.params["member_id"])
	return org, m, err
}

// deleteMember marks the member as deleted, ends their sessions and makes the
// links on their way to them worthless.
// Source: https://stytch.com/docs/b2b/api/delete-member
func deleteMember(c *call) (stamped, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "delete"); err != nil {
		return nil, err
	}
	m.Status, m.UpdatedAt = statusDeleted, c.now
	c.db.enter(m)
	c.db.endSessions(func(s *session) bool { return s.MemberID == m.ID })
	c.dropLinks(func(l *link) bool { return l.MemberID == m.ID })
	c.dropCodes(func(k *code) bool { return k.MemberID == m.ID })
	c.dropIntermediates(m)
	return &memberIDAnswer{MemberID: m.ID}, nil
}

// reactivateMember makes a deleted member active again. It takes Stytch's own
// member_id only, and a member whose address was proven.
// Source: https://stytch.com/docs/b2b/api/reactivate-member
func reactivateMember(c *call) (stamped, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	m := c.db.member(c.params["member_id"])
	switch {
	case m == nil:
		return nil, refuse("member_not_found")
	case m.OrganizationID != org.ID:
		return nil, refuse("member_does_not_exist_in_organization")
	}
	if err := c.permit(org, nil, "create"); err != nil {
		return nil, err
	}
	switch {
	case m.Status != statusDeleted:
		return nil, refuse("no_deleted_member_found_for_reactivation")
	case !m.Verified:
		return nil, refuse("email_unverified_for_reactivation")
	case c.memberByEmail(org, m.Email) != nil:
		return nil, refuse("reactivation_email_belongs_to_another_member")
	}
	// The address may have been claimed or retired by others in the meantime.
	if err := c.admit(org, m.Email, m); err != nil {
		return nil, err
	}
	m.Status, m.UpdatedAt = statusActive, c.now
	c.db.enter(m)
	return c.answerMember(m), nil
}
