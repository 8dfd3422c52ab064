package mock

import (
	"slices"
	"time"
)

// emailUpdateLife is how long the proof of a new address works.
const emailUpdateLife = 5 * time.Minute

// startEmailUpdateRequest is POST …/members/{member_id}/start_email_update.
type startEmailUpdateRequest struct {
	EmailAddress     string  `json:"email_address"`
	LoginRedirectURL *string `json:"login_redirect_url"`
	Locale           *string `json:"locale"`
	DeliveryMethod   string  `json:"delivery_method"`
}

// startEmailUpdate sends a link or a code to the address that a member wants.
// Who proves it through the ordinary call has it from then on.
// Source: https://stytch.com/docs/b2b/api/start-member-email-update
func startEmailUpdate(c *call, in startEmailUpdateRequest) (*memberAnswer, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "update.info.email"); err != nil {
		return nil, err
	}
	switch {
	case m.Status != statusActive:
		return nil, refuse("email_updates_available_only_for_active_members")
	case !m.Verified:
		return nil, refuse("member_has_no_active_verified_email")
	}
	if err := c.admit(org, in.EmailAddress, m); err != nil {
		return nil, err
	}
	l, err := c.draft("login", in.LoginRedirectURL, nil, defaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := c.limitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	emailID, expires := c.newID("email"), c.now.Add(emailUpdateLife)
	switch in.DeliveryMethod {
	case "", "EMAIL_MAGIC_LINK":
		l.Kind, l.MemberID, l.Email, l.EmailID, l.ExpiresAt = "email_update", m.ID, in.EmailAddress, emailID, expires
		c.mail(l)
	case "EMAIL_OTP":
		c.sendCode(emailPurpose(org, in.EmailAddress), "email", in.EmailAddress,
			&code{Kind: "email_update", MemberID: m.ID, Email: in.EmailAddress, EmailID: emailID, ExpiresAt: expires})
	default:
		return nil, refuseField("invalid_argument", "delivery_method should be EMAIL_MAGIC_LINK or EMAIL_OTP")
	}
	return c.answerMember(m), nil
}

// completeEmailUpdate gives the member the address that they have proven, unless
// somebody else has taken it meanwhile.
func (c *call) completeEmailUpdate(m *member, email, emailID string) error {
	if err := c.changeEmail(m, m, email, false); err != nil {
		return refuse("unable_to_verify_member_email_update")
	}
	m.EmailID, m.UpdatedAt = emailID, c.now
	c.db.enter(m)
	c.dropLinks(func(l *link) bool { return l.MemberID == m.ID })
	c.dropCodes(func(k *code) bool { return k.MemberID == m.ID })
	return nil
}

// unlinkEmailRequest is POST …/members/{member_id}/unlink_retired_email.
type unlinkEmailRequest struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

// unlinkAnswer is its answer.
type unlinkAnswer struct {
	memberAnswer
	OrganizationID string `json:"organization_id"`
}

// unlinkRetiredEmail lets go of an address that a member had, so that others may
// take it. If both its id and the address are given, they must belong together.
// Source: https://stytch.com/docs/b2b/api/unlink-retired-member-email
func unlinkRetiredEmail(c *call, in unlinkEmailRequest) (*unlinkAnswer, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "update.info.unlink.retired-email"); err != nil {
		return nil, err
	}
	if in.EmailID == "" && in.EmailAddress == "" {
		return nil, refuse("retired_email_missing_email_identifiers")
	}
	left := slices.DeleteFunc(slices.Clone(m.Retired), func(r retiredEmail) bool {
		return (in.EmailID == "" || r.EmailID == in.EmailID) && (in.EmailAddress == "" || sameEmail(r.EmailAddress, in.EmailAddress))
	})
	if len(left) == len(m.Retired) {
		return nil, refuse("email_not_found")
	}
	m.Retired, m.UpdatedAt = left, c.now
	c.db.enter(m)
	return &unlinkAnswer{memberAnswer: *c.answerMember(m), OrganizationID: org.ID}, nil
}
