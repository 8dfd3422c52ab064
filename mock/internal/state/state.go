// Package state is what a project remembers: records that refer to each other by id, and
// an index that finds them. A snapshot is the JSON of [State].
package state

import (
	"slices"
	"strings"
)

// State is everything that the project remembers. Its records refer to each other by
// id, so that encoding/json writes a snapshot of it and reads it again; the index,
// which is made of the records, finds them by id and by name. Stytch.mu guards it.
type State struct {
	// Seq is the place of the newest organization or member; the places give searches
	// their order.
	Seq           int64           `json:"seq"`
	Organizations []*Organization `json:"organizations"` // oldest first
	// DeletedOrganizations are those that deleted members were in.
	DeletedOrganizations []*Organization               `json:"deleted_organizations,omitempty"`
	Members              []*Member                     `json:"members"`                         // oldest first, deleted ones included
	Sessions             map[string]*Session           `json:"sessions,omitempty"`              // by id; a session that has ended is not there
	Intermediates        map[string]*Intermediate      `json:"intermediate_sessions,omitempty"` // by token
	Links                map[string]*Link              `json:"links,omitempty"`                 // by token, used and expired ones included
	Codes                map[string][]*Code            `json:"codes,omitempty"`                 // by what they are for; the newest last
	Visits               map[string]*Visit             `json:"idp_visits,omitempty"`            // browsers that are at an identity provider, by state
	Grants               map[string]*Grant             `json:"idp_tokens,omitempty"`            // one-time tokens of OAuth and SSO
	Passwords            map[string]*Password          `json:"passwords,omitempty"`             // with CrossOrgPasswords, by address
	ForeignTokens        map[string]*ForeignToken      `json:"foreign_tokens,omitempty"`
	IdPUsers             []IdPUser                     `json:"idp_users,omitempty"`
	Impersonations       map[string]*Impersonation     `json:"impersonations,omitempty"`      // by token, used and expired ones included
	ConnectedApps        map[string]*ConnectedApp      `json:"connected_apps,omitempty"`      // by client_id
	AuthorizationCodes   map[string]*AuthorizationCode `json:"authorization_codes,omitempty"` // of Connected Apps, by code
	RateLimits           map[string]Window             `json:"rate_limits,omitempty"`         // how many calls each has let through
	Outbox               []Message                     `json:"outbox,omitempty"`              // oldest first

	index storeIndex
}

// storeIndex finds the records. Invariant: it says what the records say, since
// code that changes the name of a record calls Reindex or ReindexOrganization.
type storeIndex struct {
	organizations map[string]*Organization // by id, deleted ones included
	slugs         map[string]*Organization // by slug in lower case
	externalIDs   map[string]*Organization
	claims        map[string]*Organization // by the e-mail domain that it claims
	connections   map[string]*Connection
	scim          map[string]*SCIMConnection
	members       map[string]*Member
	rosters       map[string]*memberIndex // by the organization's id
	tokens        map[string]*Session     // by session_token
	belongings    map[string]*belongings  // by the member's id
	addresses     map[string][]*Member    // by address, deleted members included; in the order of their places
	joinable      map[string]map[*Organization]bool
}

// organizationNames are the names under which an organization is in the index.
type organizationNames struct {
	slug, externalID string
	claims, joinable []string
}

func (db *State) next() int64 {
	db.Seq++
	return db.Seq
}

// Put adds to a map that may not exist yet, so that the zero State is ready.
func Put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[key] = value
}

// Org returns the organization of this id, deleted or not, or nil.
func (db *State) Org(id string) *Organization { return db.index.organizations[id] }

// IsLive reports whether there is an organization of this id that is not deleted.
func (db *State) IsLive(id string) bool {
	o := db.Org(id)
	return o != nil && db.index.slugs[strings.ToLower(o.Slug)] == o
}

// Member returns the member of this id, deleted or not, or nil.
func (db *State) Member(id string) *Member { return db.index.members[id] }

// Connection returns the SSO connection of this id, or nil.
func (db *State) Connection(id string) *Connection { return db.index.connections[id] }

// SessionByToken returns the session of this session_token, or nil.
func (db *State) SessionByToken(token string) *Session { return db.index.tokens[token] }

// Claimant returns the organization that claims an e-mail domain, or nil.
func (db *State) Claimant(domain string) *Organization { return db.index.claims[domain] }

// Find returns the organization of this id, slug or external id that is not deleted,
// or nil.
func (db *State) Find(name string) *Organization {
	if db.IsLive(name) {
		return db.Org(name)
	}
	if o := db.index.slugs[strings.ToLower(name)]; o != nil && o.Slug == name {
		return o
	}
	return db.index.externalIDs[name]
}

// AddOrganization stores a new organization.
func (db *State) AddOrganization(o *Organization) {
	o.Seq = db.next()
	db.Organizations = append(db.Organizations, o)
	db.ReindexOrganization(o)
}

// ReindexOrganization brings the index up to date with an organization that is not
// deleted. What changes its slug, its external id, its claimed domains or who may join
// ends with it.
func (db *State) ReindexOrganization(o *Organization) {
	db.removeNames(o)
	Put(&db.index.organizations, o.ID, o)
	if db.index.rosters[o.ID] == nil {
		Put(&db.index.rosters, o.ID, newMemberIndex())
	}
	o.indexed = organizationNames{strings.ToLower(o.Slug), o.ExternalID, o.Settings.ClaimedEmailDomains, o.joinKeys()}
	for _, key := range o.indexed.joinable {
		if db.index.joinable[key] == nil {
			Put(&db.index.joinable, key, make(map[*Organization]bool))
		}
		db.index.joinable[key][o] = true
	}
	Put(&db.index.slugs, o.indexed.slug, o)
	if o.ExternalID != "" {
		Put(&db.index.externalIDs, o.ExternalID, o)
	}
	for _, domain := range o.indexed.claims {
		Put(&db.index.claims, domain, o)
	}
}

// removeNames takes the names of an organization out of the index.
func (db *State) removeNames(o *Organization) {
	removeName(db.index.slugs, o.indexed.slug, o)
	removeName(db.index.externalIDs, o.indexed.externalID, o)
	for _, domain := range o.indexed.claims {
		removeName(db.index.claims, domain, o)
	}
	for _, key := range o.indexed.joinable {
		delete(db.index.joinable[key], o)
	}
	o.indexed = organizationNames{}
}

// DeleteOrganization takes an organization out of the list. Its members, who are
// marked as deleted, still refer to it.
func (db *State) DeleteOrganization(o *Organization) {
	db.Organizations = slices.DeleteFunc(db.Organizations, func(other *Organization) bool { return other == o })
	db.removeNames(o)
	db.DeleteSCIM(o)
	if len(db.Roster(o).Members) > 0 {
		db.DeletedOrganizations = append(db.DeletedOrganizations, o)
		return
	}
	delete(db.index.organizations, o.ID)
	delete(db.index.rosters, o.ID)
}

// AddConnection stores a new SSO connection.
func (db *State) AddConnection(o *Organization, n *Connection) {
	n.OrganizationID = o.ID
	o.Connections = append(o.Connections, n)
	Put(&db.index.connections, n.ID, n)
}

// DeleteConnection forgets an SSO connection.
func (db *State) DeleteConnection(o *Organization, n *Connection) {
	o.Connections = slices.DeleteFunc(slices.Clone(o.Connections), func(other *Connection) bool { return other == n })
	delete(db.index.connections, n.ID)
}

// NameTaken reports whether another organization has this slug, in any case, or this
// external id.
func (db *State) NameTaken(o *Organization, name string) bool {
	for _, other := range []*Organization{db.index.slugs[strings.ToLower(name)], db.index.externalIDs[name]} {
		if other != nil && other.ID != o.ID {
			return true
		}
	}
	return false
}
