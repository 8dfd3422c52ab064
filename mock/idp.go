package mock

import (
	"net/url"
	"time"
)

// handoff is a browser that is at the identity provider.
type handoff struct {
	State          string    `json:"-"`        // the key in the state, but for a grant
	Kind           string    `json:"kind"`     // "oauth", "discovery_oauth" or "sso": the stytch_token_type to return with
	Provider       string    `json:"provider"` // what the page calls itself: "google", "saml"
	Scopes         []string  `json:"scopes,omitempty"`
	OrganizationID string    `json:"organization_id,omitempty"` // empty for discovery
	ConnectionID   string    `json:"connection_id,omitempty"`   // SSO
	Login          string    `json:"login_redirect_url"`        // where to return to; for discovery both are the same
	Signup         string    `json:"signup_redirect_url"`
	Challenge      string    `json:"pkce_code_challenge,omitempty"`
	ExpiresAt      time.Time `json:"expires_at"`
}

// grant is a one-time token that a browser returned with.
type grant struct {
	handoff
	Token   string `json:"-"` // the key in the state
	Persona person `json:"idp_user"`
	Spent   bool   `json:"spent,omitempty"`
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
	h.State, h.ExpiresAt = c.newOneTimeToken("state"), c.now.Add(handoffLife)
	if c.query.Has(paramPersona) || c.query.Has(paramError) {
		return c.comeBack(h, c.query.Get(paramPersona), c.query.Get(paramError))
	}
	put(&c.db.Handoffs, h.State, h)
	return &redirect{location: c.base + "/mock/idp?" + url.Values{"state": {h.State}}.Encode()}, nil
}

// comeBack returns from the identity provider to the project's page: with a
// token, or with the error that the provider gave. How Stytch passes such an
// error on is not published; here the names are those of RFC 6749.
func (c *call) comeBack(h *handoff, email, failure string) (stamped, error) {
	to, err := url.Parse(h.Login)
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
	if h.OrganizationID != "" && c.memberByEmail(c.db.org(h.OrganizationID), persona.Email) == nil {
		if to, err = url.Parse(h.Signup); err != nil {
			return nil, refuse("invalid_url")
		}
	}
	g := &grant{handoff: *h, Token: c.newOneTimeToken("grant"), Persona: persona}
	g.ExpiresAt = c.now.Add(grantLife)
	put(&c.db.Grants, g.Token, g)
	return arrive(to, h.Kind, g.Token, c.db.org(h.OrganizationID)), nil
}

// handoffOf returns the browser's way through the identity provider.
func (c *call) handoffOf() (*handoff, error) {
	h := c.db.Handoffs[c.query.Get("state")]
	if h == nil || !c.now.Before(h.ExpiresAt) || !c.leadsSomewhere(h) {
		return nil, refuse("oauth_invalid_state")
	}
	return h, nil
}

// leadsSomewhere reports whether the organization and the connection are still
// there: they can be deleted while somebody is at the identity provider.
func (c *call) leadsSomewhere(h *handoff) bool {
	if h.OrganizationID == "" {
		return true
	}
	if !c.db.isLive(h.OrganizationID) {
		return false
	}
	n := c.db.connection(h.ConnectionID)
	return h.ConnectionID == "" || (n != nil && n.active())
}

// followIDP is the link that a person chose on the page.
func followIDP(c *call) (stamped, error) {
	h, err := c.handoffOf()
	if err != nil {
		return nil, err
	}
	out, err := c.comeBack(h, c.query.Get("persona"), c.query.Get("error"))
	if err == nil {
		delete(c.db.Handoffs, h.State) // a state is used once
	}
	return out, err
}

// grantOf returns the grant of a one-time token; with OAuth and SSO there is one
// error for a token that is unknown, used or expired.
func (c *call) grantOf(token, kind, unknown string) (*grant, error) {
	if !wellFormed(token) {
		return nil, refuse("invalid_token")
	}
	g := c.db.Grants[token]
	if g == nil || g.Kind != kind || g.Spent || !c.now.Before(g.ExpiresAt) || !c.leadsSomewhere(&g.handoff) {
		return nil, refuse(unknown)
	}
	return g, nil
}

// redeem uses the grant up, if the verifier fits its challenge. A wrong verifier
// uses it up as well, as with links.
func (g *grant) redeem(verifier *string) error {
	err := checkVerifier(g.Challenge, verifier)
	g.Spent = err == nil || asRefusal(err).kind == "pkce_mismatch"
	return err
}

// publicProject checks the public token, all that a browser has.
func (c *call) publicProject() error {
	switch token := c.query.Get("public_token"); {
	case token == "":
		return refuse("public_token_required")
	case token != c.publicToken:
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
