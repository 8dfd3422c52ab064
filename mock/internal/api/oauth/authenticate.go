// Package oauth answers /v1/b2b/oauth, the pages with which a sign-in by OAuth begins, and
// the pages of the scripted identity provider, which SSO uses as well.
package oauth

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// vouches reports whether a provider proves the addresses that it names.
// Source: https://stytch.com/docs/b2b/guides/oauth/overview
func vouches(g *state.Grant) bool {
	return (g.Provider == "google" || g.Provider == "microsoft") && !g.User.Unverified
}

// authenticateOAuthRequest is POST /v1/b2b/oauth/authenticate.
type authenticateOAuthRequest struct {
	OAuthToken       string  `json:"oauth_token"`
	PKCECodeVerifier *string `json:"pkce_code_verifier"`
	core.SignInRequest
}

// oauthResponse is its response.
type oauthResponse struct {
	core.SignInResponse
	ProviderSubject string         `json:"provider_subject"`
	ProviderType    string         `json:"provider_type"`
	ProviderValues  providerValues `json:"provider_values"`
	ResetSessions   bool           `json:"reset_sessions"` // deprecated, always false
}

type providerValues struct {
	Scopes       []string       `json:"scopes"`
	AccessToken  string         `json:"access_token"`
	RefreshToken string         `json:"refresh_token"`
	ExpiresAt    wire.Timestamp `json:"expires_at"`
	IDToken      string         `json:"id_token"`
}

// Authenticate uses up the token that a browser brought from a provider. A
// provider that does not vouch for addresses proves no address: unless the member
// has confirmed that account before, they owe a proof of the address.
// Source: https://stytch.com/docs/b2b/api/authenticate-oauth
func Authenticate(c *core.Request, in authenticateOAuthRequest) (*oauthResponse, error) {
	g, err := c.GrantOf(in.OAuthToken, "oauth", "oauth_token_not_found")
	if err != nil {
		return nil, err
	}
	m, known := memberByOAuth(c, g)
	if !state.PermitsMethod(c.State.Org(g.OrganizationID).Settings, g.Provider+"_oauth", m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.Begin(m, in.SignInRequest)
	if err != nil {
		return nil, err
	}
	if err := core.Redeem(g, in.PKCECodeVerifier); err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = provisionByOAuth(c, g); err != nil {
			return nil, err
		}
		a.Member = m
	}
	if vouches(g) && wire.SameEmail(g.User.Email, m.Email) {
		c.VerifyEmail(m)
	}
	registration := c.NewRegistration(g, known)
	proof := c.OAuthFactor(g, m.EmailID, registration)
	proof.Unproven = !vouches(g) && known == nil
	signedIn, err := c.Finish(a, proof)
	if err != nil {
		return nil, err
	}
	return &oauthResponse{
		SignInResponse:  signedIn,
		ProviderSubject: registration.Subject,
		ProviderType:    state.ProviderNames[registration.Provider],
		ProviderValues: providerValues{
			Scopes: registration.Scopes, AccessToken: registration.AccessToken, RefreshToken: registration.RefreshToken,
			ExpiresAt: wire.Timestamp(registration.ExpiresAt), IDToken: registration.IDToken,
		},
	}, nil
}

// memberByOAuth returns the member who signs in, by the account or else by the address, and
// their registration if it was the account.
func memberByOAuth(c *core.Request, g *state.Grant) (*state.Member, *state.OAuthRegistration) {
	if m, account := c.State.Roster(c.State.Org(g.OrganizationID)).ByOAuth(g.Provider, g.User.Subject); m != nil {
		return m, account
	}
	return c.MemberByEmail(c.State.Org(g.OrganizationID), g.User.Email), nil
}

// provisionByOAuth lets a new member join by their workspace or their domain.
func provisionByOAuth(c *core.Request, g *state.Grant) (*state.Member, error) {
	tenants := state.OAuthTenants{Provider: g.Provider, IDs: g.User.Tenants}
	set := c.State.Org(g.OrganizationID).Settings
	var m *state.Member
	switch {
	case tenants.AdmittedTo(c.State.Org(g.OrganizationID)):
		if err := c.CheckAddress(c.State.Org(g.OrganizationID), g.User.Email, nil); err != nil {
			return nil, err
		}
		m = c.NewMember(c.State.Org(g.OrganizationID), g.User.Email, state.StatusPending)
		c.StoreMember(m)
	case set.EmailJITProvisioning != wire.Restricted && set.OAuthTenantJITProvisioning == wire.Restricted:
		return nil, wire.Error("invalid_oauth_tenant_for_jit_provisioning")
	default:
		var err error
		if m, err = c.Provision(c.State.Org(g.OrganizationID), g.User.Email); err != nil {
			return nil, err
		}
	}
	m.Name = g.User.FullName()
	return m, nil
}

// discoverByOAuthRequest is POST /v1/b2b/oauth/discovery/authenticate. A session
// in it has nothing to be added to, so it is not looked at.
type discoverByOAuthRequest struct {
	DiscoveryOAuthToken    string                          `json:"discovery_oauth_token"`
	PKCECodeVerifier       *string                         `json:"pkce_code_verifier"`
	SessionToken           wire.Ignored[string]            `json:"session_token"`
	SessionJWT             wire.Ignored[string]            `json:"session_jwt"`
	SessionDurationMinutes wire.Ignored[int]               `json:"session_duration_minutes"`
	SessionCustomClaims    wire.Ignored[wire.CustomClaims] `json:"session_custom_claims"`
}

// oauthDiscoveryResponse is its response.
type oauthDiscoveryResponse struct {
	core.DiscoveryResponse
	ProviderType      string   `json:"provider_type"`
	ProviderTenantID  string   `json:"provider_tenant_id"`
	ProviderTenantIDs []string `json:"provider_tenant_ids"`
	FullName          string   `json:"full_name"`
}

// Discover begins a discovery with what a browser brought from a provider.
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-oauth
func Discover(c *core.Request, in discoverByOAuthRequest) (*oauthDiscoveryResponse, error) {
	g, err := c.GrantOf(in.DiscoveryOAuthToken, "discovery_oauth", "oauth_token_not_found")
	if err != nil {
		return nil, err
	}
	if err := core.Redeem(g, in.PKCECodeVerifier); err != nil {
		return nil, err
	}
	proof := c.OAuthFactor(g, c.NewID("email"), c.NewRegistration(g, nil))
	proof.Unproven = !vouches(g)
	out := &oauthDiscoveryResponse{
		DiscoveryResponse: c.AnswerDiscovery(&state.Intermediate{
			Email: g.User.Email, Factors: []state.Factor{proof}, Name: g.User.FullName(),
			Tenants: state.OAuthTenants{Provider: g.Provider, IDs: g.User.Tenants},
		}),
		ProviderType:      state.ProviderNames[g.Provider],
		ProviderTenantIDs: append([]string{}, g.User.Tenants...),
		FullName:          g.User.FullName(),
	}
	if len(g.User.Tenants) > 0 {
		out.ProviderTenantID = g.User.Tenants[0]
	}
	return out, nil
}
