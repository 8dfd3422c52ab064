// Package limit bounds the work that strangers can cause. A limit is reserved before the work
// and, where something is held meanwhile, released after it. Each has a stated bound for its
// memory, and none starts a goroutine. Times are measured by the monotonic clock.
//
// [Rates] bounds how often something happens for a key, [Sources] how many calls a
// client address causes, [Windows] how often something happens in any stretch of time,
// and [Slots] and [Lanes] how many calls are in flight for a key.
package limit

import (
	"hash/maphash"
	"time"
)

// Rate is how often something may happen: Burst times at once, and once more after
// each Every. Both must be positive.
type Rate struct {
	Burst int
	Every time.Duration
}

// meter is how much of a Rate is used: the time from which all of it is free again. A use
// moves that time by Every. It may lie at most Burst uses ahead.
type meter struct{ free time.Duration }

// use takes one use. If there is none, it returns how long it takes until there is one.
func (m *meter) use(r Rate, now time.Duration) (wait time.Duration) {
	free := max(m.free, now)
	if wait = free - now - time.Duration(r.Burst-1)*r.Every; wait > 0 {
		return wait
	}
	m.free = free + r.Every
	return 0
}

// book takes the next use and returns how long it takes until then. If that is more than
// most it takes none.
func (m *meter) book(r Rate, now, most time.Duration) (wait time.Duration, ok bool) {
	free := max(m.free, now)
	if wait = max(free-now-time.Duration(r.Burst-1)*r.Every, 0); wait > most {
		return wait, false
	}
	m.free = free + r.Every
	return wait, true
}

// giveBack returns a use that was taken.
func (m *meter) giveBack(r Rate) { m.free -= r.Every }

// idle reports whether all of the Rate is free, so that the meter can be dropped.
func (m *meter) idle(now time.Duration) bool { return m.free <= now }

// clock measures the time since its first use. The zero clock is ready to use.
type clock struct{ began time.Time }

func (c *clock) now() time.Duration {
	if c.began.IsZero() {
		c.began = time.Now()
	}
	return time.Since(c.began)
}

// overflow is the number of shared entries for keys for which a full table has no room.
// Keys with one hash share an entry, so after strangers have filled the table some keys are
// refused too early, and none for ever.
const overflow = 1024

// few is how many entries of a table each new key checks for one that can be dropped.
const few = 8

// hash returns the hash of a key. The seed is secret, so strangers cannot choose keys that
// collide.
func hash[K comparable](seed maphash.Seed, key K) uint64 { return maphash.Comparable(seed, key) }
