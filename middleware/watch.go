package middleware

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// watchEvery is how often a watched connection is decided again, unless
	// Config.WatchEvery says otherwise.
	watchEvery = 10 * time.Second
	// mostDoubt is how long a connection stays open while it cannot be found out whether it
	// may.
	mostDoubt = time.Minute
)

// Watch returns a context for a connection that outlives the decision about its request:
// server-sent events, WebSockets, an upload that takes hours. The guard repeats what the
// guards around the handler have decided about this request, and the rules: whose session
// it is, the class and the role, and every permission, also about [NoClass]. It does so
// every 10 seconds (Config.WatchEvery), at once when Config.Watch says that something was
// revoked, and at once when the application calls [Guard.Changed]. It does not repeat
// [Guard.Recent] and [Guard.Fresh], which are about the moment when a connection begins.
//
// The context ends at once after a definite no. While it cannot be found out whether the
// connection may stay, it stays for at most a minute. [context.Cause] says why it ended:
//
//   - [grimoireauth.ErrSessionEnded]: the session has ended
//   - [grimoireauth.ErrExpired], ErrUnauthenticated: the credentials prove nothing any more
//   - [grimoireauth.ErrForbidden], [grimoireauth.ErrNotFound]: the role, the class or the
//     permission is gone
//   - [grimoireauth.ErrUnavailable]: nothing could be found out for a minute
//   - [http.ErrServerClosed]: [Guard.EndWatches]
//   - [ErrMisconfigured], or the cause of the request's own context
//
// A request that may not pass now gets a context that has ended, so ask before the
// response begins:
//
//	ctx := guard.Watch(r)
//	if err := context.Cause(ctx); err != nil {
//		guard.Respond(w, r, err)
//		return
//	}
//
// Connections of one session that passed the same decisions share one question, and the
// questions of many sessions are spread over the interval. What a watch needs is released
// when its context ends, so with the request at the latest. Watch writes no cookies. A
// connection is no use of the session: it extends none.
func (g *Guard) Watch(r *http.Request, rules ...Rule) context.Context {
	ctx := r.Context()
	checks, fresh, err := g.checksOf(rules)
	if err != nil {
		return endedBy(ctx, err)
	}
	f, _, err := g.decide(r, fresh, checks)
	if err != nil {
		return endedBy(ctx, err)
	}
	return g.watch(ctx, r, f, checks)
}

// DecideAndWatch decides as [Guard.Decide] does, and watches as [Guard.Watch] does: for
// the streams of other protocols, such as gRPC. The context that it returns is derived
// from ctx and holds what else ctx holds; it is ctx itself if the error is not nil.
func (g *Guard) DecideAndWatch(ctx context.Context, credentials grimoireauth.Credentials, rules ...Rule) (context.Context, Decision, error) {
	f, decision, checks, err := g.decideBy(ctx, credentials, rules)
	if err != nil {
		return ctx, Decision{}, err
	}
	watched := g.watch(ctx, nil, f, checks)
	if err := context.Cause(watched); err != nil {
		return ctx, Decision{}, err
	}
	return watched, decision, nil
}

// Changed says that something in the application's own tables has changed, such as who
// is in a class: the watched connections that it concerns are decided again at once, and
// not at the end of the interval. An empty Member is every member, an empty Class every
// class. It returns without waiting for the decisions, and concerns also a request that was
// decided before and calls Watch after it. Call it when the change can be read.
//
// It speaks to this process. Call it from whatever tells your processes about changes.
func (g *Guard) Changed(person grimoireauth.Person) {
	if g == nil {
		return
	}
	for _, q := range g.watches.change() {
		if q.concerns(person) {
			go q.decideNow() // it ends when the question is answered, or when no connection needs it
		}
	}
}

// EndWatches ends every watched connection, and each that begins later, with
// [http.ErrServerClosed] as its cause, which is a 503 by [Guard.Respond]. Pass it to the
// server's RegisterOnShutdown, since Shutdown waits for handlers and does not tell them. It
// returns without waiting.
func (g *Guard) EndWatches() {
	if g != nil {
		g.watches.end()
	}
}

// endedBy returns a context that has ended for this reason.
func endedBy(ctx context.Context, err error) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(err)
	return ctx
}

// watch watches a connection that was decided a moment ago: by f, on the request r if
// there is one.
func (g *Guard) watch(ctx context.Context, r *http.Request, f *found, checks []check) context.Context {
	var conditions []condition
	noted := &found{guard: g, answer: f.answer, later: &later{noting: &conditions}}
	around := f
	if !f.published() {
		around = f.outer()
	}
	in, err := around.repeat(ctx, noted, place{})
	for _, c := range checks {
		if err == nil {
			in, err = c(ctx, r, noted, in)
		}
	}
	if err != nil {
		return endedBy(ctx, err)
	}
	return g.watches.join(ctx, g, f.answer, conditions)
}

// questionKey tells questions apart: the session, what proves it, and what is decided. It
// is a digest, since a Guard must not show what proves a session.
type questionKey [sha256.Size]byte

func keyOf(a *answer, conditions []condition) questionKey {
	proof := a.presented.token
	if proof == "" {
		proof = a.presented.jwt // it is not renewed, so each has its own end
	}
	text := fmt.Appendf(nil, "%q %q %v %v", a.authentication.ID(), proof, a.presented.bearer, a.bound)
	for _, c := range conditions {
		text = fmt.Appendf(text, " %q %v %d %q %q", c.class, c.none, c.least, c.resource, c.action)
	}
	return sha256.Sum256(text)
}

// share returns a part of the interval that is this question's own, so that those of
// many sessions are spread over it, also when all begin at once.
func (k questionKey) share(interval time.Duration) time.Duration {
	part := binary.BigEndian.Uint32(k[:4])
	return max(time.Duration(float64(interval)*(float64(part)/(1<<32))), time.Millisecond)
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

// unanswered is the error of a connection that was in doubt for too long.
func unanswered(why error) error {
	if why == nil {
		why = errors.New("no answer came")
	}
	return &grimoireauth.Error{Op: "watch a connection", Kind: grimoireauth.ErrUnavailable, Err: why}
}
