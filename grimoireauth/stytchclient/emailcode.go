package stytchclient

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/otp/email"
)

// EmailCode describes a six-digit code by e-mail that signs its reader in.
type EmailCode struct {
	// Class is the class to sign in to, Email where the code goes. Required.
	Class grimoireauth.ClassID
	Email string
	// Expires is how long the code works, in whole minutes from 2 to 15. Zero: 10
	// minutes. Only the newest code for an address works.
	Expires time.Duration
	// Locale is the language of the e-mail: "en", "es", "fr" or "pt-br". Empty: "en".
	Locale string
}

// SendEmailCode e-mails a code. Errors: those of [SignIn.SendMagicLink], and as
// there a page that strangers can reach should answer all of them alike.
// Source: https://stytch.com/docs/b2b/api/send-otp-email
func (s SignIn) SendEmailCode(ctx context.Context, code EmailCode) error {
	const op = "send e-mail code"
	minutes, fault := codeMinutes(code.Expires)
	if err := invalid(op, needed("class id", string(code.Class)), checkEmail(code.Email), fault, checkLocale(code.Locale)); err != nil {
		return err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*email.LoginOrSignupResponse, error) {
		return s.c.api.OTPs.Email.LoginOrSignup(ctx, &email.LoginOrSignupParams{
			OrganizationID:          string(code.Class),
			EmailAddress:            code.Email,
			Locale:                  localeOf[email.LoginOrSignupRequestLocale](code.Locale),
			LoginExpirationMinutes:  minutes,
			SignupExpirationMinutes: minutes,
		})
	})
	if err != nil {
		return s.c.instead(ctx, code.Class, err)
	}
	if why := barred(res.Organization, res.Member); why != nil {
		return &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	return nil
}

// EmailCodeSignIn is a code that was typed in.
type EmailCodeSignIn struct {
	Class grimoireauth.ClassID // required
	Email string               // required
	Code  grimoireauth.Secret  // required
	SignInOptions
}

// WithEmailCode signs a person in with a code by e-mail. Errors: [grimoireauth.ErrWrongCode];
// [grimoireauth.ErrTokenSpent] if it was used, has expired, or a newer one was sent.
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-email
func (s SignIn) WithEmailCode(ctx context.Context, in EmailCodeSignIn) (SignedIn, error) {
	const op = "sign in with e-mail code"
	req, err := s.c.request(op, in.SignInOptions,
		needed("class id", string(in.Class)), checkEmail(in.Email), needed("code", in.Code.Reveal()))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/otps/email/authenticate", &email.AuthenticateParams{
		OrganizationID:           string(in.Class),
		EmailAddress:             in.Email,
		Code:                     typedCode(in.Code),
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		IntermediateSessionToken: req.intermediate,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[email.AuthenticateRequestLocale](req.locale),
	}, expected{class: in.Class, began: req.began})
}

// codeMinutes turns the life of a code into Stytch's minutes; zero leaves it out.
func codeMinutes(d time.Duration) (uint32, error) {
	if d == 0 {
		return 0, nil
	}
	if d < 2*time.Minute || d > 15*time.Minute || d%time.Minute != 0 {
		return 0, fmt.Errorf("Expires %v is not a whole number of minutes from 2 to 15", d)
	}
	return uint32(d / time.Minute), nil
}

// typedCode returns a one-time code as Stytch compares it: keyboards of many scripts
// write digits of their own, and a code that is copied brings marks of direction along.
func typedCode(code grimoireauth.Secret) string {
	digits, _ := text.Digits(text.Trim(code.Reveal()))
	return digits
}
