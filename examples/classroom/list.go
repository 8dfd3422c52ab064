package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// pageRows is how many rows a page of a list has.
const pageRows = 50

// list is the state of a list that is shown page by page, with a filter. The query of the
// address holds both, so that a page can be reloaded and linked to.
type list struct {
	Path               string
	Label              string // of the filter
	Query              string // what is filtered for; empty: everything is shown
	First, Last, Total int    // rows of this page, from 1, and of all pages
	Earlier, Later     string // addresses; empty: there is no such page
}

// Several reports whether there is more than one page.
func (l list) Several() bool { return l.Total > pageRows }

// onePage returns the rows of the page that the request is for. A row matches if one of
// its texts contains the filter, in any case of letters. A page beyond the last one is the
// last one.
func onePage[T any](r *http.Request, label string, rows []T, texts func(T) []string) ([]T, list) {
	l := list{Path: r.URL.Path, Label: label, Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	if l.Query != "" {
		var found []T
		for _, row := range rows {
			if strings.Contains(strings.ToLower(strings.Join(texts(row), "\n")), strings.ToLower(l.Query)) {
				found = append(found, row)
			}
		}
		rows = found
	}
	l.Total = len(rows)
	last := max(l.Total-1, 0) / pageRows
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	at := min(number-1, last)
	rows = rows[at*pageRows : min((at+1)*pageRows, l.Total)]
	l.First, l.Last = at*pageRows+1, at*pageRows+len(rows)
	if at > 0 {
		l.Earlier = l.page(at)
	}
	if at < last {
		l.Later = l.page(at + 2)
	}
	return rows, l
}

// page returns the address of a page, from 1.
func (l list) page(number int) string {
	query := url.Values{"page": {strconv.Itoa(number)}}
	if l.Query != "" {
		query.Set("q", l.Query)
	}
	return l.Path + "?" + query.Encode()
}
