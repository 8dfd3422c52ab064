package mock

// deletePhone takes the member's phone number for codes by SMS away, so that
// they can enrol another one. Sessions stay.
// Source: https://stytch.com/docs/b2b/api/delete-member-mfa-phone-number
func deletePhone(c *call) (stamped, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "update.info.delete.mfa-phone"); err != nil {
		return nil, err
	}
	if m.Phone == "" {
		return nil, refuse("member_phone_number_not_found")
	}
	m.Phone, m.PhoneID, m.PhoneVerified = "", "", false
	if m.DefaultMFA == "sms_otp" {
		m.DefaultMFA = ""
	}
	m.UpdatedAt = c.now
	return c.answerMember(m), nil
}

// deleteTOTP takes the member's authenticator app away, and its recovery codes
// with it. Sessions stay.
// Source: https://stytch.com/docs/b2b/api/delete-member-mfa-totp
func deleteTOTP(c *call) (stamped, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "update.info.delete.mfa-totp"); err != nil {
		return nil, err
	}
	if m.TOTP == nil {
		return nil, refuse("totp_not_found")
	}
	m.TOTP, m.UpdatedAt = nil, c.now
	if m.DefaultMFA == "totp" {
		m.DefaultMFA = ""
	}
	return c.answerMember(m), nil
}
