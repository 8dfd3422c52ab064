package grimoireauth

import (
	"context"
	"fmt"
)

// Role is what a person may do in one class. Roles are ordered: each
// one allows what the lower ones allow. Values between the constants are free for an
// application's own roles. The zero Role is none and grants nothing.
type Role int

// The roles of a class, lowest first.
const (
	RoleNone        Role = 0
	RoleStudent     Role = 10
	RoleTutor       Role = 20
	RoleInstructor  Role = 30
	RoleCoordinator Role = 40
)

// AtLeast reports whether r grants what least grants. RoleNone never does, so
// that a guard with a forgotten role is closed, not open.
func (r Role) AtLeast(least Role) bool { return r > RoleNone && least > RoleNone && r >= least }

// String returns the role's name in lower case, or "role(n)".
func (r Role) String() string {
	switch r {
	case RoleNone:
		return "none"
	case RoleStudent:
		return "student"
	case RoleTutor:
		return "tutor"
	case RoleInstructor:
		return "instructor"
	case RoleCoordinator:
		return "coordinator"
	}
	return fmt.Sprintf("role(%d)", int(r))
}

// RoleFunc answers: what is the holder of this session in this class? It
// returns RoleNone and no error for a person who is nothing in the
// class, and an error only if it could not find out. It must be safe for
// concurrent use.
type RoleFunc func(ctx context.Context, session Session, class ClassID) (Role, error)

// RoleName says that Stytch's role_id ID means Role.
type RoleName struct {
	ID   string
	Role Role
}

// RoleTable maps Stytch role ids to Roles, for reading and for writing: of
// several ids with one Role, the first is the one that is written. Ids are
// compared exactly; an id that is not in the table grants nothing. The zero
// RoleTable is [DefaultRoleTable].
type RoleTable []RoleName

// StytchMember is the id of the role that every Member carries and that Stytch refuses
// to have named (error type cannot_assign_default_rbac_role_id).
const StytchMember = "stytch_member"

// DefaultRoleTable returns the table used where none is given: stytch_member
// is a student, tutor, instructor and coordinator are themselves, stytch_admin
// is a coordinator. The roles tutor, instructor and coordinator must exist in
// the project's RBAC policy.
func DefaultRoleTable() RoleTable {
	return RoleTable{
		{StytchMember, RoleStudent},
		{"tutor", RoleTutor},
		{"instructor", RoleInstructor},
		{"coordinator", RoleCoordinator},
		{"stytch_admin", RoleCoordinator},
	}
}

var defaultRoleTable = DefaultRoleTable()

func (t RoleTable) entries() RoleTable {
	if t == nil {
		return defaultRoleTable
	}
	return t
}

// Role returns the highest Role that one of the ids grants, RoleNone if none
// does.
func (t RoleTable) Role(ids ...string) Role {
	highest := RoleNone
	for _, id := range ids {
		highest = max(highest, t.one(id))
	}
	return highest
}

func (t RoleTable) one(id string) Role {
	highest := RoleNone
	for _, name := range t.entries() {
		if name.ID == id {
			highest = max(highest, name.Role)
		}
	}
	return highest
}

// OrgPerClass is the [RoleFunc] of schools that keep one Stytch Organization
// per class: the session counts in the class whose id is its organization_id,
// with the highest of the session's own roles, and nowhere else. It makes
// no network call, so it never returns an error.
func (t RoleTable) OrgPerClass(ctx context.Context, session Session, class ClassID) (Role, error) {
	if session.s == nil || class == "" || string(session.s.organization) != string(class) {
		NoteRole(ctx, RoleReason{Source: sourceStytchRole, Why: "the session belongs to another class, or is the zero Session"})
		return RoleNone, nil
	}
	if roleNotesOf(ctx) != nil {
		t.explain(ctx, session.s.roles)
	}
	return t.Role(session.s.roles...), nil
}
