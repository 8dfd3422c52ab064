package magiclinks

import (
	"net/url"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// LinkEndpoint is the page that the links in e-mails open. Stytch's path is not
// part of its published API.
const LinkEndpoint = "GET /v1/b2b/magic_links/redirect"

// FollowLink sends the browser on to the redirect URL, with the token. It does
// not use the token up: programs that look at links in e-mails open them, too. A
// link that is used or expired leads there as well, so that the page there can
// say so.
func FollowLink(c *core.Request) (wire.Success, error) {
	switch token := c.Query.Get("public_token"); {
	case token == "":
		return nil, wire.Error("public_token_required")
	case token != c.PublicToken:
		return nil, wire.Error("public_token_not_found")
	}
	l := c.State.Links[c.Query.Get("token")]
	if l == nil {
		return nil, wire.Error("magic_link_not_found")
	}
	to, err := url.Parse(l.RedirectURL)
	if err != nil {
		return nil, wire.Error("invalid_url")
	}
	var org *state.Organization
	if l.MemberID != "" {
		org = c.State.Org(c.State.Member(l.MemberID).OrganizationID)
	}
	return core.Arrive(to, core.TokenType(l), l.Token, org), nil
}
