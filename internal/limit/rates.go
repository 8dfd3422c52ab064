package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

// Rates bounds how often something happens for each key, such as messages to an
// address in a class. It is safe for concurrent use. Make it with [NewRates].
type Rates[K comparable] struct {
	rate Rate
	most int
	seed maphash.Seed

	mu    sync.Mutex // guards what follows
	clock clock
	byKey map[uint64]meter
	rest  [overflow]meter
}

// NewRates returns Rates that remember as many keys, each at about fifty bytes. A key
// is remembered by its hash. Further keys share places of their own.
func NewRates[K comparable](rate Rate, keys int) *Rates[K] {
	return &Rates[K]{rate: rate, most: keys, seed: maphash.MakeSeed(), byKey: map[uint64]meter{}}
}

// Reserve takes one use of the key's rate. If wait is not zero it took none, and wait
// is how long it is until there is one.
func (r *Rates[K]) Reserve(key K) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.now()
	h := hash(r.seed, key)
	m, known := r.byKey[h]
	if !known && !r.room(now) {
		return r.rest[h%overflow].use(r.rate, now)
	}
	if wait = m.use(r.rate, now); wait == 0 {
		r.byKey[h] = m
	}
	return wait
}

// Book takes the key's next use, also if it lies ahead, and returns how long the caller
// has to wait for it. So callers get their turns in the order in which they came, and one
// that asks often gets no more of them. If the next use is further ahead than most, ok is
// false and none is taken. A use that was booked is not released: others are behind it.
func (r *Rates[K]) Book(key K, most time.Duration) (wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.now()
	h := hash(r.seed, key)
	m, known := r.byKey[h]
	if !known && !r.room(now) {
		return r.rest[h%overflow].book(r.rate, now, most)
	}
	if wait, ok = m.book(r.rate, now, most); ok {
		r.byKey[h] = m
	}
	return wait, ok
}

// Wait returns how long it is until [Rates.Reserve] grants the key a use, and takes
// none.
func (r *Rates[K]) Wait(key K) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := hash(r.seed, key)
	m, known := r.byKey[h]
	if !known && len(r.byKey) >= r.most {
		m = r.rest[h%overflow]
	}
	return m.use(r.rate, r.clock.now())
}

// Release gives back what Reserve took, if it turned out that nothing was done with it.
func (r *Rates[K]) Release(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := hash(r.seed, key)
	m, known := r.byKey[h]
	if !known {
		r.rest[h%overflow].giveBack(r.rate)
		return
	}
	m.giveBack(r.rate)
	r.byKey[h] = m
}

// room reports whether the table can take another key. It forgets some that say
// nothing any more. mu is held.
func (r *Rates[K]) room(now time.Duration) bool {
	looked := 0
	for h, m := range r.byKey {
		if m.idle(now) {
			delete(r.byKey, h)
		}
		if looked++; looked == few {
			break
		}
	}
	return len(r.byKey) < r.most
}
