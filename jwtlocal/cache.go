package jwtlocal

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/claims"
)

// entry is a token that was verified: what it attests, and when.
type cacheEntry struct {
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
type tokenCache struct {
	limit  int // entries
	budget int // bytes

	table atomic.Pointer[[]bucket] // nil until the first entry

	mu          sync.Mutex // guards writing to the table, and what follows
	count       int
	bytes       int
	lastEmptied int // the bucket that was emptied last to make room
}

// bucket holds the entries of one range of digests.
type bucket struct{ entries atomic.Pointer[[]cacheEntry] }

const (
	perBucket   = 12 // mean at the limit
	mostInOne   = 36 // a bucket is searched from end to end
	bytesPerOne = 1024
)

// newSeen returns a memory of at most limit entries, and of bytesPerOne times as
// many bytes: a session without custom claims weighs half of that.
func newTokenCache(limit int) *tokenCache {
	return &tokenCache{limit: limit, budget: limit * bytesPerOne}
}

// place returns the bucket of a digest. Digests are uniform, and cannot be chosen
// without a signature of Stytch's, so the first bytes will do.
func bucketOf(table []bucket, d *digest) *bucket {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(d[:8]), uint64(len(table)))
	return &table[i]
}

// find returns the entry of this token, nil if there is none. It must not be
// changed.
func (s *tokenCache) find(d *digest) *cacheEntry {
	table := s.table.Load()
	if table == nil {
		return nil
	}
	entries := bucketOf(*table, d).entries.Load()
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
func (s *tokenCache) add(e *cacheEntry, now int64) {
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
	for s.count >= s.limit || s.bytes+weight > s.budget {
		s.lastEmptied = (s.lastEmptied + 1) % len(*table)
		s.replace(&(*table)[s.lastEmptied], nil)
	}
	b := bucketOf(*table, &e.digest)
	var old []cacheEntry
	if entries := b.entries.Load(); entries != nil {
		old = *entries
	}
	fresh := make([]cacheEntry, 0, len(old)+1)
	for i := range old {
		// Another request may have been faster with the same token.
		if old[i].digest != e.digest && old[i].end()+int64(maxLeeway/time.Second) > now && len(fresh) < mostInOne-1 {
			fresh = append(fresh, old[i])
		}
	}
	s.replace(b, append(fresh, *e))
}

// replace gives a bucket other entries. mu is held.
func (s *tokenCache) replace(b *bucket, entries []cacheEntry) {
	if old := b.entries.Load(); old != nil {
		s.count -= len(*old)
		s.bytes -= weightOf(*old)
	}
	s.count += len(entries)
	s.bytes += weightOf(entries)
	if len(entries) == 0 {
		b.entries.Store(nil)
		return
	}
	b.entries.Store(&entries)
}

func weightOf(entries []cacheEntry) (bytes int) {
	for i := range entries {
		bytes += int(entries[i].weight) * 64
	}
	return bytes
}

// size returns how many entries there are and how many bytes they weigh.
func (s *tokenCache) size() (entries, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count, s.bytes
}

func (e *cacheEntry) end() int64 { return int64(e.issued) + int64(e.life) }

// timesOf an entry: only tokens for which the other moments follow from these two
// are remembered.
func (e *cacheEntry) times() times {
	return times{issued: int64(e.issued), notBefore: int64(e.issued), end: e.end()}
}

// entryOf makes what is remembered of a token, or nil for one that is verified
// every time: one whose times Stytch would not write.
func entryOf(d digest, c *claims.Claims, session grimoireauth.Session) *cacheEntry {
	t := timesOf(c)
	if t.notBefore != t.issued || t.end <= t.issued {
		return nil
	}
	// The entry, the session's fields and, as the allocator rounds them, what they
	// refer to; strings that many sessions share are not counted.
	bytes := 280 + len(c.SessionID) + len(c.Subject) + len(c.Custom) + 16*len(c.Roles) + 64*len(c.Factors)
	return &cacheEntry{digest: d, session: session, issued: uint32(t.issued), life: uint16(t.end - t.issued), weight: uint16(min(bytes/64+1, 1<<16-1))}
}

// counter counts without making processors wait for each other: one hot token
// would otherwise have all of them write to one cache line.
type counter struct {
	lanes [16]struct {
		n atomic.Uint64
		_ [56]byte // the rest of a cache line
	}
}

// add counts one. The nanoseconds of the moment pick the lane: they are at hand, and
// two processors seldom share them.
func (c *counter) add(now time.Time) { c.lanes[now.Nanosecond()/8%len(c.lanes)].n.Add(1) }

func (c *counter) sum() (n uint64) {
	for i := range c.lanes {
		n += c.lanes[i].n.Load()
	}
	return n
}
