package mock

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
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
	h.state, h.expiresAt = newOneTimeToken(), c.now.Add(handoffLife)
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
	g := &grant{handoff: *h, token: newOneTimeToken(), persona: persona}
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

// maxChoices bounds the page. Who is not on it can be typed in.
const maxChoices = 50

// showIDP is the page on which a person picks who to be. Members of the
// organization come first, then the personas.
func showIDP(c *call) (stamped, error) {
	h, err := c.handoffOf()
	if err != nil {
		return nil, err
	}
	type choice struct{ Name, Email, Link string }
	link := func(name, value string) string {
		return "/mock/idp/callback?" + url.Values{"state": {h.state}, name: {value}}.Encode()
	}
	view := struct {
		Provider, Organization, State, Cancel, Fail string
		Choices                                     []choice
	}{Provider: h.provider, State: h.state, Cancel: link("error", "access_denied"), Fail: link("error", "server_error")}
	add := func(name, email string) {
		if !slices.ContainsFunc(view.Choices, func(other choice) bool { return sameEmail(other.Email, email) }) && len(view.Choices) < maxChoices {
			view.Choices = append(view.Choices, choice{name, email, link("persona", email)})
		}
	}
	if h.org != nil {
		view.Organization = h.org.name
	}
	members := c.s.db.members
	if h.org != nil {
		members = h.org.roll.members
	}
	for _, m := range members {
		if m.status != statusDeleted {
			add(m.name, m.email)
		}
		if len(view.Choices) == maxChoices {
			break
		}
	}
	for _, p := range c.s.db.personas {
		add(p.name, p.email)
	}
	var out strings.Builder
	if err := idpTemplate.Execute(&out, view); err != nil {
		return nil, err // a mistake in the template, which a test would show
	}
	return &htmlPage{body: out.String()}, nil
}

// htmlPage is the answer of a page for people.
type htmlPage struct {
	envelope
	body string
}

var idpTemplate = template.Must(template.New("idp").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in with {{.Provider}} (mock)</title>
<style>
body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:0 auto;padding:1.5rem;color:#1c1e21;background:#f6f7f9}
main{background:#fff;border:1px solid #d8dbe0;border-radius:.75rem;padding:1.25rem}
h1{font-size:1.3rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem}ul{list-style:none;margin:0 0 1rem;padding:0}
li a,button{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;padding:.7rem .9rem;border:1px solid #8a93a0;border-radius:.5rem;color:inherit;background:#fff;text-decoration:none;font:inherit;text-align:left;overflow-wrap:anywhere}
li a:hover,li a:focus-visible,button:hover,button:focus-visible{border-color:#0b57d0;outline:2px solid #0b57d0}
small{color:#4a5260;display:block}input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #8a93a0;border-radius:.5rem}
</style></head><body><main>
<h1>Sign in with {{.Provider}}</h1>
<p>This is a mock: nobody asks for a password.{{with .Organization}} You are signing in to <strong>{{.}}</strong>.{{end}}</p>
<ul>{{range .Choices}}<li><a href="{{.Link}}">{{or .Name .Email}}<small>{{.Email}}</small></a></li>{{end}}</ul>
<form action="/mock/idp/callback"><input type="hidden" name="state" value="{{.State}}">
<label for="persona">Somebody else</label><input id="persona" name="persona" type="email" autocomplete="off" placeholder="name@example.edu" required>
<button>Sign in with this address</button></form>
<ul><li><a href="{{.Cancel}}">Cancel</a></li><li><a href="{{.Fail}}">Let the provider fail</a></li></ul>
</main></body></html>
`))

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
