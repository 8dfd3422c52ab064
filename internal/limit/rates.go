package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

// Rates bounds how often something happens for each key, such as messages to an address in
// a class. It is safe for concurrent use. Make it with [NewRates].
type Rates[K comparable] struct {
	rate Rate
	most int
	seed maphash.Seed

	mu    sync.Mutex // guards what follows
	clock clock
	byKey map[uint64]meter
	rest  [overflow]meter
}

// NewRates returns Rates for this many keys, each at about fifty bytes. A key is stored as
// its hash. Further keys share entries.
func NewRates[K comparable](rate Rate, keys int) *Rates[K] {
	return &Rates[K]{rate: rate, most: keys, seed: maphash.MakeSeed(), byKey: map[uint64]meter{}}
}

// Reserve takes one use of the key's rate. If there is none, it returns how long it takes
// until there is one, and takes nothing.
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

// Book takes the key's next use, which may be in the future, and returns how long the
// caller has to wait for it. So callers are served in the order in which they came. If the
// next use is further away than most, ok is false and none is taken. A booked use is not
// released, since others are booked after it.
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

// Wait returns how long it takes until [Rates.Reserve] grants the key a use, and takes
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

// Release returns a use that Reserve took and that turned out not to be needed.
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

// room reports whether the table can take another key. It drops a few idle ones. mu is
// held.
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
