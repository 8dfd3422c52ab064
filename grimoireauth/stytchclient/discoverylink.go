package stytchclient

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	discoverylinks "github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/discovery"
	discoverymail "github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email/discovery"
)

// DiscoveryLink describes a link by e-mail that proves an address, without a class.
type DiscoveryLink struct {
	// Email is where the link goes. Required.
	Email string
	// RedirectURL, Expires, SameBrowser and Locale are as in [MagicLink].
	RedirectURL string
	Expires     time.Duration
	SameBrowser grimoireauth.Secret
	Locale      string
}

// SendDiscoveryLink e-mails a link that leads to the classes of an address. Stytch
// answers every address alike, so this says nothing about anybody. Errors:
// [grimoireauth.ErrRateLimited] beyond one link a second for one address.
// Source: https://stytch.com/docs/b2b/api/send-discovery-email
func (s SignIn) SendDiscoveryLink(ctx context.Context, link DiscoveryLink) error {
	const op = "send discovery link"
	minutes, fault := linkMinutes(link.Expires)
	if err := invalid(op, checkEmail(link.Email), fault, checkVerifier(link.SameBrowser), checkLocale(link.Locale)); err != nil {
		return err
	}
	_, err := call(ctx, s.c, op, func(ctx context.Context) (*discoverymail.SendResponse, error) {
		return s.c.api.MagicLinks.Email.Discovery.Send(ctx, &discoverymail.SendParams{
			EmailAddress:               link.Email,
			DiscoveryRedirectURL:       link.RedirectURL,
			PkceCodeChallenge:          challenge(link.SameBrowser),
			Locale:                     localeOf[discoverymail.SendRequestLocale](link.Locale),
			DiscoveryExpirationMinutes: minutes,
		})
	})
	return err
}

// DiscoveryToken is the token that a browser brings back in a discovery.
type DiscoveryToken struct {
	Token    grimoireauth.Secret // required
	Verifier grimoireauth.Secret // of the start; for a link, only if it was tied to the browser
}

// DiscoverByLink uses up the token of a discovery link. It always ends in an error,
// so that it can stand beside the other ways to sign in: a [*StepUpError] with the
// classes to choose from, or what went wrong: [grimoireauth.ErrTokenSpent], [grimoireauth.ErrTokenUnknown],
// [grimoireauth.ErrOtherBrowser].
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-magic-link
func (s SignIn) DiscoverByLink(ctx context.Context, in DiscoveryToken) (SignedIn, error) {
	const op = "redeem discovery link"
	if err := invalid(op, needed("token of the link", in.Token.Reveal()), checkVerifier(in.Verifier)); err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*discoverylinks.AuthenticateResponse, error) {
		return s.c.api.MagicLinks.Discovery.Authenticate(ctx, &discoverylinks.AuthenticateParams{
			DiscoveryMagicLinksToken: in.Token.Reveal(), PkceCodeVerifier: in.Verifier.Reveal(),
		})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{}, s.c.chooseClass(op, discovered{
		requestID: res.RequestID, intermediate: res.IntermediateSessionToken, email: res.EmailAddress, classes: res.DiscoveredOrganizations,
	})
}
