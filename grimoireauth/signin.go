package grimoireauth

import (
	"context"
	"net/http"
	"time"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
)

// SignIn holds the ways to sign in. It is part of a [Client]. Each of them ends
// in a [SignedIn], or in a [*StepUpError] when the class wants more.
type SignIn struct{ c *Client }

// SignedIn is a finished sign-in.
type SignedIn struct {
	Authentication
	Member Member
	Class  Class
}

// MagicLink describes a link by e-mail that signs somebody in.
type MagicLink struct {
	// Class is the class to sign in to. Required.
	Class ClassID
	// Email is where the link goes. Required.
	Email string
	// RedirectURL is where the link leads, one of those registered with Stytch.
	// Empty: the project's default.
	RedirectURL string
	// Expires is how long the link works, in whole minutes from 5 minutes to 7
	// days. Zero: 60 minutes.
	Expires time.Duration
}

// SendMagicLink e-mails a link that signs its reader in, on whichever device it
// is opened. Errors: [ErrNotInvited] if the class does not know the address and
// admits nobody new, [ErrMethodNotAllowed] if the class wants another way to
// sign in, [ErrClassArchived] and [ErrSuspended] (the link has been sent and
// signs nobody in), [ErrRateLimited] beyond one link a second for one address. A page
// that strangers can reach should answer all of these alike, so that it does
// not tell who is in the class.
// Source: https://stytch.com/docs/b2b/api/send-login-signup-email
func (s SignIn) SendMagicLink(ctx context.Context, link MagicLink) error {
	const op = "send magic link"
	minutes, fault := linkMinutes(link.Expires)
	if err := invalid(op, needed("class id", string(link.Class)), checkEmail(link.Email), fault); err != nil {
		return err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*email.LoginOrSignupResponse, error) {
		return s.c.api.MagicLinks.Email.LoginOrSignup(ctx, &email.LoginOrSignupParams{
			OrganizationID:          string(link.Class),
			EmailAddress:            link.Email,
			LoginRedirectURL:        link.RedirectURL,
			SignupRedirectURL:       link.RedirectURL,
			LoginExpirationMinutes:  minutes,
			SignupExpirationMinutes: minutes,
		})
	})
	if err != nil {
		return err
	}
	// The answer is the first that says so, and the link leads nowhere then.
	if why := barred(res.Organization, res.Member); why != nil {
		return &Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	return nil
}

// RedeemMagicLink turns the token of a link, also of an invitation, into a
// session. A token works once, so call this on a POST only: mail scanners open
// links. Errors: [ErrTokenSpent], [ErrTokenUnknown], [*StepUpError].
// Source: https://stytch.com/docs/b2b/api/authenticate-magic-link
func (s SignIn) RedeemMagicLink(ctx context.Context, token Secret) (SignedIn, error) {
	const op = "redeem magic link"
	if err := invalid(op, needed("token of the link", token.Reveal())); err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*magiclinks.AuthenticateResponse, error) {
		return s.c.api.MagicLinks.Authenticate(ctx, &magiclinks.AuthenticateParams{
			MagicLinksToken:        token.Reveal(),
			SessionDurationMinutes: s.c.minutes,
		})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.accept(ctx, op, outcome{
		requestID:     res.RequestID,
		authenticated: res.MemberAuthenticated,
		memberID:      res.MemberID,
		organization:  res.Organization,
		member:        res.Member,
		session:       res.MemberSession,
		token:         res.SessionToken,
		jwt:           res.SessionJWT,
		intermediate:  res.IntermediateSessionToken,
		primary:       res.PrimaryRequired,
		mfa:           res.MFARequired,
	})
}
