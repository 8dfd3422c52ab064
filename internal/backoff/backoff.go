// Package backoff says how long to wait before a call is made again.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Wait returns how long to wait before the repetition number n, counted from zero:
// first at most, then at most twice as long each time, and never more than longest;
// of that a random part, half or more, so that clients who failed together do not
// come back together. First and longest must be two nanoseconds or more.
func Wait(ctx context.Context, first, longest time.Duration, n int) time.Duration {
	most := longest
	// A shift that far is longer than any pause, and further it would overflow.
	if n < 20 {
		most = min(first<<n, longest)
	}
	return most/2 + jitter(ctx)(most/2)
}

type jitterKey struct{}

// WithJitter returns a context in which Wait takes its random part from draw, which
// returns a duration below limit. A test that replays a failure sets it: the context
// says which call waits, so that the draw need not depend on the order of the calls.
// Without it, and in production, the part is drawn by math/rand/v2.
func WithJitter(ctx context.Context, draw func(limit time.Duration) time.Duration) context.Context {
	return context.WithValue(ctx, jitterKey{}, draw)
}

func jitter(ctx context.Context) func(limit time.Duration) time.Duration {
	if draw, ok := ctx.Value(jitterKey{}).(func(time.Duration) time.Duration); ok {
		return draw
	}
	return rand.N[time.Duration]
}
