package world

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/promptgrimoire/auth/mock"
)

// person has an address, and is a member of some classes.
type person struct {
	name, email string
	password    string // the one that they would choose
	phone       string
	teaches     bool

	mu       sync.Mutex      // guards everything below
	chosen   map[string]bool // the password is set, by Organization
	members  map[string]grimoireauth.MemberID
	changed  time.Duration // when anything about them was last changed
	changing int           // changes under way
	signing  int           // sign-ins under way
	crowded  time.Duration // when they last signed in at two places at once
}

// member returns the person's member id in a class, an Organization.
func (p *person) member(class string) grimoireauth.MemberID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.members[class]
}

func (p *person) is(class string, member grimoireauth.MemberID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members[class] = member
}

// change marks that something about the person is being changed until the function
// that it returns is called.
func (p *person) change(c *clock) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changing++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changing--
		p.changed = c.now()
	}
}

// signs marks that the person is signing in until the function that it returns is called.
func (p *person) signs(c *clock) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.signing++; p.signing > 1 {
		p.crowded = c.now()
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.signing--
	}
}

// oneAtATime reports whether all sign-ins since then were the only one at their time.
// A person who signs in at two computers can confuse their messages.
func (p *person) oneAtATime(since time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.crowded < since
}

// leftAlone reports whether nothing about the person was changed since then.
func (p *person) leftAlone(since time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changing == 0 && p.changed <= since
}

// room is a class of the school: an Organization, or a row of the table.
type room struct {
	id   string // in the application's paths
	org  string // the Organization to sign in to
	slug string // its short name
	sso  bool
}

// peopling adds people to the school.
func (w *World) peopling() {
	schoolNames := []string{"LAWS1100", "ARTS2000"}
	if w.deployment.OneOrganization {
		school := w.stytch.AddClass("The school", w.asks(0))
		w.table = &table{clock: w.clock, school: grimoireauth.OrganizationID(school.ID), rows: make(map[tableKey][]roleSince)}
		for _, name := range schoolNames {
			w.rooms = append(w.rooms, &room{id: name, org: string(school.ID), slug: school.Slug, sso: true})
		}
		w.stytch.AddSSO(school.ID, "saml", nil)
	} else {
		for i, name := range schoolNames {
			class := w.stytch.AddClass(name, w.asks(i))
			w.rooms = append(w.rooms, &room{id: string(class.ID), org: string(class.ID), slug: class.Slug, sso: i == 0})
			if i == 0 {
				w.stytch.AddSSO(class.ID, "saml", nil)
			}
		}
	}
	for i, name := range []string{"ada", "bob", "cyd", "dan", "eve"} {
		p := &person{name: name, email: name + "@example.edu", teaches: i >= 3, members: make(map[string]grimoireauth.MemberID), chosen: make(map[string]bool),
			password: "a rather long sentence of " + name, phone: "+6140000000" + strconv.Itoa(i)}
		w.people = append(w.people, p)
		w.door.ledger.words = append(w.door.ledger.words, p.password)
		for j, r := range w.rooms {
			if i%2 == 1 && j == 1 && i != 3 {
				continue // bob is in one class only
			}
			if p.members[r.org] == "" {
				roles := []string{}
				if p.teaches && !w.deployment.OneOrganization && i+j < 5 {
					roles = append(roles, "instructor")
				}
				p.members[r.org] = w.stytch.AddMember(grimoireauth.ClassID(r.org), p.email, roles...)
			}
			if w.table != nil {
				is := student
				if p.teaches && i+j < 5 { // eve teaches the first class, and is a student of the second
					is = instructor
				}
				w.table.set(string(p.members[r.org]), r.id, is)
			}
		}
		for _, org := range slices.Sorted(maps.Keys(p.members)) {
			member := p.members[org]
			w.door.look(org, string(member))
		}
	}
}

// asks is the second factor that a class requires.
func (w *World) asks(class int) mock.Settings {
	if w.deployment.SecondFactor && (class == 1 || w.deployment.OneOrganization) {
		return mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"}
	}
	return nil
}

// in returns the classes that the person is in.
func (w *World) in(p *person) []*room {
	var in []*room
	for _, r := range w.rooms {
		id := p.member(r.org)
		if id == "" || w.table != nil && w.table.now(string(id), r.id) == none {
			continue
		}
		in = append(in, r)
	}
	return in
}

// may reports whether the person could sign in to the class's Organization now.
func (w *World) may(p *person, r *room) bool {
	l := w.door.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.members[string(p.member(r.org))]
	return m != nil && m.removed == never && m.suspended == never && m.class.archived == never
}

// barredOnce reports whether the class was archived once, or the person removed or
// suspended: a response on its way may be from that time, whose end is not recorded.
func (w *World) barredOnce(p *person, r *room) bool {
	l := w.door.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.members[string(p.member(r.org))]
	return m == nil || m.barred > 0 || m.class.barred > 0
}

// errand is one step of the history while it is carried out. The name of every event
// that it causes, directly or indirectly, begins with its name.
type errand struct {
	name      string
	seed      Seed
	disturbed atomic.Bool // the network or Stytch failed for it, or people were changed meanwhile

	mu     sync.Mutex // guards counts
	counts map[string]int
}

func newErrand(seed Seed, name string) *errand {
	return &errand{name: name, seed: seed, counts: make(map[string]int)}
}

// next names the next event of a kind. Kinds hold no random id, so that the n-th
// request for a page has one name in every run.
func (e *errand) next(kind string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts[kind]++
	return e.name + " " + kind + " " + strconv.Itoa(e.counts[kind])
}

type errandKey struct{}

// with returns a context that carries the errand.
func (e *errand) with(ctx context.Context) context.Context {
	ctx = backoff.WithJitter(ctx, func(limit time.Duration) time.Duration {
		return time.Duration(e.seed.below(int(limit), e.next("jitter")))
	})
	return context.WithValue(ctx, errandKey{}, e)
}

// String names the errand in the print of a context.
func (e *errand) String() string { return "errand " + e.name }

func errandOf(ctx context.Context) *errand {
	e, _ := ctx.Value(errandKey{}).(*errand)
	return e
}

func nameOf(ctx context.Context) string {
	if e := errandOf(ctx); e != nil {
		return e.name
	}
	return "background"
}

// kindOf is the kind of a call to Stytch: its path without ids.
func kindOf(method, path string) string {
	var kept []string
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/v1/b2b/"), "/") {
		if !strings.ContainsAny(part, "-0123456789") || len(part) < 20 {
			kept = append(kept, part)
		}
	}
	return method + " " + strings.Join(kept, "/")
}
