package stytchclient

import (
	"context"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
)

// MagicLink describes a link by e-mail that signs its reader in.
type MagicLink struct {
	// Class is the class to sign in to. Required.
	Class grimoireauth.ClassID
	// Email is where the link goes. Required.
	Email string
	// RedirectURL is where the link leads, one of those registered with Stytch.
	// Empty: the project's default.
	RedirectURL string
	// Expires is how long the link works, in whole minutes from 5 minutes to 7
	// days. Zero: 60 minutes.
	Expires time.Duration
	// SameBrowser ties the link to the browser that asks for it: a verifier from
	// [NewVerifier], to be kept for that browser and to come back in
	// [MagicLinkSignIn.Verifier]. Zero: the link works wherever it is opened, which
	// is on another device as often as not.
	SameBrowser grimoireauth.Secret
	// Locale is the language of the e-mail: "en", "es", "fr" or "pt-br". Empty: "en".
	Locale string
}

// SendMagicLink e-mails a link that signs its reader in, on whichever device it
// is opened. Errors: [grimoireauth.ErrNotInvited] if the class does not know the address and
// admits no new people, [grimoireauth.ErrMethodNotAllowed] if the class wants another way to
// sign in, [grimoireauth.ErrClassArchived] and [grimoireauth.ErrSuspended] (the link has been sent and
// does not work), [grimoireauth.ErrRateLimited] beyond one link a second for one address. A page
// that strangers can reach should answer all of these alike, so that it does
// not tell who is in the class.
// Source: https://stytch.com/docs/b2b/api/send-login-signup-email
func (s SignIn) SendMagicLink(ctx context.Context, link MagicLink) error {
	const op = "send magic link"
	minutes, fault := linkMinutes(link.Expires)
	if err := invalid(op, needed("class id", string(link.Class)), checkEmail(link.Email), fault,
		checkVerifier(link.SameBrowser), checkLocale(link.Locale)); err != nil {
		return err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*email.LoginOrSignupResponse, error) {
		return s.c.api.MagicLinks.Email.LoginOrSignup(ctx, &email.LoginOrSignupParams{
			OrganizationID:          string(link.Class),
			EmailAddress:            link.Email,
			LoginRedirectURL:        link.RedirectURL,
			SignupRedirectURL:       link.RedirectURL,
			PkceCodeChallenge:       challenge(link.SameBrowser),
			Locale:                  localeOf[email.LoginOrSignupRequestLocale](link.Locale),
			LoginExpirationMinutes:  minutes,
			SignupExpirationMinutes: minutes,
		})
	})
	if err != nil {
		return s.c.instead(ctx, link.Class, err)
	}
	// The answer is the first that says so, and the link leads nowhere then.
	if why := barred(res.Organization, res.Member); why != nil {
		return &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	return nil
}

// MagicLinkSignIn is a link that was opened.
type MagicLinkSignIn struct {
	// Token is the token in the link. Required.
	Token grimoireauth.Secret
	// Verifier is the one of [MagicLink.SameBrowser]. Zero for links without it.
	Verifier grimoireauth.Secret
	// Class is the class that this sign-in is meant for, by id or slug. A link to
	// another one is then refused with [grimoireauth.ErrOtherClass]. Empty: whichever it is.
	Class grimoireauth.ClassID
	SignInOptions
}

// WithMagicLink turns the token of a link, also of an invitation, into a session. A token
// works once, so call this on a POST only: mail scanners open links. Errors:
// [grimoireauth.ErrTokenSpent], [grimoireauth.ErrTokenUnknown], [*StepUpError];
// [grimoireauth.ErrOtherBrowser] if the link was requested in another browser.
// Source: https://stytch.com/docs/b2b/api/authenticate-magic-link
func (s SignIn) WithMagicLink(ctx context.Context, in MagicLinkSignIn) (SignedIn, error) {
	const op = "redeem magic link"
	req, err := s.c.request(op, in.SignInOptions, needed("token of the link", in.Token.Reveal()), checkVerifier(in.Verifier))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/magic_links/authenticate", &magiclinks.AuthenticateParams{
		MagicLinksToken:          in.Token.Reveal(),
		PkceCodeVerifier:         in.Verifier.Reveal(),
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		IntermediateSessionToken: req.intermediate,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[magiclinks.AuthenticateRequestLocale](req.locale),
	}, expected{meant: in.Class, began: req.began})
}
