package mock

import (
	"slices"
	"strings"
)

// store is everything that the project remembers. Its records refer to each other by
// id, so that encoding/json writes a snapshot of it and reads it again; the index,
// which is made of the records, finds them by id and by name. Stytch.mu guards it.
type store struct {
	// Seq is the place of the newest organization or member; the places give searches
	// their order.
	Seq           int64           `json:"seq"`
	Organizations []*organization `json:"organizations"` // oldest first
	// DeletedOrganizations are those that deleted members were in.
	DeletedOrganizations []*organization           `json:"deleted_organizations,omitempty"`
	Members              []*member                 `json:"members"`                         // oldest first, deleted ones included
	Sessions             map[string]*session       `json:"sessions,omitempty"`              // by id; a session that has ended is not there
	Intermediates        map[string]*intermediate  `json:"intermediate_sessions,omitempty"` // by token
	Links                map[string]*link          `json:"links,omitempty"`                 // by token, used and expired ones included
	Codes                map[string][]*code        `json:"codes,omitempty"`                 // by what they are for; the newest last
	Handoffs             map[string]*handoff       `json:"idp_visits,omitempty"`            // browsers that are at an identity provider, by state
	Grants               map[string]*grant         `json:"idp_tokens,omitempty"`            // one-time tokens of OAuth and SSO
	Passwords            map[string]*password      `json:"passwords,omitempty"`             // with CrossOrgPasswords, by address
	Externals            map[string]*externalToken `json:"foreign_tokens,omitempty"`
	Personas             []person                  `json:"idp_users,omitempty"`
	Windows              map[string]window         `json:"rate_limits,omitempty"` // how many calls each has let through
	Outbox               []Message                 `json:"outbox,omitempty"`      // oldest first

	index storeIndex
}

// storeIndex finds the records. Invariant: it says what the records say, since
// whatever changes the name of one calls enter or enterOrganization.
type storeIndex struct {
	organizations map[string]*organization // by id, deleted ones included
	slugs         map[string]*organization // by slug in lower case
	externalIDs   map[string]*organization
	claims        map[string]*organization // by the e-mail domain that it claims
	connections   map[string]*connection
	members       map[string]*member
	rosters       map[string]*memberIndex // by the organization's id
	tokens        map[string]*session     // by session_token
}

// organizationNames are the names under which an organization is in the index.
type organizationNames struct {
	slug, externalID string
	claims           []string
}

func (db *store) next() int64 {
	db.Seq++
	return db.Seq
}

// put adds to a map that may not exist yet, so that the zero store is ready.
func put[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = make(map[string]V)
	}
	(*m)[key] = value
}

// org returns the organization of this id, deleted or not, or nil.
func (db *store) org(id string) *organization { return db.index.organizations[id] }

// isLive reports whether there is an organization of this id that is not deleted.
func (db *store) isLive(id string) bool {
	o := db.org(id)
	return o != nil && db.index.slugs[strings.ToLower(o.Slug)] == o
}

// member returns the member of this id, deleted or not, or nil.
func (db *store) member(id string) *member { return db.index.members[id] }

// connection returns the SSO connection of this id, or nil.
func (db *store) connection(id string) *connection { return db.index.connections[id] }

// sessionByToken returns the session of this session_token, or nil.
func (db *store) sessionByToken(token string) *session { return db.index.tokens[token] }

// claimant returns the organization that claims an e-mail domain, or nil.
func (db *store) claimant(domain string) *organization { return db.index.claims[domain] }

// find returns the organization of this id, slug or external id that is not deleted,
// or nil.
func (db *store) find(name string) *organization {
	if db.isLive(name) {
		return db.org(name)
	}
	if o := db.index.slugs[strings.ToLower(name)]; o != nil && o.Slug == name {
		return o
	}
	return db.index.externalIDs[name]
}

// addOrganization stores a new organization.
func (db *store) addOrganization(o *organization) {
	o.Seq = db.next()
	db.Organizations = append(db.Organizations, o)
	db.enterOrganization(o)
}

// enterOrganization brings the index up to date with an organization that is not
// deleted. What changes its slug, its external id or its claimed domains ends with it.
func (db *store) enterOrganization(o *organization) {
	db.withdraw(o)
	put(&db.index.organizations, o.ID, o)
	if db.index.rosters[o.ID] == nil {
		put(&db.index.rosters, o.ID, newMemberIndex())
	}
	o.entered = organizationNames{strings.ToLower(o.Slug), o.ExternalID, o.Settings.ClaimedEmailDomains}
	put(&db.index.slugs, o.entered.slug, o)
	if o.ExternalID != "" {
		put(&db.index.externalIDs, o.ExternalID, o)
	}
	for _, domain := range o.entered.claims {
		put(&db.index.claims, domain, o)
	}
}

// withdraw takes the names of an organization out of the index.
func (db *store) withdraw(o *organization) {
	forget(db.index.slugs, o.entered.slug, o)
	forget(db.index.externalIDs, o.entered.externalID, o)
	for _, domain := range o.entered.claims {
		forget(db.index.claims, domain, o)
	}
	o.entered = organizationNames{}
}

// deleteOrganization takes an organization out of the list. Its members, who are
// marked as deleted, still refer to it.
func (db *store) deleteOrganization(o *organization) {
	db.Organizations = slices.DeleteFunc(db.Organizations, func(other *organization) bool { return other == o })
	db.withdraw(o)
	if len(db.roster(o).members) > 0 {
		db.DeletedOrganizations = append(db.DeletedOrganizations, o)
		return
	}
	delete(db.index.organizations, o.ID)
	delete(db.index.rosters, o.ID)
}

// addConnection stores a new SSO connection.
func (db *store) addConnection(o *organization, n *connection) {
	n.OrganizationID = o.ID
	o.Connections = append(o.Connections, n)
	put(&db.index.connections, n.ID, n)
}

// deleteConnection forgets an SSO connection.
func (db *store) deleteConnection(o *organization, n *connection) {
	o.Connections = slices.DeleteFunc(slices.Clone(o.Connections), func(other *connection) bool { return other == n })
	delete(db.index.connections, n.ID)
}

// addSession stores a new session.
func (db *store) addSession(s *session) {
	put(&db.Sessions, s.ID, s)
	put(&db.index.tokens, s.Token, s)
}

// endSessions ends all sessions that match.
func (db *store) endSessions(ends func(*session) bool) {
	for id, s := range db.Sessions {
		if ends(s) {
			delete(db.Sessions, id)
			delete(db.index.tokens, s.Token)
		}
	}
}

// named reports whether another organization has this slug, in any case, or this
// external id.
func (db *store) named(o *organization, name string) bool {
	for _, other := range []*organization{db.index.slugs[strings.ToLower(name)], db.index.externalIDs[name]} {
		if other != nil && other.ID != o.ID {
			return true
		}
	}
	return false
}

// organization finds an organization by its id, its slug or its external id:
// Stytch takes any of them wherever it takes an organization_id.
func (c *call) organization(name string) (*organization, error) {
	if o := c.db.find(name); o != nil {
		return o, nil
	}
	return nil, refuse("organization_not_found")
}

// member finds a member of the organization, who is not deleted, by their id or
// external id.
func (c *call) member(org *organization, name string) (*member, error) {
	m := c.db.member(name)
	if m == nil {
		m = c.db.roster(org).byExternal[name]
	}
	switch {
	case m == nil:
		return nil, refuse("member_not_found")
	case m.OrganizationID != org.ID:
		return nil, refuse("member_does_not_exist_in_organization")
	case m.Status == statusDeleted:
		return nil, refuse("member_not_found")
	}
	return m, nil
}

// memberByEmail finds a member of the organization who is not deleted.
func (c *call) memberByEmail(org *organization, email string) *member {
	return c.db.roster(org).byEmail[foldEmail(email)]
}
