package core

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// DiscoveredOrganization is an organization that a person is in, or could join.
type DiscoveredOrganization struct {
	Organization        wire.Organization `json:"organization"`
	Membership          Membership        `json:"membership"`
	MemberAuthenticated bool              `json:"member_authenticated"`
	PrimaryRequired     *PrimaryRequired  `json:"primary_required"`
	MFARequired         *mfaRequired      `json:"mfa_required"`
}

// Membership is the relation of a person to an organization. What the details
// are is not published for every type; here they name the reason to let them in.
type Membership struct {
	Type    string         `json:"type"`
	Details map[string]any `json:"details"`
	Member  *wire.Member   `json:"member"`
}

// DiscoveryResponse is what all calls that begin a discovery have in common.
type DiscoveryResponse struct {
	wire.Envelope
	IntermediateSessionToken          string                   `json:"intermediate_session_token"`
	IntermediateSessionTokenExpiresAt *wire.Timestamp          `json:"intermediate_session_token_expires_at"`
	EmailAddress                      string                   `json:"email_address"`
	DiscoveredOrganizations           []DiscoveredOrganization `json:"discovered_organizations"`
}

// AnswerDiscovery remembers what a person proved without an organization, and
// lists where that leads them.
func (c *Request) AnswerDiscovery(i *state.Intermediate) DiscoveryResponse {
	c.KeepIntermediate(i)
	expires := wire.Timestamp(i.ExpiresAt)
	return DiscoveryResponse{
		IntermediateSessionToken:          i.Token,
		IntermediateSessionTokenExpiresAt: &expires,
		EmailAddress:                      i.Email,
		DiscoveredOrganizations:           c.Discovered(i.Email, i.Factors, i),
	}
}

// Discovered lists the organizations of an address, oldest first. Those that
// a person is in come from a session as well; those that they could join, only
// from a pending sign-in. No message is sent.
// Source: https://stytch.com/docs/b2b/api/list-discovered-organizations
func (c *Request) Discovered(email string, factors []state.Factor, i *state.Intermediate) []DiscoveredOrganization {
	out := []DiscoveredOrganization{}
	var tenants state.OAuthTenants
	if i != nil {
		tenants = i.Tenants
	}
	for _, org := range c.State.Reachable(email, tenants) {
		if m := c.MemberByEmail(org, email); m != nil {
			out = append(out, c.DiscoveredMember(m, factors))
		} else if kind, details := c.eligible(org, email, factors, i); kind != "" {
			stranger := &state.Member{OrganizationID: org.ID, Email: email}
			primary := c.owesPrimary(stranger, factors)
			found := DiscoveredOrganization{
				Organization:    org.JSON(),
				Membership:      Membership{Type: kind, Details: details},
				PrimaryRequired: primary,
			}
			if primary == nil {
				found.MFARequired = c.owesMFA(stranger, factors)
			}
			found.MemberAuthenticated = found.PrimaryRequired == nil && found.MFARequired == nil
			out = append(out, found)
		}
	}
	return out
}

// DiscoveredMember is an organization that a person is a member of, with what a sign-in
// there would still need beside these factors.
func (c *Request) DiscoveredMember(m *state.Member, factors []state.Factor) DiscoveredOrganization {
	shown := c.State.MemberJSON(m)
	out := DiscoveredOrganization{
		Organization:    c.State.Org(m.OrganizationID).JSON(),
		Membership:      Membership{Type: m.Status + "_member", Member: &shown},
		PrimaryRequired: c.owesPrimary(m, factors),
	}
	if out.PrimaryRequired == nil {
		out.MFARequired = c.owesMFA(m, factors)
	}
	out.MemberAuthenticated = out.PrimaryRequired == nil && out.MFARequired == nil
	return out
}

// eligible says why a stranger could join. By domain, a member of the organization
// must have proven an address of the domain: otherwise the founder of an organization
// could draw the people of any domain into it.
func (c *Request) eligible(org *state.Organization, email string, factors []state.Factor, i *state.Intermediate) (kind string, details map[string]any) {
	if i == nil || i.IsLocal() || org.ID == state.SandboxOrganization || c.CheckAddress(org, email, nil) != nil {
		return "", nil
	}
	domain := wire.DomainOf(email)
	if org.Settings.EmailJITProvisioning == wire.Restricted && slices.Contains(org.Settings.EmailAllowedDomains, domain) && state.ProvesEmail(factors) &&
		slices.ContainsFunc(c.State.Roster(org).Members, func(m *state.Member) bool {
			return m.Status != state.StatusDeleted && m.Verified && wire.DomainOf(m.Email) == domain
		}) {
		return "eligible_to_join_by_email_domain", map[string]any{"domain": domain}
	}
	if i.Tenants.AdmittedTo(org) {
		return "eligible_to_join_by_oauth_tenant", map[string]any{"provider": i.Tenants.Provider, "tenants": i.Tenants.IDs}
	}
	return "", nil
}
