package jwtlocal

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/limit"
)

// limiter bounds the calls to Stytch: how many refreshes run at once, and how often Stytch
// is asked about session_tokens that are not known here and may be invented.
//
// Known tokens have slots of their own and no budget. A call about another token draws on
// the share of its client address. If the address is not known, tokens that come alone
// share one budget, and pairLimiter bounds those that come with a session_jwt. A call that
// Stytch confirms is given back, so that a class whose browsers keep no session_jwt gets in.
// Few calls about unknown tokens run at once, and fewer for one address, so that addresses
// delay each other little.
//
// Every limit is reserved before the refresh starts and released when it ends.
type limiter struct {
	running   atomic.Int64 // refreshes of known tokens that have started and not ended
	known     *limit.Lanes[struct{}]
	strangers *limit.Lanes[stranger]
	sources   limit.Sources
	nowhere   *limit.Rates[struct{}] // tokens that come alone from an address that is not known
	pairs     pairLimiter
}

// stranger is where an unknown token comes from.
type stranger struct {
	source netip.Addr // the client address; zero if it is not known
	paired bool       // the address is not known, and a genuine session_jwt came with the token
}

func strangerFrom(source netip.Addr, paired bool) stranger {
	source = limit.Source(source)
	return stranger{source, paired && !source.IsValid()}
}

const (
	maxKnownCalls       = 64              // at once about known tokens
	maxStrangers        = 16              // at once about others,
	maxPerSource        = 4               // of them from one client address
	maxWaiting          = 4096            // refreshes of known tokens that wait for a slot or have one
	maxStrangersWaiting = 1024            // of others that wait
	slotDeadline        = 5 * time.Second // for one to wait
	// The budget of all tokens that come alone from addresses that are not known.
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

// reserve takes what a refresh needs before it starts, or returns why it must not start.
// release gives it back.
func (l *limiter) reserve(req *request, known bool, now time.Time) *failure {
	if known {
		if l.running.Add(1) > maxWaiting {
			l.running.Add(-1)
			return &failure{kind: failOverLimit, err: unavailable(opRefresh, errBusy, firstPause), wait: firstPause}
		}
		return nil
	}
	pair := pairOf(req.attested.ID(), req.source)
	if !req.attested.IsZero() {
		if f := l.pairs.reserve(pair, &req.key, now); f != nil {
			return f
		}
	}
	f := l.reserveShare(strangerFrom(req.source, !req.attested.IsZero()))
	if f != nil && !req.attested.IsZero() {
		l.pairs.release(pair, &req.key, f, now)
	}
	return f
}

// release gives back what reserve took, except the share: see releaseShare. failed is nil
// if the refresh succeeded.
func (l *limiter) release(f *inflight, token *digest, failed *failure, now time.Time) {
	switch {
	case f.known:
		l.running.Add(-1)
	case !f.attested.IsZero():
		l.pairs.release(pairOf(f.attested.ID(), f.source), token, failed, now)
	}
}

// reserveShare takes one call about an unknown token from its share.
func (l *limiter) reserveShare(from stranger) *failure {
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

// releaseShare gives the call back, after Stytch has confirmed the token.
func (l *limiter) releaseShare(from stranger) {
	switch {
	case from.source.IsValid():
		l.sources.Release(from.source)
	case !from.paired:
		l.nowhere.Release(struct{}{})
	}
}

// enter waits for a slot. The caller calls leave once.
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

// overShare is the failure of a request whose client address has used up its share, or for
// which too many calls wait.
func overShare(wait time.Duration) *failure {
	wait = max(wait, firstPause)
	return &failure{kind: failOverLimit, wait: wait,
		err: &grimoireauth.Error{Op: opRefresh, Kind: grimoireauth.ErrOverShare, RetryAfter: wait}}
}

// pairLimiter bounds the calls that one genuine session_jwt can cause. A stale session_jwt
// can be sent with any number of invented session_tokens, and it may be another person's.
// So of the unknown tokens that come with the session_jwt of one session, each client
// address has one call at a time, all addresses together have four, and after a failure the
// address has to wait. Known tokens do not pass here, so their owner never waits for it.
type pairLimiter struct {
	sessions limit.Slots[grimoireauth.SessionID]
	sources  limit.Slots[pairKey]

	mu       sync.Mutex // guards failures
	failures map[pairKey]*pairFailure
}

// pairKey is a session and the client address that asks about it, zero if not known.
type pairKey struct {
	session grimoireauth.SessionID
	source  netip.Addr
}

type pairFailure struct {
	pause
	token digest // the last one that belonged to another session; zero if none did
}

const (
	// maxPerSession is how many calls run at once for the session_jwt of one session.
	maxPerSession = 4
	// maxPairFailures bounds the failures that are kept.
	maxPairFailures = 4096
)

var errOneAtATime = errors.New("another session_token is being tried with this session_jwt")

func pairOf(session grimoireauth.SessionID, source netip.Addr) pairKey {
	return pairKey{session, limit.Source(source)}
}

// reserve takes a slot for an unknown token, or returns why Stytch is not asked about it.
func (p *pairLimiter) reserve(key pairKey, token *digest, now time.Time) *failure {
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

// release gives the slot back and keeps a failure. f is nil if Stytch confirmed the token.
func (p *pairLimiter) release(key pairKey, token *digest, f *failure, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case f == nil:
		delete(p.failures, key)
	case f.kind == failClock, f.kind == failOverLimit:
		// It says nothing about the token.
	default:
		p.keep(key, token, f, now)
	}
	p.sessions.Release(key.session)
	p.sources.Release(key)
}

// keep keeps a failure. mu is held.
func (p *pairLimiter) keep(key pairKey, token *digest, f *failure, now time.Time) {
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

// makeRoom drops one failure if there are too many. It looks at a few and prefers one whose
// pause is over. mu is held.
func (p *pairLimiter) makeRoom(now time.Time) {
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
