package mock

import (
	"slices"
	"sort"
	"strings"
)

// roll is the list of an organization's members, with what is looked up often:
// without it a class list of 100,000 could not be searched, nor even be made.
type roll struct {
	members    []*member // oldest first, deleted ones included
	live       int       // how many are not deleted
	byEmail    map[string]*member
	byExternal map[string]*member // deleted ones included: they keep theirs
	retired    map[string]*member
}

// entry is under which names a member was entered last.
type entry struct {
	live            bool
	email, external string
	retired         []string
}

// foldEmail makes addresses equal that sameEmail calls so.
func foldEmail(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}

// enter brings the roll up to date with a member. Whatever changes a member's
// status, address or external id ends with it.
func (c *call) enter(m *member) {
	r := m.org.roll
	if m.entered.live {
		r.live--
		forget(r.byEmail, m.entered.email, m)
		for _, email := range m.entered.retired {
			forget(r.retired, email, m)
		}
	}
	forget(r.byExternal, m.entered.external, m)
	m.entered = entry{live: m.status != statusDeleted, email: foldEmail(m.email), external: m.externalID}
	if m.externalID != "" {
		put(&r.byExternal, m.externalID, m)
	}
	if !m.entered.live {
		return
	}
	r.live++
	put(&r.byEmail, m.entered.email, m)
	for _, old := range m.retired {
		email := foldEmail(old.EmailAddress)
		m.entered.retired = append(m.entered.retired, email)
		put(&r.retired, email, m)
	}
}

// forget takes a name off, if it is still this member's.
func forget(names map[string]*member, name string, m *member) {
	if names[name] == m {
		delete(names, name)
	}
}

// after returns the members whose place is behind this one.
func (r *roll) after(seq int64) []*member {
	return r.members[sort.Search(len(r.members), func(i int) bool { return r.members[i].seq > seq }):]
}

// named returns the members with these addresses, oldest first.
func (r *roll) named(emails []string) []*member {
	var out []*member
	for _, email := range emails {
		if m := r.byEmail[foldEmail(email)]; m != nil && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *member) int { return int(a.seq - b.seq) })
	return out
}
