package jwtlocal

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/limit"
)

// partners bounds what one genuine session_jwt buys. One that is stale is enough to make
// its holder ask about any number of invented session_tokens, and it may be another
// person's. So of the tokens that come with a session's session_jwt and are not known to be
// the session's, one is asked about at a time for each client address, and at most four
// in all. After a failure that address has to wait. Tokens that are known or marked do
// not come past here, so that their owner waits for none of it.
type partners struct {
	sessions limit.Slots[grimoireauth.SessionID]
	sources  limit.Slots[partnerKey]

	mu       sync.Mutex // guards failures
	failures map[partnerKey]*partnerFailure
}

// partnerKey is a session and the client address that asks about it, zero if that is not
// known.
type partnerKey struct {
	session grimoireauth.SessionID
	source  netip.Addr
}

type partnerFailure struct {
	backoff
	token digest // the last one that belonged to another session; zero if none did
}

const (
	// perSession is how many tokens are asked about at once with one session's
	// session_jwt.
	perSession = 4
	// maxPartnerFailures bounds the failures that are remembered.
	maxPartnerFailures = 4096
)

var errOneAtATime = errors.New("another session_token is being tried with this session_jwt")

func partnerOf(session grimoireauth.SessionID, source netip.Addr) partnerKey {
	return partnerKey{session, limit.Source(source)}
}

// reserve returns why a token that is not known must not be asked about. If nothing
// speaks against it, it takes a place, which release gives back.
func (p *partners) reserve(key partnerKey, token *digest, now time.Time) *failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.failures[key]; known != nil && known.wait(now) > 0 {
		if known.token == *token {
			return &failure{kind: anotherSession, err: errAnother}
		}
		return known.withheld(now)
	}
	if !p.sources.Take(key, 1) {
		return oneAtATime()
	}
	if !p.sessions.Take(key.session, perSession) {
		p.sources.Release(key)
		return oneAtATime()
	}
	return nil
}

func oneAtATime() *failure {
	return &failure{kind: rationed, err: unavailable(opRefresh, errOneAtATime, firstPause), wait: firstPause}
}

// release gives a place back, and notes what became of the question: f is nil if the
// token is the session's.
func (p *partners) release(key partnerKey, token *digest, f *failure, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case f == nil:
		delete(p.failures, key)
	case f.kind == wrongClock, f.kind == rationed:
		// It says nothing about the token.
	default:
		p.note(key, token, f, now)
	}
	p.sessions.Release(key.session)
	p.sources.Release(key)
}

// note remembers a failure. mu is held.
func (p *partners) note(key partnerKey, token *digest, f *failure, now time.Time) {
	known := p.failures[key]
	if known == nil {
		if p.failures == nil {
			p.failures = map[partnerKey]*partnerFailure{}
		}
		p.makeRoom(now)
		known = new(partnerFailure)
		p.failures[key] = known
	}
	known.fail(f, now)
	known.token = digest{}
	if f.kind == anotherSession {
		known.token = *token
	}
}

// makeRoom forgets one failure if there are too many: one whose time is over, if there
// is one among the few it looks at. mu is held.
func (p *partners) makeRoom(now time.Time) {
	if len(p.failures) < maxPartnerFailures {
		return
	}
	const few = 8
	looked := 0
	for key, old := range p.failures {
		if looked++; looked == few || old.wait(now) == 0 {
			delete(p.failures, key)
			return
		}
	}
}
