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

// MemoryCutoffs keeps cutoffs in this process. The zero MemoryCutoffs is ready to
// use and must not be copied; it is safe for concurrent use.
//
// A cutoff is kept for 25 hours and a minute: as long as the longest Config.OutageGrace
// can let a session_jwt count after its end, 24 hours, the hour that a session_jwt can
// live, and what clocks may differ. So an outage lets nobody in who was cut off, and a
// session which could not be ended at Stytch is not refreshed back to life the same day.
//
// Its cost is bounded: past a hundred thousand or so cutoffs in that time it forgets
// single ones and makes every session_jwt issued until then stale instead, which
// sends each session to Stytch once, the place that knows.
type MemoryCutoffs struct {
	version atomic.Uint64           // how many cutoffs there have been; readers of none do one load
	floor   atomic.Pointer[revoked] // cuts off everybody; nil until it was needed. Read it after the shards
	seed    maphash.Seed            // set before raised leaves zero
	mu      sync.Mutex              // guards writing to what follows, and seed
	shards  [256]atomic.Pointer[map[revokedKey]revoked]
}

// cut is one cutoff: its time, when it may be forgotten, and its number.
type revoked struct {
	at      time.Time
	until   time.Time
	version uint64
}

const (
	// cutoffLife is how long a session_jwt that was issued until a cutoff can count, by
	// its own dates or by Config.OutageGrace.
	revocationLife     = maxOutageGrace + maxLifetime + revocationLeeway
	maxRevokedPerShard = 512
)

// cutKey is what was cut off. The kind keeps the three sorts of ids apart.
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

// Cut takes a cutoff over; it has the form of a [grimoireauth.Cut]. A zero At
// means now, and so does one in the future, which only a clock that is ahead of
// ours can have written. The error is [grimoireauth.ErrInvalid] unless exactly one
// of Session, Member and Class is set.
func (m *MemoryCutoffs) Cut(_ context.Context, c grimoireauth.Cutoff) error {
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
		return &grimoireauth.Error{Op: "cut off", Kind: grimoireauth.ErrInvalid,
			Err: errors.New("a cutoff names exactly one of session, member and class")}
	}
	now := time.Now()
	at := c.At
	if at.IsZero() || at.After(now) {
		at = now
	}
	m.put(key, at, now)
	return nil
}

// put copies one shard, so that readers never wait for a lock.
func (m *MemoryCutoffs) put(key revokedKey, at, now time.Time) {
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
		// Before the shard without them is published: see Standing.
		m.floor.Store(&revoked{at: now, until: now.Add(revocationLife), version: number})
	}
	// A later cutoff can carry an earlier time, from another replica; it must not
	// make the earlier one weaker.
	if earlier, ok := next[key]; ok && earlier.at.After(at) {
		at = earlier.at
	}
	next[key] = revoked{at: at, until: now.Add(revocationLife), version: number}
	shard.Store(&next)
	m.version.Store(number)
}

// Standing implements [Cutoffs]. It never returns an error.
func (m *MemoryCutoffs) Standing(_ context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (Standing, error) {
	if m.version.Load() == 0 {
		return Standing{}, nil
	}
	if m.ended(session) {
		return Standing{Ended: true}, nil
	}
	var s Standing
	if c, ok := m.get(revokedKey{memberKind, string(member)}); ok {
		s.include(c)
	}
	if c, ok := m.get(revokedKey{classKind, string(class)}); ok {
		s.include(c)
	}
	// Last: what was forgotten before one of the looks above counts by the floor.
	if floor := m.floor.Load(); floor != nil {
		s.include(*floor)
	}
	return s, nil
}

// ended reports whether the session has been cut off.
func (m *MemoryCutoffs) ended(session grimoireauth.SessionID) bool {
	if m.version.Load() == 0 {
		return false
	}
	c, ok := m.get(revokedKey{sessionKind, string(session)})
	return ok && time.Now().Before(c.until)
}

// add lets one more cutoff count.
func (s *Standing) include(c revoked) {
	if c.at.After(s.StaleUntil) {
		s.StaleUntil = c.at
	}
	s.Raised = max(s.Raised, c.version)
}

func (m *MemoryCutoffs) get(key revokedKey) (revoked, bool) {
	shard := m.shard(key).Load()
	if shard == nil {
		return revoked{}, false
	}
	c, ok := (*shard)[key]
	return c, ok
}

func (m *MemoryCutoffs) shard(key revokedKey) *atomic.Pointer[map[revokedKey]revoked] {
	return &m.shards[maphash.String(m.seed, key.id)%uint64(len(m.shards))]
}
