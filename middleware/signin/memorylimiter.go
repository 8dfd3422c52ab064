package signin

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/limit"
)

// The numbers of the built-in Limiter. docs/security.md states them.
var (
	// One message at a time: a code supersedes the one before it, and people need a
	// moment to find it.
	messageGap = limit.Rate{Burst: 1, Every: 30 * time.Second}
	// A few in the time for which a code works. One client address cannot take all.
	messageQuota = limit.Quota{Within: 10 * time.Minute, Most: 5, Each: 3}
	// Stytch sends one e-mail a second to an address, in all classes together, and
	// counts seconds of the clock, so that two of them need more than one in between.
	// Source: https://stytch.com/docs/b2b/api/rate-limits
	mailGap = limit.Rate{Burst: 1, Every: 2 * time.Second}
	// The turns of an address are given in the order in which they are asked for, since a
	// stranger who asks all the time would otherwise get each of them. This is room for
	// one of each kind: three of a class and two of a discovery.
	mailWait = 4 * mailGap.Every
	// Tries at one account. With three from each of three client addresses there is one
	// left for the person herself.
	guessQuota = limit.Quota{Within: 10 * time.Minute, Most: 10, Each: 3}
	// One client address may be that of a lecture: 300 people in two minutes, some of
	// them twice. Messages that were used and guesses that were right are given back.
	sourceSends   = limit.Rate{Burst: 400, Every: 10 * time.Second}
	sourceGuesses = limit.Rate{Burst: 400, Every: 10 * time.Second}
	// Classes that no request to this process has named before are few after a while.
	sourceClasses = limit.Rate{Burst: 100, Every: time.Second}
	// The share of all requests whose client address is not known.
	otherClasses = limit.Rate{Burst: 100, Every: 100 * time.Millisecond}
)

const (
	limitedAddresses = 20_000 // of a class; at most 250 bytes each, in three tables
	limitedSources   = 20_000 // at 50 bytes each, in three tables
)

// memoryLimiter is the built-in Limiter of one process. Its memory is bounded by 15
// megabytes, which it takes only under attack.
type memoryLimiter struct {
	gaps     *limit.Rates[limitKey]
	messages *limit.Windows[limitKey]
	mail     *limit.Rates[mailKey]
	guesses  *limit.Windows[limitKey]

	sends   *limit.Rates[netip.Addr]
	tries   *limit.Rates[netip.Addr]
	classes *limit.Rates[netip.Addr]
	others  *limit.Rates[struct{}]
}

type limitKey struct {
	action         Action
	class, address string
}

func (u Use) key() limitKey { return limitKey{u.Action, u.Class, u.Address} }

// mailKey is an e-mail address at Stytch. What is asked for of classes that do not exist
// is sent to nobody, and takes no turn of those that do.
type mailKey struct {
	address string
	exists  bool
}

func (u Use) mailKey() mailKey {
	return mailKey{u.Address, u.Class == "" || strings.HasPrefix(u.Class, "organization-")}
}

func newMemoryLimiter() *memoryLimiter {
	return &memoryLimiter{
		gaps:     limit.NewRates[limitKey](messageGap, limitedAddresses),
		messages: limit.NewWindows[limitKey](messageQuota, limitedAddresses),
		mail:     limit.NewRates[mailKey](mailGap, limitedAddresses),
		guesses:  limit.NewWindows[limitKey](guessQuota, limitedAddresses),
		sends:    limit.NewRates[netip.Addr](sourceSends, limitedSources),
		tries:    limit.NewRates[netip.Addr](sourceGuesses, limitedSources),
		classes:  limit.NewRates[netip.Addr](sourceClasses, limitedSources),
		others:   limit.NewRates[struct{}](otherClasses, 1),
	}
}

// Reserve reserves for the client address first, and gives that back if the address
// of the person has nothing left.
func (m *memoryLimiter) Reserve(ctx context.Context, use Use) (Grant, error) {
	switch use.Action {
	case ActionAskClass:
		if !use.Source.IsValid() {
			return Grant{Wait: m.others.Reserve(struct{}{})}, nil
		}
		return Grant{Wait: m.classes.Reserve(use.Source)}, nil
	case ActionGuess:
		return m.reserveGuess(use), nil
	}
	return m.reserveMessage(ctx, use), nil
}

func (m *memoryLimiter) reserveGuess(use Use) Grant {
	if wait := reserveFor(m.tries, use.Source); wait > 0 {
		return Grant{Wait: wait}
	}
	wait := m.guesses.Reserve(use.key(), use.Source)
	if wait > 0 {
		releaseFor(m.tries, use.Source)
	}
	return Grant{Wait: wait}
}

// reserveMessage waits for the turn of the message, if the address has had another one
// just now.
func (m *memoryLimiter) reserveMessage(ctx context.Context, use Use) Grant {
	if wait := reserveFor(m.sends, use.Source); wait > 0 {
		return Grant{Wait: wait}
	}
	key := use.key()
	if wait := m.gaps.Reserve(key); wait > 0 {
		releaseFor(m.sends, use.Source)
		return Grant{Wait: wait, Pending: true}
	}
	if wait := m.messages.Reserve(key, use.Source); wait > 0 {
		m.gaps.Release(key)
		releaseFor(m.sends, use.Source)
		return Grant{Wait: wait, Pending: true}
	}
	if use.Action == ActionSendSMS {
		return Grant{}
	}
	wait, booked := m.mail.Book(use.mailKey(), mailWait)
	if booked && waited(ctx, wait) {
		return Grant{}
	}
	m.messages.Release(key, use.Source)
	m.gaps.Release(key)
	releaseFor(m.sends, use.Source)
	return Grant{Wait: max(wait, time.Second)}
}

// waited lets d pass, and reports whether the context lasted as long.
func waited(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Release gives back. What the address itself has been given in the last two seconds
// stays, since Stytch counts it, too.
func (m *memoryLimiter) Release(_ context.Context, use Use) {
	key := use.key()
	switch use.Action {
	case ActionAskClass: // there is the class, so it was no name that was made up
		if use.Source.IsValid() {
			m.classes.Release(use.Source)
		} else {
			m.others.Release(struct{}{})
		}
	case ActionGuess:
		if m.guesses.Release(key, use.Source) {
			releaseFor(m.tries, use.Source)
		}
	default:
		if m.messages.Release(key, use.Source) {
			m.gaps.Release(key)
			releaseFor(m.sends, use.Source)
		}
	}
}

// reserveFor reserves for a client address, if it is known.
func reserveFor(rates *limit.Rates[netip.Addr], source netip.Addr) time.Duration {
	if !source.IsValid() {
		return 0
	}
	return rates.Reserve(source)
}

func releaseFor(rates *limit.Rates[netip.Addr], source netip.Addr) {
	if source.IsValid() {
		rates.Release(source)
	}
}
