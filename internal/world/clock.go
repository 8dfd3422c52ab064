package world

import (
	"context"
	"sync"
	"time"
)

// clock gives each event of a world an instant of its own, because the order of two
// goroutines that wake at the same instant is random, and a run could not be replayed.
type clock struct {
	start time.Time

	mu    sync.Mutex // guards taken
	taken map[int64]struct{}
}

func newClock() *clock { return &clock{start: time.Now(), taken: make(map[int64]struct{})} }

// sleep waits for d, or for some nanoseconds longer if that instant is taken. It
// returns early, with the context's error, if the context ends.
func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(c.free(max(d, 1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until waits for an instant of the history.
func (c *clock) until(ctx context.Context, at time.Duration) error {
	return c.sleep(ctx, at-time.Since(c.start))
}

// free takes the first free instant at or after d from now.
func (c *clock) free(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := int64(time.Since(c.start) + d)
	for {
		if _, ok := c.taken[at]; !ok {
			c.taken[at] = struct{}{}
			return time.Duration(at) - time.Since(c.start)
		}
		at++
	}
}

// now returns the time since the world began.
func (c *clock) now() time.Duration { return time.Since(c.start) }
