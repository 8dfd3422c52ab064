package mock

import (
	"slices"
	"strings"
)

// discoveredJSON is an organization that somebody is in, or could join.
type discoveredJSON struct {
	Organization        organizationJSON `json:"organization"`
	Membership          membershipJSON   `json:"membership"`
	MemberAuthenticated bool             `json:"member_authenticated"`
	PrimaryRequired     *primaryRequired `json:"primary_required"`
	MFARequired         *mfaRequired     `json:"mfa_required"`
}

// membershipJSON says how somebody stands to an organization. What the details
// are is not published for every type; here they name the reason to let them in.
type membershipJSON struct {
	Type    string         `json:"type"`
	Details map[string]any `json:"details"`
	Member  *memberJSON    `json:"member"`
}

// discoveryAnswer is what all calls that begin a discovery have in common.
type discoveryAnswer struct {
	envelope
	IntermediateSessionToken          string           `json:"intermediate_session_token"`
	IntermediateSessionTokenExpiresAt *moment          `json:"intermediate_session_token_expires_at"`
	EmailAddress                      string           `json:"email_address"`
	DiscoveredOrganizations           []discoveredJSON `json:"discovered_organizations"`
}

// answerDiscovery remembers what somebody proved without an organization, and
// lists where that leads them.
func (c *call) answerDiscovery(i *intermediate) discoveryAnswer {
	c.keepIntermediate(i)
	expires := moment(i.ExpiresAt)
	return discoveryAnswer{
		IntermediateSessionToken:          i.Token,
		IntermediateSessionTokenExpiresAt: &expires,
		EmailAddress:                      i.Email,
		DiscoveredOrganizations:           c.discovered(i.Email, i.Factors, i),
	}
}

// discovered lists the organizations of an address, oldest first. Those that
// somebody is in come from a session as well; those that they could join, only
// from an unfinished sign-in. No message is sent to anybody.
// Source: https://stytch.com/docs/b2b/api/list-discovered-organizations
func (c *call) discovered(email string, factors []factor, i *intermediate) []discoveredJSON {
	out := []discoveredJSON{}
	for _, org := range c.db.Organizations {
		if m := c.memberByEmail(org, email); m != nil {
			out = append(out, c.discoveredMember(m, factors))
		} else if kind, details := c.eligible(org, email, factors, i); kind != "" {
			stranger := &member{OrganizationID: org.ID, Email: email}
			primary := c.owesPrimary(stranger, factors)
			found := discoveredJSON{
				Organization:    org.json(),
				Membership:      membershipJSON{Type: kind, Details: details},
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

func (c *call) discoveredMember(m *member, factors []factor) discoveredJSON {
	shown := c.db.memberJSON(m)
	out := discoveredJSON{
		Organization:    c.db.org(m.OrganizationID).json(),
		Membership:      membershipJSON{Type: m.Status + "_member", Member: &shown},
		PrimaryRequired: c.owesPrimary(m, factors),
	}
	if out.PrimaryRequired == nil {
		out.MFARequired = c.owesMFA(m, factors)
	}
	out.MemberAuthenticated = out.PrimaryRequired == nil && out.MFARequired == nil
	return out
}

// eligible says why a stranger could join. By domain, it takes somebody in the
// organization who has proven an address of the domain: otherwise whoever makes
// an organization could draw the people of any domain into it.
func (c *call) eligible(org *organization, email string, factors []factor, i *intermediate) (kind string, details map[string]any) {
	if i == nil || i.local() || org.ID == sandboxOrganization || c.admit(org, email, nil) != nil {
		return "", nil
	}
	domain := domainOf(email)
	if org.Settings.EmailJITProvisioning == restricted && slices.Contains(org.Settings.EmailAllowedDomains, domain) && provesEmail(factors) &&
		slices.ContainsFunc(c.db.roster(org).members, func(m *member) bool {
			return m.Status != statusDeleted && m.Verified && domainOf(m.Email) == domain
		}) {
		return "eligible_to_join_by_email_domain", map[string]any{"domain": domain}
	}
	if i.Tenants.admittedTo(org) {
		return "eligible_to_join_by_oauth_tenant", map[string]any{"provider": i.Tenants.Provider, "tenants": i.Tenants.IDs}
	}
	return "", nil
}

// discoverRequest is POST /v1/b2b/discovery/organizations.
type discoverRequest struct {
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// discoverAnswer is its answer.
type discoverAnswer struct {
	envelope
	EmailAddress            string           `json:"email_address"`
	DiscoveredOrganizations []discoveredJSON `json:"discovered_organizations"`
	OrganizationIDHint      *string          `json:"organization_id_hint"`
}

// discover lists organizations and uses nothing up.
// Source: https://stytch.com/docs/b2b/api/list-discovered-organizations
func discover(c *call, in discoverRequest) (*discoverAnswer, error) {
	if in.IntermediateSessionToken != "" {
		if in.SessionToken != "" || in.SessionJWT != "" {
			return nil, refuse("too_many_session_arguments")
		}
		i, err := c.intermediateOf(in.IntermediateSessionToken)
		if err != nil {
			return nil, err
		}
		if i.local() {
			return nil, refuse("invalid_intermediate_session_token_for_organization")
		}
		return &discoverAnswer{EmailAddress: i.Email, DiscoveredOrganizations: c.discovered(i.Email, i.Factors, i)}, nil
	}
	s, err := c.sessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	out := &discoverAnswer{EmailAddress: c.db.member(s.MemberID).Email, DiscoveredOrganizations: []discoveredJSON{}}
	for _, org := range c.db.Organizations {
		m := c.memberByEmail(org, c.db.member(s.MemberID).Email)
		switch {
		case m == nil:
		case m.ID == s.MemberID: // signed in here already
			shown := c.db.memberJSON(m)
			out.DiscoveredOrganizations = append(out.DiscoveredOrganizations, discoveredJSON{
				Organization:        org.json(),
				Membership:          membershipJSON{Type: m.Status + "_member", Member: &shown},
				MemberAuthenticated: true,
			})
		default:
			out.DiscoveredOrganizations = append(out.DiscoveredOrganizations, c.discoveredMember(m, c.transferable(s, m)))
		}
	}
	return out, nil
}

// nameFromEmail is what an organization is called whose founder did not say: the
// domain, or the part before the @ where the domain is shared by strangers.
func nameFromEmail(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	domain = strings.ToLower(domain)
	if slices.Contains(commonDomains, domain) || strings.HasSuffix(domain, ".edu") || strings.Contains(domain, ".edu.") {
		return local
	}
	return domain
}
