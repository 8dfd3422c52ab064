package jwtlocal

import (
	"context"
	"time"
)

// turn is what a request for fresh credentials has to do: use what is kept, wait for
// a flight, which it may have to begin, or make do with a failure.
type turn struct {
	kept   *grant
	flight *flight
	began  bool
	failed *failure
}

// turn finds out what a request has to do, and begins the refresh if it is that.
// fresh means that what is kept will not do; passed is a grant that was found to be
// good no longer.
func (v *Verifier) turn(ctx context.Context, a ask, fresh bool, passed *grant) turn {
	t := v.decide(&a, fresh, passed, time.Now())
	if t.began {
		// The refresh outlives whoever began it: its own deadline ends it.
		ctx = context.WithoutCancel(ctx)
		v.work.do(func() { v.fly(ctx, a, t.flight) })
	}
	return t
}

func (v *Verifier) decide(a *ask, fresh bool, passed *grant, now time.Time) turn {
	s := v.records.shard(&a.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[a.key]
	if rec != nil {
		rec.used = now
		if passed != nil && rec.kept == passed {
			rec.kept = nil
		}
		switch {
		case !rec.owner.IsZero() && !a.of.IsZero() && !sameIdentity(rec.owner, a.of):
			return turn{failed: &failure{kind: anotherSession, err: errAnother}}
		case now.Before(rec.gone):
			return turn{failed: &failure{kind: sessionEnded, err: errEnded}}
		case rec.kept != nil && !fresh:
			return turn{kept: rec.kept}
		case rec.flight != nil:
			return turn{flight: rec.flight}
		case rec.pause.wait(now) > 0:
			return turn{failed: rec.pause.withheld(now)}
		}
	}
	known := rec != nil && !rec.owner.IsZero()
	if !known && a.of.IsZero() && v.gate.broke() {
		return turn{failed: overBudget()}
	}
	if v.records.flying.Add(1) > maxWaiting {
		v.records.flying.Add(-1)
		return turn{failed: &failure{kind: rationed, err: unavailable(opRefresh, errBusy, firstPause), wait: firstPause}}
	}
	// Nothing but the request itself says that the token is the session's.
	if !known && !a.of.IsZero() {
		if f := v.strikes.reserve(a.of.ID(), &a.key, now); f != nil {
			v.records.flying.Add(-1)
			return turn{failed: f}
		}
	}
	rec = s.open(a.key, now)
	rec.flight = &flight{done: make(chan struct{}), of: a.of, owner: rec.owner}
	return turn{flight: rec.flight, began: true}
}
