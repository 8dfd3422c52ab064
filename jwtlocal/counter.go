package jwtlocal

import (
	"sync/atomic"
	"time"
)

// counter counts without making processors wait for each other: one hot token
// would otherwise have all of them write to one cache line.
type counter struct {
	lanes [16]struct {
		n atomic.Uint64
		_ [56]byte // the rest of a cache line
	}
}

// add counts one. The nanoseconds of the moment pick the lane: they are at hand, and
// two processors seldom share them.
func (c *counter) add(now time.Time) { c.lanes[now.Nanosecond()/8%len(c.lanes)].n.Add(1) }

func (c *counter) sum() (n uint64) {
	for i := range c.lanes {
		n += c.lanes[i].n.Load()
	}
	return n
}
