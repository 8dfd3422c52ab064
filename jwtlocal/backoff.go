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
// the next one, up to half a minute.
const (
	firstPause = time.Second
	lastPause  = 30 * time.Second
)

func (b *backoff) fail(f *failure, now time.Time) {
	pause := firstPause
	for range b.failures {
		pause = min(2*pause, lastPause)
	}
	b.failures = min(b.failures+1, 16)
	b.until = now.Add(max(pause, f.wait))
	b.last = f
}

// wait is how long nobody is to ask.
func (b *backoff) wait(now time.Time) time.Duration { return max(b.until.Sub(now), 0) }

var errFailedBefore = errors.New("it failed a moment ago")

// withheld is the answer to requests until then.
func (b *backoff) withheld(now time.Time) *failure {
	wait := b.wait(now)
	if b.last.outage() {
		return &failure{kind: b.last.kind, err: unavailable(opRefresh, b.last.err, wait), wait: wait}
	}
	// What was wrong may have been wrong with somebody else's token.
	return &failure{kind: badAnswer, err: unavailable(opRefresh, errFailedBefore, wait), wait: wait}
}
