package members

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// DeletePhone takes the member's phone number for codes by SMS away, so that
// they can enroll another one. Sessions stay.
// Source: https://stytch.com/docs/b2b/api/delete-member-mfa-phone-number
func DeletePhone(c *core.Request) (wire.Success, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, "update.info.delete.mfa-phone"); err != nil {
		return nil, err
	}
	if m.Phone == "" {
		return nil, wire.Error("member_phone_number_not_found")
	}
	m.Phone, m.PhoneID, m.PhoneVerified = "", "", false
	if m.DefaultMFA == "sms_otp" {
		m.DefaultMFA = ""
	}
	c.MemberChanged(m)
	return c.MemberResponseOf(m), nil
}

// DeleteTOTP takes the member's authenticator app away, and its recovery codes
// with it. Sessions stay.
// Source: https://stytch.com/docs/b2b/api/delete-member-mfa-totp
func DeleteTOTP(c *core.Request) (wire.Success, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, "update.info.delete.mfa-totp"); err != nil {
		return nil, err
	}
	if m.TOTP == nil {
		return nil, wire.Error("totp_not_found")
	}
	m.TOTP = nil
	c.MemberChanged(m)
	if m.DefaultMFA == "totp" {
		m.DefaultMFA = ""
	}
	return c.MemberResponseOf(m), nil
}
