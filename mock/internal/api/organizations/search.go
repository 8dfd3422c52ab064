package organizations

import (
	"cmp"
	"slices"
	"sort"

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

// organizationPage returns the page that is asked for. The whole list, and searches for
// what the index has, must not take longer as a school grows.
func organizationPage(c *core.Request, in core.SearchRequest, operands []core.Operand, matches func(*state.Organization) bool) ([]*state.Organization, core.ResultsMetadata, error) {
	seq := func(o *state.Organization) int64 { return o.Seq }
	all := c.State.Organizations
	if len(operands) == 0 {
		limit, after, digest, err := in.Bounds(in.Query)
		if err != nil {
			return nil, core.ResultsMetadata{}, err
		}
		from := sort.Search(len(all), func(i int) bool { return all[i].Seq > after })
		out, meta := core.Take(all[from:], func(*state.Organization) bool { return true }, seq, limit, digest)
		meta.Total = len(all)
		return out, meta, nil
	}
	if in.Query.Operator == "AND" {
		if i := slices.IndexFunc(operands, func(o core.Operand) bool { return indexed[o.Name] != nil }); i >= 0 {
			all = named(c, operands[i])
		}
	}
	var found []*state.Organization
	for _, o := range all {
		if matches(o) {
			found = append(found, o)
		}
	}
	return core.Page(found, seq, in, in.Query)
}

// indexed are the filters for which the index has the organizations that can match.
var indexed = map[string]func(c *core.Request, value string) []*state.Organization{
	"organization_ids":   func(c *core.Request, id string) []*state.Organization { return one(c.State.Find(id)) },
	"organization_slugs": func(c *core.Request, slug string) []*state.Organization { return one(c.State.Find(slug)) },
	"member_emails": func(c *core.Request, email string) []*state.Organization {
		return c.State.Reachable(email, state.OAuthTenants{})
	},
	"claimed_email_domains": func(c *core.Request, domain string) []*state.Organization { return one(c.State.Claimant(domain)) },
}

func one(o *state.Organization) []*state.Organization {
	if o == nil {
		return nil
	}
	return []*state.Organization{o}
}

// named returns the organizations that can match an indexed filter, oldest first.
func named(c *core.Request, operand core.Operand) []*state.Organization {
	var out []*state.Organization
	for _, value := range operand.List {
		for _, o := range indexed[operand.Name](c, value) {
			if !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, func(a, b *state.Organization) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

// Search is POST /v1/b2b/organizations/search: the only way to list
// organizations.
func Search(c *core.Request, in core.SearchRequest) (*organizationsResponse, error) {
	if err := c.LimitSearch("organizations"); err != nil {
		return nil, err
	}
	matches, operands, err := core.Compile(organizationSearch, in.Query, organizationFilters(c))
	if err != nil {
		return nil, err
	}
	found, meta, err := organizationPage(c, in, operands, matches)
	if err != nil {
		return nil, err
	}
	out := &organizationsResponse{Organizations: []wire.Organization{}, ResultsMetadata: meta}
	for _, o := range found {
		out.Organizations = append(out.Organizations, o.JSON())
	}
	return out, nil
}
