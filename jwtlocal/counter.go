package jwtlocal

import (
	"math/rand/v2"
	"sync/atomic"
)

// counter counts without making processors wait for each other: one hot token
// would otherwise have all of them write to one cache line.
type counter struct {
	lanes [16]struct {
		n atomic.Uint64
		_ [56]byte // the rest of a cache line
	}
}

func (c *counter) add() { c.lanes[rand.Uint32()%uint32(len(c.lanes))].n.Add(1) }

func (c *counter) sum() (n uint64) {
	for i := range c.lanes {
		n += c.lanes[i].n.Load()
	}
	return n
}
