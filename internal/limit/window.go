package limit

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Quota is how often something may happen: Most times within any period of length Within,
// of which one client address causes at most Each. All must be positive.
type Quota struct {
	Within     time.Duration
	Most, Each int
}

// Windows bounds how often something happens for each key, such as guesses of the code of
// an address. In contrast to [Rates] it holds for every period of time, since it stores
// each use. It is safe for concurrent use. Make it with [NewWindows].
type Windows[K comparable] struct {
	quota Quota
	most  int
	seed  maphash.Seed

	mu    sync.Mutex // guards what follows
	clock clock
	byKey map[uint64][]use
	rest  map[uint64][]use // the shared entries, at most overflow
}

// use is one use of a quota. A source of zero is not known.
type use struct {
	at     time.Duration
	source uint64
}

// NewWindows returns Windows for this many keys, each stored as its hash at about 80 bytes
// and 16 more for each use. Further keys share entries.
func NewWindows[K comparable](quota Quota, keys int) *Windows[K] {
	return &Windows[K]{quota: quota, most: keys, seed: maphash.MakeSeed(), byKey: map[uint64][]use{}, rest: map[uint64][]use{}}
}

// Reserve takes one use of the key's quota for a client address. For the zero Addr only the
// quota of all addresses counts. If there is no use, it returns how long it takes until
// there is one, and takes nothing.
func (w *Windows[K]) Reserve(key K, from netip.Addr) (wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, source := w.clock.now(), w.source(from)
	table, place := w.place(key, now)
	uses := slices.DeleteFunc(table[place], func(u use) bool { return u.at+w.quota.Within <= now })
	table[place] = uses
	if i := len(uses) - w.quota.Most; i >= 0 {
		wait = uses[i].at + w.quota.Within - now
	}
	if source != 0 {
		left := w.quota.Each
		for _, u := range slices.Backward(uses) {
			if u.source != source {
				continue
			}
			if left--; left == 0 {
				wait = max(wait, u.at+w.quota.Within-now)
				break
			}
		}
	}
	if wait > 0 {
		return wait
	}
	table[place] = append(uses, use{now, source})
	return 0
}

// Release returns one use of the key's quota: the latest of this address or, if there is
// none, the latest of all. It reports whether there was one.
func (w *Windows[K]) Release(key K, from netip.Addr) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, source := w.clock.now(), w.source(from)
	table, place := w.place(key, now)
	uses := table[place]
	last := len(uses) - 1
	for i, u := range slices.Backward(uses) {
		if u.source == source {
			last = i
			break
		}
	}
	if last < 0 || uses[last].at+w.quota.Within <= now {
		return false
	}
	table[place] = slices.Delete(uses, last, last+1)
	return true
}

func (w *Windows[K]) source(from netip.Addr) uint64 {
	if !from.IsValid() {
		return 0
	}
	return max(hash(w.seed, Source(from)), 1)
}

// place returns the table and the position of the key, also if it has no uses yet. mu is
// held.
func (w *Windows[K]) place(key K, now time.Duration) (table map[uint64][]use, place uint64) {
	h := hash(w.seed, key)
	if _, known := w.byKey[h]; known {
		return w.byKey, h
	}
	looked := 0
	for other, uses := range w.byKey {
		if len(uses) == 0 || uses[len(uses)-1].at+w.quota.Within <= now {
			delete(w.byKey, other)
		}
		if looked++; looked == few {
			break
		}
	}
	if len(w.byKey) < w.most {
		return w.byKey, h
	}
	return w.rest, h % overflow
}
