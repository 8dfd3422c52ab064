package mock

import (
	"net/url"
	"time"
)

// link is a magic link by e-mail.
type link struct {
	Token       string    `json:"-"`                   // the key in the state
	Kind        string    `json:"kind"`                // "login", "signup", "invite", "discovery", "email_update" or "password_reset"
	MemberID    string    `json:"member_id,omitempty"` // empty for discovery
	EmailID     string    `json:"email_id"`            // of the address that it was sent to and that it proves
	Email       string    `json:"email_address"`
	RedirectURL string    `json:"redirect_url"`
	Challenge   string    `json:"pkce_code_challenge,omitempty"`
	ExpiresAt   time.Time `json:"expires_at"`
	Spent       bool      `json:"spent,omitempty"` // used, or made worthless
}

// tokenTypeMagicLink is the stytch_token_type of login, signup and invitation.
const tokenTypeMagicLink = "multi_tenant_magic_links"

// linkEndpoint is the page that the links in e-mails open. Stytch's path is not
// part of its published API.
const linkEndpoint = "GET /v1/b2b/magic_links/redirect"

// mail sends a link. Earlier links stay good: Stytch makes only codes worthless
// by sending a newer one.
func (c *call) mail(l *link) {
	l.Token = c.newOneTimeToken("link")
	if l.Email == "" {
		l.EmailID, l.Email = c.db.member(l.MemberID).EmailID, c.db.member(l.MemberID).Email
	}
	put(&c.db.Links, l.Token, l)
	query := url.Values{
		"public_token":      {c.publicToken},
		"stytch_token_type": {l.tokenType()},
		"token":             {l.Token},
	}
	c.send(Message{
		Channel: "email",
		Kind:    l.Kind,
		To:      l.Email,
		Link:    c.base + "/v1/b2b/magic_links/redirect?" + query.Encode(),
		Token:   l.Token,
	})
}

// tokenType is the stytch_token_type that a browser arrives with.
func (l *link) tokenType() string {
	switch l.Kind {
	case "discovery":
		return tokenTypeDiscovery
	case "password_reset":
		return tokenTypePassword
	}
	return tokenTypeMagicLink
}

// dropLinks makes the links that match worthless.
func (c *call) dropLinks(worthless func(*link) bool) {
	for _, l := range c.db.Links {
		if worthless(l) {
			l.Spent = true
		}
	}
}

// followLink sends the browser on to the redirect URL, with the token. It does
// not use the token up: programs that look at links in e-mails open them, too. A
// link that is used or expired leads there as well, so that the page there can
// say so.
func followLink(c *call) (stamped, error) {
	switch token := c.query.Get("public_token"); {
	case token == "":
		return nil, refuse("public_token_required")
	case token != c.publicToken:
		return nil, refuse("public_token_not_found")
	}
	l := c.db.Links[c.query.Get("token")]
	if l == nil {
		return nil, refuse("magic_link_not_found")
	}
	to, err := url.Parse(l.RedirectURL)
	if err != nil {
		return nil, refuse("invalid_url")
	}
	var org *organization
	if l.MemberID != "" {
		org = c.db.org(c.db.member(l.MemberID).OrganizationID)
	}
	return arrive(to, l.tokenType(), l.Token, org), nil
}

// arrive sends the browser to the project's own page with a token. What its URL
// says already is kept.
func arrive(to *url.URL, tokenType, token string, org *organization) *redirect {
	query := to.Query()
	query.Set("stytch_token_type", tokenType)
	query.Set("token", token)
	if org != nil {
		query.Set("slug", org.Slug)
	}
	to.RawQuery = query.Encode()
	return &redirect{location: to.String()}
}
