package core

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// The pages of the scripted identity provider. The real ones are elsewhere on
// the web; these paths are the mock's own.
const (
	IdPPage     = "GET /mock/idp"
	IdPCallback = "GET /mock/idp/callback"
)

// The life of what goes through a browser is not published. Ten minutes are
// enough for a person, and the token is redeemed at once.
const (
	handoffLife = 10 * time.Minute
	grantLife   = 5 * time.Minute
)

// The parameters that a test adds to a start URL to skip the page: the address that
// signs in, or the error (RFC 6749, 4.1.2.1) that the provider returns instead.
const (
	paramIdPUser = "mock_persona"
	paramError   = "mock_error"
)

// StartVisit sends the browser to the identity provider, or through it at once if the
// URL names the person.
func (c *Request) StartVisit(h *state.Visit) (wire.Success, error) {
	h.State, h.ExpiresAt = c.newOneTimeToken("state"), c.Now.Add(handoffLife)
	if c.Query.Has(paramIdPUser) || c.Query.Has(paramError) {
		return c.FinishVisit(h, c.Query.Get(paramIdPUser), c.Query.Get(paramError))
	}
	state.Put(&c.State.Visits, h.State, h)
	return &wire.Redirect{Location: c.Base + "/mock/idp?" + url.Values{"state": {h.State}}.Encode()}, nil
}

// FinishVisit returns from the identity provider to the project's page: with a
// token, or with the error that the provider gave. How Stytch passes such an
// error on is not published; here the names are those of RFC 6749.
func (c *Request) FinishVisit(h *state.Visit, email, failure string) (wire.Success, error) {
	to, err := url.Parse(h.Login)
	if err != nil {
		return nil, wire.Error("invalid_url")
	}
	if failure != "" {
		query := to.Query()
		query.Set("error", failure)
		query.Set("error_description", "The identity provider did not sign the person in.")
		to.RawQuery = query.Encode()
		return &wire.Redirect{Location: to.String()}, nil
	}
	user, err := c.IdPUser(email)
	if err != nil {
		return nil, err
	}
	if h.OrganizationID != "" && c.MemberByEmail(c.State.Org(h.OrganizationID), user.Email) == nil {
		if to, err = url.Parse(h.Signup); err != nil {
			return nil, wire.Error("invalid_url")
		}
	}
	g := &state.Grant{Visit: *h, Token: c.newOneTimeToken("grant"), User: user}
	g.ExpiresAt = c.Now.Add(grantLife)
	state.Put(&c.State.Grants, g.Token, g)
	return Arrive(to, h.Kind, g.Token, c.State.Org(h.OrganizationID)), nil
}

// VisitOf returns the browser's way through the identity provider.
func (c *Request) VisitOf() (*state.Visit, error) {
	h := c.State.Visits[c.Query.Get("state")]
	if h == nil || !c.Now.Before(h.ExpiresAt) || !c.isValid(h) {
		return nil, wire.Error("oauth_invalid_state")
	}
	return h, nil
}

// isValid reports whether the organization and the connection are still
// there: they can be deleted while a browser is at the identity provider.
func (c *Request) isValid(h *state.Visit) bool {
	if h.OrganizationID == "" {
		return true
	}
	if !c.State.IsLive(h.OrganizationID) {
		return false
	}
	n := c.State.Connection(h.ConnectionID)
	return h.ConnectionID == "" || (n != nil && n.Active())
}

// GrantOf returns the grant of a one-time token; with OAuth and SSO there is one
// error for a token that is unknown, used or expired.
func (c *Request) GrantOf(token, kind, unknown string) (*state.Grant, error) {
	if !WellFormed(token) {
		return nil, wire.Error("invalid_token")
	}
	g := c.State.Grants[token]
	if g == nil || g.Kind != kind || g.Spent || !c.Now.Before(g.ExpiresAt) || !c.isValid(&g.Visit) {
		return nil, wire.Error(unknown)
	}
	return g, nil
}

// IdPUser returns the person with this address, with a subject. One who was given no name
// has none.
func (c *Request) IdPUser(email string) (state.IdPUser, error) {
	if err := wire.CheckEmail(email); err != nil {
		return state.IdPUser{}, err
	}
	p := state.IdPUser{Email: email}
	if i := slices.IndexFunc(c.State.IdPUsers, func(p state.IdPUser) bool { return wire.SameEmail(p.Email, email) }); i >= 0 {
		p = c.State.IdPUsers[i]
	}
	if p.Subject == "" {
		sum := sha256.Sum256([]byte(wire.FoldEmail(p.Email)))
		p.Subject = hex.EncodeToString(sum[:8])
	}
	return p, nil
}
