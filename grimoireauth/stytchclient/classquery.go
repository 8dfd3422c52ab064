package stytchclient

import (
	"context"
	"errors"
	"iter"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// ClassQuery says which classes to find: those that meet every condition that is
// not empty. The zero ClassQuery finds all classes of the project.
type ClassQuery struct {
	Name   string // part of the name, in any case: three characters or more
	Slug   string // part of the slug, in any case: three characters or more
	Email  string // a member with exactly this address is in the class
	Domain string // the domain is one of [grimoireauth.ClassSettings.Domains]
	// PageSize is how many classes one call asks for, up to 1000. Zero: 200.
	PageSize int
}

// Find iterates over the classes that meet the query, archived ones included, in
// Stytch's order. It asks page by page as the loop goes on, and a loop that stops
// early asks no further. An error is yielded once, with a zero Class, and ends
// the loop. Stytch allows 100 searches a minute.
// Source: https://stytch.com/docs/b2b/api/search-organizations
func (cs Classes) Find(ctx context.Context, query ClassQuery) iter.Seq2[grimoireauth.Class, error] {
	const op = "find classes"
	operands, fault := query.operands()
	if err := invalid(op, fault); err != nil {
		return failed[grimoireauth.Class](err)
	}
	return pages(op, func(cursor string) (page[grimoireauth.Class], error) {
		params := &organizations.SearchParams{Cursor: cursor, Limit: pageSize(query.PageSize)}
		if len(operands) > 0 {
			params.Query = &organizations.SearchQuery{Operator: organizations.SearchQueryOperatorAND, Operands: operands}
		}
		res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.SearchResponse, error) {
			return cs.c.api.Organizations.Search(ctx, params)
		})
		if err != nil {
			return page[grimoireauth.Class]{}, err
		}
		out := page[grimoireauth.Class]{next: res.ResultsMetadata.NextCursor, requestID: res.RequestID}
		for _, org := range res.Organizations {
			class, err := cs.c.classOf(op, res.RequestID, "", org)
			if err != nil {
				return page[grimoireauth.Class]{}, err
			}
			out.items = append(out.items, class)
		}
		return out, nil
	})
}

func (q ClassQuery) operands() ([]map[string]any, error) {
	var out []map[string]any
	faults := []error{checkPageSize(q.PageSize)}
	for _, part := range []struct{ field, text, filter string }{
		{"Name", q.Name, "organization_name_fuzzy"},
		{"Slug", q.Slug, "organization_slug_fuzzy"},
	} {
		if part.text == "" {
			continue
		}
		if utf8.RuneCountInString(part.text) < 3 {
			faults = append(faults, errors.New(part.field+" has fewer than three characters, which Stytch does not search for"))
		}
		out = append(out, operand(part.filter, part.text))
	}
	if q.Email != "" {
		faults = append(faults, checkEmail(q.Email))
		out = append(out, operand("member_emails", []string{q.Email}))
	}
	if q.Domain != "" {
		out = append(out, operand("allowed_domains", []string{q.Domain}))
	}
	return out, errors.Join(faults...)
}
