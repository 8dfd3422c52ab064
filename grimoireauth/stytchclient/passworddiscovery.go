package stytchclient

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	discoveryreset "github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/discovery/email"
)

// DiscoveryPasswordReset describes a link by e-mail to set the password of an
// address with, in projects whose passwords belong to addresses.
type DiscoveryPasswordReset struct {
	// Email is whose. Required.
	Email string
	// RedirectURL is where the link leads, and DiscoveryRedirectURL where the other
	// button of the e-mail does. Empty: the project's defaults.
	RedirectURL, DiscoveryRedirectURL string
	// Expires and Locale are as in [PasswordReset].
	Expires time.Duration
	Locale  string
}

// StartDiscoveryPasswordReset e-mails a link to set the password of an address
// with. It returns the verifier that [DiscoveryNewPassword] wants: keep it for this
// browser.
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset-start
func (s SignIn) StartDiscoveryPasswordReset(ctx context.Context, reset DiscoveryPasswordReset) (verifier grimoireauth.Secret, err error) {
	const op = "start discovery password reset"
	minutes, fault := linkMinutes(reset.Expires)
	if err := invalid(op, checkEmail(reset.Email), fault, checkLocale(reset.Locale)); err != nil {
		return grimoireauth.Secret{}, err
	}
	verifier = NewVerifier()
	_, err = call(ctx, s.c, op, func(ctx context.Context) (*discoveryreset.ResetStartResponse, error) {
		return s.c.api.Passwords.Discovery.Email.ResetStart(ctx, &discoveryreset.ResetStartParams{
			EmailAddress:                   reset.Email,
			ResetPasswordRedirectURL:       reset.RedirectURL,
			DiscoveryRedirectURL:           reset.DiscoveryRedirectURL,
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

// DiscoveryNewPassword ends a password reset without a class.
type DiscoveryNewPassword struct {
	DiscoveryToken                     // both are required
	Password       grimoireauth.Secret // the new password; required
}

// FinishDiscoveryPasswordReset sets the password of an address and begins a
// discovery with it. The sessions of that address end in every class. Like
// [SignIn.DiscoverByLink] it always ends in an error: a [*StepUpError] with the
// classes to choose from, or those of [SignIn.FinishPasswordReset].
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset
func (s SignIn) FinishDiscoveryPasswordReset(ctx context.Context, in DiscoveryNewPassword) (SignedIn, error) {
	const op = "finish discovery password reset"
	if err := invalid(op, needed("token of the link", in.Token.Reveal()), neededVerifier(in.Verifier),
		needed("new password", in.Password.Reveal())); err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*discoveryreset.ResetResponse, error) {
		return s.c.api.Passwords.Discovery.Email.Reset(ctx, &discoveryreset.ResetParams{
			PasswordResetToken: in.Token.Reveal(), Password: in.Password.Reveal(), PkceCodeVerifier: in.Verifier.Reveal(),
		})
	})
	if err != nil {
		return SignedIn{}, err
	}
	for _, d := range res.DiscoveredOrganizations {
		if d.Membership != nil && d.Membership.Member != nil {
			s.c.passwordSet(ctx, op, res.RequestID, *d.Membership.Member)
		}
	}
	return SignedIn{}, s.c.chooseClass(op, discovered{
		requestID: res.RequestID, intermediate: res.IntermediateSessionToken, email: res.EmailAddress, classes: res.DiscoveredOrganizations,
	})
}
