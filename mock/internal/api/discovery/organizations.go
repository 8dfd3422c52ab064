// Package discovery answers /v1/b2b/discovery.
package discovery

import (
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// discoverRequest is POST /v1/b2b/discovery/organizations.
type discoverRequest struct {
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// discoverResponse is its response.
type discoverResponse struct {
	wire.Envelope
	EmailAddress            string                        `json:"email_address"`
	DiscoveredOrganizations []core.DiscoveredOrganization `json:"discovered_organizations"`
	OrganizationIDHint      *string                       `json:"organization_id_hint"`
}

// Organizations lists the organizations that a person is in or can join. It uses up no
// token.
// Source: https://stytch.com/docs/b2b/api/list-discovered-organizations
func Organizations(c *core.Request, in discoverRequest) (*discoverResponse, error) {
	if in.IntermediateSessionToken != "" {
		if in.SessionToken != "" || in.SessionJWT != "" {
			return nil, wire.Error("too_many_session_arguments")
		}
		i, err := c.IntermediateOf(in.IntermediateSessionToken)
		if err != nil {
			return nil, err
		}
		if i.IsLocal() {
			return nil, wire.Error("invalid_intermediate_session_token_for_organization")
		}
		return &discoverResponse{EmailAddress: i.Email, DiscoveredOrganizations: c.Discovered(i.Email, i.Factors, i)}, nil
	}
	s, err := c.SessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	out := &discoverResponse{EmailAddress: c.State.Member(s.MemberID).Email, DiscoveredOrganizations: []core.DiscoveredOrganization{}}
	for _, org := range c.State.Reachable(out.EmailAddress, state.OAuthTenants{}) {
		m := c.MemberByEmail(org, out.EmailAddress)
		switch {
		case m == nil:
		case m.ID == s.MemberID: // signed in here already
			shown := c.State.MemberJSON(m)
			out.DiscoveredOrganizations = append(out.DiscoveredOrganizations, core.DiscoveredOrganization{
				Organization:        org.JSON(),
				Membership:          core.Membership{Type: m.Status + "_member", Member: &shown},
				MemberAuthenticated: true,
			})
		default:
			out.DiscoveredOrganizations = append(out.DiscoveredOrganizations, c.DiscoveredMember(m, c.Transferable(s, m)))
		}
	}
	return out, nil
}

// nameFromEmail is the default name of an organization: the domain of the address of its
// first member, or the part before the @ if strangers share the domain.
func nameFromEmail(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	domain = strings.ToLower(domain)
	if wire.IsCommonDomain(domain) || strings.HasSuffix(domain, ".edu") || strings.Contains(domain, ".edu.") {
		return local
	}
	return domain
}
