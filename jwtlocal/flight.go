package jwtlocal

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/internal/breaker"
)

const (
	// refreshDeadline bounds one refresh from when it has a slot, whoever waits for it.
	refreshDeadline = 10 * time.Second
	// callDeadline is what Config.Refresh is given. It is shorter, so that a function
	// that minds its context has time to say why it failed.
	callDeadline = refreshDeadline - 100*time.Millisecond
)

// flight is one refresh under way. It belongs to no request: whoever waits for it
// may leave without harm to the others.
type flight struct {
	of    grimoireauth.Session // what the session_jwt attests with which it began; zero if there was none
	owner grimoireauth.Session // whose token it is known to be; zero if it is not known
	known bool                 // the token is known or marked, so no stranger invented it
	from  netip.Addr           // the client address that a token came from which is not known

	land    sync.Once     // guards what follows: the call lands it, or its deadline does
	done    chan struct{} // closed when it has landed
	granted *grant
	failed  *failure // nil if granted is set
}

// unnamed reports whether nothing says here whose the token is.
func (f *flight) unnamed() bool { return f.of.IsZero() && f.owner.IsZero() }

// about returns what tells apart the sessions that flights are about, empty if the token
// may be a stranger's guess.
func (f *flight) about(a *ask) string {
	switch {
	case !f.owner.IsZero():
		return string(f.owner.ID())
	case !f.of.IsZero():
		return string(f.of.ID())
	case f.known:
		return hex.EncodeToString(a.key[:8])
	}
	return ""
}

// asker says for whom the call is made: nothing that is known here draws on a share of
// strangers'.
func (f *flight) asker() asker.Asker {
	if f.known {
		return asker.Asker{Known: true}
	}
	return asker.Asker{Address: f.from}
}

// fly asks Stytch, and lands the flight whatever happens on the way.
func (v *Verifier) fly(ctx context.Context, a ask, f *flight) {
	// Stands if the call ends its goroutine instead of returning.
	failed := failedBecause(badAnswer, errUnfinished)
	var granted *grant
	defer func() {
		if r := recover(); r != nil {
			granted, failed = nil, failedBecause(badAnswer, fmt.Errorf("it panicked with a %T", r))
		}
		v.land(ctx, &a, f, granted, failed)
	}()
	from := strangerFrom(f.from, !f.of.IsZero())
	if !f.known {
		defer func() {
			if granted != nil || failed.kind == wrongClock {
				v.limiter.release(from)
			}
		}()
	}
	leave, busy := v.limiter.enter(ctx, f.known, from)
	if busy != nil {
		failed = busy
		return
	}
	leave = sync.OnceFunc(leave)
	defer leave()
	began := time.Now()
	call, cancel := context.WithTimeout(asker.With(ctx, f.asker()), callDeadline)
	defer cancel()
	// No request waits for a Config.Refresh that does not mind its context.
	late := time.AfterFunc(refreshDeadline, func() { v.land(ctx, &a, f, nil, failedBecause(noAnswer, errTooSlow)) })
	defer late.Stop()
	// Nor for a call that only finds out whether Stytch is back.
	call = breaker.With(call, breaker.Refresh{Session: f.about(&a), GiveUp: func(outage error) {
		failed, _ := failureOf(unavailable(opRefresh, outage, 0))
		v.land(ctx, &a, f, nil, failed)
		leave() // the client bounds such calls by itself
	}})
	granted, failed = v.exchange(call, &a, f)
	if granted != nil {
		session := granted.answer.Session
		v.observeBehind(ctx, grimoireauth.SessionRefreshed{Session: session.ID(), Member: session.Member(), Took: time.Since(began)})
	}
}

// land publishes the outcome of a flight, once.
func (v *Verifier) land(ctx context.Context, a *ask, f *flight, granted *grant, failed *failure) {
	f.land.Do(func() {
		f.granted, f.failed = granted, failed
		now := time.Now()
		// Before the record says that nothing is under way any more: a request that
		// comes in between would find neither the flight nor the pause.
		if !f.known && !f.of.IsZero() {
			v.partners.release(partnerOf(f.of.ID(), f.from), &a.key, failed, now)
		}
		if over := v.records.landed(a, f, now); !over.IsZero() {
			// Also for its session_jwts that have not expired. A cutoff that names one
			// session is never refused.
			_ = v.gone.Cut(ctx, grimoireauth.Cutoff{Session: over.ID()})
		}
		if failed != nil {
			v.observeBehind(ctx, grimoireauth.RefreshFailed{Session: f.of.ID(), Err: failed.err})
		}
		close(f.done)
	})
}
