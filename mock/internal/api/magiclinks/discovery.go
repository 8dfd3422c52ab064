package magiclinks

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// sendDiscoveryRequest is POST /v1/b2b/magic_links/email/discovery/send.
type sendDiscoveryRequest struct {
	EmailAddress               string               `json:"email_address"`
	DiscoveryRedirectURL       *string              `json:"discovery_redirect_url"`
	PKCECodeChallenge          *string              `json:"pkce_code_challenge"`
	Locale                     *string              `json:"locale"`
	DiscoveryExpirationMinutes *int                 `json:"discovery_expiration_minutes"`
	LoginTemplateID            wire.Ignored[string] `json:"login_template_id"`
}

// SendDiscovery sends a link that belongs to no organization. The answer is the
// same whether a member has the address or not.
// Source: https://stytch.com/docs/b2b/api/send-discovery-email
func SendDiscovery(c *core.Request, in sendDiscoveryRequest) (*wire.StatusOnly, error) {
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := c.Draft("discovery", in.DiscoveryRedirectURL, in.DiscoveryExpirationMinutes, core.DefaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := core.CheckChallenge(in.PKCECodeChallenge); err != nil {
		return nil, err
	}
	if err := c.LimitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	l.Email, l.EmailID, l.Challenge = in.EmailAddress, c.NewID("email"), core.Given(in.PKCECodeChallenge)
	c.Mail(l)
	return new(wire.StatusOnly), nil
}

// authenticateDiscoveryRequest is POST /v1/b2b/magic_links/discovery/authenticate.
type authenticateDiscoveryRequest struct {
	DiscoveryMagicLinksToken string  `json:"discovery_magic_links_token"`
	PKCECodeVerifier         *string `json:"pkce_code_verifier"`
}

// AuthenticateDiscovery uses up the token of a discovery link.
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-magic-link
func AuthenticateDiscovery(c *core.Request, in authenticateDiscoveryRequest) (*core.DiscoveryResponse, error) {
	l, err := redeemable(c, in.DiscoveryMagicLinksToken, "discovery")
	if err != nil {
		return nil, err
	}
	if err := core.CheckVerifier(l.Challenge, in.PKCECodeVerifier); err != nil {
		l.Spent = wire.AsError(err).Type == "pkce_mismatch"
		return nil, err
	}
	l.Spent = true
	out := c.AnswerDiscovery(&state.Intermediate{Email: l.Email, Factors: []state.Factor{c.MagicLinkFactor(l.EmailID, l.Email)}})
	return &out, nil
}
