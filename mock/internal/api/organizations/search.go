package organizations

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// organizationsResponse is the response of the search for organizations.
type organizationsResponse struct {
	wire.Envelope
	Organizations   []wire.Organization  `json:"organizations"`
	ResultsMetadata core.ResultsMetadata `json:"results_metadata"`
}

const organizationSearch = "organization_search"

// organizationFilters are the filters that Stytch has. There is none for an
// exact slug but organization_slugs; "organization_slug" is refused.
// Source: https://stytch.com/docs/b2b/api/search-organizations
func organizationFilters(c *core.Request) map[string]core.Filter[*state.Organization] {
	return map[string]core.Filter[*state.Organization]{
		"organization_ids":        {Kind: core.StringList, Match: func(o *state.Organization, v core.Operand) bool { return slices.Contains(v.List, o.ID) }},
		"organization_slugs":      {Kind: core.StringList, Match: func(o *state.Organization, v core.Operand) bool { return slices.Contains(v.List, o.Slug) }},
		"organization_name_fuzzy": {Kind: core.Fuzzy, Match: func(o *state.Organization, v core.Operand) bool { return core.Contains(o.Name, v.Text) }},
		"organization_slug_fuzzy": {Kind: core.Fuzzy, Match: func(o *state.Organization, v core.Operand) bool { return core.Contains(o.Slug, v.Text) }},
		"member_emails":           {Kind: core.StringList, Match: hasMember(c, func(m *state.Member, v core.Operand) bool { return slices.ContainsFunc(v.List, m.HasEmail) })},
		"member_email_fuzzy":      {Kind: core.Fuzzy, Match: hasMember(c, func(m *state.Member, v core.Operand) bool { return core.Contains(m.Email, v.Text) })},
		"allowed_domains": {Kind: core.StringList, Match: func(o *state.Organization, v core.Operand) bool {
			return state.Overlap(o.Settings.EmailAllowedDomains, v.List)
		}},
		"allowed_domain_fuzzy": {Kind: core.Fuzzy, Match: func(o *state.Organization, v core.Operand) bool {
			return anyContains(o.Settings.EmailAllowedDomains, v.Text)
		}},
		"claimed_email_domains": {Kind: core.StringList, Match: func(o *state.Organization, v core.Operand) bool {
			return state.Overlap(o.Settings.ClaimedEmailDomains, v.List)
		}},
		"has_active_sso_connection": {Kind: core.Boolean, Match: func(o *state.Organization, v core.Operand) bool {
			return slices.ContainsFunc(o.Connections, (*state.Connection).Active) == v.Yes
		}},
		"sso_connection_id": {Kind: core.OneString, Match: func(o *state.Organization, v core.Operand) bool { return o.Connection(v.Text) != nil }},
	}
}

// hasMember makes a filter on organizations of one on members. Deleted members
// do not count: they are in no organization.
func hasMember(c *core.Request, match func(*state.Member, core.Operand) bool) func(*state.Organization, core.Operand) bool {
	return func(o *state.Organization, v core.Operand) bool {
		return slices.ContainsFunc(c.State.Roster(o).Members, func(m *state.Member) bool {
			return m.Status != state.StatusDeleted && match(m, v)
		})
	}
}

func anyContains(list []string, part string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return core.Contains(x, part) })
}

// Search is POST /v1/b2b/organizations/search: the only way to list
// organizations.
func Search(c *core.Request, in core.SearchRequest) (*organizationsResponse, error) {
	if err := c.LimitSearch("organizations"); err != nil {
		return nil, err
	}
	matches, _, err := core.Compile(organizationSearch, in.Query, organizationFilters(c))
	if err != nil {
		return nil, err
	}
	var found []*state.Organization
	for _, o := range c.State.Organizations {
		if matches(o) {
			found = append(found, o)
		}
	}
	found, meta, err := core.Page(found, func(o *state.Organization) int64 { return o.Seq }, in, in.Query)
	if err != nil {
		return nil, err
	}
	out := &organizationsResponse{Organizations: []wire.Organization{}, ResultsMetadata: meta}
	for _, o := range found {
		out.Organizations = append(out.Organizations, o.JSON())
	}
	return out, nil
}
