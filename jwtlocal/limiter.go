package jwtlocal

import (
	"context"
	"net/netip"
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
	source  netip.Addr // a client address; zero if it is not known
	partner bool       // the address is not known, and a genuine session_jwt came with the token
}

func strangerFrom(source netip.Addr, partner bool) stranger {
	source = limit.Source(source)
	return stranger{source, partner && !source.IsValid()}
}

const (
	maxCalls       = 64              // about known tokens
	maxStrangers   = 16              // about others,
	perSource      = 4               // of them from one client address
	maxWaiting     = 4096            // refreshes of known tokens that wait for a place or have one
	waitingToGuess = 1024            // of others that wait
	slotDeadline   = 5 * time.Second // for one to wait
	// Strangers whose addresses are not known have this budget in all.
	strangersBurst = 900
	strangersEvery = 100 * time.Millisecond
)

func newLimiter() *limiter {
	return &limiter{
		known:     limit.NewLanes[struct{}](maxCalls, maxWaiting),
		strangers: limit.NewLanes[stranger](maxStrangers, waitingToGuess),
		nowhere:   limit.NewRates[struct{}](limit.Rate{Burst: strangersBurst, Every: strangersEvery}, 1),
	}
}

// reserve takes one call about a token that is not known.
func (l *limiter) reserve(from stranger) *failure {
	var wait time.Duration
	switch {
	case from.source.IsValid():
		wait = l.sources.Reserve(from.source)
	case !from.partner:
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
	case !from.partner:
		l.nowhere.Release(struct{}{})
	}
}

// enter waits for a place among the calls. Each that gets one calls leave, once.
func (l *limiter) enter(ctx context.Context, known bool, from stranger) (leave func(), f *failure) {
	ctx, cancel := context.WithTimeout(ctx, slotDeadline)
	defer cancel()
	if known {
		if !l.known.Enter(ctx, struct{}{}, maxCalls) {
			return nil, failedBecause(rationed, errBusy)
		}
		return func() { l.known.Leave(struct{}{}) }, nil
	}
	each := perSource
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
	return &failure{kind: rationed, wait: wait,
		err: &grimoireauth.Error{Op: opRefresh, Kind: grimoireauth.ErrOverShare, RetryAfter: wait}}
}
