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
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
)

// The keys in a member's metadata that an import writes.
const (
	// SourceKey says that an import added the member, and with which role. Members
	// without it were added by hand, and no import removes them. Delete the key to keep
	// a member from being removed by imports.
	SourceKey = "grimoire_source"
	// GroupsKey holds the member's groups: see [GroupsOf].
	GroupsKey = "grimoire_groups"
	// ListedKey holds fingerprints of the name, the number and the groups that an
	// import wrote last, so that the next import sees which of them were changed by hand
	// since. It holds no copies, which would keep a name that a person no longer has.
	ListedKey = "grimoire_listed"
)

// Members fetches a class's roster for [NewPlan]: its members, and those who were
// removed from it, since the list may bring them back. It makes one call for each
// thousand of them. Errors: those of [stytchclient.Roster.Find].
func Members(ctx context.Context, roster stytchclient.Roster, class grimoireauth.ClassID) ([]grimoireauth.Member, error) {
	query := stytchclient.MemberQuery{
		Statuses: []grimoireauth.MemberStatus{
			grimoireauth.StatusActive, grimoireauth.StatusInvited, grimoireauth.StatusPending, grimoireauth.StatusDeleted,
		},
		PageSize: 1000,
	}
	var members []grimoireauth.Member
	for member, err := range roster.Find(ctx, query, class) {
		if err != nil {
			return nil, err // with half a roster, members would look new
		}
		members = append(members, member)
	}
	return members, nil
}

// sourcePrefix distinguishes this package from other programs that use SourceKey.
const sourcePrefix = "classlist "

// sourceText is the value of SourceKey for an import that gives this role.
func sourceText(role grimoireauth.Role) string { return sourcePrefix + role.String() }

// sourceOf returns the value of SourceKey that the last import wrote, and whether an
// import has added the member.
func sourceOf(m grimoireauth.Member) (string, bool) {
	text, ok := m.Metadata[SourceKey].(string)
	return text, ok && strings.HasPrefix(text, sourcePrefix)
}

// fingerprints are those of the values that an import wrote last, by field.
type fingerprints map[Field]string

// fingerprintsOf returns those of a member's metadata, nil if no import has written any.
func fingerprintsOf(m grimoireauth.Member) fingerprints {
	values, ok := m.Metadata[ListedKey].(map[string]any)
	if !ok {
		return nil
	}
	out := make(fingerprints)
	for field, value := range values {
		if text, ok := value.(string); ok {
			out[Field(field)] = text
		}
	}
	return out
}

// metadata returns the fingerprints as the value of ListedKey.
func (f fingerprints) metadata() map[string]any {
	out := make(map[string]any, len(f))
	for field, text := range f {
		out[string(field)] = text
	}
	return out
}

func (f fingerprints) with(field Field, value string) fingerprints {
	out := maps.Clone(f)
	if out == nil {
		out = make(fingerprints)
	}
	out[field] = fingerprint(value)
	return out
}

// fingerprint is 64 bits of SHA-256, which is enough to distinguish two names of one
// person.
func fingerprint(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// memberIndex is a class's roster, with look-up by address and by number.
type memberIndex struct {
	members []grimoireauth.Member // present ones first, then by address
	byEmail map[string]*grimoireauth.Member
	byID    map[string]*grimoireauth.Member
}

// newMemberIndex prefers those who are in the class to those who were removed, where
// two have the same address or number.
func newMemberIndex(members []grimoireauth.Member) memberIndex {
	index := memberIndex{
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
	for i := range index.members {
		index.members[i].Email = text.Fold(index.members[i].Email)
	}
	slices.SortFunc(index.members, func(a, b grimoireauth.Member) int {
		return cmp.Or(removed(a)-removed(b), strings.Compare(a.Email, b.Email), cmp.Compare(a.Member, b.Member))
	})
	for i := range index.members {
		m := &index.members[i]
		if m.Name = nfc.String(m.Name); index.byEmail[m.Email] == nil {
			index.byEmail[m.Email] = m
		}
		if m.ExternalID != "" && index.byID[m.ExternalID] == nil {
			index.byID[m.ExternalID] = m
		}
	}
	return index
}

// find returns the member that a row is about, or nil for a new one. Where the address
// and the number belong to two members it returns a problem, which has to be corrected
// by hand: it never guesses which of them is meant.
func (index memberIndex) find(row Row) (m *grimoireauth.Member, problem string) {
	m = index.byEmail[row.Email]
	if m != nil && m.Status == grimoireauth.StatusDeleted && !m.EmailVerified {
		// Stytch reactivates only members with a verified address; others are created anew.
		// Source: https://stytch.com/docs/b2b/api/reactivate-member
		m = nil
	}
	if row.ID == "" {
		return m, ""
	}
	same := index.byID[row.ID]
	switch {
	case same != nil && same != m && same.Status != grimoireauth.StatusDeleted:
		return nil, fmt.Sprintf("the ID number belongs to %s, who has another e-mail address in the class: change one of the two first", same.Member)
	case m != nil && m.ExternalID != "" && m.ExternalID != row.ID:
		if m.Status == grimoireauth.StatusDeleted {
			return nil, "" // the removed member with this address was another person
		}
		return nil, fmt.Sprintf("the e-mail address belongs to %s, who has another ID number in the class", m.Member)
	}
	return m, ""
}

// missing returns the members that an import added and that are not on the list.
func (index memberIndex) missing(listed map[grimoireauth.MemberID]bool) []grimoireauth.Member {
	var missing []grimoireauth.Member
	for _, m := range index.members {
		if _, imported := sourceOf(m); imported && m.Status != grimoireauth.StatusDeleted && !listed[m.Member] {
			missing = append(missing, m)
		}
	}
	return missing
}
