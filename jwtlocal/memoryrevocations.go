package jwtlocal

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
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

	watching    sync.Mutex // guards subscribers
	subscribers []func(grimoireauth.Revocation)
}

// Subscribe makes every later Add call f with its revocation, once the revocation counts. F
// must return quickly and not call back. [New] subscribes, so that connections which
// [Verifier.Watch] watches end at once instead of within a second.
func (m *MemoryRevocations) Subscribe(f func(grimoireauth.Revocation)) {
	m.watching.Lock()
	defer m.watching.Unlock()
	m.subscribers = append(slices.Clip(m.subscribers), f)
}

func (m *MemoryRevocations) announce(c grimoireauth.Revocation) {
	m.watching.Lock()
	subscribers := m.subscribers
	m.watching.Unlock()
	for _, f := range subscribers {
		f(c)
	}
}

// revoked is one revocation: its time, when it can be dropped, and its number.
type revoked struct {
	at      time.Time
	until   time.Time
	version uint64
}

// RevocationLife is how long a session_jwt that was issued before a revocation can count, by
// its own times and by Config.OutageGrace, so how long a revocation has to be kept: 25 hours
// and a minute.
const RevocationLife = maxOutageGrace + maxLifetime + revocationLeeway

const maxRevokedPerShard = 512

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
// A time in the future, which only a machine with a clock ahead of this one can have
// written, counts up to a minute from now. The error is [grimoireauth.ErrInvalid] unless
// exactly one of Session, Member and Class is set.
func (m *MemoryRevocations) Add(ctx context.Context, c grimoireauth.Revocation) error {
	return m.AddAll(ctx, []grimoireauth.Revocation{c})
}

// AddAll is Add for many revocations, such as those of other processes that a process reads
// when it starts. It takes a fraction of the time. If one of them is invalid, none is
// recorded.
func (m *MemoryRevocations) AddAll(_ context.Context, all []grimoireauth.Revocation) error {
	now := time.Now()
	// Another machine's clock may be ahead of this one by as much as a comparison allows for;
	// more is not believed.
	latest := now.Add(revocationLeeway)
	additions := make([]addition, 0, len(all))
	for _, c := range all {
		key, ok := keyOf(c)
		if !ok {
			return &grimoireauth.Error{Op: "revoke", Kind: grimoireauth.ErrInvalid,
				Err: errors.New("a revocation names exactly one of session, member and class")}
		}
		at := c.At
		switch {
		case at.IsZero():
			at = now
		case at.After(latest):
			at = latest
		}
		additions = append(additions, addition{key, at})
	}
	m.put(additions, now)
	for _, c := range all {
		m.announce(c)
	}
	return nil
}

// addition is a revocation to be recorded.
type addition struct {
	key revokedKey
	at  time.Time
}

// keyOf returns what is revoked; ok is false unless it is exactly one thing.
func keyOf(c grimoireauth.Revocation) (key revokedKey, ok bool) {
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
	return key, set == 1
}

// put replaces each shard that has additions by a copy, so that readers take no lock.
func (m *MemoryRevocations) put(additions []addition, now time.Time) {
	if len(additions) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	number := m.version.Load()
	if number == 0 {
		m.seed = maphash.MakeSeed()
	}
	if len(additions) == 1 { // the usual case
		number = m.putShard(m.shard(additions[0].key), additions, now, number)
	} else {
		byShard := make(map[*atomic.Pointer[map[revokedKey]revoked]][]addition, len(m.shards))
		for _, a := range additions {
			shard := m.shard(a.key)
			byShard[shard] = append(byShard[shard], a)
		}
		for shard, additions := range byShard {
			number = m.putShard(shard, additions, now, number)
		}
	}
	m.version.Store(number)
}

// putShard replaces one shard, and returns the number of the last addition.
func (m *MemoryRevocations) putShard(shard *atomic.Pointer[map[revokedKey]revoked], additions []addition, now time.Time, number uint64) uint64 {
	old := shard.Load()
	if old == nil {
		old = new(map[revokedKey]revoked)
	}
	next := make(map[revokedKey]revoked, min(len(*old)+len(additions), maxRevokedPerShard))
	for k, kept := range *old {
		if now.Before(kept.until) {
			next[k] = kept
		}
	}
	for _, a := range additions {
		number++
		if len(next) >= maxRevokedPerShard {
			clear(next)
			// The floor is stored before the shard that lacks them: see Status.
			m.floor.Store(&revoked{at: now, until: now.Add(RevocationLife), version: number})
		}
		// A revocation from another replica can carry an earlier time. It must not weaken the
		// one that is known.
		at := a.at
		if earlier, ok := next[a.key]; ok && earlier.at.After(at) {
			at = earlier.at
		}
		next[a.key] = revoked{at: at, until: now.Add(RevocationLife), version: number}
	}
	shard.Store(&next)
	return number
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
