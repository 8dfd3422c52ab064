package stytchclient

import (
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// assignment returns the role ids to write so that a member has exactly this
// role: none for a role that everybody has, since Stytch refuses its name.
func assignment(t grimoireauth.RoleTable, role grimoireauth.Role) ([]string, error) {
	for _, name := range t {
		if name.Role != role || role == grimoireauth.RoleNone {
			continue
		}
		if name.ID == grimoireauth.StytchMember {
			return []string{}, nil
		}
		return []string{name.ID}, nil
	}
	return nil, fmt.Errorf("the role table has no Stytch role for %v", role)
}

// roleIDs returns the Stytch role ids whose Role is of the kind asked for.
func roleIDs(t grimoireauth.RoleTable, is func(grimoireauth.Role) bool) []string {
	var out []string
	for _, name := range t {
		if is(name.Role) {
			out = append(out, name.ID)
		}
	}
	return out
}

// teaching lists the roles in the table that can run a class, each once.
func teaching(t grimoireauth.RoleTable) []grimoireauth.Role {
	var out []grimoireauth.Role
	seen := make(map[grimoireauth.Role]bool)
	for _, name := range t {
		if name.Role.AtLeast(grimoireauth.RoleInstructor) && !seen[name.Role] {
			seen[name.Role] = true
			out = append(out, name.Role)
		}
	}
	return out
}
