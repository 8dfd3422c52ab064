package members

import (
	"cmp"
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// searchMembersRequest is POST /v1/b2b/organizations/members/search.
type searchMembersRequest struct {
	OrganizationIDs []string `json:"organization_ids"`
	core.SearchRequest
}

// membersResponse is its response.
type membersResponse struct {
	wire.Envelope
	Members         []wire.Member                `json:"members"`
	ResultsMetadata core.ResultsMetadata         `json:"results_metadata"`
	Organizations   map[string]wire.Organization `json:"organizations"`
}

const memberSearch = "member_search"

// memberFilters are the filters that Stytch has; SDKs disagree about the names
// of those on phone numbers, so both are taken.
// Source: https://stytch.com/docs/b2b/api/search-members
func memberFilters(c *core.Request) map[string]core.Filter[*state.Member] {
	phones := core.Filter[*state.Member]{
		Kind: core.StringList, Label: "mfa_member_phone_numbers",
		Match: func(m *state.Member, v core.Operand) bool { return m.Phone != "" && slices.Contains(v.List, m.Phone) },
	}
	phoneFuzzy := core.Filter[*state.Member]{
		Kind: core.Fuzzy, Label: "member_mfa_phone_number_fuzzy",
		Match: func(m *state.Member, v core.Operand) bool { return core.Contains(m.Phone, v.Text) },
	}
	return map[string]core.Filter[*state.Member]{
		"member_ids": {Kind: core.StringList, Match: func(m *state.Member, v core.Operand) bool {
			return slices.Contains(v.List, m.ID) || (m.ExternalID != "" && slices.Contains(v.List, m.ExternalID))
		}},
		"member_emails":                 {Kind: core.StringList, Match: func(m *state.Member, v core.Operand) bool { return slices.ContainsFunc(v.List, m.HasEmail) }},
		"member_email_fuzzy":            {Kind: core.Fuzzy, Match: func(m *state.Member, v core.Operand) bool { return core.Contains(m.Email, v.Text) }},
		"member_is_breakglass":          {Kind: core.Boolean, Match: func(m *state.Member, v core.Operand) bool { return m.Breakglass == v.Yes }},
		"statuses":                      {Kind: core.StringList, Match: func(m *state.Member, v core.Operand) bool { return slices.Contains(v.List, m.Status) }},
		"member_roles":                  {Kind: core.StringList, Match: func(m *state.Member, v core.Operand) bool { return state.Overlap(c.State.RoleIDs(m), v.List) }},
		"member_password_exists":        {Kind: core.Boolean, Match: func(m *state.Member, v core.Operand) bool { return (m.Password != nil) == v.Yes }},
		"member_mfa_phone_numbers":      phones,
		"member_phone_numbers":          phones,
		"member_mfa_phone_number_fuzzy": phoneFuzzy,
		"member_phone_number_fuzzy":     phoneFuzzy,
	}
}

// memberPage returns the page that is asked for. Whole class lists, and searches
// by address, which must not take longer as a class grows, go by the index.
func memberPage(c *core.Request, within []*state.Organization, in searchMembersRequest, operands []core.Operand, deletedToo bool, matches func(*state.Member) bool) ([]*state.Member, core.ResultsMetadata, error) {
	stamp := []any{in.OrganizationIDs, in.Query}
	seq := func(m *state.Member) int64 { return m.Seq }
	visible := func(m *state.Member) bool { return deletedToo || m.Status != state.StatusDeleted }
	if len(within) != 1 {
		var found []*state.Member
		for i, o := range within {
			if slices.Contains(within[:i], o) {
				continue
			}
			for _, m := range c.State.Roster(o).Members {
				if visible(m) && matches(m) {
					found = append(found, m)
				}
			}
		}
		slices.SortFunc(found, func(a, b *state.Member) int { return cmp.Compare(a.Seq, b.Seq) })
		return core.Page(found, seq, in.SearchRequest, stamp)
	}
	r := c.State.Roster(within[0])
	if len(operands) == 0 && !deletedToo {
		limit, after, digest, err := in.Bounds(stamp)
		if err != nil {
			return nil, core.ResultsMetadata{}, err
		}
		out, meta := core.Take(r.After(after), visible, seq, limit, digest)
		meta.Total = r.Live
		return out, meta, nil
	}
	among := r.Members
	if in.Query.Operator == "AND" && !deletedToo {
		if i := slices.IndexFunc(operands, func(o core.Operand) bool { return o.Name == "member_emails" }); i >= 0 {
			among = r.Named(operands[i].List)
		}
	}
	var found []*state.Member
	for _, m := range among {
		if visible(m) && matches(m) {
			found = append(found, m)
		}
	}
	return core.Page(found, seq, in.SearchRequest, stamp)
}

// Search lists members of the named organizations, deleted ones only if a
// statuses operand asks for them.
func Search(c *core.Request, in searchMembersRequest) (*membersResponse, error) {
	if len(in.OrganizationIDs) == 0 {
		return nil, wire.Error("member_search_organization_ids_empty")
	}
	var within []*state.Organization
	for _, name := range in.OrganizationIDs {
		o, err := c.Organization(name)
		if err != nil {
			return nil, err
		}
		if err := c.Permit(o, nil, "search"); err != nil {
			return nil, err
		}
		within = append(within, o)
	}
	if err := c.LimitSearch("members"); err != nil {
		return nil, err
	}
	matches, operands, err := core.Compile(memberSearch, in.Query, memberFilters(c))
	if err != nil {
		return nil, err
	}
	deletedToo, err := checkMemberOperands(operands)
	if err != nil {
		return nil, err
	}
	// Deleted members stay in the state, for reactivation. A list has them only if the
	// request names their status.
	found, meta, err := memberPage(c, within, in, operands, deletedToo, matches)
	if err != nil {
		return nil, err
	}
	out := &membersResponse{Members: []wire.Member{}, ResultsMetadata: meta, Organizations: map[string]wire.Organization{}}
	for _, m := range found {
		out.Members = append(out.Members, c.State.MemberJSON(m))
	}
	for _, o := range within {
		out.Organizations[o.ID] = o.JSON()
	}
	return out, nil
}

// checkMemberOperands refuses values that the filters' types let through, and
// reports whether deleted members are asked for.
func checkMemberOperands(operands []core.Operand) (deletedToo bool, err error) {
	for _, o := range operands {
		switch o.Name {
		case "statuses":
			for _, status := range o.List {
				if !slices.Contains([]string{state.StatusPending, state.StatusInvited, state.StatusActive, state.StatusDeleted}, status) {
					return false, wire.Error("search_invalid_status_filter")
				}
			}
			deletedToo = deletedToo || slices.Contains(o.List, state.StatusDeleted)
		case "member_ids":
			internal := slices.ContainsFunc(o.List, core.MemberIDForm.MatchString)
			external := slices.ContainsFunc(o.List, func(id string) bool { return !core.MemberIDForm.MatchString(id) })
			if internal && external {
				return false, wire.Error("member_search_cannot_mix_internal_and_external_member_ids")
			}
		}
	}
	return deletedToo, nil
}
