package mock

import "slices"

// organizationsAnswer is the answer of the search for organizations.
type organizationsAnswer struct {
	envelope
	Organizations   []organizationJSON `json:"organizations"`
	ResultsMetadata resultsMetadata    `json:"results_metadata"`
}

const organizationSearch = "organization_search"

// organizationFilters are the filters that Stytch has. There is none for an
// exact slug but organization_slugs; "organization_slug" is refused.
// Source: https://stytch.com/docs/b2b/api/search-organizations
func (c *call) organizationFilters() map[string]filter[*organization] {
	return map[string]filter[*organization]{
		"organization_ids":        {kind: stringList, match: func(o *organization, v operand) bool { return slices.Contains(v.list, o.ID) }},
		"organization_slugs":      {kind: stringList, match: func(o *organization, v operand) bool { return slices.Contains(v.list, o.Slug) }},
		"organization_name_fuzzy": {kind: fuzzy, match: func(o *organization, v operand) bool { return contains(o.Name, v.text) }},
		"organization_slug_fuzzy": {kind: fuzzy, match: func(o *organization, v operand) bool { return contains(o.Slug, v.text) }},
		"member_emails":           {kind: stringList, match: c.hasMember(func(m *member, v operand) bool { return slices.ContainsFunc(v.list, m.hasEmail) })},
		"member_email_fuzzy":      {kind: fuzzy, match: c.hasMember(func(m *member, v operand) bool { return contains(m.Email, v.text) })},
		"allowed_domains":         {kind: stringList, match: func(o *organization, v operand) bool { return overlap(o.Settings.EmailAllowedDomains, v.list) }},
		"allowed_domain_fuzzy":    {kind: fuzzy, match: func(o *organization, v operand) bool { return anyContains(o.Settings.EmailAllowedDomains, v.text) }},
		"claimed_email_domains":   {kind: stringList, match: func(o *organization, v operand) bool { return overlap(o.Settings.ClaimedEmailDomains, v.list) }},
		"has_active_sso_connection": {kind: boolean, match: func(o *organization, v operand) bool {
			return slices.ContainsFunc(o.Connections, (*connection).active) == v.yes
		}},
		"sso_connection_id": {kind: oneString, match: func(o *organization, v operand) bool { return o.connection(v.text) != nil }},
	}
}

// hasMember makes a filter on organizations of one on members. Deleted members
// do not count: they are in no organization.
func (c *call) hasMember(match func(*member, operand) bool) func(*organization, operand) bool {
	return func(o *organization, v operand) bool {
		return slices.ContainsFunc(c.db.roster(o).members, func(m *member) bool {
			return m.Status != statusDeleted && match(m, v)
		})
	}
}

func (m *member) hasEmail(email string) bool { return sameEmail(m.Email, email) }

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func anyContains(list []string, part string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return contains(x, part) })
}

// searchOrganizations is POST /v1/b2b/organizations/search: the only way to list
// organizations.
func searchOrganizations(c *call, in searchRequest) (*organizationsAnswer, error) {
	if err := c.limitSearch("organizations"); err != nil {
		return nil, err
	}
	matches, _, err := compile(organizationSearch, in.Query, c.organizationFilters())
	if err != nil {
		return nil, err
	}
	var found []*organization
	for _, o := range c.db.Organizations {
		if matches(o) {
			found = append(found, o)
		}
	}
	found, meta, err := page(found, func(o *organization) int64 { return o.Seq }, in, in.Query)
	if err != nil {
		return nil, err
	}
	out := &organizationsAnswer{Organizations: []organizationJSON{}, ResultsMetadata: meta}
	for _, o := range found {
		out.Organizations = append(out.Organizations, o.json())
	}
	return out, nil
}
