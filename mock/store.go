package mock

// store is everything that the project remembers. Stytch.mu guards it.
type store struct {
	seq           int64           // the last creation; gives searches their order
	organizations []*organization // oldest first
	members       []*member       // oldest first, deleted ones included
	membersByID   map[string]*member
	sessions      map[string]*session // live ones, by id
	tokens        map[string]*session // the same, by session_token
	links         map[string]*link    // by token, used and expired ones included
	intermediates map[string]*intermediate
	codes         map[string][]*code   // by what they are for; the newest last
	handoffs      map[string]*handoff  // people who are at an identity provider, by state
	grants        map[string]*grant    // one-time tokens of OAuth and SSO
	passwords     map[string]*password // with CrossOrgPasswords, by address
	externals     map[string]*externalToken
	personas      []person
	windows       map[string]window // how many calls a rate limit has let through
}

func (db *store) next() int64 {
	db.seq++
	return db.seq
}

// put adds to a map that may not exist yet, so that the zero store is ready.
func put[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = make(map[string]V)
	}
	(*m)[key] = value
}

// organization finds an organization by its id, its slug or its external id:
// Stytch takes any of them wherever it takes an organization_id.
func (c *call) organization(name string) (*organization, error) {
	tests := []func(*organization) bool{
		func(o *organization) bool { return o.id == name },
		func(o *organization) bool { return o.slug == name },
		func(o *organization) bool { return o.externalID == name },
	}
	for _, is := range tests {
		for _, o := range c.s.db.organizations {
			if name != "" && is(o) {
				return o, nil
			}
		}
	}
	return nil, refuse("organization_not_found")
}

// member finds a member of the organization, who is not deleted, by their id or
// external id.
func (c *call) member(org *organization, name string) (*member, error) {
	m := c.s.db.membersByID[name]
	if m == nil && name != "" {
		m = org.roll.byExternal[name]
	}
	switch {
	case m == nil:
		return nil, refuse("member_not_found")
	case m.org != org:
		return nil, refuse("member_does_not_exist_in_organization")
	case m.status == statusDeleted:
		return nil, refuse("member_not_found")
	}
	return m, nil
}

// memberByEmail finds a member of the organization who is not deleted.
func (c *call) memberByEmail(org *organization, email string) *member {
	return org.roll.byEmail[foldEmail(email)]
}
