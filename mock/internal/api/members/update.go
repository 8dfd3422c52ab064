package members

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// updateMemberRequest is PUT
// /v1/b2b/organizations/{organization_id}/members/{member_id}. What is absent
// stays as it is.
type updateMemberRequest struct {
	Name              *string       `json:"name"`
	TrustedMetadata   wire.Metadata `json:"trusted_metadata"`
	UntrustedMetadata wire.Metadata `json:"untrusted_metadata"`
	IsBreakglass      *bool         `json:"is_breakglass"`
	MFAPhoneNumber    *string       `json:"mfa_phone_number"`
	MFAEnrolled       *bool         `json:"mfa_enrolled"`
	Roles             []string      `json:"roles"`
	DefaultMFAMethod  *string       `json:"default_mfa_method"`
	EmailAddress      *string       `json:"email_address"`
	ExternalID        *string       `json:"external_id"`
	UnlinkEmail       bool          `json:"unlink_email"`
	// PreserveExistingSessions concerns roles that also come from an SSO
	// connection.
	PreserveExistingSessions bool `json:"preserve_existing_sessions"`
}

// Update changes a member, or nothing: it works on a copy until every
// field has passed.
// Source: https://stytch.com/docs/b2b/api/update-member
func Update(c *core.Request, in updateMemberRequest) (*core.MemberResponse, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := permitUpdate(c, org, m, in); err != nil {
		return nil, err
	}
	changed := *m
	if err := applyUpdate(c, &changed, m, in); err != nil {
		return nil, err
	}
	if !wire.SameEmail(changed.Email, m.Email) {
		// A link to the old address must not sign in the owner of the new one.
		c.State.DropLinks(m)
		c.State.DropCodes(m)
	}
	if !in.PreserveExistingSessions {
		c.EndGrantedSessions(m, changed.Roles)
	}
	*m = changed
	c.State.Reindex(m)
	c.MemberChanged(m)
	return c.MemberResponseOf(m), nil
}

func applyUpdate(c *core.Request, changed, m *state.Member, in updateMemberRequest) error {
	if in.Name != nil {
		changed.Name = *in.Name
	}
	if err := c.SetDetails(changed, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return err
	}
	if in.IsBreakglass != nil {
		changed.Breakglass = *in.IsBreakglass
	}
	if in.MFAEnrolled != nil {
		changed.MFAEnrolled = *in.MFAEnrolled
	}
	if in.MFAPhoneNumber != nil {
		if err := c.SetPhone(changed, *in.MFAPhoneNumber); err != nil {
			return err
		}
	}
	if in.DefaultMFAMethod != nil {
		if err := setDefaultMFA(changed, *in.DefaultMFAMethod); err != nil {
			return err
		}
	}
	if in.ExternalID != nil && *in.ExternalID != "" {
		if err := c.SetExternalID(changed, *in.ExternalID); err != nil {
			return err
		}
	}
	if in.EmailAddress != nil && *in.EmailAddress != m.Email {
		return c.ChangeEmail(changed, m, *in.EmailAddress, in.UnlinkEmail)
	}
	return nil
}

// setDefaultMFA chooses among the factors that are enrolled.
func setDefaultMFA(m *state.Member, method string) error {
	switch {
	case !slices.Contains(core.MFAMethods, method):
		return wire.Error("invalid_mfa_default_method")
	case method == "totp" && !m.HasTOTP(), method == "sms_otp" && m.Phone == "":
		return wire.Error("default_mfa_member_missing_factor")
	}
	m.DefaultMFA = method
	return nil
}

// permitUpdate asks for the action of every field that a member wants to change.
// Source: the field comments of https://stytch.com/docs/b2b/api/update-member
func permitUpdate(c *core.Request, org *state.Organization, m *state.Member, in updateMemberRequest) error {
	if c.Caller == nil {
		return nil
	}
	if in.TrustedMetadata != nil {
		return wire.Error("cannot_update_trusted_metadata")
	}
	if in.EmailAddress != nil && c.Caller.MemberID == m.ID {
		return wire.Error("member_cannot_update_their_email_address")
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
		// Stytch states no action for external_id, so only a member with all actions on
		// members may change it.
		{in.ExternalID != nil, "update.info.external-id"},
	}
	asked := false
	for _, w := range wanted {
		if !w.given {
			continue
		}
		asked = true
		if err := c.Permit(org, m, w.action); err != nil {
			return err
		}
	}
	if !asked {
		// The response shows the member even if nothing changes.
		return c.Permit(org, m, "update.info.name")
	}
	return nil
}
