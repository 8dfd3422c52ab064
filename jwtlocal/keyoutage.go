package jwtlocal

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/internal/breaker"
)

// keyOutage is what is known of an outage of the key set, by a breaker of its own: it can
// be had while Stytch's API fails, and the other way round. During an outage requests do
// not wait for the fetches that find out whether it is over.
type keyOutage struct {
	breaker breaker.Breaker
	fetches atomic.Uint64 // for telling fetches apart: each one that fails counts
}

const (
	// keysPatience is how long requests wait for a fetch during an outage.
	requestPatience = 500 * time.Millisecond
	// probePause is how long it is at least from the end of one fetch that hung to the next.
	probePause = 500 * time.Millisecond
	// probeDeadline bounds a fetch during an outage. Every third is given longer, for a
	// Stytch that is slow. With the pause after it either is less than five seconds.
	probeDeadline, slowProbeDeadline = 1500 * time.Millisecond, 4 * time.Second
)

// observe makes a fetch, and releases those who wait for it when it is known that there is
// no use in it.
func (o *keyOutage) observe(ctx context.Context, f *fetch, do func(context.Context) (parsed, error)) (parsed, error) {
	n := o.fetches.Add(1)
	flight, refusal := o.breaker.Begin(breaker.Call{Class: breaker.Sessions, Key: n, Release: f.release})
	if refusal != nil {
		patience := time.AfterFunc(requestPatience, f.release)
		defer patience.Stop()
		flight = o.breaker.Probe(breaker.Sessions)
		deadline := probeDeadline
		if n%3 == 0 {
			deadline = slowProbeDeadline
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	p, err := do(ctx)
	flight.End(keysOutcome(err))
	return p, err
}

// keysOutcome says what a fetch tells about Stytch. An answer that is no key set is none
// of Stytch's.
func keysOutcome(err error) breaker.Outcome {
	var status *keysStatus
	switch {
	case err == nil:
		return breaker.Answered
	case errors.As(err, &status) && status.status < 500:
		return breaker.Odd
	case errors.As(err, &status):
		return breaker.Unreached
	case errors.Is(err, errNotKeys), errors.Is(err, errNoKeys), errors.Is(err, errManyKeys), errors.Is(err, errAnswerSize):
		return breaker.Odd
	}
	return breaker.Unreached
}
