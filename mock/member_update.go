package mock

import "slices"

// updateMemberRequest is PUT
// /v1/b2b/organizations/{organization_id}/members/{member_id}. What is absent
// stays as it is.
type updateMemberRequest struct {
	Name              *string  `json:"name"`
	TrustedMetadata   metadata `json:"trusted_metadata"`
	UntrustedMetadata metadata `json:"untrusted_metadata"`
	IsBreakglass      *bool    `json:"is_breakglass"`
	MFAPhoneNumber    *string  `json:"mfa_phone_number"`
	MFAEnrolled       *bool    `json:"mfa_enrolled"`
	Roles             []string `json:"roles"`
	DefaultMFAMethod  *string  `json:"default_mfa_method"`
	EmailAddress      *string  `json:"email_address"`
	ExternalID        *string  `json:"external_id"`
	UnlinkEmail       bool     `json:"unlink_email"`
	// PreserveExistingSessions concerns roles that also come from an SSO
	// connection.
	PreserveExistingSessions bool `json:"preserve_existing_sessions"`
}

// updateMember changes a member, or nothing: it works on a copy until every
// field has passed.
// Source: https://stytch.com/docs/b2b/api/update-member
func updateMember(c *call, in updateMemberRequest) (*memberAnswer, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permitUpdate(org, m, in); err != nil {
		return nil, err
	}
	changed := *m
	if err := c.applyUpdate(&changed, m, in); err != nil {
		return nil, err
	}
	changed.UpdatedAt = c.now
	if !sameEmail(changed.Email, m.Email) {
		// A link to the old address must not sign in the owner of the new one.
		c.dropLinks(func(l *link) bool { return l.MemberID == m.ID })
		c.dropCodes(func(k *code) bool { return k.MemberID == m.ID })
	}
	if !in.PreserveExistingSessions {
		c.endGrantedSessions(m, changed.Roles)
	}
	*m = changed
	c.db.enter(m)
	return c.answerMember(m), nil
}

func (c *call) applyUpdate(changed, m *member, in updateMemberRequest) error {
	if in.Name != nil {
		changed.Name = *in.Name
	}
	if err := c.describe(changed, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return err
	}
	if in.IsBreakglass != nil {
		changed.Breakglass = *in.IsBreakglass
	}
	if in.MFAEnrolled != nil {
		changed.MFAEnrolled = *in.MFAEnrolled
	}
	if in.MFAPhoneNumber != nil {
		if err := c.setPhone(changed, *in.MFAPhoneNumber); err != nil {
			return err
		}
	}
	if in.DefaultMFAMethod != nil {
		if err := changed.setDefaultMFA(*in.DefaultMFAMethod); err != nil {
			return err
		}
	}
	if in.ExternalID != nil && *in.ExternalID != "" {
		if err := c.setExternalID(changed, *in.ExternalID); err != nil {
			return err
		}
	}
	if in.EmailAddress != nil && *in.EmailAddress != m.Email {
		return c.changeEmail(changed, m, *in.EmailAddress, in.UnlinkEmail)
	}
	return nil
}

// endGrantedSessions ends the sessions of a connection that gives a role which
// has just been taken from the member: there they would go on having it.
// Source: https://stytch.com/docs/b2b/api/update-member, preserve_existing_sessions
func (c *call) endGrantedSessions(m *member, roles []string) {
	for _, r := range m.SSO {
		for _, g := range c.db.grants(r) {
			if slices.Contains(m.Roles, g.role) && !slices.Contains(roles, g.role) {
				c.db.endSessions(func(s *session) bool { return s.MemberID == m.ID && s.has(r.ConnectionID) })
			}
		}
	}
}

// setDefaultMFA chooses among the factors that are enrolled.
func (m *member) setDefaultMFA(method string) error {
	switch {
	case !slices.Contains(mfaMethods, method):
		return refuse("invalid_mfa_default_method")
	case method == "totp" && !m.hasTOTP(), method == "sms_otp" && m.Phone == "":
		return refuse("default_mfa_member_missing_factor")
	}
	m.DefaultMFA = method
	return nil
}

// changeEmail gives the member an unproven new address. The old one is retired,
// which keeps it from everybody else, or forgotten if unlink says so. Stored is
// the member before the change.
func (c *call) changeEmail(changed, stored *member, email string, unlink bool) error {
	if err := c.admit(c.db.org(changed.OrganizationID), email, stored); err != nil {
		return err
	}
	if sameEmail(email, changed.Email) {
		changed.Email = email
		return nil
	}
	if !unlink {
		changed.Retired = append(slices.Clone(changed.Retired), retiredEmail{EmailID: changed.EmailID, EmailAddress: changed.Email})
	}
	// A member may take back an address that they retired themselves.
	changed.Retired = slices.DeleteFunc(slices.Clone(changed.Retired), func(r retiredEmail) bool { return sameEmail(r.EmailAddress, email) })
	changed.Email, changed.EmailID, changed.Verified = email, c.newID("email"), false
	changed.Password = nil // as Stytch says: who has the new address sets a new one
	return nil
}

// permitUpdate asks for the action of every field that a member wants to change.
// Source: the field comments of https://stytch.com/docs/b2b/api/update-member
func (c *call) permitUpdate(org *organization, m *member, in updateMemberRequest) error {
	if c.caller == nil {
		return nil
	}
	if in.TrustedMetadata != nil {
		return refuse("cannot_update_trusted_metadata")
	}
	if in.EmailAddress != nil && c.caller.MemberID == m.ID {
		return refuse("member_cannot_update_their_email_address")
	}
	wanted := []struct {
		given  bool
		action string
	}{
		{in.Name != nil, "update.info.name"},
		{in.UntrustedMetadata != nil, "update.info.untrusted-metadata"},
		{in.MFAPhoneNumber != nil, "update.info.mfa-phone"},
		{in.EmailAddress != nil, "update.info.email"},
		{in.IsBreakglass != nil, "update.settings.is-breakglass"},
		{in.MFAEnrolled != nil, "update.settings.mfa-enrolled"},
		{in.DefaultMFAMethod != nil, "update.settings.default-mfa-method"},
		{in.Roles != nil, "update.settings.roles"},
		// Stytch states no action for external_id, so only who may do everything to
		// members may change it.
		{in.ExternalID != nil, "update.info.external-id"},
	}
	asked := false
	for _, w := range wanted {
		if !w.given {
			continue
		}
		asked = true
		if err := c.permit(org, m, w.action); err != nil {
			return err
		}
	}
	if !asked {
		// Nothing to change still tells who the member is.
		return c.permit(org, m, "update.info.name")
	}
	return nil
}
