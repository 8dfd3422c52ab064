package stytchclient

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/otp/sms"
)

// SMSCode describes a code by SMS.
type SMSCode struct {
	// Phone is the number of a member who has none yet, in the form +61400000000
	// (E.164); it becomes theirs. Empty: the number that they have. Another number
	// than that is refused, since a thief of the first factor could send the
	// second to themselves.
	Phone string
	// Locale is the language of the SMS, as in [SignInOptions].
	Locale string
}

// SendSMSCode sends a code by SMS. Not needed if [StepUpError.CodeSent]. The code works for
// two minutes, and only the newest does. Errors: [grimoireauth.ErrMethodNotAllowed],
// [grimoireauth.ErrConflict] for another number than the member's;
// [grimoireauth.ErrSignInExpired] or [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
func (f SecondFactors) SendSMSCode(ctx context.Context, who FactorOwner, code SMSCode) error {
	const op = "send SMS code"
	req, err := f.c.request(op, SignInOptions{Continue: who.Proof, Locale: code.Locale}, append(who.faults(), checkPhone(code.Phone))...)
	if err != nil {
		return err
	}
	res, err := call(ctx, f.c, op, func(ctx context.Context) (*sms.SendResponse, error) {
		return f.c.api.OTPs.Sms.Send(ctx, &sms.SendParams{
			OrganizationID:           string(who.Person.Class),
			MemberID:                 string(who.Person.Member),
			MFAPhoneNumber:           code.Phone,
			Locale:                   localeOf[sms.SendRequestLocale](req.locale),
			IntermediateSessionToken: req.intermediate,
			SessionToken:             req.token,
			SessionJWT:               req.jwt,
		})
	})
	if err != nil {
		return f.c.instead(ctx, who.Person.Class, err)
	}
	if why := barred(res.Organization, res.Member); why != nil {
		return &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	return nil
}

// WithSMSCode checks a code by SMS. Where every member needs a second factor, the first
// time enrolls the number. Errors: [grimoireauth.ErrWrongCode],
// [grimoireauth.ErrTokenSpent], [grimoireauth.ErrLocked]; [grimoireauth.ErrSignInExpired] or
// [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-sms
func (f SecondFactors) WithSMSCode(ctx context.Context, who FactorOwner, in FactorCode) (SignedIn, error) {
	const op = "check SMS code"
	req, err := f.request(op, who, in)
	if err != nil {
		return SignedIn{}, err
	}
	return f.c.authenticate(ctx, op, "/v1/b2b/otps/sms/authenticate", &sms.AuthenticateParams{
		OrganizationID:           string(who.Person.Class),
		MemberID:                 string(who.Person.Member),
		Code:                     typedCode(in.Code),
		IntermediateSessionToken: req.intermediate,
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		SetMFAEnrollment:         in.enrollment(),
		SetDefaultMFA:            in.MakeDefault,
	}, expected{class: who.Person.Class, whose: who.Person.Member, completes: true})
}

func checkPhone(number string) error {
	if number != "" && !phoneForm.MatchString(number) {
		return errors.New("the phone number is not of the form +61400000000")
	}
	return nil
}
