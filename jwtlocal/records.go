package jwtlocal

import (
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// records is what is known about refreshing each session_token, by its digest. It is
// bounded. A record that was dropped costs one more call to Stytch and changes no answer.
type records struct{ shards [64]recordShard }

type recordShard struct {
	mu    sync.Mutex // guards byKey and the records in it; not held during a call
	byKey map[digest]*record
}

const maxRecordsPerShard = 256 // 16,384 in all, each with at most one session_jwt

// record is about one session_token. The zero record: nothing is known.
type record struct {
	inflight   *inflight            // the refresh that runs, nil if none
	renewal    *renewal             // what the last refresh returned, nil if it is no longer good
	owner      grimoireauth.Session // the session of the token, by an answer of Stytch; zero if not known
	endedUntil time.Time            // until then the answer session_not_found is repeated without a call; zero if there was none
	pause      pause
	used       time.Time
}

// endedPause is how long the answer session_not_found is repeated without a call.
const endedPause = 30 * time.Second

// finish records the outcome of a refresh. It returns the session that is known to have
// ended by it, zero if none.
func (r *records) finish(req *request, f *inflight, now time.Time) (over grimoireauth.Session) {
	s := r.shard(&req.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[req.key]
	if rec == nil || rec.inflight != f {
		return grimoireauth.Session{}
	}
	rec.inflight = nil
	rec.used = now
	s.tidy(now)
	switch {
	case f.failure == nil:
		rec.pause, rec.endedUntil = pause{}, time.Time{}
		if req.jwtAlone && !req.confirms {
			break // the record is about a session_jwt, which is replaced
		}
		rec.renewal = f.renewal
		if req.jwtAlone {
			break // there is no session_token that could belong to another session
		}
		// Stytch repeats the session_token in its answer. If it ever returns another one,
		// the end of the old token is not the end of the session.
		if f.renewal.authentication.Token.Equal(req.secret) {
			rec.owner = f.renewal.authentication.Session
		}
	case f.failure.kind == failSessionEnded:
		if over = rec.owner; over.IsZero() && req.issuedHere {
			over = f.attested // both the mark and the session_jwt name it
		}
		rec.renewal, rec.endedUntil = nil, now.Add(endedPause)
	case f.failure.kind == failOverLimit:
	case f.failure.kind != failOtherSession || !rec.owner.IsZero():
		rec.pause.extend(f.failure, now)
	}
	if rec.renewal == nil && rec.owner.IsZero() && rec.endedUntil.IsZero() && rec.pause.failures == 0 {
		delete(s.byKey, req.key) // nothing is known
	}
	return over
}

// renewal returns what the last refresh of this token returned, nil if there is nothing
// that is still good.
func (r *records) renewal(key *digest) *renewal {
	s := r.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.byKey[*key]; rec != nil {
		return rec.renewal
	}
	return nil
}

// outage reports whether the last refresh of this token failed by an outage that is known
// to go on, and whether Config.OutageGrace must not apply: because Stytch answered that the
// session has ended, or that the token belongs to another session.
func (r *records) outage(req *request) (failing, barred bool) {
	s := r.shard(&req.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[req.key]
	if rec == nil {
		return false, false
	}
	failing = rec.pause.failures > 0 && rec.pause.last.isKnownOutage()
	return failing, !rec.endedUntil.IsZero() || !rec.owner.IsZero() && !sameIdentity(rec.owner, req.attested)
}

// shard uses one byte of the digest; all of them are uniform.
func (r *records) shard(key *digest) *recordShard { return &r.shards[key[0]%byte(len(r.shards))] }

// ensure returns the record of a token, and makes it if there is none. mu is held.
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

// makeRoom drops the least useful of a few records if there are too many.
func (s *recordShard) makeRoom(now time.Time) {
	oldest, key := s.tidy(now)
	if oldest != nil && len(s.byKey) >= maxRecordsPerShard {
		delete(s.byKey, key)
	}
}

// lessUseful reports whether this record is dropped before the other: one without an owner,
// which an invented token may have caused, or the one that was used less recently.
func (rec *record) lessUseful(than *record) bool {
	if rec.owner.IsZero() != than.owner.IsZero() {
		return rec.owner.IsZero()
	}
	return rec.used.Before(than.used)
}

// tidy looks at a few records in the random order of the map, drops their expired
// credentials, and returns the least useful one.
func (s *recordShard) tidy(now time.Time) (oldest *record, oldestKey digest) {
	const few = 8
	looked := 0
	for key, rec := range s.byKey {
		if rec.inflight != nil {
			continue // requests wait for it; at most maxWaiting records have one
		}
		if rec.renewal != nil && now.Unix() > rec.renewal.end+int64(maxLeeway/time.Second) {
			rec.renewal = nil
		}
		if oldest == nil || rec.lessUseful(oldest) {
			oldest, oldestKey = rec, key
		}
		if looked++; looked >= few {
			break
		}
	}
	return oldest, oldestKey
}
