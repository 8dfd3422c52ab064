package jwtlocal

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// digest names a token by all of its bytes, signature included. Only digests are
// kept, so a heap dump holds no token. It is SHA-256 in full: two tokens with one
// digest would be one person taken for another.
type digest [sha256.Size]byte

// digestOf hashes by way of a buffer on the stack: a conversion of the whole token
// would be a copy on the heap for every request.
func digestOf(token string) (d digest) {
	h := sha256.New()
	var buffer [512]byte
	for len(token) > 0 {
		n := copy(buffer[:], token)
		h.Write(buffer[:n])
		token = token[n:]
	}
	h.Sum(d[:0])
	return d
}

// entry is a token that was verified: what it attests, and when.
type entry struct {
	digest  digest
	session grimoireauth.Session
	issued  uint32 // Unix seconds, until 2106
	life    uint16 // seconds from issued to the end, at most maxLifetime
	weight  uint16 // what it costs in memory, in units of 64 bytes
}

// seen remembers verified tokens in buckets that are never changed, only replaced.
// Readers therefore take no lock and write nothing, so one hot token does not make
// processors wait for each other; writers, who come after an RSA operation that
// takes a hundred times longer, share a mutex.
//
// It is bounded in entries and in bytes. A bucket loses its expired entries when it
// is replaced; a full memory loses the next bucket in turn.
type seen struct {
	limit  int // entries
	budget int // bytes

	table atomic.Pointer[[]bucket] // nil until the first entry

	mu    sync.Mutex // guards writing to the table, and what follows
	held  int
	bytes int
	hand  int // the bucket that was emptied last to make room
}

// bucket holds the entries of one range of digests.
type bucket struct{ entries atomic.Pointer[[]entry] }

const (
	perBucket   = 12 // mean at the limit
	mostInOne   = 36 // a bucket is searched from end to end
	bytesPerOne = 1024
)

// newSeen returns a memory of at most limit entries, and of bytesPerOne times as
// many bytes: a session without custom claims weighs half of that.
func newSeen(limit int) *seen { return &seen{limit: limit, budget: limit * bytesPerOne} }

// place returns the bucket of a digest. Digests are uniform, and cannot be chosen
// without a signature of Stytch's, so the first bytes will do.
func place(table []bucket, d *digest) *bucket {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(d[:8]), uint64(len(table)))
	return &table[i]
}

// find returns the entry of this token, nil if there is none. It must not be
// changed.
func (s *seen) find(d *digest) *entry {
	table := s.table.Load()
	if table == nil {
		return nil
	}
	entries := place(*table, d).entries.Load()
	if entries == nil {
		return nil
	}
	for i := range *entries {
		if e := &(*entries)[i]; e.digest == *d {
			return e
		}
	}
	return nil
}

// add remembers e, unless it alone weighs more than everything may. now is in Unix
// seconds.
func (s *seen) add(e *entry, now int64) {
	weight := int(e.weight) * 64
	if s.limit == 0 || weight > s.budget {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	table := s.table.Load()
	if table == nil {
		fresh := make([]bucket, s.limit/perBucket+1)
		table = &fresh
		s.table.Store(table)
	}
	for s.held >= s.limit || s.bytes+weight > s.budget {
		s.hand = (s.hand + 1) % len(*table)
		s.replace(&(*table)[s.hand], nil)
	}
	b := place(*table, &e.digest)
	var old []entry
	if entries := b.entries.Load(); entries != nil {
		old = *entries
	}
	fresh := make([]entry, 0, len(old)+1)
	for i := range old {
		// Another request may have been faster with the same token.
		if old[i].digest != e.digest && old[i].end()+int64(maxLeeway/time.Second) > now && len(fresh) < mostInOne-1 {
			fresh = append(fresh, old[i])
		}
	}
	s.replace(b, append(fresh, *e))
}

// replace gives a bucket other entries. mu is held.
func (s *seen) replace(b *bucket, entries []entry) {
	if old := b.entries.Load(); old != nil {
		s.held -= len(*old)
		s.bytes -= weigh(*old)
	}
	s.held += len(entries)
	s.bytes += weigh(entries)
	if len(entries) == 0 {
		b.entries.Store(nil)
		return
	}
	b.entries.Store(&entries)
}

func weigh(entries []entry) (bytes int) {
	for i := range entries {
		bytes += int(entries[i].weight) * 64
	}
	return bytes
}

// size returns how many entries there are and how many bytes they weigh.
func (s *seen) size() (entries, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held, s.bytes
}

func (e *entry) end() int64 { return int64(e.issued) + int64(e.life) }
