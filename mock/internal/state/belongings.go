package state

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// belongings are what can end with a member, found by the member: otherwise ending the
// sessions of one member would walk those of the whole school.
type belongings struct {
	sessions      map[string]*Session      // by id
	intermediates map[string]*Intermediate // by token
	links         []*Link                  // used and expired ones included
	purposes      map[string]bool          // the keys of the codes
	authorized    map[string]bool          // the authorization codes
}

// belongingsOf returns the belongings of a member, to be added to.
func (db *State) belongingsOf(memberID string) *belongings {
	b := db.index.belongings[memberID]
	if b == nil {
		b = &belongings{sessions: make(map[string]*Session), intermediates: make(map[string]*Intermediate), purposes: make(map[string]bool), authorized: make(map[string]bool)}
		Put(&db.index.belongings, memberID, b)
	}
	return b
}

// AddSession stores a new session.
func (db *State) AddSession(s *Session) {
	Put(&db.Sessions, s.ID, s)
	db.indexSession(s)
}

func (db *State) indexSession(s *Session) {
	Put(&db.index.tokens, s.Token, s)
	db.belongingsOf(s.MemberID).sessions[s.ID] = s
}

// SessionsOf returns the sessions of a member, in no order.
func (db *State) SessionsOf(m *Member) []*Session {
	var out []*Session
	if b := db.index.belongings[m.ID]; b != nil {
		for _, s := range b.sessions {
			out = append(out, s)
		}
	}
	return out
}

// EndSession ends a session.
func (db *State) EndSession(s *Session) {
	delete(db.Sessions, s.ID)
	delete(db.index.tokens, s.Token)
	delete(db.belongingsOf(s.MemberID).sessions, s.ID)
}

// EndSessions ends the sessions of a member that match; a nil function matches all.
func (db *State) EndSessions(m *Member, ends func(*Session) bool) {
	for _, s := range db.SessionsOf(m) {
		if ends == nil || ends(s) {
			db.EndSession(s)
		}
	}
}

// AddIntermediate stores a pending sign-in.
func (db *State) AddIntermediate(i *Intermediate) {
	Put(&db.Intermediates, i.Token, i)
	db.indexIntermediate(i)
}

func (db *State) indexIntermediate(i *Intermediate) {
	if i.MemberID != "" {
		db.belongingsOf(i.MemberID).intermediates[i.Token] = i
	}
}

// DropIntermediate forgets a pending sign-in.
func (db *State) DropIntermediate(i *Intermediate) {
	delete(db.Intermediates, i.Token)
	if b := db.index.belongings[i.MemberID]; b != nil {
		delete(b.intermediates, i.Token)
	}
}

// DropIntermediates forgets the pending sign-ins of a member.
func (db *State) DropIntermediates(m *Member) {
	if b := db.index.belongings[m.ID]; b != nil {
		for _, i := range b.intermediates {
			db.DropIntermediate(i)
		}
	}
}

// AddLink stores a link.
func (db *State) AddLink(l *Link) {
	Put(&db.Links, l.Token, l)
	db.indexLink(l)
}

func (db *State) indexLink(l *Link) {
	if l.MemberID != "" {
		b := db.belongingsOf(l.MemberID)
		b.links = append(b.links, l)
	}
}

// DropLinks invalidates the links of a member.
func (db *State) DropLinks(m *Member) {
	if b := db.index.belongings[m.ID]; b != nil {
		for _, l := range b.links {
			l.Spent = true
		}
	}
}

// keptCodes is how many codes for one purpose are remembered, so that an old one
// is told from a wrong one.
const keptCodes = 20

// AddCode stores a code as the newest one for a purpose.
func (db *State) AddCode(purpose string, k *Code) {
	kept := append(db.Codes[purpose], k)
	if len(kept) > keptCodes {
		kept = kept[len(kept)-keptCodes:]
	}
	Put(&db.Codes, purpose, kept)
	db.indexCode(purpose, k)
}

func (db *State) indexCode(purpose string, k *Code) {
	if k.MemberID != "" {
		db.belongingsOf(k.MemberID).purposes[purpose] = true
	}
}

// DropCodes invalidates the codes of a member.
func (db *State) DropCodes(m *Member) {
	if b := db.index.belongings[m.ID]; b != nil {
		for purpose := range b.purposes {
			for _, k := range db.Codes[purpose] {
				if k.MemberID == m.ID {
					k.Spent = true
				}
			}
		}
	}
}

// At returns the members of all organizations who have this address, deleted ones
// included, in the order of their places.
func (db *State) At(email string) []*Member {
	return slices.Clone(db.index.addresses[wire.FoldEmail(email)])
}
