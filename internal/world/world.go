package world

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// World is one deployment with its users, in virtual time.
type World struct {
	seed       Seed
	deployment Deployment
	sabotage   sabotage
	clock      *clock
	context    context.Context
	stytch     *mock.Stytch
	door       *door
	network    *network
	oracle     *oracle
	clocks     *clocks
	shared     *shared // nil: each process has revocations of its own
	table      *table  // nil: a class is an Organization
	rooms      []*room
	people     []*person
	outside    []*person // who use no computer of the world
	computers  []*computer
	spare      *errand // for events that no step has caused
	log        printed

	running   sync.WaitGroup
	deploying sync.Mutex
	renamed   atomic.Int64 // when the cookies got other names last

	mu          sync.Mutex // guards everything below
	instances   []*instance
	former      []*instance // that were replaced
	requests    int
	actors      map[string]int
	operated    int
	diary       []string
	changed     map[string]int // calls that changed something at Stytch, by the name of the step
	revocations map[string]int // revocations, by the name of the step
}

// printed collects the output of all processes.
type printed struct {
	mu  sync.Mutex // guards out
	out bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// newWorld builds the world of a seed before its first step.
func newWorld(ctx context.Context, seed Seed, d Deployment, s sabotage) (*World, error) {
	w := &World{
		seed: seed, deployment: d, sabotage: s, clock: newClock(), context: ctx,
		stytch: newStytch(seed), spare: newErrand(seed, "meanwhile"),
		actors: make(map[string]int), changed: make(map[string]int), revocations: make(map[string]int),
	}
	w.door = &door{clock: w.clock, stytch: w.stytch, ledger: newLedger(), changed: func(name string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changed[name]++
	}}
	w.door.ledger.unmarked = d.FrontEnd
	w.door.ledger.secret(w.stytch.Secret().Reveal(), "the project's secret")
	w.clocks = &clocks{world: w, moved: make(map[string]time.Duration)}
	w.network = &network{seed: seed, clock: w.clock, clocks: w.clocks}
	w.peopling()
	w.outsiders()
	if d.Shared {
		w.shared = newShared(w.clock, d.Processes)
	}
	w.oracle = &oracle{clock: w.clock, ledger: w.door.ledger, clocks: w.clocks, shared: w.shared, table: w.table, events: new(events)}
	for i := range d.Processes {
		p, err := w.start(i, d.Setting)
		if err != nil {
			return nil, err
		}
		w.instances = append(w.instances, p)
	}
	for i := range d.Computers {
		computer := w.newComputer(i, d.Tabs)
		computer.sits = w.people[i%len(w.people)]
		w.computers = append(w.computers, computer)
	}
	return w, nil
}

// note writes a line into the diary, which has no random ids and no secrets in it.
func (w *World) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.diary = append(w.diary, fmt.Sprintf("%15d ", w.clock.now())+fmt.Sprintf(format, args...))
}

// acted counts the steps of an actor.
func (w *World) acted(who string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.actors[who]++
}

func (w *World) operates() {
	w.acted("an operator")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.operated++
}

// process returns the running instance of a process.
func (w *World) process(number int) *instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.instances[number%len(w.instances)]
}

// revokedBy counts a revocation that a step raised.
func (w *World) revokedBy(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revocations[name]++
}

// felt records that a request had a fault.
func (w *World) felt(name string, t trouble) { w.note("%s: %s", name, t) }

// observe counts the events of the library.
func (w *World) observe(ctx context.Context, event grimoireauth.Event) {
	switch event.(type) {
	case grimoireauth.SilenceBegan:
		w.oracle.events.happened("a silence of the log")
	case grimoireauth.RevocationsLost:
		w.oracle.events.happened("a log that has lost revocations")
	case grimoireauth.RefreshShared:
		w.oracle.events.happened("a refresh shared")
	case grimoireauth.RefreshWithheld:
		w.oracle.events.happened("a refresh withheld")
	case grimoireauth.OutageGraceUsed:
		w.oracle.events.happened("an outage grace used")
	case grimoireauth.SessionRefreshed:
		w.oracle.events.happened("a session refreshed")
		if x := exchangeOf(ctx); x != nil && x.gone.Load() {
			w.oracle.events.happened("a refresh behind a request")
		}
	}
}

// waitIdle waits until no request is under way.
func (w *World) waitIdle() {
	w.running.Wait()
	for _, d := range w.computers {
		d.browser.Wait()
	}
	w.mu.Lock()
	instances := slices.Concat(w.former, w.instances)
	w.mu.Unlock()
	for _, p := range instances {
		_ = p.verifier.Wait(context.Background()) // every call has a deadline
	}
}

// later returns a long pause.
func (w *World) later(least, most time.Duration, name string) {
	_ = w.clock.sleep(w.context, w.seed.between(least, most, name))
}

// Result is the result of a run.
type Result struct {
	Seed       Seed
	Deployment Deployment
	Violations []violation
	Diary      []string // the events without ids; two runs of one seed have the same lines
	Events     map[string]int
	Requests   int
	Actors     map[string]int
	Operated   int // acts of an operator
	Took       time.Duration
}

// Run carries out a history in a bubble of virtual time of its own. It must not be called
// inside a bubble.
func Run(t *testing.T, seed Seed, d Deployment, h History, sabotages string) Result {
	t.Helper()
	var r Result
	pin(t, seed)
	begin := time.Now()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		w, err := newWorld(ctx, seed, d, sabotage{sabotages})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range h {
			_ = w.clock.until(ctx, s.At)
			w.running.Go(func() { w.do(newErrand(seed, s.Name), s) })
		}
		w.waitIdle()
		w.finally()
		w.waitIdle()
		w.readsTheLog()
		r = Result{
			Seed: seed, Deployment: d, Violations: w.oracle.found(), Diary: w.diary, Events: w.oracle.events.all(),
			Requests: w.requests, Actors: w.actors, Operated: w.operated,
		}
	})
	r.Took = time.Since(begin)
	return r
}

// finally checks, half a minute after all trouble, that people with a live session are
// served, and that others sign in by the forms and links of the pages.
func (w *World) finally() {
	w.network.calm()
	w.clocks.calm()
	_ = w.clock.sleep(w.context, healing+time.Second)
	w.settled()
	for _, d := range w.computers {
		e := newErrand(w.seed, fmt.Sprint("finally ", d.number))
		t, p := d.tabs[0], d.sitting()
		if !t.take(e, p) {
			w.oracle.broken("settled", "a tab of computer %d is still loading", d.number)
			continue
		}
		in := w.in(p)
		v := &visit{world: w, tab: t, errand: e, person: p, method: "code", began: w.clock.now()}
		for _, r := range in {
			if w.may(p, r) {
				v.room = r
			}
		}
		page, err := t.Navigate(site + "/me") // owed checks the response
		if v.room != nil {
			who := d.identity()
			if who.session != nil && who.session.member.email != p.email {
				// Another person left without signing out.
				_, _ = page, err
				w.leaveBy(e, t)
				page, err = t.Navigate(site + "/me")
			}
			if !v.follow(page, err) {
				last := "nowhere"
				if page := t.Page(); page != nil {
					last = fmt.Sprint(page.Status, " ", plainPath(page.Path()))
				}
				w.oracle.broken("way in", "%s: %s followed what the pages offer, and is not in; the last page is %s", e.name, p.email, last)
			}
		}
		t.leave()
	}
}

// readsTheLog looks for secrets in the output of the processes.
func (w *World) readsTheLog() {
	w.log.mu.Lock()
	text := w.log.out.String()
	w.log.mu.Unlock()
	l := w.door.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(text) {
		if what, ok := l.leaks(line); ok {
			w.oracle.broken("secret", "a line of the log holds %s: %.60q…", what, line)
			return
		}
	}
}
