package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	discoverycodes "github.com/stytchauth/stytch-go/v16/stytch/b2b/otp/email/discovery"
)

// SendCode e-mails a code that leads to the classes of an address; the code's Class is
// empty. Stytch answers every address alike. Errors: [grimoireauth.ErrRateLimited].
// Source: https://stytch.com/docs/b2b/api/send-discovery-otp-email
func (s Discovery) SendCode(ctx context.Context, code EmailCode) error {
	const op = "send discovery code"
	minutes, fault := codeMinutes(code.Expires)
	if err := invalid(op, noClass(code.Class), checkEmail(code.Email), fault, checkLocale(code.Locale)); err != nil {
		return err
	}
	_, err := call(ctx, s.c, op, func(ctx context.Context) (*discoverycodes.SendResponse, error) {
		return s.c.api.OTPs.Email.Discovery.Send(ctx, &discoverycodes.SendParams{
			EmailAddress:               code.Email,
			Locale:                     localeOf[discoverycodes.SendRequestLocale](code.Locale),
			DiscoveryExpirationMinutes: minutes,
		})
	})
	return err
}

// ByCode uses up a discovery code. Errors: [grimoireauth.ErrWrongCode],
// [grimoireauth.ErrTokenSpent].
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-otp
func (s Discovery) ByCode(ctx context.Context, email string, code grimoireauth.Secret) (Discovered, error) {
	const op = "check discovery code"
	if err := invalid(op, checkEmail(email), needed("code", code.Reveal())); err != nil {
		return Discovered{}, err
	}
	return s.begin(ctx, op, "/v1/b2b/otps/email/discovery/authenticate", &discoverycodes.AuthenticateParams{
		EmailAddress: email, Code: typedCode(code),
	}, expected{})
}
