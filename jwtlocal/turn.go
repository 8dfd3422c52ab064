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
	who    bool // it depends on who asks, which is to be found out first
}

// turn finds out what a request has to do, and begins the refresh if it is that.
// fresh means that what is kept will not do; passed is a grant that was found to be
// good no longer.
func (v *Verifier) turn(ctx context.Context, a ask, fresh bool, passed *grant) turn {
	t := v.decide(&a, fresh, passed, time.Now())
	if t.who {
		// No lock is held while the application's function reads the address.
		a.askWho(ctx)
		t = v.decide(&a, fresh, passed, time.Now())
	}
	if t.began {
		// The refresh outlives the request that began it: its own deadline ends it.
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
	// A session_jwt that is alone was verified, so it is no guess.
	known := a.alone || a.marked || rec != nil && !rec.owner.IsZero()
	if !known && !a.asked {
		return turn{who: true}
	}
	if f := v.reserve(a, known, now); f != nil {
		return turn{failed: f}
	}
	rec = s.open(a.key, now)
	rec.flight = &flight{done: make(chan struct{}), of: a.of, owner: rec.owner, known: known, from: a.from}
	return turn{flight: rec.flight, began: true}
}

// reserve takes what a refresh needs before it begins, and returns why there is none. The
// refresh gives it back when it lands.
func (v *Verifier) reserve(a *ask, known bool, now time.Time) *failure {
	if known {
		if v.records.flying.Add(1) > maxWaiting {
			v.records.flying.Add(-1)
			return &failure{kind: rationed, err: unavailable(opRefresh, errBusy, firstPause), wait: firstPause}
		}
		return nil
	}
	// Nothing but the request itself says that the token is the session's.
	partner := partnerOf(a.of.ID(), a.from)
	if !a.of.IsZero() {
		if f := v.partners.reserve(partner, &a.key, now); f != nil {
			return f
		}
	}
	f := v.limiter.reserve(strangerFrom(a.from, !a.of.IsZero()))
	if f != nil && !a.of.IsZero() {
		v.partners.release(partner, &a.key, f, now)
	}
	return f
}
