package members

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// emailUpdateLife is how long the proof of a new address works.
const emailUpdateLife = 5 * time.Minute

// startEmailUpdateRequest is POST …/members/{member_id}/start_email_update.
type startEmailUpdateRequest struct {
	EmailAddress     string               `json:"email_address"`
	LoginRedirectURL *string              `json:"login_redirect_url"`
	Locale           *string              `json:"locale"`
	DeliveryMethod   string               `json:"delivery_method"`
	LoginTemplateID  wire.Ignored[string] `json:"login_template_id"`
}

// StartEmailUpdate sends a link or a code to the address that a member wants.
// The member has it once they have proven it through the ordinary call.
// Source: https://stytch.com/docs/b2b/api/start-member-email-update
func StartEmailUpdate(c *core.Request, in startEmailUpdateRequest) (*core.MemberResponse, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, "update.info.email"); err != nil {
		return nil, err
	}
	switch {
	case m.Status != state.StatusActive:
		return nil, wire.Error("email_updates_available_only_for_active_members")
	case !m.Verified:
		return nil, wire.Error("member_has_no_active_verified_email")
	}
	if err := c.CheckAddress(org, in.EmailAddress, m); err != nil {
		return nil, err
	}
	l, err := c.Draft("login", in.LoginRedirectURL, nil, core.DefaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := c.LimitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	emailID, expires := c.NewID("email"), c.Now.Add(emailUpdateLife)
	switch in.DeliveryMethod {
	case "", "EMAIL_MAGIC_LINK":
		l.Kind, l.MemberID, l.Email, l.EmailID, l.ExpiresAt = "email_update", m.ID, in.EmailAddress, emailID, expires
		c.Mail(l)
	case "EMAIL_OTP":
		c.SendCode(core.EmailPurpose(org, in.EmailAddress), "email", in.EmailAddress,
			&state.Code{Kind: "email_update", MemberID: m.ID, Email: in.EmailAddress, EmailID: emailID, ExpiresAt: expires})
	default:
		return nil, wire.FieldError("invalid_argument", "delivery_method should be EMAIL_MAGIC_LINK or EMAIL_OTP")
	}
	return c.MemberResponseOf(m), nil
}

// unlinkEmailRequest is POST …/members/{member_id}/unlink_retired_email.
type unlinkEmailRequest struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

// unlinkResponse is its response.
type unlinkResponse struct {
	core.MemberResponse
	OrganizationID string `json:"organization_id"`
}

// UnlinkRetiredEmail lets go of an address that a member had, so that others may
// take it. If both its id and the address are given, they must belong together.
// Source: https://stytch.com/docs/b2b/api/unlink-retired-member-email
func UnlinkRetiredEmail(c *core.Request, in unlinkEmailRequest) (*unlinkResponse, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, "update.info.unlink.retired-email"); err != nil {
		return nil, err
	}
	if in.EmailID == "" && in.EmailAddress == "" {
		return nil, wire.Error("retired_email_missing_email_identifiers")
	}
	left := slices.DeleteFunc(slices.Clone(m.Retired), func(r wire.RetiredEmail) bool {
		return (in.EmailID == "" || r.EmailID == in.EmailID) && (in.EmailAddress == "" || wire.SameEmail(r.EmailAddress, in.EmailAddress))
	})
	if len(left) == len(m.Retired) {
		return nil, wire.Error("email_not_found")
	}
	m.Retired = left
	c.State.Reindex(m)
	c.MemberChanged(m)
	return &unlinkResponse{MemberResponse: *c.MemberResponseOf(m), OrganizationID: org.ID}, nil
}
