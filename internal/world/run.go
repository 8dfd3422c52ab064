package world

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
