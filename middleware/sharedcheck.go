package middleware

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// checkTimeout bounds one run of a check.
	checkTimeout = 10 * time.Second
	// lastCheck is how long before the end of mostDoubt a check runs once more.
	lastCheck = 500 * time.Millisecond
	// sameToken is when a check runs again that was run because of a revocation and let the
	// same session_jwt pass.
	sameToken = time.Second
	// checksAtOnce is how many checks of one Guard run at the same time, so that revoking a
	// whole class does not bring a thousand queries to the application's database at once.
	checksAtOnce = 32
)

// sharedCheck is the check that a Guard repeats for all connections of one session that
// have the same conditions.
//
// Invariant: one that is not closed is in watches.checks, has watchers, and is running or
// has a timer that will run it.
type sharedCheck struct {
	guard      *Guard
	key        sharedCheckKey
	conditions []condition // immutable

	// Guarded by watches.mu:
	watchers  map[*watcher]struct{}
	closed    bool
	latest    *authResult // the newest result that let them pass, never changed; a pointer, which fmt does not follow
	timer     *time.Timer
	running   bool
	rerun     bool // a change was announced during the run
	cancelRun context.CancelFunc

	doubtTimer  *time.Timer // ends the connections; nil: the last run let them pass
	doubtCount  int         // tells the timers of several doubts apart
	doubtSince  time.Time
	doubtReason error // of the last run

	signal      context.Context // of Config.Watch; nil: none now
	stopSignal  func()
	signalJWT   grimoireauth.Secret // the session_jwt that Config.Watch got
	signalEnded bool                // the signal has just ended
}

// concerns reports whether a change about this person can change the result.
func (sc *sharedCheck) concerns(person grimoireauth.Person) bool {
	sc.guard.watches.mu.Lock()
	member := sc.latest.authentication.Member()
	sc.guard.watches.mu.Unlock()
	if person.Member != "" && person.Member != member {
		return false
	}
	for _, condition := range sc.conditions {
		if condition.class == person.Class || condition.none {
			return true
		}
	}
	return person.Class == ""
}

// leave removes a connection that has ended.
func (sc *sharedCheck) leave(w *watcher) {
	sc.guard.watches.mu.Lock()
	defer sc.guard.watches.mu.Unlock()
	delete(sc.watchers, w)
	if len(sc.watchers) == 0 {
		sc.close()
	}
}

// end ends all connections; watches.mu is held.
func (sc *sharedCheck) end(err error) {
	for _, w := range slices.SortedFunc(maps.Keys(sc.watchers), func(a, b *watcher) int { return a.number - b.number }) {
		w.cancel(err)
	}
	sc.close()
}

// close releases what the check holds; watches.mu is held.
func (sc *sharedCheck) close() {
	if sc.closed {
		return
	}
	sc.closed = true
	delete(sc.guard.watches.checks, sc.key)
	sc.timer.Stop()
	sc.cancelRun()
	sc.stopSignal()
	if sc.doubtTimer != nil {
		sc.doubtTimer.Stop()
	}
}

// run decides the conditions again, and once more if a change was announced meanwhile. It
// ends the connections if they may not stay.
func (sc *sharedCheck) run() {
	mu := &sc.guard.watches.mu
	mu.Lock()
	if sc.closed || sc.running {
		sc.rerun = true
		mu.Unlock()
		return
	}
	sc.running, sc.rerun = true, true
	var values context.Context
	for !sc.closed && sc.rerun {
		sc.rerun = false
		values = sc.anyContext()
		ctx, cancel := context.WithCancel(context.WithoutCancel(values))
		sc.cancelRun = cancel
		sc.beginDoubt()
		known := sc.latest
		mu.Unlock()
		next, err := sc.decide(ctx, known)
		cancel()
		mu.Lock()
		switch {
		case sc.closed:
		case err == nil:
			if !sc.latest.newerThan(next) {
				sc.latest = next
			}
			sc.endDoubt()
		case isTemporary(err):
			sc.doubtReason = err
		default:
			sc.end(err)
		}
	}
	sc.running = false
	if sc.closed {
		mu.Unlock()
		return
	}
	every := sc.guard.config.watchEvery()
	a := sc.latest.authentication
	relisten := sc.signal == nil && sc.doubtTimer == nil
	if relisten && sc.signalEnded && sc.signalJWT.Equal(a.JWT) {
		// Config.Watch would return an ended signal again for the same session_jwt. One that is
		// refreshed in the second of its issue is the same.
		relisten, every = false, min(every, sameToken)
	}
	sc.timer.Reset(sc.wait(every))
	sc.signalEnded = false
	mu.Unlock()
	if relisten {
		sc.listen(values, a)
	}
}

// anyContext returns the context of the connection that joined first, for its values. Any
// would do, but so a simulation repeats itself; watches.mu is held.
func (sc *sharedCheck) anyContext() context.Context {
	var first *watcher
	for w := range sc.watchers {
		if first == nil || w.number < first.number {
			first = w
		}
	}
	if first == nil {
		return context.Background()
	}
	return first.ctx
}

// decide authenticates the credentials again and decides the conditions.
func (sc *sharedCheck) decide(ctx context.Context, known *authResult) (next *authResult, err error) {
	select {
	case sc.guard.watches.slots <- struct{}{}:
		defer func() { <-sc.guard.watches.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(grimoireauth.ContextUnattended(ctx), checkTimeout)
	defer cancel()
	defer func() {
		// In a handler net/http confines a panic of the application's to one request.
		if broken := recover(); broken != nil {
			sc.guard.log(ctx, slog.LevelError, fmt.Sprintf("%T", broken), "a function of the Guard's configuration panicked while a connection was watched",
				"type", fmt.Sprintf("%T", broken), "stack", string(debug.Stack()))
			next, err = nil, doubtError(fmt.Errorf("a panic with a %T", broken))
		}
	}()
	a := &requestAuth{guard: sc.guard, authResult: authResult{credentials: known.credentials, fresh: known.onlyStytch, renewed: known.renewed, onlyStytch: known.onlyStytch, generation: known.generation}}
	if a.fresh {
		a.generation++
	}
	a.authenticate(ctx, nil)
	if a.err != nil {
		return nil, a.err
	}
	if a.authentication.ID() != known.authentication.ID() {
		return nil, errOtherSessionNow
	}
	in := classRole{}
	for i := range sc.conditions {
		if in, err = a.decideCondition(ctx, &sc.conditions[i], in); err != nil {
			return nil, err
		}
	}
	return &a.authResult, nil
}

// wait returns the time until the next run: at most until the session or the doubt ends;
// watches.mu is held.
func (sc *sharedCheck) wait(interval time.Duration) time.Duration {
	ends := sc.latest.authentication.ExpiresAt()
	if left := time.Until(ends); !ends.IsZero() && left > 0 {
		interval = min(interval, left)
	}
	if sc.doubtTimer != nil {
		if left := time.Until(sc.doubtSince.Add(mostDoubt - lastCheck)); left > 0 {
			interval = min(interval, left)
		}
	}
	return interval
}

// beginDoubt sets the timer that ends the connections unless a run lets them pass in time,
// even if the run hangs; watches.mu is held.
func (sc *sharedCheck) beginDoubt() {
	if sc.doubtTimer != nil {
		return
	}
	sc.doubtCount++
	this := sc.doubtCount
	sc.doubtSince, sc.doubtReason = time.Now(), nil
	sc.doubtTimer = time.AfterFunc(mostDoubt, func() {
		sc.guard.watches.mu.Lock()
		defer sc.guard.watches.mu.Unlock()
		if !sc.closed && sc.doubtTimer != nil && sc.doubtCount == this {
			sc.end(doubtError(sc.doubtReason))
		}
	})
}

// endDoubt stops that timer; watches.mu is held.
func (sc *sharedCheck) endDoubt() {
	if sc.doubtTimer == nil {
		return
	}
	sc.doubtTimer.Stop()
	sc.doubtTimer, sc.doubtReason = nil, nil
}

// listen gets a signal from Config.Watch, which ends when something about the session is
// revoked.
func (sc *sharedCheck) listen(values context.Context, a grimoireauth.Authentication) {
	watch := sc.guard.config.Watch
	if watch == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(values))
	signal := watch(ctx, a)
	mu := &sc.guard.watches.mu
	mu.Lock()
	defer mu.Unlock()
	if sc.closed || sc.signal != nil {
		cancel()
		return
	}
	sc.signal, sc.signalJWT = signal, a.JWT
	stop := context.AfterFunc(signal, func() { sc.signalled(signal) })
	sc.stopSignal = func() { stop(); cancel() }
}

// signalled runs the check because the signal of Config.Watch has ended. If its cause is the
// end of the session, the connections end without it.
func (sc *sharedCheck) signalled(signal context.Context) {
	mu := &sc.guard.watches.mu
	mu.Lock()
	if sc.closed || sc.signal != signal {
		mu.Unlock()
		return
	}
	sc.stopSignal()
	sc.signal, sc.stopSignal, sc.signalEnded = nil, func() {}, true
	cause := context.Cause(signal)
	if isSessionEnded(cause) {
		sc.end(cause)
	}
	mu.Unlock()
	sc.run()
}

// sharedCheckKey identifies a sharedCheck by the session, its credentials and the
// conditions. It is a digest, since a Guard must not hold credentials that fmt can print.
type sharedCheckKey [sha256.Size]byte

func keyOf(result *authResult, conditions []condition) sharedCheckKey {
	proof := result.credentials.token
	if proof == "" {
		proof = result.credentials.jwt // it is not refreshed, so each one ends at its own time
	}
	text := fmt.Appendf(nil, "%q %q %v %v", result.authentication.ID(), proof, result.credentials.bearer, result.onlyStytch)
	for _, c := range conditions {
		text = fmt.Appendf(text, " %q %v %d %q %q", c.class, c.none, c.least, c.resource, c.action)
	}
	return sha256.Sum256(text)
}

// share returns a part of the interval that depends on the key, so that the checks of many
// sessions are spread over it even if all begin at once.
func (k sharedCheckKey) share(interval time.Duration) time.Duration {
	part := binary.BigEndian.Uint32(k[:4])
	return max(time.Duration(float64(interval)*(float64(part)/(1<<32))), time.Millisecond)
}

// doubtError is the error of a connection that was in doubt for too long.
func doubtError(why error) error {
	if why == nil {
		why = errors.New("no answer came")
	}
	return &grimoireauth.Error{Op: "watch a connection", Kind: grimoireauth.ErrUnavailable, Err: why}
}
