package mock

import (
	"slices"
	"sort"
	"strings"
)

// memberIndex finds the members of one organization by what is looked up often:
// without it a class list of 100,000 could not be searched, nor even be made.
type memberIndex struct {
	members    []*member // oldest first, deleted ones included
	live       int       // how many are not deleted
	byEmail    map[string]*member
	byExternal map[string]*member // deleted ones included: they keep theirs
	retired    map[string]*member
}

func newMemberIndex() *memberIndex {
	return &memberIndex{byEmail: make(map[string]*member), byExternal: make(map[string]*member), retired: make(map[string]*member)}
}

// memberNames are the names under which a member is in the index.
type memberNames struct {
	live            bool
	email, external string
	retired         []string
}

// roster returns the index of the organization's members.
func (db *store) roster(o *organization) *memberIndex { return db.index.rosters[o.ID] }

// addMember stores a new member.
func (db *store) addMember(m *member) {
	m.Seq = db.next()
	db.Members = append(db.Members, m)
	db.indexMember(m)
}

func (db *store) indexMember(m *member) {
	put(&db.index.members, m.ID, m)
	r := db.index.rosters[m.OrganizationID]
	r.members = append(r.members, m)
	db.enter(m)
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

// enter brings the index up to date with a member. What changes a member's status,
// address or external id ends with it.
func (db *store) enter(m *member) {
	r := db.index.rosters[m.OrganizationID]
	if m.entered.live {
		r.live--
		forget(r.byEmail, m.entered.email, m)
		for _, email := range m.entered.retired {
			forget(r.retired, email, m)
		}
	}
	forget(r.byExternal, m.entered.external, m)
	m.entered = memberNames{live: m.Status != statusDeleted, email: foldEmail(m.Email), external: m.ExternalID}
	if m.ExternalID != "" {
		r.byExternal[m.ExternalID] = m
	}
	if !m.entered.live {
		return
	}
	r.live++
	r.byEmail[m.entered.email] = m
	for _, old := range m.Retired {
		email := foldEmail(old.EmailAddress)
		m.entered.retired = append(m.entered.retired, email)
		r.retired[email] = m
	}
}

// forget takes a name out of an index, if it still stands for this record.
func forget[T any](names map[string]*T, name string, record *T) {
	if names[name] == record {
		delete(names, name)
	}
}

// after returns the members whose place is behind this one.
func (r *memberIndex) after(seq int64) []*member {
	return r.members[sort.Search(len(r.members), func(i int) bool { return r.members[i].Seq > seq }):]
}

// named returns the members with these addresses, oldest first.
func (r *memberIndex) named(emails []string) []*member {
	var out []*member
	for _, email := range emails {
		if m := r.byEmail[foldEmail(email)]; m != nil && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *member) int { return int(a.Seq - b.Seq) })
	return out
}
