package jwtlocal

import (
	"errors"
	"time"
)

// backoff remembers failures, so that a Stytch that fails is not asked by every
// request. The zero backoff has seen none.
type backoff struct {
	failures int // in a row
	until    time.Time
	last     *failure
}

// After a failure Stytch is not asked again for a second, and twice as long after
// the next one, up to half a minute. A client of this module that makes no calls during
// an outage says how long to wait; when that outage is over, no pause counts any more.
const (
	firstPause = time.Second
	lastPause  = 30 * time.Second
)

func (b *backoff) fail(f *failure, now time.Time) {
	b.last = f
	if f.met != nil && f.met.RetryAfter > 0 {
		// The client spares Stytch, so the session need not do so by itself.
		b.failures = max(b.failures, 1)
		b.until = now.Add(f.met.RetryAfter)
		return
	}
	pause := firstPause
	for range b.failures {
		pause = min(2*pause, lastPause)
	}
	b.failures = min(b.failures+1, 16)
	b.until = now.Add(max(pause, f.wait))
}

// wait is how long no one is to ask.
func (b *backoff) wait(now time.Time) time.Duration {
	left := max(b.until.Sub(now), 0)
	if left > 0 && b.last != nil && b.last.met != nil && b.last.met.Over() {
		return 0
	}
	return left
}

var errFailedBefore = errors.New("it failed a moment ago")

// withheld is the answer to requests until then.
func (b *backoff) withheld(now time.Time) *failure {
	wait := b.wait(now)
	if b.last.outage() {
		return &failure{kind: b.last.kind, err: unavailable(opRefresh, b.last.err, wait), wait: wait, met: b.last.met}
	}
	// What was wrong may have been wrong with somebody else's token.
	return &failure{kind: badAnswer, err: unavailable(opRefresh, errFailedBefore, wait), wait: wait}
}
