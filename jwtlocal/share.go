package jwtlocal

import (
	"hash/maphash"
	"sync/atomic"
)

// sharer makes equal strings one string: thousands of remembered sessions name
// the same few roles, factors and organizations. It forgets when too many strings
// meet in one place, which costs memory and never correctness, so it needs no
// lock and its size is fixed.
type sharer struct {
	seed   maphash.Seed
	places [512][4]atomic.Pointer[string]
}

// maxShared keeps what is shared below half a megabyte, and far below that in
// practice.
const maxShared = 128

func (s *sharer) share(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxShared {
		return string(b)
	}
	hash := maphash.Bytes(s.seed, b)
	place := &s.places[hash%uint64(len(s.places))]
	for i := range place {
		known := place[i].Load()
		if known == nil {
			hash = uint64(i) << 32 // a free one is better than a random one
			break
		}
		if *known == string(b) {
			return *known
		}
	}
	text := string(b)
	place[(hash>>32)%uint64(len(place))].Store(&text)
	return text
}
