// Package backoff is the exponential backoff of this module: how long to wait before a
// call that failed is made again.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pause returns the pause before attempt n, counted from zero: first, then twice as long
// each time, and at most longest. Callers that share one process need no random part;
// others use [Wait].
func Pause(first, longest time.Duration, n int) time.Duration {
	// Shifting by 20 or more exceeds any pause that is used, and could overflow.
	if n >= 20 {
		return longest
	}
	return min(first<<n, longest)
}

// Wait returns a random duration between half of [Pause] and all of it, so that clients
// that failed together do not come back together. First and longest must be at least two
// nanoseconds.
func Wait(ctx context.Context, first, longest time.Duration, n int) time.Duration {
	most := Pause(first, longest, n)
	return most/2 + jitter(ctx)(most/2)
}

type jitterKey struct{}

// WithJitter returns a context in which [Wait] takes its random part from draw, which
// returns a duration below limit. Tests that replay a failure set it: the context
// identifies the call, so the draw does not depend on the order of calls. Without it the
// random part comes from math/rand/v2.
func WithJitter(ctx context.Context, draw func(limit time.Duration) time.Duration) context.Context {
	return context.WithValue(ctx, jitterKey{}, draw)
}

func jitter(ctx context.Context) func(limit time.Duration) time.Duration {
	if draw, ok := ctx.Value(jitterKey{}).(func(time.Duration) time.Duration); ok {
		return draw
	}
	return rand.N[time.Duration]
}
