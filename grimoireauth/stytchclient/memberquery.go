package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// MemberQuery says which members to find: those who meet every condition that is
// not empty. The zero MemberQuery finds everybody who was not removed.
type MemberQuery struct {
	Email      string // exactly this address, in any case
	ExternalID string // exactly this one
	Name       string // part of the name, in any case; Stytch cannot search for it, so all pages are read
	// Role is what they are in the class, from every source: exactly this role.
	// Zero: any.
	Role grimoireauth.Role
	// Statuses are those to find. Empty: active, invited and pending.
	Statuses []grimoireauth.MemberStatus
	// PageSize is how many members one call asks for, up to 1000. Zero: 200.
	PageSize int
}

// Members iterates over everybody on the roster: active, invited and pending,
// not those who were removed. It is [Roster.Find] without conditions.
func (r Roster) Members(ctx context.Context, class grimoireauth.ClassID) iter.Seq2[grimoireauth.Member, error] {
	return r.find(ctx, "list members", MemberQuery{}, class)
}

// Find iterates over the members of one or many classes who meet the query. It
// asks Stytch page by page as the loop goes on; a loop that stops early asks no
// further. An error is yielded once, with a zero Member, and ends the loop. No
// such class is [grimoireauth.ErrNotFound], where Stytch says so. Stytch allows 100 searches a
// minute.
// Source: https://stytch.com/docs/b2b/api/search-members
func (r Roster) Find(ctx context.Context, query MemberQuery, classes ...grimoireauth.ClassID) iter.Seq2[grimoireauth.Member, error] {
	return r.find(ctx, "find members", query, classes...)
}

func (r Roster) find(ctx context.Context, op string, query MemberQuery, classes ...grimoireauth.ClassID) iter.Seq2[grimoireauth.Member, error] {
	faults := []error{checkPageSize(query.PageSize)}
	if len(classes) == 0 {
		faults = append(faults, errors.New("the class id is missing"))
	}
	for _, class := range classes {
		faults = append(faults, classFault(class))
	}
	operands, fault := r.operands(query)
	if err := invalid(op, append(faults, fault)...); err != nil {
		return failed[grimoireauth.Member](err)
	}
	return pages(op, func(cursor string) (page[grimoireauth.Member], error) {
		res, err := r.search(ctx, op, &members.SearchParams{
			OrganizationIds: words[string](classes),
			Cursor:          cursor,
			Limit:           pageSize(query.PageSize),
		}, operands)
		if err != nil {
			return page[grimoireauth.Member]{}, err
		}
		out := page[grimoireauth.Member]{next: res.ResultsMetadata.NextCursor, requestID: res.RequestID}
		for _, m := range res.Members {
			if !slices.Contains(classes, grimoireauth.ClassID(m.OrganizationID)) {
				return page[grimoireauth.Member]{}, incomplete(op, res.RequestID, "is about a member of another organization")
			}
			member, err := r.c.memberOf(op, res.RequestID, "", m)
			if err != nil {
				return page[grimoireauth.Member]{}, err
			}
			if query.meets(member) {
				out.items = append(out.items, member)
			}
		}
		return out, nil
	})
}

func (r Roster) search(ctx context.Context, op string, params *members.SearchParams, operands []map[string]any) (*members.SearchResponse, error) {
	if len(operands) > 0 {
		params.Query = &organizations.SearchQuery{Operator: organizations.SearchQueryOperatorAND, Operands: operands}
	}
	return call(ctx, r.c, op, func(ctx context.Context) (*members.SearchResponse, error) {
		return r.c.api.Organizations.Members.Search(ctx, params)
	})
}

// operands are the conditions that Stytch can search for. Its answer is held to
// all of them again.
func (r Roster) operands(q MemberQuery) ([]map[string]any, error) {
	var out []map[string]any
	var faults []error
	if q.Email != "" {
		faults = append(faults, checkEmail(q.Email))
		out = append(out, operand("member_emails", []string{q.Email}))
	}
	if q.ExternalID != "" {
		faults = append(faults, checkExternalID(q.ExternalID, memberIDPrefix))
		out = append(out, operand("member_ids", []string{q.ExternalID}))
	}
	for _, status := range q.Statuses {
		if !slices.Contains([]grimoireauth.MemberStatus{grimoireauth.StatusActive, grimoireauth.StatusInvited, grimoireauth.StatusPending, grimoireauth.StatusDeleted}, status) {
			faults = append(faults, fmt.Errorf("Statuses has %.40q, which Stytch does not know", status))
		}
	}
	if len(q.Statuses) > 0 {
		out = append(out, operand("statuses", q.Statuses))
	}
	if q.Role != grimoireauth.RoleNone {
		ids := roleIDs(r.c.roles, func(role grimoireauth.Role) bool { return role == q.Role })
		switch {
		case len(ids) == 0:
			faults = append(faults, fmt.Errorf("the role table has no Stytch role for %v", q.Role))
		case !slices.Contains(ids, grimoireauth.StytchMember):
			out = append(out, operand("member_roles", ids))
		}
	}
	return out, errors.Join(faults...)
}

func (q MemberQuery) meets(m grimoireauth.Member) bool {
	return (q.Email == "" || text.SameAddress(q.Email, m.Email)) &&
		(q.ExternalID == "" || q.ExternalID == m.ExternalID) &&
		(q.Name == "" || strings.Contains(strings.ToLower(m.Name), strings.ToLower(q.Name))) &&
		(q.Role == grimoireauth.RoleNone || q.Role == m.Role) &&
		(len(q.Statuses) == 0 && m.Status != grimoireauth.StatusDeleted || slices.Contains(q.Statuses, m.Status))
}
