package state

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// SCIMConnection is the SCIM connection of an organization: through it a directory says
// who is a member.
// Source: https://stytch.com/docs/b2b/api/scim-connection-object
type SCIMConnection struct {
	ID               string          `json:"connection_id"`
	OrganizationID   string          `json:"-"` // of the organization whose record holds it
	DisplayName      string          `json:"display_name"`
	IdentityProvider string          `json:"identity_provider"`
	Bearer           BearerToken     `json:"bearer"`
	Next             *BearerToken    `json:"next_bearer,omitempty"` // while a rotation is under way
	GroupRoles       []SCIMGroupRole `json:"roles_by_group,omitempty"`
	GroupSeq         int64           `json:"group_seq,omitempty"` // the place of the newest group
	Groups           []*SCIMGroup    `json:"groups,omitempty"`    // oldest first
}

// BearerToken is the secret with which a directory calls.
type BearerToken struct {
	Value     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// LastFour is the part of the token that Stytch shows later.
func (t BearerToken) LastFour() string { return t.Value[max(0, len(t.Value)-4):] }

// SCIMGroupRole gives a role to the members of a group.
type SCIMGroupRole struct {
	RoleID  string `json:"role_id"`
	GroupID string `json:"group_id"`
}

// SCIMGroup is a group of the directory. The registrations say who is in it.
type SCIMGroup struct {
	Seq        int64     `json:"seq"`
	ID         string    `json:"group_id"`
	Name       string    `json:"group_name"`
	ExternalID string    `json:"external_id,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// SCIMRegistration is a member's account in the directory.
type SCIMRegistration struct {
	ID           string          `json:"registration_id"`
	ConnectionID string          `json:"connection_id"`
	Groups       []string        `json:"group_ids,omitempty"`
	Person       wire.SCIMPerson `json:"scim_attributes"`
	CreatedAt    time.Time       `json:"created_at"`
	UpdatedAt    time.Time       `json:"updated_at"`
}

// Group returns the connection's group of this id, or nil.
func (n *SCIMConnection) Group(id string) *SCIMGroup {
	if i := slices.IndexFunc(n.Groups, func(g *SCIMGroup) bool { return g.ID == id }); i >= 0 {
		return n.Groups[i]
	}
	return nil
}

// Accepts reports whether a token is the connection's. During a rotation there are two,
// since Stytch lets a directory change to the next one before the first ends.
// Source: the admin portal's text about completing a rotation
func (n *SCIMConnection) Accepts(token string, now time.Time) bool {
	// Both are compared in any case, so that the time says nothing.
	good := Same(n.Bearer.Value, token) && now.Before(n.Bearer.ExpiresAt)
	if n.Next != nil && Same(n.Next.Value, token) && now.Before(n.Next.ExpiresAt) {
		good = true
	}
	return good
}

// SCIMConnection returns the SCIM connection of this id, or nil. There is none of an
// organization that was deleted.
func (db *State) SCIMConnection(id string) *SCIMConnection { return db.index.scim[id] }

// SetSCIM gives the organization a SCIM connection.
func (db *State) SetSCIM(o *Organization, n *SCIMConnection) {
	n.OrganizationID = o.ID
	o.SCIM = n
	Put(&db.index.scim, n.ID, n)
}

// DeleteSCIM forgets the organization's SCIM connection, if it has one, with the accounts
// that came through it.
func (db *State) DeleteSCIM(o *Organization) {
	if o.SCIM == nil {
		return
	}
	delete(db.index.scim, o.SCIM.ID)
	o.SCIM = nil
	for _, m := range db.Roster(o).Members {
		if m.SCIM != nil {
			m.SCIM = nil
			db.Reindex(m)
		}
	}
}

// scimRoles are the roles that the groups of the directory bring. A member who was
// deprovisioned has none.
// Source: https://stytch.com/docs/b2b/guides/scim/actions
func (db *State) scimRoles(m *Member) []SCIMGroupRole {
	if m.SCIM == nil || m.Status == StatusDeleted {
		return nil
	}
	n := db.SCIMConnection(m.SCIM.ConnectionID)
	if n == nil {
		return nil
	}
	var out []SCIMGroupRole
	for _, r := range n.GroupRoles {
		if slices.Contains(m.SCIM.Groups, r.GroupID) {
			out = append(out, r)
		}
	}
	return out
}

// SCIMAttributes are the attributes of a member who has a registration.
func (db *State) SCIMAttributes(m *Member) wire.SCIMAttributes {
	out := wire.SCIMAttributes{ID: m.ID, Active: m.Status != StatusDeleted, Groups: []wire.SCIMGroupRef{}, SCIMPerson: m.SCIM.Person.Filled()}
	if n := db.SCIMConnection(m.SCIM.ConnectionID); n != nil {
		for _, g := range n.Groups {
			if slices.Contains(m.SCIM.Groups, g.ID) {
				out.Groups = append(out.Groups, wire.SCIMGroupRef{Value: g.ID, Display: g.Name})
			}
		}
	}
	return out
}

// scimJSON is the registration as Stytch sends it, or nil.
func (db *State) scimJSON(m *Member) *wire.SCIMRegistration {
	if m.SCIM == nil {
		return nil
	}
	return &wire.SCIMRegistration{
		ConnectionID: m.SCIM.ConnectionID, RegistrationID: m.SCIM.ID,
		ExternalID: m.SCIM.Person.ExternalID, SCIMAttributes: db.SCIMAttributes(m),
	}
}

// activeSCIM is the connection in an Organization object, or nil.
func (o *Organization) activeSCIM() *wire.ActiveSCIMConnection {
	if o.SCIM == nil {
		return nil
	}
	return &wire.ActiveSCIMConnection{
		ConnectionID: o.SCIM.ID, DisplayName: o.SCIM.DisplayName,
		BearerTokenLastFour: o.SCIM.Bearer.LastFour(), BearerTokenExpiresAt: wire.Timestamp(o.SCIM.Bearer.ExpiresAt),
	}
}

// rebuildSCIM completes the SCIM connection of an organization that was read from JSON.
func (db *State) rebuildSCIM(where string, o *Organization, wrong report) {
	n := o.SCIM
	if n == nil {
		return
	}
	if n.ID == "" || n.Bearer.Value == "" || db.SCIMConnection(n.ID) != nil {
		wrong("%s.scim_connection needs a connection_id of its own and a bearer token", where)
		return
	}
	if slices.Contains(n.Groups, nil) {
		wrong("%s.scim_connection: a group is null", where)
		n.Groups = withoutNil(n.Groups) // the members' registrations look at them
	}
	var last int64
	for i, g := range n.Groups {
		place := where + ".scim_connection.groups"
		if g.ID == "" || n.Group(g.ID) != g {
			wrong("%s[%d] needs a group_id of its own", place, i)
		}
		if g.Seq == 0 {
			g.Seq = last + 1
		}
		if g.Seq <= last {
			wrong("%s[%d]: its seq is %d, and that of the group before it %d", place, i, g.Seq, last)
		}
		last = g.Seq
	}
	n.GroupSeq = max(n.GroupSeq, last)
	for _, r := range n.GroupRoles {
		if n.Group(r.GroupID) == nil {
			wrong("%s.scim_connection.roles_by_group: there is no group %.100q", where, r.GroupID)
		}
	}
	db.SetSCIM(o, n)
}

// checkSCIM checks a member's registration against the connection.
func (db *State) checkSCIM(where string, m *Member, wrong report) {
	if m.SCIM == nil {
		return
	}
	n := db.Org(m.OrganizationID).SCIM
	if n == nil || n.ID != m.SCIM.ConnectionID {
		wrong("%s: its scim_registration is of another connection than the organization's", where)
		return
	}
	name := wire.FoldEmail(m.SCIM.Person.UserName)
	if name == "" || db.Roster(db.Org(m.OrganizationID)).ByUserName[name] != nil {
		wrong("%s: its scim_registration needs a user_name of its own", where)
	}
	for _, id := range m.SCIM.Groups {
		if n.Group(id) == nil {
			wrong("%s: there is no group %.100q in the SCIM connection", where, id)
		}
	}
}
