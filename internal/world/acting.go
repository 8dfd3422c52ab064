package world

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

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
