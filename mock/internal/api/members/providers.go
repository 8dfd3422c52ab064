package members

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// oidcProvidersResponse is the response of GET …/members/{member_id}/oidc_providers.
type oidcProvidersResponse struct {
	wire.Envelope
	Registrations []oidcProvider `json:"registrations"`
}

type oidcProvider struct {
	ProviderSubject      string   `json:"provider_subject"`
	IDToken              string   `json:"id_token"`
	AccessToken          string   `json:"access_token"`
	AccessTokenExpiresIn int      `json:"access_token_expires_in"`
	Scopes               []string `json:"scopes"`
	ConnectionID         string   `json:"connection_id"`
	RefreshToken         string   `json:"refresh_token"`
}

// OIDCProviders returns the tokens that OIDC connections gave for a member.
// Source: https://stytch.com/docs/b2b/api/get-oidc-providers
func OIDCProviders(c *core.Request) (wire.Success, error) {
	_, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	show, err := showRefreshToken(c)
	if err != nil {
		return nil, err
	}
	out := &oidcProvidersResponse{Registrations: []oidcProvider{}}
	for _, r := range m.SSO {
		if c.State.Connection(r.ConnectionID).Kind == state.OIDCKind {
			out.Registrations = append(out.Registrations, oidcProvider{
				ProviderSubject: r.ExternalID, IDToken: r.IDToken, AccessToken: r.IDToken, ConnectionID: r.ConnectionID,
				AccessTokenExpiresIn: secondsUntil(r.ExpiresAt, c.Now), Scopes: []string{"openid", "email", "profile"},
				RefreshToken: show(r.IDToken),
			})
		}
	}
	if len(out.Registrations) == 0 {
		return nil, wire.Error("member_oidc_token_not_found")
	}
	return out, nil
}

// showRefreshToken returns how a refresh token is shown: empty unless the request asks
// for it.
func showRefreshToken(c *core.Request) (func(string) string, error) {
	asked, err := c.Flag("include_refresh_token")
	if err != nil {
		return nil, err
	}
	return func(token string) string {
		if asked {
			return token
		}
		return ""
	}, nil
}

func secondsUntil(end, now time.Time) int { return max(0, int(end.Sub(now)/time.Second)) }

// oneProviderResponse is the response of GET …/oauth_providers/google and /microsoft.
type oneProviderResponse struct {
	wire.Envelope
	ProviderType         string   `json:"provider_type"`
	ProviderSubject      string   `json:"provider_subject"`
	IDToken              string   `json:"id_token"`
	Scopes               []string `json:"scopes"`
	AccessToken          string   `json:"access_token"`
	AccessTokenExpiresIn int      `json:"access_token_expires_in"`
	RefreshToken         string   `json:"refresh_token"`
}

// manyProvidersResponse is that of /slack, /hubspot and /github.
type manyProvidersResponse struct {
	wire.Envelope
	ProviderType  string           `json:"provider_type"`
	Registrations []map[string]any `json:"registrations"`
}

// OAuthProvider returns the tokens that a provider gave for a member: the
// latest account's for Google and Microsoft, all accounts' for the others.
// Source: https://stytch.com/docs/b2b/api/oauth-google-get-token
func OAuthProvider(provider string) func(*core.Request) (wire.Success, error) {
	return func(c *core.Request) (wire.Success, error) {
		_, m, err := c.NamedMember()
		if err != nil {
			return nil, err
		}
		show, err := showRefreshToken(c)
		if err != nil {
			return nil, err
		}
		var found []*state.OAuthRegistration
		for _, r := range m.OAuth {
			if r.Provider == provider {
				found = append(found, r)
			}
		}
		if len(found) == 0 {
			return nil, wire.Error("member_oauth_token_not_found")
		}
		if provider == "google" || provider == "microsoft" {
			r := found[len(found)-1]
			return &oneProviderResponse{
				ProviderType: state.ProviderNames[provider], ProviderSubject: r.Subject, IDToken: r.IDToken, Scopes: r.Scopes,
				AccessToken: r.AccessToken, AccessTokenExpiresIn: secondsUntil(r.ExpiresAt, c.Now), RefreshToken: show(r.RefreshToken),
			}, nil
		}
		out := &manyProvidersResponse{ProviderType: state.ProviderNames[provider]}
		for _, r := range found {
			out.Registrations = append(out.Registrations, accountObject(c, r, show))
		}
		return out, nil
	}
}

// accountObject has the fields that a provider's accounts have.
func accountObject(c *core.Request, r *state.OAuthRegistration, show func(string) string) map[string]any {
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
		out["access_token_expires_in"] = secondsUntil(r.ExpiresAt, c.Now)
		out["refresh_token"] = show(r.RefreshToken)
	case "slack":
		out["provider_tenant_id"] = tenant
		out["bot_access_token"], out["bot_scopes"] = "", []string{}
	}
	return out
}
