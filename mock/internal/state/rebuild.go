package state

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Rebuild completes a state that was read from JSON: it gives the records the ids
// under which they are stored, fills in what a person may leave out, and makes the
// index. Its error joins everything in which the records contradict each other, each
// with its place.
func (db *State) Rebuild() error {
	db.index = storeIndex{}
	var faults []error
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	db.rebuildOrganizations(wrong)
	db.rebuildMembers(wrong)
	for _, id := range slices.Sorted(maps.Keys(db.Sessions)) {
		db.rebuildSession(id, wrong)
	}
	db.rebuildTokens(wrong)
	db.rebuildConnectedApps(wrong)
	return errors.Join(faults...)
}

type report func(format string, args ...any)

func (db *State) rebuildOrganizations(wrong report) {
	var last int64
	complete := func(where string, o *Organization) bool {
		if o == nil || o.ID == "" || o.Slug == "" {
			wrong("%s needs an organization_id and an organization_slug", where)
			return false
		}
		fillIn(&o.Settings, wire.NewSettings(wire.SettingsGiven{}))
		o.Trusted = o.Trusted.Compacted()
		for i, n := range o.Connections {
			if n == nil || n.ID == "" || db.Connection(n.ID) != nil {
				wrong("%s.sso_connections[%d] needs a connection_id of its own", where, i)
				continue
			}
			n.OrganizationID = o.ID
			if n.AttributeMapping == nil {
				n.AttributeMapping = map[string]string{}
			}
			Put(&db.index.connections, n.ID, n)
		}
		o.Connections = withoutNil(o.Connections) // what is checked below looks at them
		db.rebuildSCIM(where, o, wrong)
		return true
	}
	for i, o := range db.DeletedOrganizations {
		where := fmt.Sprintf("deleted_organizations[%d]", i)
		if complete(where, o) {
			if o.SCIM != nil {
				wrong("%s cannot have a scim_connection", where)
			}
			Put(&db.index.organizations, o.ID, o)
			Put(&db.index.rosters, o.ID, newMemberIndex())
		}
	}
	for i, o := range db.Organizations {
		where := fmt.Sprintf("organizations[%d]", i)
		if !complete(where, o) {
			continue
		}
		if db.IsLive(o.ID) {
			wrong("%s: %.100q is the id of two organizations", where, o.ID)
		}
		for _, name := range []string{o.Slug, o.ExternalID} {
			if name != "" && db.NameTaken(o, name) {
				wrong("%s: %.100q is the name of two organizations", where, name)
			}
		}
		for _, domain := range o.Settings.ClaimedEmailDomains {
			if db.index.claims[domain] != nil {
				wrong("%s: another organization claims %.100q", where, domain)
			}
		}
		if o.DefaultConnection != "" && o.Connection(o.DefaultConnection) == nil {
			wrong("%s: its sso_default_connection_id is not among its sso_connections", where)
		}
		if err := o.Settings.Consistent(); err != nil {
			wrong("%s: its settings contradict each other: %w", where, err)
		}
		last = db.place(&o.Seq, last, where, wrong)
		db.ReindexOrganization(o)
	}
}

func (db *State) rebuildMembers(wrong report) {
	var last int64
	for i, m := range db.Members {
		where := fmt.Sprintf("members[%d]", i)
		switch {
		case m == nil || m.ID == "" || m.Email == "":
			wrong("%s needs a member_id and an email_address", where)
			continue
		case db.Org(m.OrganizationID) == nil:
			wrong("%s: there is no organization %.100q", where, m.OrganizationID)
			continue
		case db.Member(m.ID) != nil:
			wrong("%s: %.100q is the id of two members", where, m.ID)
		case !slices.Contains([]string{StatusPending, StatusInvited, StatusActive, StatusDeleted}, m.Status):
			wrong("%s: status %.60q is not one of pending, invited, active and deleted", where, m.Status)
		case m.Status != StatusDeleted && !db.IsLive(m.OrganizationID):
			wrong("%s: the organization %.100q was deleted", where, m.OrganizationID)
		case m.Status != StatusDeleted && db.index.rosters[m.OrganizationID].ByEmail[wire.FoldEmail(m.Email)] != nil:
			wrong("%s: the organization has two members with the address %.254q", where, m.Email)
		case m.ExternalID != "" && db.index.rosters[m.OrganizationID].ByExternal[m.ExternalID] != nil:
			wrong("%s: the organization has two members with the external_id %.128q", where, m.ExternalID)
		}
		if m.Roles == nil {
			m.Roles = []string{}
		}
		m.Trusted, m.Untrusted = m.Trusted.Compacted(), m.Untrusted.Compacted()
		last = db.place(&m.Seq, last, where, wrong)
		if !checkAccounts(m.OAuth, m.SSO) {
			wrong("%s: an account is null", where)
		}
		for _, r := range withoutNil(slices.Clone(m.SSO)) {
			if db.Connection(r.ConnectionID) == nil {
				wrong("%s: there is no SSO connection %.100q", where, r.ConnectionID)
			}
		}
		db.checkSCIM(where, m, wrong)
		db.indexMember(m)
	}
}

// place checks that a record comes after the one before it, and gives a record without
// a place the next one. It returns the place.
func (db *State) place(seq *int64, last int64, where string, wrong report) int64 {
	switch {
	case *seq == 0:
		*seq = last + 1
	case *seq <= last:
		wrong("%s: its seq is %d, and that of the record before it %d", where, *seq, last)
	}
	db.Seq = max(db.Seq, *seq)
	return *seq
}

func (db *State) rebuildSession(id string, wrong report) {
	s := db.Sessions[id]
	where := fmt.Sprintf("sessions[%.60q]", id)
	switch {
	case s == nil || s.Token == "":
		wrong("%s needs a session_token", where)
		return
	case db.index.tokens[s.Token] != nil:
		wrong("%s has the session_token of another session", where)
	case db.Member(s.MemberID) == nil || db.Member(s.MemberID).Status != StatusActive:
		wrong("%s: there is no active member %.100q", where, s.MemberID)
	case len(s.Factors) == 0:
		wrong("%s needs factors", where)
	}
	compactFactors(s.Factors)
	s.ID = id
	if s.Claims != nil {
		s.Claims = wire.Metadata(s.Claims).Compacted()
	}
	db.indexSession(s)
}

// rebuildTokens checks that links, codes and tokens are for a member who exists or
// existed, or for none. A browser may come back from an identity provider to an
// organization that is gone; that call is refused then.
func (db *State) rebuildTokens(wrong report) {
	member := func(where, id string) {
		if id != "" && db.Member(id) == nil {
			wrong("%s: there is no member %.100q", where, id)
		}
	}
	// A link or a code without a member is for the one who has the address.
	forMember := func(where, kind, id string) {
		if id == "" && !slices.Contains([]string{"discovery", "password_reset"}, kind) {
			wrong("%s needs the member_id of a member: its kind is %.60q", where, kind)
		}
		member(where, id)
	}
	for _, token := range slices.Sorted(maps.Keys(db.Intermediates)) {
		i, where := db.Intermediates[token], fmt.Sprintf("intermediate_sessions[%.60q]", token)
		if i == nil || i.Email == "" {
			wrong("%s needs an email_address", where)
			continue
		}
		compactFactors(i.Factors)
		i.Token = token
		member(where, i.MemberID)
		db.indexIntermediate(i)
	}
	for _, token := range slices.Sorted(maps.Keys(db.Links)) {
		l, where := db.Links[token], fmt.Sprintf("links[%.60q]", token)
		if l == nil {
			wrong("%s is no object", where)
			continue
		}
		l.Token = token
		forMember(where, l.Kind, l.MemberID)
		db.indexLink(l)
	}
	for _, purpose := range slices.Sorted(maps.Keys(db.Codes)) {
		for i, k := range db.Codes[purpose] {
			where := fmt.Sprintf("codes[%.60q][%d]", purpose, i)
			if k == nil {
				wrong("%s is no object", where)
				continue
			}
			forMember(where, k.Kind, k.MemberID)
			db.indexCode(purpose, k)
		}
	}
	for _, token := range slices.Sorted(maps.Keys(db.ForeignTokens)) {
		t, where := db.ForeignTokens[token], fmt.Sprintf("foreign_tokens[%.60q]", token)
		if t == nil || db.Member(t.MemberID) == nil {
			wrong("%s needs the member_id of a member", where)
		}
	}
	for _, token := range slices.Sorted(maps.Keys(db.Impersonations)) {
		i, where := db.Impersonations[token], fmt.Sprintf("impersonations[%.60q]", token)
		if i == nil || db.Member(i.MemberID) == nil {
			wrong("%s needs the member_id of a member", where)
		}
	}
	for state, h := range db.Visits {
		if h == nil {
			wrong("idp_visits[%.60q] is no object", state)
			continue
		}
		h.State = state
	}
	for token, g := range db.Grants {
		if g == nil {
			wrong("idp_tokens[%.60q] is no object", token)
			continue
		}
		g.Token, g.User.Attributes = token, g.User.Attributes.Compacted()
	}
	for address, p := range db.Passwords {
		if p == nil {
			wrong("passwords[%.254q] is no object", address)
		}
	}
	for i := range db.IdPUsers {
		db.IdPUsers[i].Attributes = db.IdPUsers[i].Attributes.Compacted()
	}
}

// withoutNil leaves out what was reported as null.
func withoutNil[T any](list []*T) []*T {
	return slices.DeleteFunc(list, func(item *T) bool { return item == nil })
}

func compactFactors(factors []Factor) {
	for _, f := range factors {
		if f.SSO != nil {
			f.SSO.Attributes = f.SSO.Attributes.Compacted()
		}
	}
}

// checkAccounts completes a member's accounts, and reports whether all are objects.
func checkAccounts(oauth []*OAuthRegistration, sso []*SSORegistration) bool {
	for _, r := range sso {
		if r == nil {
			return false
		}
		r.Attributes = r.Attributes.Compacted()
	}
	return !slices.Contains(oauth, nil)
}

// fillIn sets the fields of a struct that are zero to those of the other.
func fillIn[T any](to *T, from T) {
	target, source := reflect.ValueOf(to).Elem(), reflect.ValueOf(from)
	for i := range target.NumField() {
		if target.Field(i).IsZero() {
			target.Field(i).Set(source.Field(i))
		}
	}
}
