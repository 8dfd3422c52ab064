package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	discoveryreset "github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/discovery/email"
)

// StartPasswordReset e-mails a link to set the password of an address with, in projects
// whose passwords belong to addresses; the reset's Class is empty, and its
// LoginRedirectURL is where the other button of the e-mail leads, to a discovery. It returns
// the verifier that [Discovery.FinishPasswordReset] takes: keep it for this browser.
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset-start
func (s Discovery) StartPasswordReset(ctx context.Context, reset PasswordReset) (verifier grimoireauth.Secret, err error) {
	const op = "start discovery password reset"
	minutes, fault := linkMinutes(reset.Expires)
	if err := invalid(op, noClass(reset.Class), checkEmail(reset.Email), fault, checkLocale(reset.Locale), checkVerifier(reset.Verifier)); err != nil {
		return grimoireauth.Secret{}, err
	}
	if verifier = reset.Verifier; verifier.IsZero() {
		verifier = NewVerifier()
	}
	_, err = call(ctx, s.c, op, func(ctx context.Context) (*discoveryreset.ResetStartResponse, error) {
		return s.c.api.Passwords.Discovery.Email.ResetStart(ctx, &discoveryreset.ResetStartParams{
			EmailAddress:                   reset.Email,
			ResetPasswordRedirectURL:       reset.RedirectURL,
			DiscoveryRedirectURL:           reset.LoginRedirectURL,
			ResetPasswordExpirationMinutes: int32(minutes),
			PkceCodeChallenge:              challenge(verifier),
			Locale:                         reset.Locale,
		})
	})
	if err != nil {
		return grimoireauth.Secret{}, err
	}
	return verifier, nil
}

// FinishPasswordReset sets the password of an address and begins a discovery with it. The
// sessions of that address end in every class. Errors: those of [Passwords.FinishReset].
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset
func (s Discovery) FinishPasswordReset(ctx context.Context, token, verifier, password grimoireauth.Secret) (Discovered, error) {
	const op = "finish discovery password reset"
	if err := invalid(op, needed("token of the link", token.Reveal()), neededVerifier(verifier), needed("new password", password.Reveal())); err != nil {
		return Discovered{}, err
	}
	res, err := ask[discoveryAnswer](ctx, s.c, op, "/v1/b2b/passwords/discovery/email/reset", &discoveryreset.ResetParams{
		PasswordResetToken: token.Reveal(), Password: password.Reveal(), PkceCodeVerifier: verifier.Reveal(),
	}, expected{})
	if err != nil {
		return Discovered{}, err
	}
	for _, d := range res.Classes {
		if d.Membership != nil && d.Membership.Member != nil {
			s.c.passwordSet(ctx, op, res.RequestID, *d.Membership.Member)
		}
	}
	return s.c.begun(op, *res)
}
