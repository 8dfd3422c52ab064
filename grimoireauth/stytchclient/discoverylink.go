package stytchclient

import (
	"context"
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
	discoverylinks "github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/discovery"
	discoverymail "github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email/discovery"
)

// SendLink e-mails a link that leads to the classes of an address; the link's Class is
// empty. Stytch answers every address alike, so this does not tell who is in a class.
// Errors: [grimoireauth.ErrRateLimited] beyond one link a second for one address.
// Source: https://stytch.com/docs/b2b/api/send-discovery-email
func (s Discovery) SendLink(ctx context.Context, link MagicLink) error {
	const op = "send discovery link"
	minutes, fault := linkMinutes(link.Expires)
	if err := invalid(op, noClass(link.Class), checkEmail(link.Email), fault, checkVerifier(link.SameBrowser), checkLocale(link.Locale)); err != nil {
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

// ByLink uses up the token of a discovery link. The verifier is that of
// [MagicLink.SameBrowser], zero for a link without one. Errors:
// [grimoireauth.ErrTokenSpent], [grimoireauth.ErrTokenUnknown],
// [grimoireauth.ErrOtherBrowser].
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-magic-link
func (s Discovery) ByLink(ctx context.Context, token, verifier grimoireauth.Secret) (Discovered, error) {
	const op = "redeem discovery link"
	if err := invalid(op, needed("token of the link", token.Reveal()), checkVerifier(verifier)); err != nil {
		return Discovered{}, err
	}
	return s.begin(ctx, op, "/v1/b2b/magic_links/discovery/authenticate", &discoverylinks.AuthenticateParams{
		DiscoveryMagicLinksToken: token.Reveal(), PkceCodeVerifier: verifier.Reveal(),
	}, expected{})
}

// noClass refuses a class where a sign-in begins without one.
func noClass(class grimoireauth.ClassID) error {
	if class != "" {
		return errors.New("Class is set, but a discovery begins without a class")
	}
	return nil
}
