package jwtlocal

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// MemoryRevocations keeps revocations in this process. The zero value is ready to use and must
// not be copied. It is safe for concurrent use.
//
// A revocation is kept for 25 hours and a minute: the longest Config.OutageGrace (24
// hours), the longest life of a session_jwt (an hour), and a minute for differing clocks.
// So an outage lets no revoked session in, and a session that could not be ended at Stytch
// is not refreshed the same day.
//
// Memory is bounded. Above about a hundred thousand revocations in that time it drops
// single ones, and makes every session_jwt issued until then stale instead. Each session is
// then refreshed once, and Stytch knows which ones have ended.
type MemoryRevocations struct {
	version atomic.Uint64           // how many revocations there have been; while it is zero a lookup is one load
	floor   atomic.Pointer[revoked] // concerns every session; nil until revocations were dropped. Read it after the shards
	seed    maphash.Seed            // set before version leaves zero
	mu      sync.Mutex              // guards writing to what follows, and seed
	shards  [256]atomic.Pointer[map[revokedKey]revoked]
}

// revoked is one revocation: its time, when it can be dropped, and its number.
type revoked struct {
	at      time.Time
	until   time.Time
	version uint64
}

const (
	// revocationLife is how long a session_jwt that was issued before a revocation can
	// count, by its own times and by Config.OutageGrace.
	revocationLife     = maxOutageGrace + maxLifetime + revocationLeeway
	maxRevokedPerShard = 512
)

// revokedKey is what was revoked. The kind keeps the ids of sessions, members and classes
// apart.
type revokedKey struct {
	kind revokedKind
	id   string
}

type revokedKind byte

const (
	sessionKind revokedKind = iota
	memberKind
	classKind
)

// Add records a revocation; it has the form of a [grimoireauth.OnRevoke]. A zero At means now.
// So does a time in the future, which only a machine with a clock ahead of this one can
// have written. The error is [grimoireauth.ErrInvalid] unless exactly one of Session,
// Member and Class is set.
func (m *MemoryRevocations) Add(_ context.Context, c grimoireauth.Revocation) error {
	var key revokedKey
	set := 0
	if c.Session != "" {
		key, set = revokedKey{sessionKind, string(c.Session)}, set+1
	}
	if c.Member != "" {
		key, set = revokedKey{memberKind, string(c.Member)}, set+1
	}
	if c.Class != "" {
		key, set = revokedKey{classKind, string(c.Class)}, set+1
	}
	if set != 1 {
		return &grimoireauth.Error{Op: "revoke", Kind: grimoireauth.ErrInvalid,
			Err: errors.New("a revocation names exactly one of session, member and class")}
	}
	now := time.Now()
	at := c.At
	if at.IsZero() || at.After(now) {
		at = now
	}
	m.put(key, at, now)
	return nil
}

// put replaces one shard by a copy, so that readers take no lock.
func (m *MemoryRevocations) put(key revokedKey, at, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	number := m.version.Load() + 1
	if number == 1 {
		m.seed = maphash.MakeSeed()
	}
	shard := m.shard(key)
	next := map[revokedKey]revoked{}
	if old := shard.Load(); old != nil {
		for k, kept := range *old {
			if now.Before(kept.until) {
				next[k] = kept
			}
		}
	}
	if len(next) >= maxRevokedPerShard {
		clear(next)
		// The floor is stored before the shard that lacks them: see Status.
		m.floor.Store(&revoked{at: now, until: now.Add(revocationLife), version: number})
	}
	// A revocation from another replica can carry an earlier time. It must not weaken the
	// one that is known.
	if earlier, ok := next[key]; ok && earlier.at.After(at) {
		at = earlier.at
	}
	next[key] = revoked{at: at, until: now.Add(revocationLife), version: number}
	shard.Store(&next)
	m.version.Store(number)
}

// Status implements [Revocations]. It never returns an error.
func (m *MemoryRevocations) Status(_ context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (RevocationStatus, error) {
	if m.version.Load() == 0 {
		return RevocationStatus{}, nil
	}
	if m.ended(session) {
		return RevocationStatus{Ended: true}, nil
	}
	var s RevocationStatus
	if c, ok := m.get(revokedKey{memberKind, string(member)}); ok {
		s.include(c)
	}
	if c, ok := m.get(revokedKey{classKind, string(class)}); ok {
		s.include(c)
	}
	// The floor is read last, so that it covers what was dropped before a lookup above.
	if floor := m.floor.Load(); floor != nil {
		s.include(*floor)
	}
	return s, nil
}

// ended reports whether the session was revoked.
func (m *MemoryRevocations) ended(session grimoireauth.SessionID) bool {
	if m.version.Load() == 0 {
		return false
	}
	c, ok := m.get(revokedKey{sessionKind, string(session)})
	return ok && time.Now().Before(c.until)
}

// include adds one more revocation to the status.
func (s *RevocationStatus) include(c revoked) {
	if c.at.After(s.NotBefore) {
		s.NotBefore = c.at
	}
	s.Version = max(s.Version, c.version)
}

func (m *MemoryRevocations) get(key revokedKey) (revoked, bool) {
	shard := m.shard(key).Load()
	if shard == nil {
		return revoked{}, false
	}
	c, ok := (*shard)[key]
	return c, ok
}

func (m *MemoryRevocations) shard(key revokedKey) *atomic.Pointer[map[revokedKey]revoked] {
	return &m.shards[maphash.String(m.seed, key.id)%uint64(len(m.shards))]
}
