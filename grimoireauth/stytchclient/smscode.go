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
	// than that is refused, since who knows somebody's first factor could send the
	// second to themselves.
	Phone string
	// Locale is the language of the SMS, as in [SignInOptions].
	Locale string
}

// SendSMSCode sends the second factor of an unfinished sign-in. Not needed if
// [StepUpError.CodeSent]. The code works for two minutes, and only the newest does.
// Errors: [grimoireauth.ErrMethodNotAllowed], [grimoireauth.ErrConflict] for another number than theirs,
// [grimoireauth.ErrSignInExpired].
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
func (s SignIn) SendSMSCode(ctx context.Context, to Unfinished, code SMSCode) error {
	return s.c.secondFactors().sendSMS(ctx, to.owner(), code)
}

// SendSMSCode sends a code to add a second factor to a live session. Errors: as
// [SignIn.SendSMSCode], and [grimoireauth.ErrSessionEnded].
func (s Sessions) SendSMSCode(ctx context.Context, to grimoireauth.Authentication, code SMSCode) error {
	return s.c.secondFactors().sendSMS(ctx, ownerOf(to), code)
}

// ResumeWithSMS finishes a sign-in with a code by SMS. Where everybody needs a
// second factor, the first time enrols the number. Errors: [grimoireauth.ErrWrongCode],
// [grimoireauth.ErrTokenSpent], [grimoireauth.ErrLocked], [grimoireauth.ErrSignInExpired].
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-sms
func (s SignIn) ResumeWithSMS(ctx context.Context, unfinished Unfinished, in FactorCode) (SignedIn, error) {
	return s.c.secondFactors().withSMS(ctx, unfinished.owner(), in)
}

// AddFactorSMS adds a code by SMS to a live session, for what needs a fresh second
// factor. Errors: as [SignIn.ResumeWithSMS], and [grimoireauth.ErrSessionEnded].
func (s Sessions) AddFactorSMS(ctx context.Context, to grimoireauth.Authentication, in FactorCode) (SignedIn, error) {
	return s.c.secondFactors().withSMS(ctx, ownerOf(to), in)
}

func (f secondFactors) sendSMS(ctx context.Context, who owner, code SMSCode) error {
	const op = "send SMS code"
	req, err := f.c.request(op, SignInOptions{Continue: who.proof, Locale: code.Locale}, append(who.faults(), checkPhone(code.Phone))...)
	if err != nil {
		return err
	}
	res, err := call(ctx, f.c, op, func(ctx context.Context) (*sms.SendResponse, error) {
		return f.c.api.OTPs.Sms.Send(ctx, &sms.SendParams{
			OrganizationID:           string(who.person.Class),
			MemberID:                 string(who.person.Member),
			MFAPhoneNumber:           code.Phone,
			Locale:                   localeOf[sms.SendRequestLocale](req.locale),
			IntermediateSessionToken: req.intermediate,
			SessionToken:             req.token,
			SessionJWT:               req.jwt,
		})
	})
	if err != nil {
		return f.c.instead(ctx, who.person.Class, err)
	}
	if why := barred(res.Organization, res.Member); why != nil {
		return &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	return nil
}

func (f secondFactors) withSMS(ctx context.Context, who owner, in FactorCode) (SignedIn, error) {
	const op = "check SMS code"
	req, err := f.request(op, who, in)
	if err != nil {
		return SignedIn{}, err
	}
	return f.c.authenticate(ctx, op, "/v1/b2b/otps/sms/authenticate", &sms.AuthenticateParams{
		OrganizationID:           string(who.person.Class),
		MemberID:                 string(who.person.Member),
		Code:                     typedCode(in.Code),
		IntermediateSessionToken: req.intermediate,
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		SetMFAEnrollment:         in.enrollment(),
		SetDefaultMFA:            in.MakeDefault,
	}, expected{class: who.person.Class, whose: who.person.Member, completes: true})
}

func checkPhone(number string) error {
	if number != "" && !phoneForm.MatchString(number) {
		return errors.New("the phone number is not of the form +61400000000")
	}
	return nil
}
