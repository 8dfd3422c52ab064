package jwtlocal

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/limit"
)

// limiter decides how many refreshes ask Stytch at once, and how often Stytch is asked
// about session_tokens that are not known here. Such a token may be invented, also one
// that comes with a genuine session_jwt: see partners.
//
// Tokens that are known or marked have places of their own, and no budget. Asking about
// others draws on the share of the client address that the request came from. Where that
// is not known, tokens that come alone have one share in all, and partners bounds the
// rest. What an answer of Stytch's confirms is given back, so that a class whose browsers
// keep no session_jwt gets in. Few strangers' tokens are asked about at a time, and fewer
// for one address, so that addresses delay each other little.
type limiter struct {
	known     *limit.Lanes[struct{}]
	strangers *limit.Lanes[stranger]
	sources   limit.Sources
	nowhere   *limit.Rates[struct{}] // tokens that come alone from an address that is not known
}

// stranger is where a token comes from that is not known.
type stranger struct {
	source netip.Addr // a client address; zero if it is not known
	paired bool       // the address is not known, and a genuine session_jwt came with the token
}

func strangerFrom(source netip.Addr, partner bool) stranger {
	source = limit.Source(source)
	return stranger{source, partner && !source.IsValid()}
}

const (
	maxKnownCalls       = 64              // about known tokens
	maxStrangers        = 16              // about others,
	maxPerSource        = 4               // of them from one client address
	maxWaiting          = 4096            // refreshes of known tokens that wait for a place or have one
	maxStrangersWaiting = 1024            // of others that wait
	slotDeadline        = 5 * time.Second // for one to wait
	// Strangers whose addresses are not known have this budget in all.
	strangersBurst = 900
	strangersEvery = 100 * time.Millisecond
)

func newLimiter() *limiter {
	return &limiter{
		known:     limit.NewLanes[struct{}](maxKnownCalls, maxWaiting),
		strangers: limit.NewLanes[stranger](maxStrangers, maxStrangersWaiting),
		nowhere:   limit.NewRates[struct{}](limit.Rate{Burst: strangersBurst, Every: strangersEvery}, 1),
	}
}

// reserve takes one call about a token that is not known.
func (l *limiter) reserve(from stranger) *failure {
	var wait time.Duration
	switch {
	case from.source.IsValid():
		wait = l.sources.Reserve(from.source)
	case !from.paired:
		wait = l.nowhere.Reserve(struct{}{})
	}
	if wait > 0 {
		return overShare(wait)
	}
	return nil
}

// release gives the call back.
func (l *limiter) release(from stranger) {
	switch {
	case from.source.IsValid():
		l.sources.Release(from.source)
	case !from.paired:
		l.nowhere.Release(struct{}{})
	}
}

// enter waits for a place among the calls. Each that gets one calls leave, once.
func (l *limiter) enter(ctx context.Context, known bool, from stranger) (leave func(), f *failure) {
	ctx, cancel := context.WithTimeout(ctx, slotDeadline)
	defer cancel()
	if known {
		if !l.known.Enter(ctx, struct{}{}, maxKnownCalls) {
			return nil, newFailure(failOverLimit, errBusy)
		}
		return func() { l.known.Leave(struct{}{}) }, nil
	}
	each := maxPerSource
	if !from.source.IsValid() {
		each = maxStrangers
	}
	if !l.strangers.Enter(ctx, from, each) {
		return nil, overShare(firstPause)
	}
	return func() { l.strangers.Leave(from) }, nil
}

// overShare is the failure of a request that has to wait because of what its own client
// address, or strangers of no known address, have asked.
func overShare(wait time.Duration) *failure {
	wait = max(wait, firstPause)
	return &failure{kind: failOverLimit, wait: wait,
		err: &grimoireauth.Error{Op: opRefresh, Kind: grimoireauth.ErrOverShare, RetryAfter: wait}}
}

// partners bounds what one genuine session_jwt buys. One that is stale is enough to make
// its holder ask about any number of invented session_tokens, and it may be another
// person's. So of the tokens that come with a session's session_jwt and are not known to be
// the session's, one is asked about at a time for each client address, and at most four
// in all. After a failure that address has to wait. Tokens that are known or marked do
// not come past here, so that their owner waits for none of it.
type pairs struct {
	sessions limit.Slots[grimoireauth.SessionID]
	sources  limit.Slots[pairKey]

	mu       sync.Mutex // guards failures
	failures map[pairKey]*pairFailure
}

// partnerKey is a session and the client address that asks about it, zero if that is not
// known.
type pairKey struct {
	session grimoireauth.SessionID
	source  netip.Addr
}

type pairFailure struct {
	pause
	token digest // the last one that belonged to another session; zero if none did
}

const (
	// perSession is how many tokens are asked about at once with one session's
	// session_jwt.
	maxPerSession = 4
	// maxPartnerFailures bounds the failures that are remembered.
	maxPairFailures = 4096
)

var errOneAtATime = errors.New("another session_token is being tried with this session_jwt")

func pairOf(session grimoireauth.SessionID, source netip.Addr) pairKey {
	return pairKey{session, limit.Source(source)}
}

// reserve returns why a token that is not known must not be asked about. If nothing
// speaks against it, it takes a place, which release gives back.
func (p *pairs) reserve(key pairKey, token *digest, now time.Time) *failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.failures[key]; known != nil && known.wait(now) > 0 {
		if known.token == *token {
			return &failure{kind: failOtherSession, err: errOtherSession}
		}
		return known.withheld(now)
	}
	if !p.sources.Take(key, 1) {
		return oneAtATime()
	}
	if !p.sessions.Take(key.session, maxPerSession) {
		p.sources.Release(key)
		return oneAtATime()
	}
	return nil
}

func oneAtATime() *failure {
	return &failure{kind: failOverLimit, err: unavailable(opRefresh, errOneAtATime, firstPause), wait: firstPause}
}

// release gives a place back, and notes what became of the question: f is nil if the
// token is the session's.
func (p *pairs) release(key pairKey, token *digest, f *failure, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case f == nil:
		delete(p.failures, key)
	case f.kind == failClock, f.kind == failOverLimit:
		// It says nothing about the token.
	default:
		p.note(key, token, f, now)
	}
	p.sessions.Release(key.session)
	p.sources.Release(key)
}

// note remembers a failure. mu is held.
func (p *pairs) note(key pairKey, token *digest, f *failure, now time.Time) {
	known := p.failures[key]
	if known == nil {
		if p.failures == nil {
			p.failures = map[pairKey]*pairFailure{}
		}
		p.makeRoom(now)
		known = new(pairFailure)
		p.failures[key] = known
	}
	known.extend(f, now)
	known.token = digest{}
	if f.kind == failOtherSession {
		known.token = *token
	}
}

// makeRoom forgets one failure if there are too many: one whose time is over, if there
// is one among the few it looks at. mu is held.
func (p *pairs) makeRoom(now time.Time) {
	if len(p.failures) < maxPairFailures {
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
