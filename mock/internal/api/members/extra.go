package members

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// DangerouslyGet finds a member by their id alone, without saying whose class it
// is in: the caller must check that. It takes no external id.
// Source: https://stytch.com/docs/b2b/api/dangerously-get-member
func DangerouslyGet(c *core.Request) (wire.Success, error) {
	deleted, err := c.Flag("include_deleted")
	if err != nil {
		return nil, err
	}
	m := c.State.Member(c.Params["member_id"])
	if m == nil || (m.Status == state.StatusDeleted && !deleted) {
		return nil, wire.Error("member_not_found")
	}
	return c.MemberResponseOf(m), nil
}

// DeletePassword takes a member's password away, by its own id. One that belongs
// to an address is not an organization's to delete.
// Source: https://stytch.com/docs/b2b/api/delete-member-password
func DeletePassword(c *core.Request) (wire.Success, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	for _, m := range c.State.Roster(org).Members {
		if m.Status == state.StatusDeleted || m.Password == nil || m.Password.ID != c.Params["member_password_id"] {
			continue
		}
		if err := c.Permit(org, m, "update.info.delete.password"); err != nil {
			return nil, err
		}
		if c.CrossOrgPasswords {
			return nil, wire.Error("cross_org_passwords_enabled")
		}
		m.Password = nil
		c.MemberChanged(m)
		return c.MemberResponseOf(m), nil
	}
	if err := c.Permit(org, nil, "update.info.delete.password"); err != nil {
		return nil, err
	}
	return nil, wire.Error("member_password_not_found")
}

// DeleteExternalID forgets the caller's own name for a member.
// Source: https://stytch.com/docs/b2b/api/delete-member-external-id
func DeleteExternalID(c *core.Request) (wire.Success, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, "update.info.external-id"); err != nil {
		return nil, err
	}
	m.ExternalID = ""
	c.State.Reindex(m)
	c.MemberChanged(m)
	return c.MemberResponseOf(m), nil
}
