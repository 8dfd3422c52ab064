package idp

import (
	"net/url"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// codeLife is how long an authorization code lives. Stytch's figure is not published;
// this is the most that RFC 6749, 4.1.2 recommends.
const codeLife = 10 * time.Minute

// authorizeStartResponse is the response of POST /v1/b2b/idp/oauth/authorize/start.
type authorizeStartResponse struct {
	wire.Envelope
	MemberID        string             `json:"member_id"`
	Member          wire.Member        `json:"member"`
	Organization    wire.Organization  `json:"organization"`
	Client          wire.AppPublic     `json:"client"`
	ConsentRequired bool               `json:"consent_required"`
	ScopeResults    []wire.ScopeResult `json:"scope_results"`
}

// AuthorizeStart says what a page has to ask a member before a Connected App is let in.
// It changes nothing.
// Source: https://stytch.com/docs/b2b/api/connected-apps-oauth-authorize-start
func AuthorizeStart(c *core.Request, in authorizationRequest) (*authorizeStartResponse, error) {
	a, err := check(c, in)
	if err != nil {
		return nil, err
	}
	return &authorizeStartResponse{
		MemberID: a.member.ID, Member: c.State.MemberJSON(a.member), Organization: a.org.JSON(),
		Client: a.app.Public(), ConsentRequired: a.consentRequired, ScopeResults: a.scopes,
	}, nil
}

// authorizeRequest is POST /v1/b2b/idp/oauth/authorize.
type authorizeRequest struct {
	authorizationRequest
	// ConsentGranted is absent for false: stytch-go leaves false out.
	ConsentGranted bool     `json:"consent_granted"`
	State          string   `json:"state"`
	Nonce          string   `json:"nonce"`
	CodeChallenge  string   `json:"code_challenge"`
	Resources      []string `json:"resources"`
}

// authorizeResponse is its response.
type authorizeResponse struct {
	wire.Envelope
	RedirectURI       string `json:"redirect_uri"`
	AuthorizationCode string `json:"authorization_code,omitempty"`
}

// Authorize lets a Connected App in, with those of the scopes that the member can grant,
// and says where the browser goes: back to the app with a code, or with an error if the
// member did not consent. Consent counts only where it is required; Stytch's own page
// sends false where it is not.
// Source: https://stytch.com/docs/b2b/api/connected-apps-oauth-authorize
func Authorize(c *core.Request, in authorizeRequest) (*authorizeResponse, error) {
	a, err := check(c, in.authorizationRequest)
	if err != nil {
		return nil, err
	}
	if err := core.CheckChallenge(&in.CodeChallenge); err != nil {
		return nil, err
	}
	if in.CodeChallenge == "" && wire.IsPublicApp(a.app.Type) {
		return nil, wire.Error("pkce_required_for_idp_authorization_flow")
	}
	back := func(with url.Values) *authorizeResponse {
		if in.State != "" {
			with.Set("state", in.State)
		}
		return &authorizeResponse{RedirectURI: addQuery(in.RedirectURI, with), AuthorizationCode: with.Get("code")}
	}
	// The errors of RFC 6749, 4.1.2.1.
	switch {
	case a.consentRequired && !in.ConsentGranted:
		return back(url.Values{"error": {"access_denied"}, "error_description": {"The member did not consent."}}), nil
	case len(a.granted) == 0:
		return back(url.Values{"error": {"invalid_scope"}, "error_description": {"The member can grant none of the scopes."}}), nil
	}
	code := c.RandomText("authorization_code", 33)
	grant := &state.AuthorizationCode{
		ClientID: a.app.ID, MemberID: a.member.ID, Scopes: a.granted, RedirectURL: in.RedirectURI,
		Challenge: in.CodeChallenge, Nonce: in.Nonce, Resources: slices.Clone(in.Resources), ExpiresAt: c.Now.Add(codeLife),
	}
	if a.session != nil {
		grant.SessionID = a.session.ID
	}
	c.State.AddAuthorizationCode(code, grant)
	state.Put(&a.member.Apps, a.app.ID, a.granted)
	return back(url.Values{"code": {code}}), nil
}

// addQuery adds parameters to a URL that Add has accepted, and keeps those it has.
func addQuery(to string, with url.Values) string {
	u, err := url.Parse(to)
	if err != nil {
		panic("mock: a registered redirect URL is none: " + err.Error())
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += with.Encode()
	return u.String()
}
