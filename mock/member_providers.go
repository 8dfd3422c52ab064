package mock

import "time"

// oidcProvidersAnswer is the answer of GET …/members/{member_id}/oidc_providers.
type oidcProvidersAnswer struct {
	envelope
	Registrations []oidcProviderJSON `json:"registrations"`
}

type oidcProviderJSON struct {
	ProviderSubject      string   `json:"provider_subject"`
	IDToken              string   `json:"id_token"`
	AccessToken          string   `json:"access_token"`
	AccessTokenExpiresIn int      `json:"access_token_expires_in"`
	Scopes               []string `json:"scopes"`
	ConnectionID         string   `json:"connection_id"`
	RefreshToken         string   `json:"refresh_token"`
}

// getOIDCProviders returns the tokens that OIDC connections gave for a member.
// Source: https://stytch.com/docs/b2b/api/get-oidc-providers
func getOIDCProviders(c *call) (stamped, error) {
	_, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	out := &oidcProvidersAnswer{Registrations: []oidcProviderJSON{}}
	for _, r := range m.SSO {
		if c.db.connection(r.ConnectionID).Kind == oidcKind {
			out.Registrations = append(out.Registrations, oidcProviderJSON{
				ProviderSubject: r.ExternalID, IDToken: r.IDToken, AccessToken: r.IDToken, ConnectionID: r.ConnectionID,
				AccessTokenExpiresIn: secondsUntil(r.ExpiresAt, c.now), Scopes: []string{"openid", "email", "profile"},
				RefreshToken: c.emptyUnlessAsked(r.IDToken),
			})
		}
	}
	if len(out.Registrations) == 0 {
		return nil, refuse("member_oidc_token_not_found")
	}
	return out, nil
}

func secondsUntil(end, now time.Time) int { return max(0, int(end.Sub(now)/time.Second)) }

// oneProviderAnswer is the answer of GET …/oauth_providers/google and /microsoft.
type oneProviderAnswer struct {
	envelope
	ProviderType         string   `json:"provider_type"`
	ProviderSubject      string   `json:"provider_subject"`
	IDToken              string   `json:"id_token"`
	Scopes               []string `json:"scopes"`
	AccessToken          string   `json:"access_token"`
	AccessTokenExpiresIn int      `json:"access_token_expires_in"`
	RefreshToken         string   `json:"refresh_token"`
}

// manyProvidersAnswer is that of /slack, /hubspot and /github.
type manyProvidersAnswer struct {
	envelope
	ProviderType  string           `json:"provider_type"`
	Registrations []map[string]any `json:"registrations"`
}

// getOAuthProvider returns the tokens that a provider gave for a member: the
// latest account's for Google and Microsoft, all accounts' for the others.
// Source: https://stytch.com/docs/b2b/api/oauth-google-get-token
func getOAuthProvider(provider string) func(*call) (stamped, error) {
	return func(c *call) (stamped, error) {
		_, m, err := c.namedMember()
		if err != nil {
			return nil, err
		}
		var found []*oauthRegistration
		for _, r := range m.OAuth {
			if r.Provider == provider {
				found = append(found, r)
			}
		}
		if len(found) == 0 {
			return nil, refuse("member_oauth_token_not_found")
		}
		if provider == "google" || provider == "microsoft" {
			r := found[len(found)-1]
			return &oneProviderAnswer{
				ProviderType: providerNames[provider], ProviderSubject: r.Subject, IDToken: r.IDToken, Scopes: r.Scopes,
				AccessToken: r.AccessToken, AccessTokenExpiresIn: secondsUntil(r.ExpiresAt, c.now), RefreshToken: c.emptyUnlessAsked(r.RefreshToken),
			}, nil
		}
		out := &manyProvidersAnswer{ProviderType: providerNames[provider]}
		for _, r := range found {
			out.Registrations = append(out.Registrations, c.accountJSON(r))
		}
		return out, nil
	}
}

// accountJSON has the fields that a provider's accounts have.
func (c *call) accountJSON(r *oauthRegistration) map[string]any {
	out := map[string]any{"provider_subject": r.Subject, "access_token": r.AccessToken, "scopes": r.Scopes}
	tenant := ""
	if len(r.Tenants) > 0 {
		tenant = r.Tenants[0]
	}
	switch r.Provider {
	case "github":
		out["provider_tenant_ids"] = r.Tenants
	case "hubspot":
		out["provider_tenant_id"] = tenant
		out["access_token_expires_in"] = secondsUntil(r.ExpiresAt, c.now)
		out["refresh_token"] = c.emptyUnlessAsked(r.RefreshToken)
	case "slack":
		out["provider_tenant_id"] = tenant
		out["bot_access_token"], out["bot_scopes"] = "", []string{}
	}
	return out
}
