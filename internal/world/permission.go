package world

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// permits checks a refused request to mark: a person who may mark in this class is not
// refused when there is no trouble. roleBounded checks that others are refused.
func (o *oracle) permits(n *network, x *exchange) {
	class, marks := strings.CutSuffix(strings.TrimPrefix(x.path, "/classes/"), "/marks")
	s := x.who.session
	if x.method != http.MethodPost || !marks || s == nil || s != x.asCarried(o.ledger) {
		return
	}
	if x.status != http.StatusForbidden && x.status != http.StatusNotFound {
		return
	}
	m := s.member
	if o.teachesElsewhere(m, class) {
		o.events.happened("marks refused to one who teaches another class")
	}
	o.ledger.mu.Lock()
	from := x.arrived - x.instance.setting.stale()
	lowest := none
	switch {
	case o.table != nil:
		lowest = o.table.lowest(m.id, class, x.arrived)
	case m.class.id == class:
		lowest = m.lowest(from)
	}
	lives := s.lives(x.answered + leeway)
	o.ledger.mu.Unlock()
	if lowest < tutor || !lives || !n.untroubledSince(x.arrived-healing) || x.by != nil && !x.by.leftAlone(x.arrived-healing) {
		return
	}
	o.broken("permission", "%s was answered %d, and %s is %s of the class", x.name, x.status, m.email, lowest)
}

// teachesElsewhere reports whether the person may mark in another class, and not in this.
func (o *oracle) teachesElsewhere(m *member, class string) bool {
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	here, elsewhere, now := none, none, o.clock.now()
	if o.table != nil {
		for key := range o.table.all() {
			if is := o.table.now(key.member, key.class); key.member == m.id && key.class == class {
				here = is
			} else if key.member == m.id {
				elsewhere = max(elsewhere, is)
			}
		}
	} else {
		for _, other := range o.ledger.members {
			if is := other.highest(now); other.email == m.email && other.class != nil && other.class.id == class {
				here = is
			} else if other.email == m.email {
				elsewhere = max(elsewhere, is)
			}
		}
	}
	return here < tutor && elsewhere >= tutor
}

// all returns the keys of all rows.
func (t *table) all() map[tableKey]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := make(map[tableKey]bool, len(t.rows))
	for key := range t.rows {
		keys[key] = true
	}
	return keys
}

// can wraps the CanFunc.
func (s sabotage) can(w *World, next grimoireauth.CanFunc) grimoireauth.CanFunc {
	if s.kind != "any class" {
		return next
	}
	return func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
		err := next(ctx, session, class, resource, action)
		for _, r := range w.rooms {
			if !errors.Is(err, grimoireauth.ErrForbidden) {
				break
			}
			err = next(ctx, session, grimoireauth.ClassID(r.id), resource, action)
		}
		return err
	}
}

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

// burst is how many refused calls one member makes.
const burst = 12

// outsiders are a student and a tutor of each class who use no computer of the world. The
// policy lets tutors enroll and search, so the library refuses to give a role above the
// tutor's own, and Stytch refuses the other calls.
func (w *World) outsiders() {
	for _, name := range []string{"sam", "tia"} {
		p := &person{name: name, email: name + "@example.edu", members: make(map[string]grimoireauth.MemberID)}
		for _, r := range w.rooms {
			if p.members[r.org] != "" {
				continue
			}
			var roles []string
			if name == "tia" {
				roles = []string{tutor.String()}
			}
			p.members[r.org] = w.stytch.AddMember(grimoireauth.ClassID(r.org), p.email, roles...)
			w.door.look(r.org, string(p.members[r.org]))
		}
		w.outside = append(w.outside, p)
	}
}

// overreaches: a student or a tutor makes calls that only an instructor may make, about a
// person who uses the application meanwhile. The calls must change nothing.
func (w *World) overreaches(e *errand, p *instance, victim *person, r *room) {
	actor := w.outside[w.seed.below(len(w.outside), e.name+" who")]
	own, id := actor.member(r.org), victim.member(r.org)
	if !w.may(actor, r) {
		return
	}
	w.acted("a member who overreaches")
	m := w.mint(own, sessionLife)
	as := p.client.As(grimoireauth.NewCredentials(w.clocks.seenBy(p.number, m.jwt), m.token))
	class := grimoireauth.ClassID(r.org)
	calls := []func(context.Context) error{
		func(ctx context.Context) error {
			return as.Roster.Remove(ctx, class, id, stytchclient.EvenLastInstructor)
		},
		func(ctx context.Context) error {
			_, err := as.Roster.SetRole(ctx, class, id, grimoireauth.RoleStudent, stytchclient.EvenLastInstructor)
			return err
		},
		func(ctx context.Context) error {
			_, err := as.Roster.SetRole(ctx, class, own, grimoireauth.RoleCoordinator)
			return err
		},
		func(ctx context.Context) error {
			_, err := as.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "friend@example.edu", Role: grimoireauth.RoleInstructor})
			return err
		},
		func(ctx context.Context) error {
			_, err := as.Roster.Invite(ctx, class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "friend@example.edu", Role: grimoireauth.RoleCoordinator}})
			return err
		},
	}
	call, times := calls[w.seed.below(len(calls), e.name+" overreaches")], 1
	if w.seed.chance(0.5, e.name+" again and again") {
		times = burst
	}
	var under sync.WaitGroup
	for n := range times {
		try := newErrand(w.seed, fmt.Sprint(e.name, " try ", n))
		under.Go(func() { w.refused(try, p, id, class, call(try.with(w.context))) })
		_ = w.clock.sleep(w.context, 50*time.Millisecond)
	}
	w.works(e, victim, r)
	under.Wait()
	w.works(e, victim, r)
}

// refused checks the promise that a refused call changes nothing. A call whose response
// was lost may have ended the session of its victim, since it may have been permitted.
func (w *World) refused(e *errand, p *instance, id grimoireauth.MemberID, class grimoireauth.ClassID, err error) {
	if w.sabotage.kind == "revoked when refused" && err != nil {
		_ = p.onRevoke(e.with(w.context), grimoireauth.Revocation{Member: id, Class: grimoireauth.OrganizationID(class), At: time.Now()})
	}
	w.mu.Lock()
	changed, revoked := w.changed[e.name], w.revocations[e.name]
	w.mu.Unlock()
	switch {
	case err == nil && w.gone(id):
		// Another call has removed the member meanwhile, so there was nothing left to do.
	case err == nil:
		w.oracle.broken("refused", "%s: a member did what their role does not permit", e.name)
	case changed > 0, revoked > 0 && !e.disturbed.Load():
		w.oracle.broken("refused", "%s was refused, and made %d changes at Stytch and raised %d revocations", e.name, changed, revoked)
	case e.disturbed.Load():
		// Then the victim authenticates again, which is a change about them for a while.
		w.doubted(id)
	default:
		w.oracle.events.happened("a member refused who overreached")
	}
}

// doubted records that a member may have been changed.
func (w *World) doubted(id grimoireauth.MemberID) {
	for _, p := range w.people {
		for _, r := range w.rooms {
			if p.member(r.org) == id {
				p.change(w.clock)()
			}
		}
	}
}

// works: a person uses the application. The oracle checks whether they are served.
func (w *World) works(e *errand, who *person, r *room) {
	for _, d := range w.computers {
		t := d.tabs[len(d.tabs)-1]
		if d.sitting() != who || !t.take(e, who) {
			continue
		}
		if page, err := t.Navigate(site + "/me"); err == nil && page.Status == http.StatusOK && page.Path() == "/me" {
			_, _ = t.Fetch("GET", "/classes/"+r.id, "")
			w.oracle.events.happened("served while another member overreached")
		}
		t.leave()
	}
}

// gone reports whether a member was removed or suspended at some time.
func (w *World) gone(id grimoireauth.MemberID) bool {
	l := w.door.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.members[string(id)]
	return m == nil || m.barred > 0 || m.removed != never
}
