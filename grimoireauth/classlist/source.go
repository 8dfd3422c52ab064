package classlist

import (
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// SourceKey is the key in a member's metadata under which an import writes that
// it added them, and as what. Who does not have it was added by hand, and no
// import removes them; delete the key to take somebody out of the imports' hands.
const SourceKey = "grimoire_source"

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
