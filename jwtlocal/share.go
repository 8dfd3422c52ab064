package jwtlocal

import (
	"hash/maphash"
	"sync/atomic"
)

// sharer makes equal strings one string: thousands of remembered sessions name
// the same few roles, factors and organizations. It forgets when two strings
// meet in one place, which costs memory and never correctness, so it needs no
// lock and its size is fixed.
type sharer struct {
	seed   maphash.Seed
	places [1024]atomic.Pointer[string]
}

// maxShared keeps what is shared below 128 kB.
const maxShared = 128

func (s *sharer) share(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxShared {
		return string(b)
	}
	place := &s.places[maphash.Bytes(s.seed, b)%uint64(len(s.places))]
	if known := place.Load(); known != nil && *known == string(b) {
		return *known
	}
	text := string(b)
	place.Store(&text)
	return text
}
