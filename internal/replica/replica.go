package replica

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// The default and the least Bound.
const (
	DefaultBound = 30 * time.Second
	LeastBound   = time.Second
)

// Config says over which log a [Replica] shares revocations.
type Config struct {
	Log     Log
	Bound   time.Duration        // after which the log is silent; zero: DefaultBound
	Observe grimoireauth.Observe // nil: none
}

// Replica is the part of one process. Make it with [New]. It is safe for concurrent use.
type Replica struct {
	log     Log
	bound   time.Duration
	observe grimoireauth.Observe
	name    string    // of this process in beats
	origin  time.Time // times inside are since then, by the monotonic clock
	running atomic.Bool
	alarms  alarm.Limit

	memory   jwtlocal.MemoryRevocations // what Status answers from
	complete atomic.Int64               // every revocation published until then is known; negative: none
	lost     atomic.Int64               // revocations of before may be missing; zero: none
	heard    chan struct{}              // of capacity 1: complete has moved
	wake     chan struct{}              // of capacity 1: there is something to publish
	holes    atomic.Bool                // an entry that was read has gone before its time

	// What follows is used by the reader only.
	catchingUp bool                      // the stream is being read from its first entry
	news       []grimoireauth.Revocation // what memory does not have yet
	former     ID                        // the start of the stream that has lost entries; zero: it has not
	behind     time.Duration             // how far the log's clock is behind this machine's, if that matters
	unknown    time.Duration             // an entry of an unknown form was read; zero: none

	mu      sync.Mutex // guards what follows
	known   map[key]*known
	reading uint64 // counts the readings of the whole stream; only the reader changes it
	last    ID     // the last entry of the stream of revocations that was read
	began   ID     // when the stream began, as its entries say; zero: they do not
	stated  ID     // the last entry that says so
	err     error  // of the last call of the log
}

// New returns a Replica. It makes no network call. Its error joins all faults of the
// configuration.
func New(c Config) (*Replica, error) {
	if c.Bound == 0 {
		c.Bound = DefaultBound
	}
	var faults []error
	if c.Log == nil {
		faults = append(faults, errors.New("there is no log"))
	}
	if c.Bound < LeastBound || c.Bound > jwtlocal.RevocationLife {
		faults = append(faults, fmt.Errorf("a Bound of %v is not from %v to %v", c.Bound, LeastBound, jwtlocal.RevocationLife))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	r := &Replica{
		log: c.Log, bound: c.Bound, observe: c.Observe, name: rand.Text(), origin: time.Now().Add(-1),
		heard: make(chan struct{}, 1), wake: make(chan struct{}, 1), known: make(map[key]*known),
	}
	r.complete.Store(-1)
	return r, nil
}

// now is the time since origin, which is before New, so it is never zero.
func (r *Replica) now() time.Duration { return time.Since(r.origin) }

// silentSince reports whether the log is silent, and since when.
func (r *Replica) silentSince(now time.Duration) (time.Duration, bool) {
	complete := time.Duration(r.complete.Load())
	if complete < 0 {
		return 0, true
	}
	return complete, now-complete > r.bound
}

// view answers for a Verifier. [Replica] itself has another method Status.
type view struct{ r *Replica }

// Revocations returns what [jwtlocal.Config] needs. It answers from memory.
func (r *Replica) Revocations() jwtlocal.Revocations { return view{r} }

// Status implements [jwtlocal.Revocations].
func (v view) Status(ctx context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (jwtlocal.RevocationStatus, error) {
	return v.StatusAt(ctx, time.Now(), session, member, class)
}

// StatusAt is Status for a caller that has looked at the clock before: what is published
// later is not promised to be found.
func (v view) StatusAt(ctx context.Context, at time.Time, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (jwtlocal.RevocationStatus, error) {
	now := at.Sub(v.r.origin)
	_, silent := v.r.silentSince(now)
	s, err := v.r.memory.Status(ctx, session, member, class)
	if lost := time.Duration(v.r.lost.Load()); lost > 0 {
		s.ConfirmSince = v.r.origin.Add(lost)
	}
	if silent {
		if since := at.Add(-v.r.bound); since.After(s.ConfirmSince) {
			s.ConfirmSince = since
		}
	}
	return s, err
}

// Subscribe is that of [jwtlocal.MemoryRevocations].
func (v view) Subscribe(f func(grimoireauth.Revocation)) { v.r.memory.Subscribe(f) }

// Status is the state of a [Replica].
type Status struct {
	Silent      bool      // nothing was heard of the log for longer than Bound
	CompleteAt  time.Time // every revocation that was published until then is known; zero: none
	LostAt      time.Time // when it was found last that revocations may be missing in the log; zero: never
	Live        int       // revocations that are kept
	Unpublished int       // revocations that this process could not publish yet
	Err         error     // of the last call of the log; nil: it answered
}

// Status returns the present state.
func (r *Replica) Status() Status {
	var s Status
	var complete time.Duration
	complete, s.Silent = r.silentSince(r.now())
	if r.complete.Load() >= 0 {
		s.CompleteAt = r.origin.Add(complete).Round(0)
	}
	if lost := r.lost.Load(); lost > 0 {
		s.LostAt = r.origin.Add(time.Duration(lost)).Round(0)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Live, s.Err = len(r.known), r.err
	for _, k := range r.known {
		if k.raised || k.lost {
			s.Unpublished++
		}
	}
	return s
}

// tell passes an event on. It survives a panic of the application's function.
func (r *Replica) tell(ctx context.Context, event grimoireauth.Event) {
	if r.observe == nil {
		return
	}
	defer func() { _ = recover() }()
	r.observe(ctx, event)
}

// alarm tells the operator about a problem, once a minute.
func (r *Replica) alarm(ctx context.Context, problem string, cause error) {
	if count := r.alarms.Met(problem); count > 0 {
		r.tell(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: cause, Count: count})
	}
}
