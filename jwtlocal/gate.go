package jwtlocal

import (
	"context"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// gate decides how many refreshes ask Stytch at once, and how often Stytch is asked
// about session_tokens that nothing vouches for.
//
// Such a token, alone and never seen before, may be invented. Asking about it is
// limited by a budget that only failures use up, so that a class whose browsers
// keep no session_jwt gets in, and somebody who guesses does not get far. Few of
// them are asked about at a time, so that guessing does not delay the others.
type gate struct {
	slots     chan struct{} // one for each call
	strangers chan struct{} // one more for each call about a token that is alone and new

	mu      sync.Mutex // guards what follows
	asking  int        // calls about strangers under way
	spent   float64    // failures, less what time has made good
	counted time.Time  // when spent was brought up to date
}

const (
	maxCalls      = 64
	maxStrangers  = 16
	maxWaiting    = 4096             // refreshes that wait for a slot or have one
	slotDeadline  = 5 * time.Second  // for one to wait
	refreshBudget = 64               // failures about strangers at a time,
	budgetRefill  = 1.0              // and so many more each second
	budgetPause   = 10 * time.Second // what callers are told to wait
)

func newGate() *gate {
	return &gate{slots: make(chan struct{}, maxCalls), strangers: make(chan struct{}, maxStrangers)}
}

// enter waits for a slot. Whoever gets one calls leave, once, with whether the call
// failed.
func (g *gate) enter(ctx context.Context, stranger bool) (leave func(failed bool), f *failure) {
	ctx, cancel := context.WithTimeout(ctx, slotDeadline)
	defer cancel()
	if stranger && !take(ctx, g.strangers) {
		return nil, overBudget()
	}
	if !take(ctx, g.slots) {
		if stranger {
			<-g.strangers
		}
		return nil, failedBecause(rationed, errBusy)
	}
	if stranger && !g.afford() {
		<-g.slots
		<-g.strangers
		return nil, overBudget()
	}
	return func(failed bool) {
		if stranger {
			g.pay(failed)
			<-g.strangers
		}
		<-g.slots
	}, nil
}

func overBudget() *failure {
	return &failure{kind: rationed, wait: budgetPause,
		err: &grimoireauth.Error{Op: opRefresh, Kind: grimoireauth.ErrRateLimited, RetryAfter: budgetPause}}
}

func take(ctx context.Context, slots chan struct{}) bool {
	select {
	case slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// broke reports whether the budget is used up, so that there is no use in waiting.
func (g *gate) broke() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill()
	return g.spent+1 > refreshBudget
}

// afford reports whether one more failure is within the budget, with those that may
// come of the calls under way.
func (g *gate) afford() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill()
	if g.spent+float64(g.asking)+1 > refreshBudget {
		return false
	}
	g.asking++
	return true
}

func (g *gate) pay(failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill()
	g.asking--
	if failed {
		g.spent++
	}
}

// refill lets time make failures good. mu is held.
func (g *gate) refill() {
	now := time.Now()
	if !g.counted.IsZero() {
		g.spent = max(0, g.spent-now.Sub(g.counted).Seconds()*budgetRefill)
	}
	g.counted = now
}
