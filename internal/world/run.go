package world

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Result is what a run showed.
type Result struct {
	Seed       Seed
	Deployment Deployment
	Violations []violation
	Diary      []string // all that happened, without ids: two runs of one seed have the same
	Events     map[string]int
	Requests   int
	Actors     map[string]int
	Operated   int // acts of an operator
	Took       time.Duration
}

// Run lives through a history in a bubble of virtual time. It must not be called
// inside one.
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
		w.settle()
		w.finally()
		w.settle()
		w.readsTheLog()
		r = Result{
			Seed: seed, Deployment: d, Violations: w.oracle.found(), Diary: w.diary, Events: w.oracle.events.all(),
			Requests: w.requests, Actors: w.actors, Operated: w.operated,
		}
	})
	r.Took = time.Since(begin)
	return r
}

// finally looks, when all trouble has been over for as long as it takes to heal,
// that those with a live session are served, and that the others get in by
// following what the pages offer.
func (w *World) finally() {
	w.network.calm()
	w.clocks.calm()
	_ = w.clock.sleep(w.context, healing+time.Second)
	for _, d := range w.desks {
		e := newErrand(w.seed, fmt.Sprint("finally ", d.number))
		t, p := d.tabs[0], d.sitting()
		if !t.take(e, p) {
			w.oracle.broken("settled", "a tab of desk %d is still loading", d.number)
			continue
		}
		in := w.in(p)
		v := &visit{world: w, tab: t, errand: e, person: p, method: "code", began: w.clock.now()}
		for _, r := range in {
			if w.may(p, r) {
				v.room = r
			}
		}
		page, err := t.Navigate(site + "/me") // owed looks at what comes of it
		if v.room != nil {
			who := d.identity()
			if who.session != nil && who.session.member.email != p.email {
				// A person left without signing out.
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

// readsTheLog looks for secrets in what the processes printed.
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
