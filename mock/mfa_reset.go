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
	if m.phone == "" {
		return nil, refuse("member_phone_number_not_found")
	}
	m.phone, m.phoneID, m.phoneVerified = "", "", false
	if m.defaultMFA == "sms_otp" {
		m.defaultMFA = ""
	}
	m.updatedAt = c.now
	return answerMember(m), nil
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
	if m.totp == nil {
		return nil, refuse("totp_not_found")
	}
	m.totp, m.updatedAt = nil, c.now
	if m.defaultMFA == "totp" {
		m.defaultMFA = ""
	}
	return answerMember(m), nil
}
