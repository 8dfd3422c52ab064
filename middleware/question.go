package middleware

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// asking is how long one answer may take.
	asking = 10 * time.Second
	// lastChance is how long before the end of mostDoubt a question is asked once more.
	lastChance = 500 * time.Millisecond
	// askedAtOnce is how many questions of one Guard are asked at the same time: when a
	// whole class is revoked, the application's database is not asked a thousand times in
	// one moment.
	askedAtOnce = 32
)

// watches are the connections that a Guard watches, by the question that is asked about
// them.
type watches struct {
	slots chan struct{} // one for each question that is being asked

	mu        sync.Mutex // guards what follows, and what questions say that it guards
	questions map[questionKey]*question
	came      int           // connections, so far
	over      bool          // EndWatches was called
	ever      bool          // Changed was called
	changed   time.Duration // when it was, since loaded
}

// question is what is asked again and again about connections of one session that passed
// the same decisions.
//
// Invariant: one that is not closed is in watches.questions and has watchers, and its
// timer is set, or it is being asked.
type question struct {
	guard      *Guard
	key        questionKey
	conditions []condition // immutable

	// Guarded by watches.mu:
	watchers map[*watcher]struct{}
	closed   bool
	known    *answer // the newest yes, never changed; behind a pointer more, where fmt does not follow
	timer    *time.Timer
	asked    bool // it is being asked
	again    bool // and something has changed meanwhile
	stop     context.CancelFunc

	doubt    *time.Timer // ends the connections; nil: the last answer was a yes
	doubts   int         // tells the timers of several doubts apart
	doubtful time.Time   // since when
	why      error       // the last reason

	signal     context.Context // of Config.Watch; nil: none, for now
	stopSignal func()
	listened   grimoireauth.Secret // the session_jwt that it was about
	signalled  bool                // it has just ended
}

// watcher is one connection.
type watcher struct {
	number int // in the order in which they came
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// join adds a connection to the question about it, and returns its context.
func (ws *watches) join(ctx context.Context, g *Guard, a answer, conditions []condition) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watcher{ctx: ctx, cancel: cancel}
	key := keyOf(&a, conditions)
	ws.mu.Lock()
	if ws.over {
		ws.mu.Unlock()
		cancel(http.ErrServerClosed)
		return ctx
	}
	q := ws.questions[key]
	first := q == nil
	if first {
		q = &question{guard: g, key: key, conditions: conditions, known: &a, watchers: make(map[*watcher]struct{}), stop: func() {}, stopSignal: func() {}}
		q.timer = time.AfterFunc(q.wait(key.share(g.config.watchEvery())), q.decideNow)
		if ws.questions == nil {
			ws.questions = make(map[questionKey]*question)
		}
		ws.questions[key] = q
	} else if a.asked > q.known.asked {
		q.known = &a
		q.endDoubt()
	}
	ws.came++
	w.number = ws.came
	q.watchers[w] = struct{}{}
	context.AfterFunc(ctx, func() { q.leave(w) })
	// What was decided about the request may be older than a change that was announced.
	older := ws.ever && a.asked <= ws.changed
	ws.mu.Unlock()
	if first {
		q.listen(ctx, a.authentication)
	}
	if older {
		go q.decideNow() // see Changed
	}
	return ctx
}

// change notes that something has changed, and returns the questions that are there.
func (ws *watches) change() []*question {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.ever, ws.changed = true, time.Since(loaded)
	return ws.inOrder()
}

// inOrder returns the questions, always in the same order, so that a simulation with a
// seed sees the same again; mu is held.
func (ws *watches) inOrder() []*question {
	return slices.SortedFunc(maps.Values(ws.questions), func(a, b *question) int { return bytes.Compare(a.key[:], b.key[:]) })
}

func (ws *watches) end() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.over = true
	for _, q := range ws.inOrder() {
		q.end(http.ErrServerClosed)
	}
}

// concerns reports whether a change about this person can change the answer.
func (q *question) concerns(person grimoireauth.Person) bool {
	q.guard.watches.mu.Lock()
	member := q.known.authentication.Member()
	q.guard.watches.mu.Unlock()
	if person.Member != "" && person.Member != member {
		return false
	}
	for _, c := range q.conditions {
		if c.class == person.Class || c.none {
			return true
		}
	}
	return person.Class == ""
}

// leave takes away a connection that has ended.
func (q *question) leave(w *watcher) {
	q.guard.watches.mu.Lock()
	defer q.guard.watches.mu.Unlock()
	delete(q.watchers, w)
	if len(q.watchers) == 0 {
		q.close()
	}
}

// end ends all connections; watches.mu is held.
func (q *question) end(err error) {
	for _, w := range slices.SortedFunc(maps.Keys(q.watchers), func(a, b *watcher) int { return a.number - b.number }) {
		w.cancel(err)
	}
	q.close()
}

// close releases what the question needs; watches.mu is held.
func (q *question) close() {
	if q.closed {
		return
	}
	q.closed = true
	delete(q.guard.watches.questions, q.key)
	q.timer.Stop()
	q.stop()
	q.stopSignal()
	if q.doubt != nil {
		q.doubt.Stop()
	}
}

// decideNow asks the question, until an answer is newer than the last reason to ask.
func (q *question) decideNow() {
	mu := &q.guard.watches.mu
	mu.Lock()
	if q.closed || q.asked {
		q.again = true
		mu.Unlock()
		return
	}
	q.asked, q.again = true, true
	var values context.Context
	for !q.closed && q.again {
		q.again = false
		values = q.anyContext()
		ctx, cancel := context.WithCancel(context.WithoutCancel(values))
		q.stop = cancel
		q.beginDoubt()
		known := q.known
		mu.Unlock()
		next, err := q.ask(ctx, known)
		cancel()
		mu.Lock()
		switch {
		case q.closed:
		case err == nil:
			if !q.known.after(next) {
				q.known = next
			}
			q.endDoubt()
		case unknown(err):
			q.why = err
		default:
			q.end(err)
		}
	}
	q.asked = false
	if q.closed {
		mu.Unlock()
		return
	}
	q.timer.Reset(q.wait(q.guard.config.watchEvery()))
	// A signal that has just ended ends again at once if it is about the same session_jwt.
	a := q.known.authentication
	deaf := q.signal == nil && q.doubt == nil && (!q.signalled || !q.listened.Equal(a.JWT))
	q.signalled = false
	mu.Unlock()
	if deaf {
		q.listen(values, a)
	}
}

// anyContext returns the context of one of the connections, for its values: of the one that
// came first, so that a simulation with a seed sees the same again; watches.mu is held.
func (q *question) anyContext() context.Context {
	var first *watcher
	for w := range q.watchers {
		if first == nil || w.number < first.number {
			first = w
		}
	}
	if first == nil {
		return context.Background()
	}
	return first.ctx
}

// ask finds out whose session it is, and decides the conditions.
func (q *question) ask(ctx context.Context, known *answer) (next *answer, err error) {
	select {
	case q.guard.watches.slots <- struct{}{}:
		defer func() { <-q.guard.watches.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(grimoireauth.ContextUnattended(ctx), asking)
	defer cancel()
	defer func() {
		// net/http would keep a panic in a function of the application's to one request.
		if broken := recover(); broken != nil {
			q.guard.log(ctx, slog.LevelError, fmt.Sprintf("%T", broken), "a function of the Guard's configuration panicked while a connection was watched",
				"type", fmt.Sprintf("%T", broken), "stack", string(debug.Stack()))
			next, err = nil, unanswered(fmt.Errorf("a panic with a %T", broken))
		}
	}()
	f := &found{guard: q.guard, answer: answer{presented: known.presented, fresh: known.bound, renewed: known.renewed, bound: known.bound, rests: known.rests}}
	if f.fresh {
		f.rests++
	}
	f.ask(ctx, nil)
	if f.err != nil {
		return nil, f.err
	}
	if f.authentication.ID() != known.authentication.ID() {
		return nil, errTwoAnswers
	}
	in := place{}
	for i := range q.conditions {
		if in, err = f.meets(ctx, &q.conditions[i], in); err != nil {
			return nil, err
		}
	}
	return &f.answer, nil
}

// wait is how long to wait for the next question: not longer than the session lasts, or
// than the connections stay in doubt; watches.mu is held.
func (q *question) wait(interval time.Duration) time.Duration {
	ends := q.known.authentication.ExpiresAt()
	if left := time.Until(ends); !ends.IsZero() && left > 0 {
		interval = min(interval, left)
	}
	if q.doubt != nil {
		if left := time.Until(q.doubtful.Add(mostDoubt - lastChance)); left > 0 {
			interval = min(interval, left)
		}
	}
	return interval
}

// beginDoubt sets the timer that ends the connections unless a yes comes in time, whatever
// becomes of the question; watches.mu is held.
func (q *question) beginDoubt() {
	if q.doubt != nil {
		return
	}
	q.doubts++
	this := q.doubts
	q.doubtful, q.why = time.Now(), nil
	q.doubt = time.AfterFunc(mostDoubt, func() {
		q.guard.watches.mu.Lock()
		defer q.guard.watches.mu.Unlock()
		if !q.closed && q.doubt != nil && q.doubts == this {
			q.end(unanswered(q.why))
		}
	})
}

func (q *question) endDoubt() {
	if q.doubt == nil {
		return
	}
	q.doubt.Stop()
	q.doubt, q.why = nil, nil
}

// listen asks Config.Watch to say when something about the session is revoked.
func (q *question) listen(values context.Context, a grimoireauth.Authentication) {
	watch := q.guard.config.Watch
	if watch == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(values))
	signal := watch(ctx, a)
	mu := &q.guard.watches.mu
	mu.Lock()
	defer mu.Unlock()
	if q.closed || q.signal != nil {
		cancel()
		return
	}
	q.signal, q.listened = signal, a.JWT
	stop := context.AfterFunc(signal, func() { q.heard(signal) })
	q.stopSignal = func() { stop(); cancel() }
}

// heard decides again because Config.Watch says so. That a session has ended needs no
// other word.
func (q *question) heard(signal context.Context) {
	mu := &q.guard.watches.mu
	mu.Lock()
	if q.closed || q.signal != signal {
		mu.Unlock()
		return
	}
	q.stopSignal()
	q.signal, q.stopSignal, q.signalled = nil, func() {}, true
	cause := context.Cause(signal)
	if over(cause) {
		q.end(cause)
	}
	mu.Unlock()
	q.decideNow()
}
