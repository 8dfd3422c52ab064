package mock

import (
	"slices"
	"strings"
	"time"
)

// oauthRegistration is a member's account at a provider.
type oauthRegistration struct {
	ID           string    `json:"registration_id"`
	Provider     string    `json:"provider"`
	Subject      string    `json:"subject"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	IDToken      string    `json:"id_token"`
	Scopes       []string  `json:"scopes"`
	Tenants      []string  `json:"tenants"`
	ExpiresAt    time.Time `json:"expires_at"`
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
	return oauthRegistrationJSON{ProviderType: providerNames[r.Provider], ProviderSubject: r.Subject, MemberOAuthRegistrationID: r.ID, Locale: "en"}
}

// oauthTenants are the workspaces that a provider says somebody is in.
type oauthTenants struct {
	Provider string   `json:"provider"`
	IDs      []string `json:"ids"`
}

// admittedTo reports whether one of them lets somebody join the organization.
// Only Slack, HubSpot and GitHub have workspaces that Stytch knows.
func (t oauthTenants) admittedTo(org *organization) bool {
	return org.Settings.OAuthTenantJITProvisioning == restricted && overlap(t.IDs, org.Settings.AllowedOAuthTenants[t.Provider])
}

// vouches reports whether a provider proves the addresses that it names.
// Source: https://stytch.com/docs/b2b/guides/oauth/overview
func (g *grant) vouches() bool {
	return (g.Provider == "google" || g.Provider == "microsoft") && !g.Persona.Unverified
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
	if !c.db.org(g.OrganizationID).Settings.permitsMethod(g.Provider+"_oauth", m) {
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
	if g.vouches() && sameEmail(g.Persona.Email, m.Email) {
		c.prove(m)
	}
	registration := c.newRegistration(g, known)
	proof := c.oauthFactor(g, m.EmailID, registration)
	proof.Unproven = !g.vouches() && known == nil
	signedIn, err := c.finish(a, proof)
	if err != nil {
		return nil, err
	}
	return &oauthAnswer{
		signInAnswer:    signedIn,
		ProviderSubject: registration.Subject,
		ProviderType:    providerNames[registration.Provider],
		ProviderValues: providerValues{
			Scopes: registration.Scopes, AccessToken: registration.AccessToken, RefreshToken: registration.RefreshToken,
			ExpiresAt: moment(registration.ExpiresAt), IDToken: registration.IDToken,
		},
	}, nil
}

// memberByOAuth returns who signs in, by the account or else by the address, and
// their registration if it was the account.
func (c *call) memberByOAuth(g *grant) (*member, *oauthRegistration) {
	for _, m := range c.db.roster(c.db.org(g.OrganizationID)).members {
		if m.Status == statusDeleted {
			continue
		}
		if i := slices.IndexFunc(m.OAuth, func(r *oauthRegistration) bool {
			return r.Provider == g.Provider && r.Subject == g.Persona.Subject
		}); i >= 0 {
			return m, m.OAuth[i]
		}
	}
	return c.memberByEmail(c.db.org(g.OrganizationID), g.Persona.Email), nil
}

// provisionByOAuth lets somebody new join by their workspace or their domain.
func (c *call) provisionByOAuth(g *grant) (*member, error) {
	tenants := oauthTenants{Provider: g.Provider, IDs: g.Persona.Tenants}
	set := c.db.org(g.OrganizationID).Settings
	var m *member
	switch {
	case tenants.admittedTo(c.db.org(g.OrganizationID)):
		if err := c.admit(c.db.org(g.OrganizationID), g.Persona.Email, nil); err != nil {
			return nil, err
		}
		m = c.newMember(c.db.org(g.OrganizationID), g.Persona.Email, statusPending)
		c.keep(m)
	case set.EmailJITProvisioning != restricted && set.OAuthTenantJITProvisioning == restricted:
		return nil, refuse("invalid_oauth_tenant_for_jit_provisioning")
	default:
		var err error
		if m, err = c.provision(c.db.org(g.OrganizationID), g.Persona.Email); err != nil {
			return nil, err
		}
	}
	m.Name = g.Persona.Name
	return m, nil
}

// newRegistration is the account with fresh tokens of the provider.
func (c *call) newRegistration(g *grant, known *oauthRegistration) *oauthRegistration {
	r := &oauthRegistration{ID: c.newID("oauth-user"), Provider: g.Provider, Subject: g.Persona.Subject}
	if known != nil {
		r.ID = known.ID
	}
	r.AccessToken, r.RefreshToken, r.IDToken = c.randomText("oauth-token", 24), c.randomText("oauth-token", 24), c.randomText("oauth-token", 24)
	r.Scopes, r.Tenants, r.ExpiresAt = slices.Clone(g.Scopes), append([]string{}, g.Persona.Tenants...), c.now.Add(time.Hour)
	return r
}

func (c *call) oauthFactor(g *grant, emailID string, r *oauthRegistration) factor {
	f := c.newFactor("oauth", "oauth_"+g.Provider, g.Provider+"_oauth_factor", "id", r.ID, "provider_subject", r.Subject, "email_id", emailID)
	f.OAuth = r
	return f
}

// register notes the accounts behind the factors on the member, once they have
// signed in with them.
func (c *call) register(m *member, factors []factor) {
	for _, f := range factors {
		if f.OAuth != nil {
			account := *f.OAuth // the record of the member is not that of the session
			m.OAuth = slices.DeleteFunc(slices.Clone(m.OAuth), func(r *oauthRegistration) bool {
				return r.Provider == f.OAuth.Provider && r.Subject == f.OAuth.Subject
			})
			m.OAuth, m.UpdatedAt = append(m.OAuth, &account), c.now
		}
		if f.SSO != nil {
			account := *f.SSO
			m.SSO = slices.DeleteFunc(slices.Clone(m.SSO), func(r *ssoRegistration) bool {
				return r.ConnectionID == f.SSO.ConnectionID && r.ExternalID == f.SSO.ExternalID
			})
			m.SSO, m.UpdatedAt = append(m.SSO, &account), c.now
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
	proof := c.oauthFactor(g, c.newID("email"), c.newRegistration(g, nil))
	proof.Unproven = !g.vouches()
	out := &oauthDiscoveryAnswer{
		discoveryAnswer: c.answerDiscovery(&intermediate{
			Email: g.Persona.Email, Factors: []factor{proof}, Name: g.Persona.Name,
			Tenants: oauthTenants{Provider: g.Provider, IDs: g.Persona.Tenants},
		}),
		ProviderType:      providerNames[g.Provider],
		ProviderTenantIDs: append([]string{}, g.Persona.Tenants...),
		FullName:          g.Persona.Name,
	}
	if len(g.Persona.Tenants) > 0 {
		out.ProviderTenantID = g.Persona.Tenants[0]
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
