package sso

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// ownAttributes are the names in an attribute_mapping that are not for
// trusted_metadata.
var ownAttributes = []string{"email", "full_name", "first_name", "last_name", "idp_user_id", "groups"}

// copyAttributes writes what the identity provider says onto the member: the
// name, and every other key of the mapping into trusted_metadata.
func copyAttributes(c *core.Request, m *state.Member, mapping map[string]string, said wire.Metadata, by state.IdPUser) error {
	text := func(key string) string {
		var value string
		if json.Unmarshal(said[mapping[key]], &value) != nil {
			return "" // absent, or no text
		}
		return value
	}
	name := text("full_name")
	if name == "" {
		name = strings.TrimSpace(text("first_name") + " " + text("last_name"))
	}
	changes := wire.Metadata{}
	// In order: two keys can stand for the same one in trusted_metadata.
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		attribute := mapping[key]
		if value := said[attribute]; value != nil && string(value) != "null" && !slices.Contains(ownAttributes, key) {
			changes[strings.TrimPrefix(key, "trusted_metadata.")] = value
		}
	}
	trusted, err := m.Trusted.Merged(changes)
	if err != nil {
		return err
	}
	if name != "" && (m.Name == "" || namesPerson(by, mapping)) {
		m.Name = name
	}
	m.Trusted = trusted
	c.MemberChanged(m)
	return nil
}

// namesPerson reports whether the identity provider has a name of the person's, and not
// only one that was made from the address: that would rename a member.
func namesPerson(p state.IdPUser, mapping map[string]string) bool {
	return p.Name != "" || slices.ContainsFunc([]string{"full_name", "first_name", "last_name"}, func(key string) bool {
		return p.Attributes[mapping[key]] != nil
	})
}
