package classlist

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// roll is a class's roster, arranged for looking people up.
type roll struct {
	members []grimoireauth.Member // in a fixed order
	byEmail map[string]*grimoireauth.Member
	byID    map[string]*grimoireauth.Member
}

// newRoll puts those who are in the class before those who were removed: an
// address, or a number, of both belongs to the former.
func newRoll(members []grimoireauth.Member) roll {
	r := roll{members: slices.Clone(members), byEmail: map[string]*grimoireauth.Member{}, byID: map[string]*grimoireauth.Member{}}
	removed := func(m grimoireauth.Member) int {
		if m.Status == grimoireauth.StatusDeleted {
			return 1
		}
		return 0
	}
	slices.SortFunc(r.members, func(a, b grimoireauth.Member) int {
		return cmp.Or(removed(a)-removed(b), strings.Compare(strings.ToLower(a.Email), strings.ToLower(b.Email)), cmp.Compare(a.Member, b.Member))
	})
	for i := range r.members {
		m := &r.members[i]
		if email := strings.ToLower(m.Email); r.byEmail[email] == nil {
			r.byEmail[email] = m
		}
		if m.ExternalID != "" && r.byID[m.ExternalID] == nil {
			r.byID[m.ExternalID] = m
		}
	}
	return r
}

// find returns the member whom a row is about, nil for somebody new, or what
// makes it impossible to tell. Nobody is ever taken for somebody else: an address
// or a number that points elsewhere has to be put right by hand.
func (r roll) find(row Row) (*grimoireauth.Member, string) {
	m := r.byEmail[row.Email]
	if m != nil && m.Status == grimoireauth.StatusDeleted && !m.EmailVerified {
		// Stytch brings nobody back who never proved the address: they begin anew.
		// Source: https://stytch.com/docs/b2b/api/reactivate-member
		m = nil
	}
	if row.ID == "" {
		return m, ""
	}
	same := r.byID[row.ID]
	switch {
	case same != nil && same != m && same.Status != grimoireauth.StatusDeleted:
		return nil, fmt.Sprintf("the ID number belongs to %s, who has another e-mail address in the class: change one of the two first", same.Member)
	case m != nil && m.ExternalID != "" && m.ExternalID != row.ID:
		if m.Status == grimoireauth.StatusDeleted {
			return nil, "" // the address was somebody else's before
		}
		return nil, fmt.Sprintf("the e-mail address belongs to %s, who has another ID number in the class", m.Member)
	}
	return m, ""
}

// gone returns the members whom an import added and who are not among these.
func (r roll) gone(on map[grimoireauth.MemberID]bool) []grimoireauth.Member {
	var gone []grimoireauth.Member
	for _, m := range r.members {
		if _, imported := sourceOf(m); imported && m.Status != grimoireauth.StatusDeleted && !on[m.Member] {
			gone = append(gone, m)
		}
	}
	return gone
}
