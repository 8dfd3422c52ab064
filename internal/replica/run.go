package replica

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

const (
	// readCount is how many entries of each stream one read returns.
	readCount = 1000
	// newsCount is how many revocations are taken in together while a process catches up.
	newsCount = 16 * readCount
	// clockBehind is how far the log's clock has to be behind before that counts. Less is
	// made up for by the minute that the Verifier adds to every revocation.
	clockBehind = 10 * time.Second
)

// beat is how long two beats of this process are apart.
func (r *Replica) beat() time.Duration { return r.bound / 6 }

var (
	errRunning = errors.New("Run runs already")
	errLost    = errors.New("the log lacks entries that it had")
	errUnheard = errors.New("the log does not show what this process appends")
)

// alarmReading is about the connection to the log.
const alarmReading = "the log by which processes share revocations cannot be read: after the Bound of silence each session needs Stytch's confirmation"

// alarmEntry is about what others append.
const alarmEntry = "another program writes to the stream of revocations in a form that this version does not know"

// alarmHoles is about what others remove.
const alarmHoles = "another program removes revocations from the log that are still needed, or the log evicts them"

// Run follows the log until the context ends, and returns the cause of that within about a
// second. A Bound after it has returned, the log counts as silent. One Run at a time is
// allowed.
func (r *Replica) Run(ctx context.Context) error {
	if !r.running.CompareAndSwap(false, true) {
		return &grimoireauth.Error{Op: "follow revocations", Kind: grimoireauth.ErrInvalid, Err: errRunning}
	}
	defer r.running.Store(false)
	var all sync.WaitGroup
	for _, part := range []func(context.Context){r.reader, r.beater, r.publisher, r.timer} {
		all.Go(func() { part(ctx) })
	}
	r.wakePublisher()
	all.Wait()
	return context.Cause(ctx)
}

// reader reads both streams. After every error it finds out whether the log still holds
// what was read.
func (r *Replica) reader(ctx context.Context) {
	var at Position // of the stream of revocations: zero if nothing was read
	failures := 0
	for ctx.Err() == nil {
		heard, err := r.follow(ctx, &at)
		if ctx.Err() != nil {
			return
		}
		if heard {
			failures = 0
		}
		if !errors.Is(err, errLost) {
			r.setErr(err)
			r.alarm(ctx, alarmReading, err)
		}
		pause(ctx, backoff.Wait(ctx, 20*time.Millisecond, r.patience(), failures))
		failures++
	}
}

// follow takes up the log where it was left and follows it until an error. heard reports
// whether it was found to be complete at least once.
func (r *Replica) follow(ctx context.Context, at *Position) (heard bool, err error) {
	proven := r.now()
	// What this process appends now, the streams have to show.
	begin, err := r.append(ctx, Beats, r.beatFields(proven))
	if err != nil {
		return false, err
	}
	at.Beats = before(begin)
	if r.behind = time.Since(begin.Time()); r.behind < clockBehind {
		r.behind = 0
	}
	look, err := r.look(ctx, at.Revocations)
	switch {
	case err != nil:
		return false, err
	case !look.Exists:
		if err := r.start(ctx, at); err != nil {
			return false, err
		}
	case !look.Holds:
		if !at.Revocations.IsZero() {
			r.hasLost()
		}
		r.readAnew(at)
	}
	for {
		full, sent, err := r.read(ctx, at, begin)
		if err != nil {
			return heard, err
		}
		proven = max(proven, sent)
		switch {
		case full:
			continue // what was published before the beat may be behind this
		case r.now()-proven > 3*r.beat():
			return heard, errUnheard
		case proven <= time.Duration(r.complete.Load()):
			continue
		}
		// Streams that are new, and still empty, would have looked the same.
		look, err := r.look(ctx, at.Revocations)
		switch {
		case err != nil:
			return heard, err
		case !look.Holds && at.Revocations.IsZero():
			// The stream is there and empty: the start was removed with the rest.
			if err := r.start(ctx, at); err != nil {
				return heard, err
			}
			continue
		case !look.Holds:
			r.hasLost()
			r.readAnew(at)
			return heard, errLost
		case r.catchingUp && r.beganAsBefore():
			// It does not say that entries are missing, so a process that starts now would take
			// it for whole.
			if err := r.start(ctx, at); err != nil {
				return heard, err
			}
			continue
		case r.holes.Swap(false):
			r.alarm(ctx, alarmHoles, errLost)
			r.readAnew(at)
			return heard, errLost
		}
		r.isComplete(ctx, proven)
		heard = true
	}
}

// start begins the stream of revocations, since there is none.
func (r *Replica) start(ctx context.Context, at *Position) error {
	if _, err := r.append(ctx, Revocations, startFields(ID{})); err != nil {
		return err
	}
	r.setLost()
	r.readAnew(at)
	return nil
}

// isComplete records that every revocation which was published until proven is known. What
// the log lacks of that is published again.
func (r *Replica) isComplete(ctx context.Context, proven time.Duration) {
	lost := 0
	if r.catchingUp {
		r.catchingUp, r.former = false, ID{}
		lost = r.findLost()
	}
	r.mayBeUnknown()
	r.complete.Store(int64(proven))
	select {
	case r.heard <- struct{}{}:
	default:
	}
	if lost += r.findUnread(proven); lost > 0 {
		r.tell(ctx, grimoireauth.RevocationsLost{Republished: lost})
		r.wakePublisher()
	}
}

// mayBeUnknown has everything confirmed after an entry of an unknown form, which may be a
// revocation of anything, within the Bound, and once in a Bound: otherwise such entries
// would cause a call to Stytch for each request.
func (r *Replica) mayBeUnknown() {
	lost := time.Duration(r.lost.Load())
	if r.unknown > lost && (lost == 0 || r.now()-lost >= r.bound-2*r.beat()) {
		r.setLost()
	}
}

func (r *Replica) append(ctx context.Context, stream Stream, fields map[string]string) (ID, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	return r.log.Append(ctx, stream, fields)
}

func (r *Replica) look(ctx context.Context, id ID) (Look, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	return r.log.Look(ctx, id)
}

// before returns the id before this one.
func before(id ID) ID {
	switch {
	case id.Sequence > 0:
		id.Sequence--
	case id.Milliseconds > 0:
		id.Milliseconds--
		id.Sequence = 1<<63 - 1
	}
	return id
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
