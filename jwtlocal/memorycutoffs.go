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
// A member's or a class's cutoff is kept as long as a session_jwt can live, an
// hour, plus the largest leeway: after that it has nothing left to say. A session's
// is kept for a day, much longer than any session_jwt of it can live, so that even
// a session which could not be ended at Stytch during an outage is not refreshed
// back to life the same day.
//
// Its cost is bounded: past a hundred thousand or so live cutoffs it forgets
// single ones and makes every session_jwt issued until then stale instead, which
// sends each session to Stytch once, the place that knows.
type MemoryCutoffs struct {
	any    atomic.Bool // false until the first Cut: reading is then one load
	floor  atomic.Int64
	seed   maphash.Seed
	once   sync.Once
	mu     sync.Mutex // guards writing to shards
	shards [256]atomic.Pointer[map[cutKey]cut]
}

// cut is one cutoff: its time in Unix nanoseconds and when it may be forgotten.
type cut struct{ at, until int64 }

const (
	dateCutoffLife    = maxLifetime + maxLeeway
	sessionCutoffLife = 24 * time.Hour
	maxCutsPerShard   = 512
)

// cutKey is what was cut off. The kind keeps the three sorts of ids apart.
type cutKey struct {
	kind cutKind
	id   string
}

type cutKind byte

const (
	sessionCut cutKind = iota
	memberCut
	classCut
)

// Cut takes a cutoff over; it has the form of a [grimoireauth.Cut]. A zero At
// means now. The error is [grimoireauth.ErrInvalid] unless exactly one of Session,
// Member and Class is set.
func (m *MemoryCutoffs) Cut(_ context.Context, c grimoireauth.Cutoff) error {
	var key cutKey
	life := dateCutoffLife
	set := 0
	if c.Session != "" {
		key, life, set = cutKey{sessionCut, string(c.Session)}, sessionCutoffLife, set+1
	}
	if c.Member != "" {
		key, set = cutKey{memberCut, string(c.Member)}, set+1
	}
	if c.Class != "" {
		key, set = cutKey{classCut, string(c.Class)}, set+1
	}
	if set != 1 {
		return &grimoireauth.Error{Op: "cut off", Kind: grimoireauth.ErrInvalid,
			Err: errors.New("a cutoff names exactly one of session, member and class")}
	}
	now := time.Now()
	if c.At.IsZero() {
		c.At = now
	}
	m.put(key, cut{at: c.At.UnixNano(), until: max(c.At.UnixNano(), now.UnixNano()) + int64(life)}, now.UnixNano())
	return nil
}

// put copies one shard, so that readers never wait for a lock.
func (m *MemoryCutoffs) put(key cutKey, c cut, now int64) {
	m.once.Do(func() { m.seed = maphash.MakeSeed() })
	m.mu.Lock()
	defer m.mu.Unlock()
	shard := &m.shards[maphash.String(m.seed, key.id)%uint64(len(m.shards))]
	next := map[cutKey]cut{}
	if old := shard.Load(); old != nil {
		for k, kept := range *old {
			if kept.until > now {
				next[k] = kept
			}
		}
	}
	if len(next) >= maxCutsPerShard {
		clear(next)
		m.floor.Store(max(m.floor.Load(), now))
	}
	if earlier, ok := next[key]; ok {
		c.at, c.until = max(c.at, earlier.at), max(c.until, earlier.until)
	}
	next[key] = c
	shard.Store(&next)
	m.any.Store(true)
}

// Standing implements [Cutoffs]. It never returns an error.
func (m *MemoryCutoffs) Standing(_ context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (Standing, error) {
	if !m.any.Load() {
		return Standing{}, nil
	}
	var s Standing
	if c, ok := m.get(cutKey{sessionCut, string(session)}); ok {
		s.Ended = c.until > time.Now().UnixNano()
	}
	at := m.floor.Load()
	if c, ok := m.get(cutKey{memberCut, string(member)}); ok {
		at = max(at, c.at)
	}
	if c, ok := m.get(cutKey{classCut, string(class)}); ok {
		at = max(at, c.at)
	}
	if at != 0 {
		s.StaleUntil = time.Unix(0, at)
	}
	return s, nil
}

func (m *MemoryCutoffs) get(key cutKey) (cut, bool) {
	shard := m.shards[maphash.String(m.seed, key.id)%uint64(len(m.shards))].Load()
	if shard == nil {
		return cut{}, false
	}
	c, ok := (*shard)[key]
	return c, ok
}
