package jwtlocal

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// records is what is known about refreshing each session_token, by its digest. It
// is bounded; what is forgotten costs a call to Stytch, never an answer. No lock is
// held across a call.
type records struct {
	shards  [64]recordShard
	running atomic.Int64 // refreshes of known tokens that were begun and have not landed
}

type recordShard struct {
	mu    sync.Mutex // guards byKey and the records in it
	byKey map[digest]*record
}

const maxRecordsPerShard = 256 // 16,384 in all, each with at most one session_jwt

// record is about one session_token. The zero record: nothing is known.
type record struct {
	inflight   *inflight            // the refresh under way, nil if none
	renewal    *renewal             // what the last one brought, nil if it is good no longer
	owner      grimoireauth.Session // whose token it is, by an answer of Stytch's; zero if none has said
	endedUntil time.Time            // Stytch said that there is no such session, and is not asked again until then; zero if not
	pause      pause
	used       time.Time
}

// endedMemo is how long a session that Stytch does not know is not asked about
// again.
const endedPause = 30 * time.Second

// landed takes the outcome of a flight over. It returns the session that is known to
// have ended by it, zero if none.
func (r *records) finish(a *request, f *inflight, now time.Time) (over grimoireauth.Session) {
	if f.known {
		r.running.Add(-1)
	}
	s := r.shard(&a.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[a.key]
	if rec == nil || rec.inflight != f {
		return grimoireauth.Session{}
	}
	rec.inflight = nil
	rec.used = now
	s.tidy(now)
	switch {
	case f.failure == nil:
		rec.pause, rec.endedUntil = pause{}, time.Time{}
		if a.jwtAlone {
			break // a session_jwt: the next one will be another
		}
		rec.renewal = f.renewal
		// Only a token that Stytch repeats is sure to be the session's. If Stytch ever
		// replaces them, the end of the old one is not the end of the session.
		if f.renewal.authentication.Token.Equal(a.secret) {
			rec.owner = f.renewal.authentication.Session
		}
	case f.failure.kind == failSessionEnded:
		if over = rec.owner; over.IsZero() && a.issuedHere {
			over = f.attested // the mark names the session, and so does the session_jwt
		}
		rec.renewal, rec.endedUntil = nil, now.Add(endedPause)
	case f.failure.kind == failOverLimit:
	case f.failure.kind != failOtherSession || !rec.owner.IsZero():
		rec.pause.extend(f.failure, now)
	}
	if rec.renewal == nil && rec.owner.IsZero() && rec.endedUntil.IsZero() && rec.pause.failures == 0 {
		delete(s.byKey, a.key) // it says nothing
	}
	return over
}

// kept returns what the last refresh of this token brought, nil if nothing.
func (r *records) kept(key *digest) *renewal {
	s := r.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.byKey[*key]; rec != nil {
		return rec.renewal
	}
	return nil
}

// outage reports whether the last refresh of this token met an outage that is known to go
// on, and whether something known of the token bars it from being excused by one: that
// there is no such session, or that it is another one's.
func (r *records) pausedByOutage(a *request) (failing, barred bool) {
	s := r.shard(&a.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[a.key]
	if rec == nil {
		return false, false
	}
	failing = rec.pause.failures > 0 && rec.pause.last.isKnownOutage()
	return failing, !rec.endedUntil.IsZero() || !rec.owner.IsZero() && !sameIdentity(rec.owner, a.attested)
}

// The key is a digest, so any byte of it will do.
func (r *records) shard(key *digest) *recordShard { return &r.shards[key[0]%byte(len(r.shards))] }

// open returns the record, which it makes if there is none. The lock is held.
func (s *recordShard) ensure(key digest, now time.Time) *record {
	if rec := s.byKey[key]; rec != nil {
		return rec
	}
	if s.byKey == nil {
		s.byKey = map[digest]*record{}
	}
	s.makeRoom(now)
	rec := &record{used: now}
	s.byKey[key] = rec
	return rec
}

// makeRoom forgets a record if there are too many: of the few that it looks at, the
// one that is worth least.
func (s *recordShard) makeRoom(now time.Time) {
	oldest, key := s.tidy(now)
	if oldest != nil && len(s.byKey) >= maxRecordsPerShard {
		delete(s.byKey, key)
	}
}

// worthLess reports whether of two records this one is forgotten first: one without an
// owner, which a stranger may have caused, or the one that was not used for longer.
func (rec *record) worthLess(than *record) bool {
	if rec.owner.IsZero() != than.owner.IsZero() {
		return rec.owner.IsZero()
	}
	return rec.used.Before(than.used)
}

// tidy looks at a few records, which the map hands out in no order, and lets go of
// credentials that have expired. It returns the record among them that is
// forgotten first.
func (s *recordShard) tidy(now time.Time) (oldest *record, oldestKey digest) {
	const few = 8
	looked := 0
	for key, rec := range s.byKey {
		if rec.inflight != nil {
			continue // somebody waits for it; there are at most maxWaiting of them
		}
		if rec.renewal != nil && now.Unix() > rec.renewal.end+int64(maxLeeway/time.Second) {
			rec.renewal = nil
		}
		if oldest == nil || rec.worthLess(oldest) {
			oldest, oldestKey = rec, key
		}
		if looked++; looked >= few {
			break
		}
	}
	return oldest, oldestKey
}
