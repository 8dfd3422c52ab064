package world

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock"
)

// newStytch returns the Stytch of a seed. Its policy lets tutors, and those above,
// mark and enroll.
func newStytch(seed Seed) *mock.Stytch {
	s := &mock.Stytch{RandomSeed: uint64(seed) + 1}
	for _, r := range []rank{tutor, instructor, coordinator} {
		s.Roles = append(s.Roles, mock.Role{ID: r.String(), Permissions: []mock.Permission{
			{Resource: "class", Actions: []string{"mark"}}, {Resource: "stytch.member", Actions: []string{"create", "search"}},
		}})
	}
	return s
}

// letter has the newest message to an address.
type letter struct{ link, code string }

// mail returns what was sent to an address since then: the newest link and the
// newest code.
func (w *World) mail(address string, since time.Duration) letter {
	var newest letter
	for _, m := range w.stytch.Outbox() {
		if m.To != address || m.SentAt.Sub(w.clock.start) < since-time.Millisecond {
			continue
		}
		if m.Link != "" {
			newest.link = m.Link
		}
		if m.Code != "" {
			newest.code = m.Code
		}
		w.door.ledger.mu.Lock()
		w.door.ledger.secret(m.Token, "the token of a link")
		if m.Code != "" {
			w.door.ledger.codes[m.Code] = true
		}
		w.door.ledger.mu.Unlock()
	}
	return newest
}

// scan opens a link as a mail scanner does: without cookies, by GET, with redirects. That
// must not use the link up.
func (w *World) scan(e *errand, link string) {
	w.acted("a mail scanner")
	w.oracle.events.happened("a link opened by a mail scanner")
	for range 4 {
		u, err := url.Parse(link)
		if err != nil {
			return
		}
		var res *http.Response
		if strings.HasPrefix(link, site) {
			res = w.bare(e, http.MethodGet, u.RequestURI(), nil)
		} else {
			req, err := http.NewRequest(http.MethodGet, link, nil)
			if err != nil {
				return
			}
			if res, err = w.pass(e, req); err != nil {
				return
			}
		}
		if res == nil || res.Header.Get("Location") == "" {
			return
		}
		next, err := u.Parse(res.Header.Get("Location"))
		if err != nil {
			return
		}
		link = next.String()
	}
}
