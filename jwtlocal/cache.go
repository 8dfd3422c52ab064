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

// cacheEntry is a token that was verified: what it attests, and its times.
type cacheEntry struct {
	digest  digest
	session grimoireauth.Session
	issued  uint32 // Unix seconds, until 2106
	life    uint16 // seconds from issued to the end, at most maxLifetime
	weight  uint16 // its size in memory, in units of 64 bytes
}

// tokenCache keeps verified tokens in buckets that are replaced and never changed. So
// readers take no lock and write nothing, and processors do not wait for each other over
// one hot token. Writers share a mutex: each has just made an RSA operation that takes a
// hundred times longer.
//
// It is bounded in entries and in bytes. Expired entries are dropped when their bucket is
// replaced. When the cache is full, the buckets are emptied in turn.
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
	perBucket   = 12 // on average, when the cache is full
	mostInOne   = 36 // a lookup compares every entry of a bucket
	bytesPerOne = 1024
)

// newTokenCache returns a cache of at most limit entries and limit times bytesPerOne bytes.
// A session without custom claims needs half of bytesPerOne.
func newTokenCache(limit int) *tokenCache {
	return &tokenCache{limit: limit, budget: limit * bytesPerOne}
}

// bucketOf returns the bucket of a digest by its first bytes. Digests are uniform, and an
// attacker cannot choose them without a signature of Stytch's.
func bucketOf(table []bucket, d *digest) *bucket {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(d[:8]), uint64(len(table)))
	return &table[i]
}

// find returns the entry of this token, nil if there is none. The entry is read-only.
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

// add puts e into the cache, unless e alone exceeds the budget. now is in Unix seconds.
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
		// Another request may have added the same token meanwhile.
		if old[i].digest != e.digest && old[i].end()+int64(maxLeeway/time.Second) > now && len(fresh) < mostInOne-1 {
			fresh = append(fresh, old[i])
		}
	}
	s.replace(b, append(fresh, *e))
}

// replace gives a bucket new entries. mu is held.
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

// size returns the number of entries and their bytes.
func (s *tokenCache) size() (entries, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count, s.bytes
}

func (e *cacheEntry) end() int64 { return int64(e.issued) + int64(e.life) }

// times returns the times of the token. entryOf has checked that notBefore is the time of
// issue.
func (e *cacheEntry) times() times {
	return times{issued: int64(e.issued), notBefore: int64(e.issued), end: e.end()}
}

// entryOf makes the cache entry of a token. It returns nil if the token has times that an
// entry cannot hold and Stytch does not write; such a token is verified every time.
func entryOf(d digest, c *claims.Claims, session grimoireauth.Session) *cacheEntry {
	t := timesOf(c)
	if t.notBefore != t.issued || t.end <= t.issued {
		return nil
	}
	// The entry, the session's fields and what they refer to, rounded as the allocator
	// does. Interned strings are not counted.
	bytes := 280 + len(c.SessionID) + len(c.Subject) + len(c.Custom) + 16*len(c.Roles) + 64*len(c.Factors)
	return &cacheEntry{digest: d, session: session, issued: uint32(t.issued), life: uint16(t.end - t.issued), weight: uint16(min(bytes/64+1, 1<<16-1))}
}

// counter counts without contention: with a single number, all processors would write to
// one cache line for one hot token.
type counter struct {
	lanes [16]struct {
		n atomic.Uint64
		_ [56]byte // the rest of a cache line
	}
}

// add counts one. The nanoseconds of now choose the lane: two processors seldom have the
// same.
func (c *counter) add(now time.Time) { c.lanes[now.Nanosecond()/8%len(c.lanes)].n.Add(1) }

func (c *counter) sum() (n uint64) {
	for i := range c.lanes {
		n += c.lanes[i].n.Load()
	}
	return n
}
