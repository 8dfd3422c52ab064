package mock

import (
	"net/url"
	"slices"
	"time"
)

// handoff is a browser that is at the identity provider.
type handoff struct {
	state         string
	kind          string // "oauth", "discovery_oauth" or "sso": the stytch_token_type to return with
	provider      string // what the page calls itself: "google", "saml"
	scopes        []string
	org           *organization // nil for discovery
	connection    *connection   // SSO
	login, signup string        // where to return to; for discovery both are the same
	challenge     string        // PKCE; empty without
	expiresAt     time.Time
}

// grant is a one-time token that a browser returned with.
type grant struct {
	handoff
	token   string
	persona person
	spent   bool
}

// The pages of the scripted identity provider. The real ones are elsewhere on
// the web; these paths are the mock's own.
const (
	idpPage     = "GET /mock/idp"
	idpCallback = "GET /mock/idp/callback"
)

// The life of what goes through a browser is not published. Ten minutes are
// enough for a person, and the token is redeemed at once.
const (
	handoffLife = 10 * time.Minute
	grantLife   = 5 * time.Minute
)

// The parameters that a test adds to a start URL, to be spared the page: who
// signs in, or the error (RFC 6749, 4.1.2.1) that the provider returns instead.
const (
	paramPersona = "mock_persona"
	paramError   = "mock_error"
)

// start sends the browser to the identity provider, or through it at once if the
// URL says who is to sign in.
func (c *call) start(h *handoff) (stamped, error) {
	h.state, h.expiresAt = c.s.newOneTimeToken("state"), c.now.Add(handoffLife)
	if c.query.Has(paramPersona) || c.query.Has(paramError) {
		return c.comeBack(h, c.query.Get(paramPersona), c.query.Get(paramError))
	}
	put(&c.s.db.handoffs, h.state, h)
	return &redirect{location: c.s.base + "/mock/idp?" + url.Values{"state": {h.state}}.Encode()}, nil
}

// comeBack returns from the identity provider to the project's page: with a
// token, or with the error that the provider gave. How Stytch passes such an
// error on is not published; here the names are those of RFC 6749.
func (c *call) comeBack(h *handoff, email, failure string) (stamped, error) {
	to, err := url.Parse(h.login)
	if err != nil {
		return nil, refuse("invalid_url")
	}
	if failure != "" {
		query := to.Query()
		query.Set("error", failure)
		query.Set("error_description", "The identity provider did not sign anybody in.")
		to.RawQuery = query.Encode()
		return &redirect{location: to.String()}, nil
	}
	persona, err := c.person(email)
	if err != nil {
		return nil, err
	}
	if h.org != nil && c.memberByEmail(h.org, persona.email) == nil {
		if to, err = url.Parse(h.signup); err != nil {
			return nil, refuse("invalid_url")
		}
	}
	g := &grant{handoff: *h, token: c.s.newOneTimeToken("grant"), persona: persona}
	g.expiresAt = c.now.Add(grantLife)
	put(&c.s.db.grants, g.token, g)
	return arrive(to, h.kind, g.token, h.org), nil
}

// handoffOf returns the browser's way through the identity provider.
func (c *call) handoffOf() (*handoff, error) {
	h := c.s.db.handoffs[c.query.Get("state")]
	if h == nil || !c.now.Before(h.expiresAt) || !c.leadsSomewhere(h) {
		return nil, refuse("oauth_invalid_state")
	}
	return h, nil
}

// leadsSomewhere reports whether the organization and the connection are still
// there: they can be deleted while somebody is at the identity provider.
func (c *call) leadsSomewhere(h *handoff) bool {
	if h.org == nil {
		return true
	}
	if !slices.Contains(c.s.db.organizations, h.org) {
		return false
	}
	return h.connection == nil || (h.org.connection(h.connection.id) == h.connection && h.connection.active())
}

// followIDP is the link that a person chose on the page.
func followIDP(c *call) (stamped, error) {
	h, err := c.handoffOf()
	if err != nil {
		return nil, err
	}
	out, err := c.comeBack(h, c.query.Get("persona"), c.query.Get("error"))
	if err == nil {
		delete(c.s.db.handoffs, h.state) // a state is used once
	}
	return out, err
}

// grantOf returns the grant of a one-time token; with OAuth and SSO there is one
// error for a token that is unknown, used or expired.
func (c *call) grantOf(token, kind, unknown string) (*grant, error) {
	if !wellFormed(token) {
		return nil, refuse("invalid_token")
	}
	g := c.s.db.grants[token]
	if g == nil || g.kind != kind || g.spent || !c.now.Before(g.expiresAt) || !c.leadsSomewhere(&g.handoff) {
		return nil, refuse(unknown)
	}
	return g, nil
}

// redeem uses the grant up, if the verifier fits its challenge. A wrong verifier
// uses it up as well, as with links.
func (g *grant) redeem(verifier *string) error {
	err := checkVerifier(g.challenge, verifier)
	g.spent = err == nil || asRefusal(err).kind == "pkce_mismatch"
	return err
}

// publicProject checks the public token, all that a browser has.
func (c *call) publicProject() error {
	switch token := c.query.Get("public_token"); {
	case token == "":
		return refuse("public_token_required")
	case token != c.s.publicToken:
		return refuse("public_token_not_found")
	}
	return nil
}

// returnTo chooses where a browser returns to, with the error types of the
// family ("oauth" or "sso").
func (c *call) returnTo(family, purpose string) (string, error) {
	asked := c.query.Get(purpose + "_redirect_url")
	to, err := c.chooseRedirect(purpose, &asked)
	if err == nil {
		return to, nil
	}
	switch r := asRefusal(err); r.kind {
	case "no_match_for_provided_magic_link_url":
		return "", refuse("no_match_for_provided_" + family + "_url")
	case "invalid_login_redirect_url", "invalid_signup_redirect_url":
		return "", refuse("invalid_" + purpose + "_" + family + "_url")
	default:
		return "", r
	}
}
