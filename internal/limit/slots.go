package limit

import "sync"

// Slots bounds how many calls are in flight for each key. It needs memory for those calls
// only. The zero Slots is ready to use, and safe for concurrent use.
type Slots[K comparable] struct {
	mu    sync.Mutex // guards inUse
	inUse map[K]int
}

// Take takes a slot of the key unless most are taken. A Take that succeeded needs one
// Release.
func (s *Slots[K]) Take(key K, most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse[key] >= most {
		return false
	}
	if s.inUse == nil {
		s.inUse = map[K]int{}
	}
	s.inUse[key]++
	return true
}

// Release returns a slot.
func (s *Slots[K]) Release(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse[key]--; s.inUse[key] <= 0 {
		delete(s.inUse, key)
	}
}
