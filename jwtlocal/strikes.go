package jwtlocal

import (
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// strikes are refreshes that failed although a genuine session_jwt came with the
// token, by session. One stale session_jwt is enough to make its holder ask about
// any number of invented session_tokens; here they have to wait between them.
// Tokens that were once found to belong to the session do not come past here.
type strikes struct {
	mu        sync.Mutex // guards bySession
	bySession map[grimoireauth.SessionID]*strike
}

type strike struct {
	backoff
	token digest // the last one that belonged to another session; zero if none did
}

// maxStrikes bounds them. Each takes a session of its own.
const maxStrikes = 4096

// against returns why a token that is not known must not be asked about, nil if
// nothing speaks against it.
func (s *strikes) against(session grimoireauth.SessionID, token *digest, now time.Time) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.bySession[session]
	switch {
	case known == nil || known.wait(now) == 0:
		return nil
	case known.token == *token:
		return &failure{kind: anotherSession, err: errAnother}
	}
	return known.withheld(now)
}

func (s *strikes) add(session grimoireauth.SessionID, token *digest, f *failure, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySession == nil {
		s.bySession = map[grimoireauth.SessionID]*strike{}
	}
	known := s.bySession[session]
	if known == nil {
		s.makeRoom(now)
		known = new(strike)
		s.bySession[session] = known
	}
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
		if looked++; looked == few || old.wait(now) == 0 {
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
