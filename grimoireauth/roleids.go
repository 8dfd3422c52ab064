package grimoireauth

import (
	"fmt"
)

// assignment returns the role ids to write so that a member has exactly this
// role: none for a role that everybody has, since Stytch refuses its name.
func assignment(t RoleTable, role Role) ([]string, error) {
	for _, name := range t {
		if name.Role != role || role == RoleNone {
			continue
		}
		if name.ID == StytchMember {
			return []string{}, nil
		}
		return []string{name.ID}, nil
	}
	return nil, fmt.Errorf("the role table has no Stytch role for %v", role)
}

// roleIDs returns the Stytch role ids whose Role is of the kind asked for.
func roleIDs(t RoleTable, is func(Role) bool) []string {
	var out []string
	for _, name := range t {
		if is(name.Role) {
			out = append(out, name.ID)
		}
	}
	return out
}

// teaching lists the roles in the table that can run a class, each once.
func teaching(t RoleTable) []Role {
	var out []Role
	seen := make(map[Role]bool)
	for _, name := range t {
		if name.Role.AtLeast(RoleInstructor) && !seen[name.Role] {
			seen[name.Role] = true
			out = append(out, name.Role)
		}
	}
	return out
}
