package jwtlocal

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// digest names a token by all of its bytes, signature included. Only digests are
// kept, so a heap dump holds no token. It is SHA-256 in full: two tokens with one
// digest would be one person taken for another.
type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// entry is a token that was verified: what it attests, and when. It is immutable.
type entry struct {
	digest  digest
	session grimoireauth.Session
	issued  uint32 // Unix seconds, until 2106
	life    uint16 // seconds from issued to the end, at most maxLifetime
	weight  uint16 // what it costs in memory, in units of 64 bytes
}

// seen remembers verified tokens. Readers take no lock and write nothing, so one
// hot token does not make processors wait for each other; writers, who come after
// an RSA operation that takes a hundred times longer, share a mutex. Entries are
// found by their digest in sets of seven, each with one byte of every digest in
// it, so that looking one up touches one cache line and then, almost always, only
// the right entry.
//
// It is bounded in entries and in bytes. A full one forgets, within the set of the
// newcomer, what ends soonest.
type seen struct {
	limit  int // entries
	budget int // bytes

	table atomic.Pointer[[]set] // nil until the first entry

	mu     sync.Mutex // guards writing to the table, and what follows
	held   int
	bytes  int
	sweeps int // the set where the next forced eviction looks first
}

const ways = 7

// set is 64 bytes: tags holds one byte per slot, zero if the slot is empty.
type set struct {
	tags  atomic.Uint64
	slots [ways]atomic.Pointer[entry]
}

// bytesPerEntry is the mean that the byte budget allows for. A session without
// custom claims weighs about half of it.
const bytesPerEntry = 1024

func newSeen(limit int) *seen { return &seen{limit: limit, budget: limit * bytesPerEntry} }

// place returns the set and the tag of a digest. Digests are uniform, and cannot
// be chosen without a signature of Stytch's, so parts of them will do.
func place(table []set, d *digest) (*set, byte) {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(d[:8]), uint64(len(table)))
	return &table[i], d[8] | 1
}

// find returns the entry of this token, nil if there is none.
func (s *seen) find(d *digest) *entry {
	table := s.table.Load()
	if table == nil {
		return nil
	}
	set, tag := place(*table, d)
	tags := set.tags.Load()
	for i := range set.slots {
		if byte(tags>>(8*i)) == tag {
			if e := set.slots[i].Load(); e != nil && e.digest == *d {
				return e
			}
		}
	}
	return nil
}

// add remembers e, unless it alone weighs more than everything may.
func (s *seen) add(e *entry) {
	weight := int(e.weight) * 64
	if s.limit == 0 || weight > s.budget {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	table := s.table.Load()
	if table == nil {
		// Four entries per set of seven at the limit: few sets overflow.
		fresh := make([]set, (s.limit+3)/4)
		table = &fresh
		s.table.Store(table)
	}
	set, tag := place(*table, &e.digest)
	slot, soonest := -1, -1
	for i := range set.slots {
		switch other := set.slots[i].Load(); {
		case other == nil:
			slot = i
		case other.digest == e.digest:
			return // another request was faster
		case soonest < 0 || other.end() < set.slots[soonest].Load().end():
			soonest = i
		}
	}
	if slot < 0 || (s.held >= s.limit && soonest >= 0) {
		s.drop(set, soonest)
		slot = soonest
	}
	for s.held >= s.limit || s.bytes+weight > s.budget {
		s.sweep(*table)
	}
	set.slots[slot].Store(e)
	set.tags.Store(set.tags.Load() | uint64(tag)<<(8*slot))
	s.held++
	s.bytes += weight
}

// drop empties a slot. mu is held.
func (s *seen) drop(set *set, i int) {
	e := set.slots[i].Load()
	if e == nil {
		return
	}
	set.tags.Store(set.tags.Load() &^ (0xff << (8 * i)))
	set.slots[i].Store(nil)
	s.held--
	s.bytes -= int(e.weight) * 64
}

// sweep empties the next set. mu is held.
func (s *seen) sweep(table []set) {
	s.sweeps = (s.sweeps + 1) % len(table)
	for i := range table[s.sweeps].slots {
		s.drop(&table[s.sweeps], i)
	}
}

// size returns how many entries there are and how many bytes they weigh.
func (s *seen) size() (entries, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held, s.bytes
}

func (e *entry) end() int64 { return int64(e.issued) + int64(e.life) }
