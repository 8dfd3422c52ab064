package otps

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// sendSMSRequest is POST /v1/b2b/otps/sms/send.
type sendSMSRequest struct {
	core.MFARequest
	MFAPhoneNumber string  `json:"mfa_phone_number"`
	Locale         *string `json:"locale"`
}

// SendSMS sends a code to the member's number, or to a first number that is
// given. Another number than theirs is refused.
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
func SendSMS(c *core.Request, in sendSMSRequest) (*core.MemberResponse, error) {
	m, err := c.Subject(in.MFARequest)
	if err != nil {
		return nil, err
	}
	if in.Locale != nil && !slices.Contains(core.SignInLocales, *in.Locale) {
		return nil, wire.Error("invalid_locale")
	}
	if err := c.CheckEnroll(m, in.MFARequest); err != nil {
		return nil, err
	}
	if !state.PermitsMFA(c.State.Org(m.OrganizationID).Settings, "sms_otp", m) {
		return nil, wire.Error("operation_restricted_by_organization_mfa_methods")
	}
	switch {
	case m.Phone == "" && in.MFAPhoneNumber == "":
		return nil, wire.Error("missing_sms_parameter")
	case m.Phone == "":
		if err := c.SetPhone(m, in.MFAPhoneNumber); err != nil {
			return nil, err
		}
		c.MemberChanged(m)
	case in.MFAPhoneNumber != "" && in.MFAPhoneNumber != m.Phone:
		return nil, wire.Error("duplicate_member_phone_number_for_member")
	}
	c.SendSMS(m)
	return c.MemberResponseOf(m), nil
}

// authenticateSMSRequest is POST /v1/b2b/otps/sms/authenticate.
type authenticateSMSRequest struct {
	core.MFASignInRequest
	core.Enrollment
	Code string `json:"code"`
}

// AuthenticateSMS uses up a code as a second factor.
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-sms
func AuthenticateSMS(c *core.Request, in authenticateSMSRequest) (*core.MFAResponse, error) {
	a, err := c.BeginMFA(in.MFASignInRequest)
	if err != nil {
		return nil, err
	}
	m := a.Member
	if err := in.Check(); err != nil {
		return nil, err
	}
	if !state.PermitsMFA(c.State.Org(m.OrganizationID).Settings, "sms_otp", m) {
		return nil, wire.Error("operation_restricted_by_organization_mfa_methods")
	}
	k, err := c.RedeemCode("sms "+m.ID, in.Code)
	if err != nil {
		return nil, c.CountFailure(m, err)
	}
	k.Spent = true
	m.PhoneVerified = true
	c.MemberChanged(m)
	c.Enroll(m, in.Enrollment, "sms_otp")
	out, err := c.FinishMFA(a, c.NewFactor("otp", "sms", "phone_number_factor", "phone_id", m.PhoneID, "phone_number", m.Phone))
	if err != nil {
		return nil, err
	}
	return &out, nil
}
