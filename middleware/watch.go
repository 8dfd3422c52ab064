package middleware

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// watchEvery is how often a watched connection is checked, unless Config.WatchEvery is
	// set.
	watchEvery = 10 * time.Second
	// mostDoubt is how long a connection stays open while temporary errors prevent a check.
	mostDoubt = time.Minute
)

// Watch returns a context for a connection that outlives the decision about its request:
// server-sent events, WebSockets, an upload that takes hours. The guard repeats the checks
// that the guards around the handler have made about this request, and the rules: whose
// session it is, the class and the role, and every permission, also about [NoClass]. It does
// so every 10 seconds (Config.WatchEvery), at once when the signal of Config.Watch ends, and
// at once when the application calls [Guard.Changed]. It does not repeat [Guard.Recent] and
// [Guard.Fresh], which are about the moment when a connection begins.
//
// The context ends at once when a check refuses the connection. During temporary errors the
// connection stays open for at most a minute. [context.Cause] returns why it ended:
//
//   - [grimoireauth.ErrSessionEnded]: the session has ended
//   - [grimoireauth.ErrExpired], ErrUnauthenticated: the credentials have expired or do not
//     count any more
//   - [grimoireauth.ErrForbidden], [grimoireauth.ErrNotFound]: the role, the class or the
//     permission is gone
//   - [grimoireauth.ErrUnavailable]: no check succeeded for a minute
//   - [http.ErrServerClosed]: [Guard.EndWatches]
//   - [ErrMisconfigured], or the cause of the request's own context
//
// A request that may not pass now gets a context that has ended already, so look at it
// before the response begins:
//
//	ctx := guard.Watch(r)
//	if err := context.Cause(ctx); err != nil {
//		guard.Respond(w, r, err)
//		return
//	}
//
// Connections of one session with the same conditions share one check, and the checks of
// many sessions are spread over the interval. What a watch holds is released when its
// context ends, which is with the request at the latest. Watch writes no cookies. An open
// connection does not extend a sliding session.
func (g *Guard) Watch(r *http.Request, rules ...Rule) context.Context {
	ctx := r.Context()
	checks, fresh, err := g.checksOf(rules)
	if err != nil {
		return endedBy(ctx, err)
	}
	a, _, err := g.decide(r, fresh, checks)
	if err != nil {
		return endedBy(ctx, err)
	}
	return g.watch(ctx, r, a, checks)
}

// DecideAndWatch decides as [Guard.Decide] does, and watches as [Guard.Watch] does: for
// the streams of other protocols, such as gRPC. The context that it returns is derived
// from ctx and holds what else ctx holds; it is ctx itself if the error is not nil.
func (g *Guard) DecideAndWatch(ctx context.Context, credentials grimoireauth.Credentials, rules ...Rule) (context.Context, Decision, error) {
	a, decision, checks, err := g.decideBy(ctx, credentials, rules)
	if err != nil {
		return ctx, Decision{}, err
	}
	watched := g.watch(ctx, nil, a, checks)
	if err := context.Cause(watched); err != nil {
		return ctx, Decision{}, err
	}
	return watched, decision, nil
}

// Changed makes the Guard check the watched connections of this person at once, because the
// application's own tables have changed, such as the members of a class. An empty Member is
// every member, an empty Class every class. It returns without waiting for the checks. A
// request that was decided before the change and calls Watch after it is checked as well.
// Call Changed when the change can be read from the tables.
//
// It concerns the connections of this process only, so call it in every process.
func (g *Guard) Changed(person grimoireauth.Person) {
	if g == nil {
		return
	}
	for _, sc := range g.watches.announce() {
		if sc.concerns(person) {
			go sc.run() // it ends with the check, or with the last connection that shares it
		}
	}
}

// EndWatches ends every watched connection, and each that begins later, with
// [http.ErrServerClosed] as its cause, for which [Guard.Respond] answers 503. Pass it to the
// server's RegisterOnShutdown, since Shutdown waits for handlers without ending their
// contexts. It returns without waiting.
func (g *Guard) EndWatches() {
	if g != nil {
		g.watches.end()
	}
}

// endedBy returns a context that has ended with this cause.
func endedBy(ctx context.Context, err error) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(err)
	return ctx
}

// watch begins to watch a connection whose checks have passed; r is its request, nil after
// Decide. It repeats the checks with a recorder to get their conditions.
func (g *Guard) watch(ctx context.Context, r *http.Request, a *requestAuth, checks []check) context.Context {
	var conditions []condition
	recorder := &requestAuth{guard: g, authResult: a.authResult, inner: &innerAuth{recorded: &conditions}}
	around := a
	if !a.published() {
		around = a.outer()
	}
	in, err := around.repeatChecks(ctx, recorder, classRole{})
	for _, c := range checks {
		if err == nil {
			in, err = c(ctx, r, recorder, in)
		}
	}
	if err != nil {
		return endedBy(ctx, err)
	}
	return g.watches.join(ctx, g, a.authResult, conditions)
}

func (c Config) watchEvery() time.Duration {
	if c.WatchEvery == 0 {
		return watchEvery
	}
	return c.WatchEvery
}

func (c Config) watchFaults() error {
	if c.WatchEvery < 0 || c.WatchEvery > mostDoubt {
		return fmt.Errorf("WatchEvery %v is not between 0, for %v, and %v", c.WatchEvery, watchEvery, mostDoubt)
	}
	return nil
}

// watches are the connections that a Guard watches, by the check that they share.
type watches struct {
	slots chan struct{} // one for each running check

	mu          sync.Mutex // guards what follows, and the fields of sharedChecks that say so
	checks      map[sharedCheckKey]*sharedCheck
	joined      int           // connections so far
	ended       bool          // EndWatches was called
	announced   bool          // Changed was called
	announcedAt time.Duration // when Changed was called last, since clockStart
}

// watcher is one connection.
type watcher struct {
	number int // in the order in which they joined
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// join adds a connection to the check that it shares, and returns its context.
func (ws *watches) join(ctx context.Context, g *Guard, result authResult, conditions []condition) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watcher{ctx: ctx, cancel: cancel}
	key := keyOf(&result, conditions)
	ws.mu.Lock()
	if ws.ended {
		ws.mu.Unlock()
		cancel(http.ErrServerClosed)
		return ctx
	}
	sc := ws.checks[key]
	first := sc == nil
	if first {
		sc = &sharedCheck{guard: g, key: key, conditions: conditions, latest: &result, watchers: make(map[*watcher]struct{}), cancelRun: func() {}, stopSignal: func() {}}
		sc.timer = time.AfterFunc(sc.wait(key.share(g.config.watchEvery())), sc.run)
		if ws.checks == nil {
			ws.checks = make(map[sharedCheckKey]*sharedCheck)
		}
		ws.checks[key] = sc
	} else if result.askedAt > sc.latest.askedAt {
		sc.latest = &result
		sc.endDoubt()
	}
	ws.joined++
	w.number = ws.joined
	sc.watchers[w] = struct{}{}
	context.AfterFunc(ctx, func() { sc.leave(w) })
	// The result of the request may be older than a change that was announced.
	older := ws.announced && result.askedAt <= ws.announcedAt
	ws.mu.Unlock()
	if first {
		sc.listen(ctx, result.authentication)
	}
	if older {
		go sc.run() // see Changed
	}
	return ctx
}

// announce notes that the application has announced a change, and returns all checks.
func (ws *watches) announce() []*sharedCheck {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.announced, ws.announcedAt = true, time.Since(clockStart)
	return ws.inOrder()
}

// inOrder returns the checks in an order that depends on their keys only, so that a
// simulation repeats itself; mu is held.
func (ws *watches) inOrder() []*sharedCheck {
	return slices.SortedFunc(maps.Values(ws.checks), func(a, b *sharedCheck) int { return bytes.Compare(a.key[:], b.key[:]) })
}

// end ends all connections, and those that join later.
func (ws *watches) end() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.ended = true
	for _, sc := range ws.inOrder() {
		sc.end(http.ErrServerClosed)
	}
}
