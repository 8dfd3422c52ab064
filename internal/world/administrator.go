package world

import (
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// administers: an administrator changes the members of a class, by a process or in
// Stytch's dashboard, or makes calls that are refused.
func (w *World) administers(e *errand, s Step) {
	w.acted("an administrator")
	p := w.process(w.seed.below(w.deployment.Processes, e.name+" process"))
	who, r := w.people[s.Person%len(w.people)], w.rooms[w.seed.below(len(w.rooms), e.name+" class")]
	if w.seed.chance(0.6, e.name+" somebody who is there") {
		who = w.computers[s.Computer%len(w.computers)].sitting()
	}
	id := who.member(r.org)
	if id == "" {
		return
	}
	if w.seed.chance(0.3, e.name+" overreached") {
		w.overreaches(e, p, who, r)
	}
	w.reads(e, who, r)
	w.change(e, p, who, r, id)
	// The member continues, at once or later.
	for _, within := range []struct{ least, most time.Duration }{{100 * time.Millisecond, tokenLife}, {tokenLife + 2*leeway, 20 * time.Minute}} {
		for _, d := range w.computers {
			w.later(within.least, within.most, e.next("looks again"))
			t := d.tabs[w.seed.below(len(d.tabs), e.name+" tab")]
			if d.sitting() != who || !t.take(e, who) {
				continue
			}
			_, _ = t.Navigate(site + "/classes/" + r.id)
			w.opens(e, t, who)
			t.leave()
		}
	}
}

// change makes one change of a member or a class.
func (w *World) change(e *errand, p *instance, who *person, r *room, id grimoireauth.MemberID) {
	done := who.change(w.clock)
	defer done()
	ctx := e.with(w.context)
	class := grimoireauth.ClassID(r.org)
	state := w.blocked(string(id))
	var err error
	what := ""
	switch k := w.seed.below(12, e.name+" what"); {
	case state == "removed":
		what = "a member taken back"
		var m grimoireauth.Member
		if m, err = p.client.Roster.Reenroll(ctx, class, id); err == nil {
			who.is(r.org, m.Member)
			if w.table != nil && m.Member != id {
				w.move(string(id), string(m.Member))
			}
		}
	case state == "suspended":
		what = "a member reinstated"
		_, err = p.client.Roster.Reinstate(ctx, class, id)
	case state == "archived":
		what = "a class restored"
		_, err = p.client.Classes.Restore(ctx, class)
	case k < 3:
		what = "a member removed"
		if err = p.client.Roster.Remove(ctx, class, id, stytchclient.EvenLastInstructor); err == nil {
			p.tell(string(id))
		}
	case k < 5:
		what = "a member suspended"
		if _, err = p.client.Roster.Suspend(ctx, class, id, stytchclient.EvenLastInstructor); err == nil {
			p.tell(string(id))
		}
	case k < 8:
		w.changesRole(e, p, who, r, id)
		return
	case k < 9:
		what = "a class archived"
		for _, other := range w.people {
			defer other.change(w.clock)()
		}
		if _, err = p.client.Classes.Archive(ctx, class); err == nil {
			p.tell(string(class))
		}
	case k < 10:
		what = "signed out by an administrator"
		err = p.client.Sessions.RevokeMember(ctx, class, id)
	default:
		w.triesWhatIsRefused(e, p, who, r)
		return
	}
	if err == nil {
		w.oracle.events.happened(what)
	}
	w.note("%s: %s by process %d: %s, %v", e.name, what, p.number, who.name, err == nil)
}

// blocked returns why a member cannot sign in, "" if they can.
func (w *World) blocked(id string) string {
	l := w.door.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.members[id]
	switch {
	case m == nil:
		return ""
	case m.removed != never:
		return "removed"
	case m.suspended != never:
		return "suspended"
	case m.class.archived != never:
		return "archived"
	}
	return ""
}

// changesRole promotes a student to instructor, or demotes an instructor.
func (w *World) changesRole(e *errand, p *instance, who *person, r *room, id grimoireauth.MemberID) {
	ranks := []rank{student, student, tutor, instructor}
	to := ranks[w.seed.below(len(ranks), e.name+" role")]
	before := w.rankNow(string(id), r)
	if before == student {
		to = instructor
	}
	defer func() {
		if w.rankNow(string(id), r) < before {
			w.oracle.events.happened("a role lowered")
		}
	}()
	if w.table != nil {
		// A row of the application's own table, which all processes read at each request.
		if before != none && w.seed.chance(0.6, e.name+" leaves the class") {
			to = none
		}
		w.table.set(string(id), r.id, to)
		w.announces(e, p, id, r)
		return
	}
	if w.seed.chance(0.3, e.name+" dashboard") {
		names := []string{}
		if to != student {
			names = append(names, to.String())
		}
		w.stytch.SetRoles(id, names...)
		w.door.look(r.org, string(id))
		w.oracle.events.happened("a role changed in the dashboard")
		return
	}
	if _, err := p.client.Roster.SetRole(e.with(w.context), grimoireauth.ClassID(r.org), id, roles[to], stytchclient.EvenLastInstructor); err == nil {
		p.tell("role of " + string(id))
	}
}

// rankNow returns a member's present role in a class.
func (w *World) rankNow(id string, r *room) rank {
	if w.table != nil {
		return w.table.now(id, r.id)
	}
	w.door.ledger.mu.Lock()
	defer w.door.ledger.mu.Unlock()
	if m := w.door.ledger.members[id]; m != nil {
		return m.highest(w.clock.now())
	}
	return none
}

// triesWhatIsRefused makes calls that must fail, and checks that they made no change at
// Stytch and recorded no revocation.
func (w *World) triesWhatIsRefused(e *errand, p *instance, who *person, r *room) {
	ctx := e.with(w.context)
	wrong := grimoireauth.ClassID("organization-test-00000000-0000-4000-8000-000000000000")
	if w.table == nil {
		for _, other := range w.rooms {
			if other.org != r.org {
				wrong = grimoireauth.ClassID(other.org)
			}
		}
	}
	id := who.member(r.org)
	calls := []func() error{
		func() error { return p.client.Roster.Remove(ctx, wrong, id) },
		func() error { _, err := p.client.Roster.SetRole(ctx, wrong, id, grimoireauth.RoleTutor); return err },
		func() error { _, err := p.client.Roster.Suspend(ctx, wrong, id); return err },
		func() error { return p.client.Roster.Deny(ctx, grimoireauth.ClassID(r.org), id) },
		func() error { _, err := p.client.Roster.Reinstate(ctx, wrong, id); return err },
	}
	err := calls[w.seed.below(len(calls), e.name+" call")]()
	if err == nil || unavailable(err) {
		return
	}
	w.oracle.events.happened("an administrator refused")
	w.mu.Lock()
	changed, revoked := w.changed[e.name], w.revocations[e.name]
	w.mu.Unlock()
	if changed > 0 || revoked > 0 {
		w.oracle.broken("refused", "%s was refused, and made %d changes at Stytch and raised %d revocations", e.name, changed, revoked)
	}
}

// unavailable reports whether an error is temporary.
func unavailable(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

// move gives a member who came back under another id their rows again.
func (w *World) move(from, to string) {
	for _, r := range w.rooms {
		if is := w.table.now(from, r.id); is != none {
			w.table.set(to, r.id, is)
		}
	}
}

// rotates: Stytch changes its signing key, and keeps the old one for a while or not.
func (w *World) rotates(e *errand, s Step) {
	w.operates()
	w.oracle.events.happened("a key rotation during traffic")
	keeps, now := w.seed.chance(0.8, e.name+" keeps the old one"), w.clock.now()
	w.stytch.RotateKeys(keeps)
	if !keeps {
		// Tokens that the old key has signed are invalid: people have to sign in again.
		w.oracle.withdrew(now)
	}
	// A new key may have to wait for the cool-down of the key set.
	w.network.begin(window{name: e.name, side: toStytch, process: -1, from: now, to: now + 15*time.Second})
}
