package jwtlocal

import (
	"errors"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// strikes are refreshes that failed although a genuine session_jwt came with the
// token, by session. One stale session_jwt is enough to make its holder ask about
// any number of invented session_tokens; here they have to wait between them, and
// only one is asked about at a time. Tokens that were once found to belong to the
// session do not come past here.
type strikes struct {
	mu        sync.Mutex // guards bySession
	bySession map[grimoireauth.SessionID]*strike
}

type strike struct {
	backoff
	token digest // the last one that belonged to another session; zero if none did
	busy  bool   // one is being asked about
}

// maxStrikes bounds them. Each takes a session of its own.
const maxStrikes = 4096

var errOneAtATime = errors.New("another session_token is being tried with this session_jwt")

// reserve returns why a token that is not known must not be asked about. If nothing
// speaks against it, nothing else is asked about for the session until add, clear or
// release.
func (s *strikes) reserve(session grimoireauth.SessionID, token *digest, now time.Time) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.of(session)
	switch {
	case known.wait(now) > 0 && known.token == *token:
		return &failure{kind: anotherSession, err: errAnother}
	case known.wait(now) > 0:
		return known.withheld(now)
	case known.busy:
		return &failure{kind: rationed, err: unavailable(opRefresh, errOneAtATime, firstPause), wait: firstPause}
	}
	known.busy = true
	return nil
}

// of returns the session's strike, which it makes if there is none. mu is held.
func (s *strikes) of(session grimoireauth.SessionID) *strike {
	if known := s.bySession[session]; known != nil {
		return known
	}
	if s.bySession == nil {
		s.bySession = map[grimoireauth.SessionID]*strike{}
	}
	s.makeRoom(time.Now())
	known := new(strike)
	s.bySession[session] = known
	return known
}

// release ends a reservation that led to nothing.
func (s *strikes) release(session grimoireauth.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.bySession[session]
	if known == nil {
		return
	}
	if known.busy = false; known.failures == 0 {
		delete(s.bySession, session)
	}
}

func (s *strikes) add(session grimoireauth.SessionID, token *digest, f *failure, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.of(session)
	known.busy = false
	known.fail(f, now)
	known.token = digest{}
	if f.kind == anotherSession {
		known.token = *token
	}
}

// makeRoom forgets one strike if there are too many: one that is over, if there is
// one among the few it looks at. mu is held.
func (s *strikes) makeRoom(now time.Time) {
	if len(s.bySession) < maxStrikes {
		return
	}
	const few = 8
	looked := 0
	for session, old := range s.bySession {
		if looked++; looked == few || !old.busy && old.wait(now) == 0 {
			delete(s.bySession, session)
			return
		}
	}
}

func (s *strikes) clear(session grimoireauth.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bySession, session)
}
