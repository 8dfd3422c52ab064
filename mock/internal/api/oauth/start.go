package oauth

import (
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// oauthProviders are the providers that Stytch B2B has.
var oauthProviders = []string{"google", "microsoft", "hubspot", "slack", "github"}

// Start is where a browser begins to sign in to an organization with a
// provider. Parameters provider_… are for the provider, and not looked at.
// Source: https://stytch.com/docs/b2b/api/oauth-google-start
func Start(c *core.Request) (wire.Success, error) {
	h, err := oauthHandoff(c, "oauth")
	if err != nil {
		return nil, err
	}
	id, slug := c.Query.Get("organization_id"), c.Query.Get("slug")
	switch {
	case id == "" && slug == "":
		return nil, wire.Error("missing_oauth_organization_locator")
	case id != "" && slug != "":
		return nil, wire.Error("too_many_oauth_organization_locators")
	}
	org, err := c.Organization(id + slug)
	if err != nil {
		return nil, err
	}
	h.OrganizationID = org.ID
	if h.Login, err = c.ReturnTo("oauth", "login"); err != nil {
		return nil, err
	}
	if h.Signup, err = c.ReturnTo("oauth", "signup"); err != nil {
		return nil, err
	}
	return c.StartVisit(h)
}

// StartDiscovery is the same without an organization.
// Source: https://stytch.com/docs/b2b/api/oauth-google-discovery-start
func StartDiscovery(c *core.Request) (wire.Success, error) {
	h, err := oauthHandoff(c, "discovery_oauth")
	if err != nil {
		return nil, err
	}
	if h.Login, err = c.ReturnTo("oauth", "discovery"); err != nil {
		return nil, err
	}
	h.Signup = h.Login
	return c.StartVisit(h)
}

func oauthHandoff(c *core.Request, kind string) (*state.Visit, error) {
	if err := c.PublicProject(); err != nil {
		return nil, err
	}
	provider := c.Params["provider"]
	if !slices.Contains(oauthProviders, provider) {
		return nil, wire.Error("invalid_oauth_provider")
	}
	challenge := c.Query.Get("pkce_code_challenge")
	if err := core.CheckChallenge(&challenge); err != nil {
		return nil, err
	}
	scopes := append([]string{"openid", "email", "profile"}, strings.Fields(c.Query.Get("custom_scopes"))...)
	return &state.Visit{Kind: kind, Provider: provider, Scopes: scopes, Challenge: challenge}, nil
}
