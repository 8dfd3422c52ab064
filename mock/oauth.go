package mock

import (
	"slices"
	"strings"
	"time"
)

// oauthRegistration is a member's account at a provider.
type oauthRegistration struct {
	id, provider, subject              string
	accessToken, refreshToken, idToken string
	scopes, tenants                    []string
	expiresAt                          time.Time
}

// oauthRegistrationJSON is the same in a Member object.
// Source: https://stytch.com/docs/b2b/api/member-object
type oauthRegistrationJSON struct {
	ProviderType              string `json:"provider_type"`
	ProviderSubject           string `json:"provider_subject"`
	MemberOAuthRegistrationID string `json:"member_oauth_registration_id"`
	ProfilePictureURL         string `json:"profile_picture_url"`
	Locale                    string `json:"locale"`
}

// providerNames are the values of provider_type.
var providerNames = map[string]string{"google": "Google", "microsoft": "Microsoft", "hubspot": "Hubspot", "slack": "Slack", "github": "Github"}

func (r *oauthRegistration) json() oauthRegistrationJSON {
	return oauthRegistrationJSON{ProviderType: providerNames[r.provider], ProviderSubject: r.subject, MemberOAuthRegistrationID: r.id, Locale: "en"}
}

// oauthTenants are the workspaces that a provider says somebody is in.
type oauthTenants struct {
	provider string
	ids      []string
}

// admittedTo reports whether one of them lets somebody join the organization.
// Only Slack, HubSpot and GitHub have workspaces that Stytch knows.
func (t oauthTenants) admittedTo(org *organization) bool {
	return org.settings.OAuthTenantJITProvisioning == restricted && overlap(t.ids, org.settings.AllowedOAuthTenants[t.provider])
}

// vouches reports whether a provider proves the addresses that it names.
// Source: https://stytch.com/docs/b2b/guides/oauth/overview
func (g *grant) vouches() bool {
	return (g.provider == "google" || g.provider == "microsoft") && !g.persona.unverified
}

// authenticateOAuthRequest is POST /v1/b2b/oauth/authenticate.
type authenticateOAuthRequest struct {
	OAuthToken       string  `json:"oauth_token"`
	PKCECodeVerifier *string `json:"pkce_code_verifier"`
	signInRequest
}

// oauthAnswer is its answer.
type oauthAnswer struct {
	signInAnswer
	ProviderSubject string         `json:"provider_subject"`
	ProviderType    string         `json:"provider_type"`
	ProviderValues  providerValues `json:"provider_values"`
	ResetSessions   bool           `json:"reset_sessions"` // deprecated, always false
}

type providerValues struct {
	Scopes       []string `json:"scopes"`
	AccessToken  string   `json:"access_token"`
	RefreshToken string   `json:"refresh_token"`
	ExpiresAt    moment   `json:"expires_at"`
	IDToken      string   `json:"id_token"`
}

// authenticateOAuth uses up the token that a browser brought from a provider. A
// provider that does not vouch for addresses proves nobody's: unless the member
// has confirmed that account before, they owe a proof of the address.
// Source: https://stytch.com/docs/b2b/api/authenticate-oauth
func authenticateOAuth(c *call, in authenticateOAuthRequest) (*oauthAnswer, error) {
	g, err := c.grantOf(in.OAuthToken, "oauth", "oauth_token_not_found")
	if err != nil {
		return nil, err
	}
	m, known := c.memberByOAuth(g)
	if !g.org.settings.permitsMethod(g.provider+"_oauth", m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.begin(m, in.signInRequest)
	if err != nil {
		return nil, err
	}
	if err := g.redeem(in.PKCECodeVerifier); err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = c.provisionByOAuth(g); err != nil {
			return nil, err
		}
		a.member = m
	}
	if g.vouches() && sameEmail(g.persona.email, m.email) {
		c.prove(m)
	}
	registration := c.newRegistration(g, known)
	proof := c.oauthFactor(g, m.emailID, registration)
	proof.unproven = !g.vouches() && known == nil
	signedIn, err := c.finish(a, proof)
	if err != nil {
		return nil, err
	}
	return &oauthAnswer{
		signInAnswer:    signedIn,
		ProviderSubject: registration.subject,
		ProviderType:    providerNames[registration.provider],
		ProviderValues: providerValues{
			Scopes: registration.scopes, AccessToken: registration.accessToken, RefreshToken: registration.refreshToken,
			ExpiresAt: moment(registration.expiresAt), IDToken: registration.idToken,
		},
	}, nil
}

// memberByOAuth returns who signs in, by the account or else by the address, and
// their registration if it was the account.
func (c *call) memberByOAuth(g *grant) (*member, *oauthRegistration) {
	for _, m := range g.org.roll.members {
		if m.status == statusDeleted {
			continue
		}
		if i := slices.IndexFunc(m.oauth, func(r *oauthRegistration) bool {
			return r.provider == g.provider && r.subject == g.persona.subject
		}); i >= 0 {
			return m, m.oauth[i]
		}
	}
	return c.memberByEmail(g.org, g.persona.email), nil
}

// provisionByOAuth lets somebody new join by their workspace or their domain.
func (c *call) provisionByOAuth(g *grant) (*member, error) {
	tenants := oauthTenants{provider: g.provider, ids: g.persona.tenants}
	set := g.org.settings
	var m *member
	switch {
	case tenants.admittedTo(g.org):
		if err := c.admit(g.org, g.persona.email, nil); err != nil {
			return nil, err
		}
		m = c.newMember(g.org, g.persona.email, statusPending)
		c.keep(m)
	case set.EmailJITProvisioning != restricted && set.OAuthTenantJITProvisioning == restricted:
		return nil, refuse("invalid_oauth_tenant_for_jit_provisioning")
	default:
		var err error
		if m, err = c.provision(g.org, g.persona.email); err != nil {
			return nil, err
		}
	}
	m.name = g.persona.name
	return m, nil
}

// newRegistration is the account with fresh tokens of the provider.
func (c *call) newRegistration(g *grant, known *oauthRegistration) *oauthRegistration {
	r := &oauthRegistration{id: c.s.newID("oauth-user"), provider: g.provider, subject: g.persona.subject}
	if known != nil {
		r.id = known.id
	}
	r.accessToken, r.refreshToken, r.idToken = c.s.randomText("oauth-token", 24), c.s.randomText("oauth-token", 24), c.s.randomText("oauth-token", 24)
	r.scopes, r.tenants, r.expiresAt = slices.Clone(g.scopes), append([]string{}, g.persona.tenants...), c.now.Add(time.Hour)
	return r
}

func (c *call) oauthFactor(g *grant, emailID string, r *oauthRegistration) factor {
	f := c.newFactor("oauth", "oauth_"+g.provider, g.provider+"_oauth_factor", "id", r.id, "provider_subject", r.subject, "email_id", emailID)
	f.oauth = r
	return f
}

// register notes the accounts behind the factors on the member, once they have
// signed in with them.
func (c *call) register(m *member, factors []factor) {
	for _, f := range factors {
		if f.oauth != nil {
			m.oauth = slices.DeleteFunc(slices.Clone(m.oauth), func(r *oauthRegistration) bool {
				return r.provider == f.oauth.provider && r.subject == f.oauth.subject
			})
			m.oauth, m.updatedAt = append(m.oauth, f.oauth), c.now
		}
		if f.sso != nil {
			m.sso = slices.DeleteFunc(slices.Clone(m.sso), func(r *ssoRegistration) bool {
				return r.connection == f.sso.connection && r.externalID == f.sso.externalID
			})
			m.sso, m.updatedAt = append(m.sso, f.sso), c.now
		}
	}
}

// discoverByOAuthRequest is POST /v1/b2b/oauth/discovery/authenticate. A session
// in it has nothing to be added to, so it is not looked at.
type discoverByOAuthRequest struct {
	DiscoveryOAuthToken string  `json:"discovery_oauth_token"`
	PKCECodeVerifier    *string `json:"pkce_code_verifier"`
}

// oauthDiscoveryAnswer is its answer.
type oauthDiscoveryAnswer struct {
	discoveryAnswer
	ProviderType      string   `json:"provider_type"`
	ProviderTenantID  string   `json:"provider_tenant_id"`
	ProviderTenantIDs []string `json:"provider_tenant_ids"`
	FullName          string   `json:"full_name"`
}

// discoverByOAuth begins a discovery with what a browser brought from a provider.
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-oauth
func discoverByOAuth(c *call, in discoverByOAuthRequest) (*oauthDiscoveryAnswer, error) {
	g, err := c.grantOf(in.DiscoveryOAuthToken, "discovery_oauth", "oauth_token_not_found")
	if err != nil {
		return nil, err
	}
	if err := g.redeem(in.PKCECodeVerifier); err != nil {
		return nil, err
	}
	proof := c.oauthFactor(g, c.s.newID("email"), c.newRegistration(g, nil))
	proof.unproven = !g.vouches()
	out := &oauthDiscoveryAnswer{
		discoveryAnswer: c.answerDiscovery(&intermediate{
			email: g.persona.email, factors: []factor{proof}, name: g.persona.name,
			tenants: oauthTenants{provider: g.provider, ids: g.persona.tenants},
		}),
		ProviderType:      providerNames[g.provider],
		ProviderTenantIDs: append([]string{}, g.persona.tenants...),
		FullName:          g.persona.name,
	}
	if len(g.persona.tenants) > 0 {
		out.ProviderTenantID = g.persona.tenants[0]
	}
	return out, nil
}

// emptyUnlessAsked hides refresh tokens from who did not ask for them.
func (c *call) emptyUnlessAsked(refreshToken string) string {
	if strings.EqualFold(c.query.Get("include_refresh_token"), "true") {
		return refreshToken
	}
	return ""
}
