package mock

import "slices"

// searchMembersRequest is POST /v1/b2b/organizations/members/search.
type searchMembersRequest struct {
	OrganizationIDs []string `json:"organization_ids"`
	searchRequest
}

// membersAnswer is its answer.
type membersAnswer struct {
	envelope
	Members         []memberJSON                `json:"members"`
	ResultsMetadata resultsMetadata             `json:"results_metadata"`
	Organizations   map[string]organizationJSON `json:"organizations"`
}

const memberSearch = "member_search"

// memberFilters are the filters that Stytch has; SDKs disagree about the names
// of those on phone numbers, so both are taken.
// Source: https://stytch.com/docs/b2b/api/search-members
func (c *call) memberFilters() map[string]filter[*member] {
	phones := filter[*member]{
		kind: stringList, label: "mfa_member_phone_numbers",
		match: func(m *member, v operand) bool { return m.Phone != "" && slices.Contains(v.list, m.Phone) },
	}
	phoneFuzzy := filter[*member]{
		kind: fuzzy, label: "member_mfa_phone_number_fuzzy",
		match: func(m *member, v operand) bool { return contains(m.Phone, v.text) },
	}
	return map[string]filter[*member]{
		"member_ids": {kind: stringList, match: func(m *member, v operand) bool {
			return slices.Contains(v.list, m.ID) || (m.ExternalID != "" && slices.Contains(v.list, m.ExternalID))
		}},
		"member_emails":                 {kind: stringList, match: func(m *member, v operand) bool { return slices.ContainsFunc(v.list, m.hasEmail) }},
		"member_email_fuzzy":            {kind: fuzzy, match: func(m *member, v operand) bool { return contains(m.Email, v.text) }},
		"member_is_breakglass":          {kind: boolean, match: func(m *member, v operand) bool { return m.Breakglass == v.yes }},
		"statuses":                      {kind: stringList, match: func(m *member, v operand) bool { return slices.Contains(v.list, m.Status) }},
		"member_roles":                  {kind: stringList, match: func(m *member, v operand) bool { return overlap(c.db.roleIDs(m), v.list) }},
		"member_password_exists":        {kind: boolean, match: func(m *member, v operand) bool { return (m.Password != nil) == v.yes }},
		"member_mfa_phone_numbers":      phones,
		"member_phone_numbers":          phones,
		"member_mfa_phone_number_fuzzy": phoneFuzzy,
		"member_phone_number_fuzzy":     phoneFuzzy,
	}
}

// memberPage returns the page that is asked for. Whole class lists, and searches
// by address, which must not take longer as a class grows, go by the index.
func (c *call) memberPage(within []*organization, in searchMembersRequest, operands []operand, deletedToo bool, matches func(*member) bool) ([]*member, resultsMetadata, error) {
	stamp := []any{in.OrganizationIDs, in.Query}
	seq := func(m *member) int64 { return m.Seq }
	visible := func(m *member) bool { return deletedToo || m.Status != statusDeleted }
	if len(within) != 1 {
		var found []*member
		for _, m := range c.db.Members {
			if slices.Contains(within, c.db.org(m.OrganizationID)) && visible(m) && matches(m) {
				found = append(found, m)
			}
		}
		return page(found, seq, in.searchRequest, stamp)
	}
	r := c.db.roster(within[0])
	if len(operands) == 0 && !deletedToo {
		limit, after, digest, err := in.bounds(stamp)
		if err != nil {
			return nil, resultsMetadata{}, err
		}
		out, meta := cut(r.after(after), visible, seq, limit, digest)
		meta.Total = r.live
		return out, meta, nil
	}
	among := r.members
	if in.Query.Operator == "AND" && !deletedToo {
		if i := slices.IndexFunc(operands, func(o operand) bool { return o.name == "member_emails" }); i >= 0 {
			among = r.named(operands[i].list)
		}
	}
	var found []*member
	for _, m := range among {
		if visible(m) && matches(m) {
			found = append(found, m)
		}
	}
	return page(found, seq, in.searchRequest, stamp)
}

// searchMembers lists members of the named organizations, deleted ones only if a
// statuses operand asks for them.
func searchMembers(c *call, in searchMembersRequest) (*membersAnswer, error) {
	if len(in.OrganizationIDs) == 0 {
		return nil, refuse("member_search_organization_ids_empty")
	}
	var within []*organization
	for _, name := range in.OrganizationIDs {
		o, err := c.organization(name)
		if err != nil {
			return nil, err
		}
		if err := c.permit(o, nil, "search"); err != nil {
			return nil, err
		}
		within = append(within, o)
	}
	if err := c.limitSearch("members"); err != nil {
		return nil, err
	}
	matches, operands, err := compile(memberSearch, in.Query, c.memberFilters())
	if err != nil {
		return nil, err
	}
	deletedToo, err := checkMemberOperands(operands)
	if err != nil {
		return nil, err
	}
	// Deleted members stay in the store, for reactivation, and out of every list
	// that does not name them.
	found, meta, err := c.memberPage(within, in, operands, deletedToo, matches)
	if err != nil {
		return nil, err
	}
	out := &membersAnswer{Members: []memberJSON{}, ResultsMetadata: meta, Organizations: map[string]organizationJSON{}}
	for _, m := range found {
		out.Members = append(out.Members, c.db.memberJSON(m))
	}
	for _, o := range within {
		out.Organizations[o.ID] = o.json()
	}
	return out, nil
}

// checkMemberOperands refuses values that the filters' types let through, and
// reports whether deleted members are asked for.
func checkMemberOperands(operands []operand) (deletedToo bool, err error) {
	for _, o := range operands {
		switch o.name {
		case "statuses":
			for _, status := range o.list {
				if !slices.Contains([]string{statusPending, statusInvited, statusActive, statusDeleted}, status) {
					return false, refuse("search_invalid_status_filter")
				}
			}
			deletedToo = deletedToo || slices.Contains(o.list, statusDeleted)
		case "member_ids":
			internal := slices.ContainsFunc(o.list, memberIDForm.MatchString)
			external := slices.ContainsFunc(o.list, func(id string) bool { return !memberIDForm.MatchString(id) })
			if internal && external {
				return false, refuse("member_search_cannot_mix_internal_and_external_member_ids")
			}
		}
	}
	return deletedToo, nil
}
