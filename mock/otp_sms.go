package mock

import (
	"slices"
	"time"
)

// smsLife is how long a code by SMS works.
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
const smsLife = 2 * time.Minute

// sendSMSRequest is POST /v1/b2b/otps/sms/send.
type sendSMSRequest struct {
	mfaRequest
	MFAPhoneNumber string  `json:"mfa_phone_number"`
	Locale         *string `json:"locale"`
}

// sendSMS sends a code to the member's number, or to a first number that is
// given. Another number than theirs is refused.
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
func sendSMS(c *call, in sendSMSRequest) (*memberAnswer, error) {
	m, err := c.subject(in.mfaRequest)
	if err != nil {
		return nil, err
	}
	if in.Locale != nil && !slices.Contains(signInLocales, *in.Locale) {
		return nil, refuse("invalid_locale")
	}
	if err := c.mayEnrol(m, in.mfaRequest); err != nil {
		return nil, err
	}
	if !c.db.org(m.OrganizationID).Settings.permitsMFA("sms_otp", m) {
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	}
	switch {
	case m.Phone == "" && in.MFAPhoneNumber == "":
		return nil, refuse("missing_sms_parameter")
	case m.Phone == "":
		if err := c.setPhone(m, in.MFAPhoneNumber); err != nil {
			return nil, err
		}
		m.UpdatedAt = c.now
	case in.MFAPhoneNumber != "" && in.MFAPhoneNumber != m.Phone:
		return nil, refuse("duplicate_member_phone_number_for_member")
	}
	c.sendSMS(m)
	return c.answerMember(m), nil
}

// sendSMS sends a code to the member's number.
func (c *call) sendSMS(m *member) {
	c.sendCode("sms "+m.ID, "sms", m.Phone, &code{Kind: "mfa", MemberID: m.ID, ExpiresAt: c.now.Add(smsLife)})
}

// authenticateSMSRequest is POST /v1/b2b/otps/sms/authenticate.
type authenticateSMSRequest struct {
	mfaSignInRequest
	enrolment
	Code string `json:"code"`
}

// authenticateSMS uses up a code as a second factor.
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-sms
func authenticateSMS(c *call, in authenticateSMSRequest) (*mfaAnswer, error) {
	a, err := c.beginMFA(in.mfaSignInRequest)
	if err != nil {
		return nil, err
	}
	m := a.member
	if err := in.check(); err != nil {
		return nil, err
	}
	if !c.db.org(m.OrganizationID).Settings.permitsMFA("sms_otp", m) {
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	}
	k, err := c.redeemCode("sms "+m.ID, in.Code)
	if err != nil {
		return nil, c.failed(m, err)
	}
	k.Spent = true
	m.PhoneVerified, m.UpdatedAt = true, c.now
	c.enrol(m, in.enrolment, "sms_otp")
	out, err := c.finishMFA(a, c.newFactor("otp", "sms", "phone_number_factor", "phone_id", m.PhoneID, "phone_number", m.Phone))
	if err != nil {
		return nil, err
	}
	return &out, nil
}
