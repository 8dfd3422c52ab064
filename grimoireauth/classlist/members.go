package classlist

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
)

// The keys in a member's metadata that an import writes.
const (
	// SourceKey says that an import added the member, and as what. Members without it
	// were added by hand, and no import removes them; delete the key to take a member
	// out of the imports' hands.
	SourceKey = "grimoire_source"
	// GroupsKey holds the member's groups: see [GroupsOf].
	GroupsKey = "grimoire_groups"
	// ListedKey holds a fingerprint of the name, the number and the groups that an
	// import wrote last, so that the next one can tell what was changed by hand since.
	// It is no copy: a name that a person has given up is not kept here.
	ListedKey = "grimoire_listed"
)

// Members fetches a class's roster for [NewPlan]: everybody in it, and everybody
// who was removed from it, since they may come back. A thousand people take one
// or two calls. Errors: those of [grimoireauth.Roster.Find].
func Members(ctx context.Context, roster grimoireauth.Roster, class grimoireauth.ClassID) ([]grimoireauth.Member, error) {
	query := grimoireauth.MemberQuery{
		Statuses: []grimoireauth.MemberStatus{
			grimoireauth.StatusActive, grimoireauth.StatusInvited, grimoireauth.StatusPending, grimoireauth.StatusDeleted,
		},
		PageSize: 1000,
	}
	var members []grimoireauth.Member
	for member, err := range roster.Find(ctx, query, class) {
		if err != nil {
			return nil, err // half a roster would make people look new
		}
		members = append(members, member)
	}
	return members, nil
}

// sourcePrefix tells these imports from other programs that use the key.
const sourcePrefix = "classlist "

// sourceText is what an import that gives this role writes.
func sourceText(role grimoireauth.Role) string { return sourcePrefix + role.String() }

// sourceOf returns what the last import wrote about a member, and whether one
// did.
func sourceOf(m grimoireauth.Member) (string, bool) {
	text, ok := m.Metadata[SourceKey].(string)
	return text, ok && strings.HasPrefix(text, sourcePrefix)
}

// marks are fingerprints of what an import wrote last, by field.
type marks map[Field]string

// marksOf returns what a member's metadata say, nil if no import has written any.
func marksOf(m grimoireauth.Member) marks {
	values, ok := m.Metadata[ListedKey].(map[string]any)
	if !ok {
		return nil
	}
	out := make(marks)
	for field, value := range values {
		if mark, ok := value.(string); ok {
			out[Field(field)] = mark
		}
	}
	return out
}

// metadata returns the marks as they are written.
func (m marks) metadata() map[string]any {
	out := make(map[string]any, len(m))
	for field, mark := range m {
		out[string(field)] = mark
	}
	return out
}

func (m marks) with(field Field, value string) marks {
	out := maps.Clone(m)
	if out == nil {
		out = make(marks)
	}
	out[field] = fingerprint(value)
	return out
}

// fingerprint is 64 bits of SHA-256, which is enough to tell two names of one person
// apart.
func fingerprint(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// memberIndex is a class's roster, arranged for looking people up.
type memberIndex struct {
	members []grimoireauth.Member // in a fixed order
	byEmail map[string]*grimoireauth.Member
	byID    map[string]*grimoireauth.Member
}

// newMemberIndex puts those who are in the class before those who were removed: an
// address, or a number, of both belongs to the former.
func newMemberIndex(members []grimoireauth.Member) memberIndex {
	r := memberIndex{
		members: slices.Clone(members),
		byEmail: make(map[string]*grimoireauth.Member, len(members)),
		byID:    make(map[string]*grimoireauth.Member, len(members)),
	}
	removed := func(m grimoireauth.Member) int {
		if m.Status == grimoireauth.StatusDeleted {
			return 1
		}
		return 0
	}
	for i := range r.members {
		r.members[i].Email = text.Fold(r.members[i].Email)
	}
	slices.SortFunc(r.members, func(a, b grimoireauth.Member) int {
		return cmp.Or(removed(a)-removed(b), strings.Compare(a.Email, b.Email), cmp.Compare(a.Member, b.Member))
	})
	for i := range r.members {
		m := &r.members[i]
		if m.Name = nfc.String(m.Name); r.byEmail[m.Email] == nil {
			r.byEmail[m.Email] = m
		}
		if m.ExternalID != "" && r.byID[m.ExternalID] == nil {
			r.byID[m.ExternalID] = m
		}
	}
	return r
}

// find returns the member that a row is about, nil for a new one, or why that cannot
// be told. A person is never taken for another one: an address or a number that points
// to two members has to be corrected by hand.
func (r memberIndex) find(row Row) (*grimoireauth.Member, string) {
	m := r.byEmail[row.Email]
	if m != nil && m.Status == grimoireauth.StatusDeleted && !m.EmailVerified {
		// Stytch brings back only members who proved the address; others begin anew.
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
			return nil, "" // the address was another person's before
		}
		return nil, fmt.Sprintf("the e-mail address belongs to %s, who has another ID number in the class", m.Member)
	}
	return m, ""
}

// gone returns the members that an import added and who are not among these.
func (r memberIndex) gone(on map[grimoireauth.MemberID]bool) []grimoireauth.Member {
	var gone []grimoireauth.Member
	for _, m := range r.members {
		if _, imported := sourceOf(m); imported && m.Status != grimoireauth.StatusDeleted && !on[m.Member] {
			gone = append(gone, m)
		}
	}
	return gone
}
