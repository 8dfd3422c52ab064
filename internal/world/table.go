package world

import (
	"context"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// table is an application's own table of the roles in its classes, for a school with one
// Organization. All processes share it, as they would a database.
type table struct {
	clock  *clock
	school grimoireauth.OrganizationID

	mu   sync.Mutex // guards rows
	rows map[tableKey][]roleSince
}

type tableKey struct{ member, class string }

// set gives a member a role in a class from now on; none removes it.
func (t *table) set(member, class string, r rank) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tableKey{member, class}
	t.rows[key] = append(t.rows[key], roleSince{t.clock.now(), r})
}

func (t *table) now(member, class string) rank { return t.highest(member, class, t.clock.now()) }

// highest is the highest role at any time from since on.
func (t *table) highest(memberID, class string, since time.Duration) rank {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := member{roles: t.rows[tableKey{memberID, class}]}
	return m.highest(since)
}

// role is a grimoireauth.RoleFunc, as docs/organizations.md shows it.
func (t *table) role(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	if t.school == "" || session.Organization() != t.school {
		return grimoireauth.RoleNone, nil
	}
	return roles[t.now(string(session.Member()), string(class))], nil
}

// roles are the library's roles by rank.
var roles = map[rank]grimoireauth.Role{
	none: grimoireauth.RoleNone, student: grimoireauth.RoleStudent, tutor: grimoireauth.RoleTutor,
	instructor: grimoireauth.RoleInstructor, coordinator: grimoireauth.RoleCoordinator,
}

func rankIn(role grimoireauth.Role) rank {
	for r, known := range roles {
		if known == role {
			return r
		}
	}
	return coordinator + 1
}

// can is a grimoireauth.CanFunc, as docs/organizations.md shows it: tutors mark.
func (t *table) can(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
	role, err := t.role(ctx, session, class)
	if err == nil && (resource != "class" || action != "mark" || !role.AtLeast(grimoireauth.RoleTutor)) {
		err = grimoireauth.ErrForbidden
	}
	return err
}
