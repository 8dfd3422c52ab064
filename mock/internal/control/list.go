package control

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageRows is how many rows of a list the page shows at once.
const pageRows = 50

// list is what the page says about one of its lists. The query of the address has the
// number of its page, under its name, and the filter, which is that of all lists: so that
// a page can be reloaded and linked to.
type list struct {
	First, Last, Total int    // rows that are shown, from 1, and all that match
	Earlier, Later     string // addresses; empty: there is no such page
}

// Several reports whether there is more than one page.
func (l list) Several() bool { return l.Total > pageRows }

// filter is what the lists are filtered for.
func filter(query url.Values) string { return strings.ToLower(strings.TrimSpace(query.Get("q"))) }

// matches reports whether one of the texts has what is filtered for, in any case.
func matches(query url.Values, texts ...string) bool {
	return strings.Contains(strings.ToLower(strings.Join(texts, "\n")), filter(query))
}

// onePage returns the rows of a list that the query asks for. A page beyond the last one
// is the last one.
func onePage[T any](query url.Values, name string, rows []T, texts func(T) []string) ([]T, list) {
	if filter(query) != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !matches(query, texts(row)...) })
	}
	last := max(len(rows)-1, 0) / pageRows
	number, err := strconv.Atoi(query.Get(name))
	if err != nil || number < 1 {
		number = 1
	}
	at := min(number-1, last)
	l := list{Total: len(rows)}
	rows = rows[at*pageRows : min((at+1)*pageRows, len(rows))]
	if len(rows) > 0 {
		l.First, l.Last = at*pageRows+1, at*pageRows+len(rows)
	}
	if at > 0 {
		l.Earlier = pageAddress(query, name, at)
	}
	if at < last {
		l.Later = pageAddress(query, name, at+2)
	}
	return rows, l
}

// pageAddress returns the address of a page of a list, from 1. The others stay where they
// are.
func pageAddress(query url.Values, name string, number int) string {
	to := url.Values{}
	for key, values := range query {
		to[key] = values
	}
	to.Set(name, strconv.Itoa(number))
	section := name
	if name == "members" {
		section = "classes"
	}
	return "/?" + to.Encode() + "#" + section
}
