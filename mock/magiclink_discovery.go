package mock

// tokenTypeDiscovery is the stytch_token_type of a discovery link.
const tokenTypeDiscovery = "discovery"

// sendDiscoveryRequest is POST /v1/b2b/magic_links/email/discovery/send.
type sendDiscoveryRequest struct {
	EmailAddress               string  `json:"email_address"`
	DiscoveryRedirectURL       *string `json:"discovery_redirect_url"`
	PKCECodeChallenge          *string `json:"pkce_code_challenge"`
	Locale                     *string `json:"locale"`
	DiscoveryExpirationMinutes *int    `json:"discovery_expiration_minutes"`
}

// sendDiscovery sends a link that belongs to no organization. The answer is the
// same whether anybody knows the address.
// Source: https://stytch.com/docs/b2b/api/send-discovery-email
func sendDiscovery(c *call, in sendDiscoveryRequest) (*statusOnly, error) {
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := c.draft("discovery", in.DiscoveryRedirectURL, in.DiscoveryExpirationMinutes, defaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := checkChallenge(in.PKCECodeChallenge); err != nil {
		return nil, err
	}
	if err := c.limitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	l.Email, l.EmailID, l.Challenge = in.EmailAddress, c.newID("email"), given(in.PKCECodeChallenge)
	c.mail(l)
	return new(statusOnly), nil
}

// authenticateDiscoveryRequest is POST /v1/b2b/magic_links/discovery/authenticate.
type authenticateDiscoveryRequest struct {
	DiscoveryMagicLinksToken string  `json:"discovery_magic_links_token"`
	PKCECodeVerifier         *string `json:"pkce_code_verifier"`
}

// authenticateDiscovery uses up the token of a discovery link.
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-magic-link
func authenticateDiscovery(c *call, in authenticateDiscoveryRequest) (*discoveryAnswer, error) {
	l, err := c.redeemable(in.DiscoveryMagicLinksToken, "discovery")
	if err != nil {
		return nil, err
	}
	if err := checkVerifier(l.Challenge, in.PKCECodeVerifier); err != nil {
		l.Spent = asRefusal(err).kind == "pkce_mismatch"
		return nil, err
	}
	l.Spent = true
	out := c.answerDiscovery(&intermediate{Email: l.Email, Factors: []factor{c.magicLinkFactor(l.EmailID, l.Email)}})
	return &out, nil
}
