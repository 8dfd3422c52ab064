package state

import (
	"cmp"
	"slices"
	"sort"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// memberIndex finds the members of one organization by what is looked up often:
// without it a class list of 100,000 could not be searched, nor even be made.
type memberIndex struct {
	Members    []*Member // oldest first, deleted ones included
	Live       int       // how many are not deleted
	ByEmail    map[string]*Member
	ByExternal map[string]*Member // deleted ones included: they keep theirs
	Retired    map[string]*Member
	ByUserName map[string]*Member // the directory's name for them; deprovisioned ones included
	ByPhone    map[string]*Member
	byAccount  map[string]*Member // at an identity provider; of a connection that is gone, too
}

func newMemberIndex() *memberIndex {
	return &memberIndex{
		ByEmail: make(map[string]*Member), ByExternal: make(map[string]*Member),
		Retired: make(map[string]*Member), ByUserName: make(map[string]*Member),
		ByPhone: make(map[string]*Member), byAccount: make(map[string]*Member),
	}
}

// memberNames are the names under which a member is in the index.
type memberNames struct {
	live            bool
	email, external string
	address         string // in the index of all addresses, also of a deleted member
	retired         []string
	userName, phone string
	accounts        []string
}

// Roster returns the index of the organization's members.
func (db *State) Roster(o *Organization) *memberIndex { return db.index.rosters[o.ID] }

// AddMember stores a new member.
func (db *State) AddMember(m *Member) {
	m.Seq = db.next()
	db.Members = append(db.Members, m)
	db.indexMember(m)
}

func (db *State) indexMember(m *Member) {
	Put(&db.index.members, m.ID, m)
	r := db.index.rosters[m.OrganizationID]
	r.Members = append(r.Members, m)
	db.Reindex(m)
}

// Reindex brings the index up to date with a member. What changes a member's status,
// address, external id, phone number or accounts ends with it.
func (db *State) Reindex(m *Member) {
	r := db.index.rosters[m.OrganizationID]
	db.reindexAddress(m)
	if m.indexed.live {
		r.Live--
		removeName(r.ByEmail, m.indexed.email, m)
		for _, email := range m.indexed.retired {
			removeName(r.Retired, email, m)
		}
		removeName(r.ByPhone, m.indexed.phone, m)
		for _, account := range m.indexed.accounts {
			removeName(r.byAccount, account, m)
		}
	}
	removeName(r.ByExternal, m.indexed.external, m)
	removeName(r.ByUserName, m.indexed.userName, m)
	m.indexed = memberNames{address: m.indexed.address, live: m.Status != StatusDeleted, email: wire.FoldEmail(m.Email), external: m.ExternalID}
	if m.ExternalID != "" {
		r.ByExternal[m.ExternalID] = m
	}
	if m.SCIM != nil {
		m.indexed.userName = wire.FoldEmail(m.SCIM.Person.UserName)
		r.ByUserName[m.indexed.userName] = m
	}
	if !m.indexed.live {
		return
	}
	r.Live++
	r.ByEmail[m.indexed.email] = m
	for _, old := range m.Retired {
		email := wire.FoldEmail(old.EmailAddress)
		m.indexed.retired = append(m.indexed.retired, email)
		r.Retired[email] = m
	}
	if m.Phone != "" {
		m.indexed.phone = m.Phone
		r.ByPhone[m.Phone] = m
	}
	for _, a := range m.SSO {
		m.indexed.accounts = append(m.indexed.accounts, ssoAccount(a.ConnectionID, a.ExternalID))
	}
	for _, a := range m.OAuth {
		m.indexed.accounts = append(m.indexed.accounts, oauthAccount(a.Provider, a.Subject))
	}
	for _, account := range m.indexed.accounts {
		r.byAccount[account] = m
	}
}

func ssoAccount(connectionID, externalID string) string {
	return "sso " + connectionID + " " + externalID
}
func oauthAccount(provider, subject string) string { return "oauth " + provider + " " + subject }

// BySSO returns the member with this account at an SSO identity provider, who is not
// deleted, and the account; or nil.
func (r *memberIndex) BySSO(connectionID, externalID string) (*Member, *SSORegistration) {
	m := r.byAccount[ssoAccount(connectionID, externalID)]
	if m == nil {
		return nil, nil
	}
	for _, a := range m.SSO {
		if a.ConnectionID == connectionID && a.ExternalID == externalID {
			return m, a
		}
	}
	return nil, nil
}

// ByOAuth does so for an account at an OAuth provider.
func (r *memberIndex) ByOAuth(provider, subject string) (*Member, *OAuthRegistration) {
	m := r.byAccount[oauthAccount(provider, subject)]
	if m == nil {
		return nil, nil
	}
	for _, a := range m.OAuth {
		if a.Provider == provider && a.Subject == subject {
			return m, a
		}
	}
	return nil, nil
}

// reindexAddress puts a member where those with the same address are.
func (db *State) reindexAddress(m *Member) {
	now := wire.FoldEmail(m.Email)
	if m.indexed.address == now {
		return
	}
	if was := m.indexed.address; was != "" {
		db.index.addresses[was] = slices.DeleteFunc(db.index.addresses[was], func(other *Member) bool { return other == m })
		if len(db.index.addresses[was]) == 0 {
			delete(db.index.addresses, was)
		}
	}
	there := db.index.addresses[now]
	at, _ := slices.BinarySearchFunc(there, m, func(a, b *Member) int { return cmp.Compare(a.Seq, b.Seq) })
	Put(&db.index.addresses, now, slices.Insert(there, at, m))
	m.indexed.address = now
}

// removeName takes a name out of an index, if it still stands for this record.
func removeName[T any](names map[string]*T, name string, record *T) {
	if names[name] == record {
		delete(names, name)
	}
}

// After returns the members whose place is behind this one.
func (r *memberIndex) After(seq int64) []*Member {
	return r.Members[sort.Search(len(r.Members), func(i int) bool { return r.Members[i].Seq > seq }):]
}

// Named returns the members with these addresses, oldest first.
func (r *memberIndex) Named(emails []string) []*Member {
	var out []*Member
	for _, email := range emails {
		if m := r.ByEmail[wire.FoldEmail(email)]; m != nil && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *Member) int { return int(a.Seq - b.Seq) })
	return out
}

// HasEmail reports whether the address is the member's, in any case.
func (m *Member) HasEmail(email string) bool { return wire.SameEmail(m.Email, email) }

// Overlap reports whether two lists have an element in common.
func Overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}
