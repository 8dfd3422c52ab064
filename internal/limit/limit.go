// Package limit bounds what strangers can spend. Each limit is reserved before the
// work and released, where there is something to release, after it; each has a stated
// bound for its memory; none needs a goroutine. All times are those of package time,
// measured by the clock that is never set.
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

// meter is how much of a Rate is used: the moment from which all of it is free again.
// A use moves that moment by Every; what lies more than Burst uses ahead is refused.
type meter struct{ free time.Duration }

// use takes one use. If there is none it returns how long it is until there is one.
func (m *meter) use(r Rate, now time.Duration) (wait time.Duration) {
	free := max(m.free, now)
	if wait = free - now - time.Duration(r.Burst-1)*r.Every; wait > 0 {
		return wait
	}
	m.free = free + r.Every
	return 0
}

// book takes one use that may lie ahead, and returns how long it is until then. If that is
// more than most it takes none.
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

// idle reports whether all of the Rate is free, so that there is nothing to remember.
func (m *meter) idle(now time.Duration) bool { return m.free <= now }

// clock measures the time since its first use. The zero clock is ready.
type clock struct{ began time.Time }

func (c *clock) now() time.Duration {
	if c.began.IsZero() {
		c.began = time.Now()
	}
	return time.Since(c.began)
}

// overflow is where the keys go for which a full table has no room: each shares its
// place with others that happen to have the same one, so that a table that strangers
// have filled refuses some too early and none for ever.
const overflow = 1024

// few is how many entries of a full table each new key looks at for one that says
// nothing any more.
const few = 8

// hash returns the place of a key. It is keyed, so that strangers cannot choose keys
// that meet.
func hash[K comparable](seed maphash.Seed, key K) uint64 { return maphash.Comparable(seed, key) }
