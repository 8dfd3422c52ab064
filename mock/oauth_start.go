package mock

import (
	"slices"
	"strings"
)

// oauthProviders are the providers that Stytch B2B has.
var oauthProviders = []string{"google", "microsoft", "hubspot", "slack", "github"}

// startOAuth is where a browser begins to sign in to an organization with a
// provider. Parameters provider_… are for the provider, and not looked at.
// Source: https://stytch.com/docs/b2b/api/oauth-google-start
func startOAuth(c *call) (stamped, error) {
	h, err := c.oauthHandoff("oauth")
	if err != nil {
		return nil, err
	}
	id, slug := c.query.Get("organization_id"), c.query.Get("slug")
	switch {
	case id == "" && slug == "":
		return nil, refuse("missing_oauth_organization_locator")
	case id != "" && slug != "":
		return nil, refuse("too_many_oauth_organization_locators")
	}
	org, err := c.organization(id + slug)
	if err != nil {
		return nil, err
	}
	h.OrganizationID = org.ID
	if h.Login, err = c.returnTo("oauth", "login"); err != nil {
		return nil, err
	}
	if h.Signup, err = c.returnTo("oauth", "signup"); err != nil {
		return nil, err
	}
	return c.start(h)
}

// startOAuthDiscovery is the same without an organization.
// Source: https://stytch.com/docs/b2b/api/oauth-google-discovery-start
func startOAuthDiscovery(c *call) (stamped, error) {
	h, err := c.oauthHandoff("discovery_oauth")
	if err != nil {
		return nil, err
	}
	if h.Login, err = c.returnTo("oauth", "discovery"); err != nil {
		return nil, err
	}
	h.Signup = h.Login
	return c.start(h)
}

func (c *call) oauthHandoff(kind string) (*handoff, error) {
	if err := c.publicProject(); err != nil {
		return nil, err
	}
	provider := c.params["provider"]
	if !slices.Contains(oauthProviders, provider) {
		return nil, refuse("invalid_oauth_provider")
	}
	challenge := c.query.Get("pkce_code_challenge")
	if err := checkChallenge(&challenge); err != nil {
		return nil, err
	}
	scopes := append([]string{"openid", "email", "profile"}, strings.Fields(c.query.Get("custom_scopes"))...)
	return &handoff{Kind: kind, Provider: provider, Scopes: scopes, Challenge: challenge}, nil
}
