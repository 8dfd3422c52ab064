package stytchclient

import (
	"fmt"
	"iter"
)

// The bounds of "limit": https://stytch.com/docs/b2b/api/search-members
const (
	defaultPage = 200
	maxPage     = 1000
)

func checkPageSize(n int) error {
	if n < 0 || n > maxPage {
		return fmt.Errorf("PageSize %d is not from 1 to %d, or 0 for %d", n, maxPage, defaultPage)
	}
	return nil
}

func pageSize(n int) uint32 {
	if n == 0 {
		return defaultPage
	}
	return uint32(n)
}

// page is one answer of a search.
type page[Item any] struct {
	items     []Item
	next      string // the cursor of the next page; empty on the last
	requestID string
}

// pages iterates over the items of all pages. It asks for a page when the loop
// comes to it, so a loop that stops early costs no further call. An error is
// yielded once, with a zero item, and ends the loop.
func pages[Item any](op string, fetch func(cursor string) (page[Item], error)) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var none Item
		for cursor := ""; ; {
			p, err := fetch(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range p.items {
				if !yield(item, nil) {
					return
				}
			}
			switch p.next {
			case "":
				return
			case cursor:
				// To go on would go round for ever.
				yield(none, incomplete(op, p.requestID, "repeats its cursor"))
				return
			}
			cursor = p.next
		}
	}
}

// failed is an iteration that yields this error only.
func failed[Item any](err error) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var none Item
		yield(none, err)
	}
}

// operand is one condition of a search.
func operand(filter string, value any) map[string]any {
	return map[string]any{"filter_name": filter, "filter_value": value}
}
