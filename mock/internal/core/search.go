package core

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// SearchRequest is what both searches take.
// Source: https://stytch.com/docs/b2b/api/search-members
type SearchRequest struct {
	Cursor string       `json:"cursor"`
	Limit  *int         `json:"limit"`
	Query  *searchQuery `json:"query"`
}

// searchQuery combines operands. The operator is compared exactly; whether
// Stytch ignores its case is not published.
type searchQuery struct {
	Operator string                       `json:"operator"`
	Operands []map[string]json.RawMessage `json:"operands"`
}

// ResultsMetadata has the number of all results and the cursor of the next page.
type ResultsMetadata struct {
	Total      int     `json:"total"`
	NextCursor *string `json:"next_cursor"`
}

const (
	defaultSearchLimit = 100
	maxSearchLimit     = 1000
)

// valueKind is the type of a filter's value.
type valueKind uint8

// The kinds of values.
const (
	StringList valueKind = iota
	OneString
	Fuzzy // a string of three characters or more, found anywhere, in any case
	Boolean
)

// Filter is one filter_name.
type Filter[T any] struct {
	Kind  valueKind
	Match func(item T, value Operand) bool
	// Label is the filter's name in error types. Empty: the filter_name.
	Label string
}

// Operand is the value of one filter in a request.
type Operand struct {
	Name string
	List []string
	Text string
	Yes  bool
}

// searchFault is a 400 of one of the searches; family is "organization_search"
// or "member_search", and the rest follows one scheme.
func searchFault(family, kind string) error {
	return &wire.APIError{Status: http.StatusBadRequest, Type: family + "_" + kind, Message: "The search query is invalid."}
}

// Compile turns a query into a predicate.
func Compile[T any](family string, query *searchQuery, filters map[string]Filter[T]) (func(T) bool, []Operand, error) {
	if query == nil {
		return func(T) bool { return true }, nil, nil
	}
	if query.Operator != "AND" && query.Operator != "OR" {
		return nil, nil, wire.Error("user_search_invalid_operator")
	}
	var operands []Operand
	var tests []func(T) bool
	for _, raw := range query.Operands {
		value, f, err := readOperand(family, raw, filters)
		if err != nil {
			return nil, nil, err
		}
		operands = append(operands, value)
		tests = append(tests, func(item T) bool { return f.Match(item, value) })
	}
	// AND is false at the first test that is false, OR true at the first that is
	// true: "all" is what every test has to say for the loop to go on.
	all := query.Operator == "AND" || len(tests) == 0 // no operands filter nothing
	return func(item T) bool {
		for _, test := range tests {
			if test(item) != all {
				return !all
			}
		}
		return all
	}, operands, nil
}

func readOperand[T any](family string, raw map[string]json.RawMessage, filters map[string]Filter[T]) (Operand, Filter[T], error) {
	var none Filter[T]
	fail := func(kind string) (Operand, Filter[T], error) { return Operand{}, none, searchFault(family, kind) }
	rawName, ok := raw["filter_name"]
	if !ok {
		return fail("missing_filter_name")
	}
	var out Operand
	if json.Unmarshal(rawName, &out.Name) != nil {
		return fail("filter_name_must_be_string")
	}
	f, ok := filters[out.Name]
	if !ok {
		return fail("filter_name_not_recognized")
	}
	label := f.Label
	if label == "" {
		label = out.Name
	}
	value, ok := raw["filter_value"]
	if !ok || string(value) == "null" {
		return fail("missing_filter_value")
	}
	switch f.Kind {
	case StringList:
		if json.Unmarshal(value, &out.List) != nil {
			return fail("expected_array_of_strings")
		}
		if len(out.List) == 0 {
			return fail("missing_" + label)
		}
	case Boolean:
		if json.Unmarshal(value, &out.Yes) != nil {
			return fail("expected_boolean")
		}
	default:
		if json.Unmarshal(value, &out.Text) != nil {
			return fail("expected_string")
		}
		switch n := utf8.RuneCountInString(out.Text); {
		case n == 0:
			return fail("missing_" + label)
		case f.Kind == Fuzzy && n < 3:
			return fail(label + "_too_short")
		}
	}
	return out, f, nil
}

// Contains reports whether a text has a part, in any case.
func Contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// Page returns the items after the cursor, and the next cursor. A cursor is valid for one
// query and names the last item of a page, so that items which are added or deleted
// between two pages neither shift nor repeat others.
func Page[T any](items []T, seq func(T) int64, in SearchRequest, query any) ([]T, ResultsMetadata, error) {
	limit, after, digest, err := in.Bounds(query)
	if err != nil {
		return nil, ResultsMetadata{}, err
	}
	out, meta := Take(items, func(item T) bool { return seq(item) > after }, seq, limit, digest)
	meta.Total = len(items)
	return out, meta, nil
}

// Bounds reads the limit and the cursor; the digest is that of the query.
func (in SearchRequest) Bounds(query any) (limit int, after int64, digest [sha256.Size]byte, err error) {
	limit = defaultSearchLimit
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > maxSearchLimit {
		return 0, 0, digest, wire.Error("user_search_invalid_limit")
	}
	stamp, err := json.Marshal(query)
	if err != nil {
		return 0, 0, digest, wire.Error("bad_request")
	}
	digest = sha256.Sum256(stamp)
	if in.Cursor != "" {
		after, err = readCursor(in.Cursor, digest)
	}
	return limit, after, digest, err
}

// Take takes the first items that are wanted, and the cursor if there are more.
func Take[T any](items []T, wanted func(T) bool, seq func(T) int64, limit int, digest [sha256.Size]byte) ([]T, ResultsMetadata) {
	out := make([]T, 0, min(limit, len(items)))
	var meta ResultsMetadata
	for _, item := range items {
		if !wanted(item) {
			continue
		}
		if len(out) == limit {
			next := newCursor(seq(out[limit-1]), digest)
			meta.NextCursor = &next
			break
		}
		out = append(out, item)
	}
	return out, meta
}

func newCursor(seq int64, digest [sha256.Size]byte) string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%x.%d", digest[:8], seq))
}

func readCursor(cursor string, digest [sha256.Size]byte) (int64, error) {
	raw, err := base64.URLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, wire.Error("user_search_invalid_cursor")
	}
	// Sscanf takes a number with words after it; encoding again does not.
	var seq int64
	if _, err := fmt.Sscanf(string(raw), fmt.Sprintf("%x.%%d", digest[:8]), &seq); err != nil || newCursor(seq, digest) != cursor {
		return 0, wire.Error("user_search_invalid_cursor")
	}
	return seq, nil
}
