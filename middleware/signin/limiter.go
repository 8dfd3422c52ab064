package signin

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/limit"
)

// Limiter bounds what strangers can do on these pages: have messages sent, guess codes
// and passwords, and ask about classes. The Handler reserves each such thing before its
// call to Stytch. It must be safe for concurrent use.
//
// The built-in Limiter counts in memory, so each process grants as much. One that
// replicas share can keep a counter with an expiry for each combination of Action,
// Class and Address, and one for each combination of Action and Source, as Redis does
// with INCR and EXPIRE; Release decrements them. Address is personal data: store a hash
// of it.
type Limiter interface {
	// Reserve takes one of what is left for this use. Whether a class knows an address
	// must make no difference. On an error nothing is done and the person is told of
	// an outage.
	Reserve(ctx context.Context, use Use) (Grant, error)
	// Release gives back what Reserve has taken: the call was not made, the guess was
	// right, or the message has been used to sign in, so that another one supersedes
	// nothing.
	Release(ctx context.Context, use Use)
}

// Grant is what a [Limiter] answers. The zero Grant says to go on.
type Grant struct {
	// Wait is how long it is until the same can be done. Zero: it is reserved. For a
	// message that is not Pending the page waits up to two seconds itself and reserves
	// once more. A Limiter may also wait, as the built-in one does for up to eight
	// seconds, so that messages to one address have their turns.
	Wait time.Duration
	// Pending says of a refused message that an earlier one to this address, for this
	// class and of this kind, can still be used. The page then says that it is on its
	// way, as if it had been sent now. False: the page says that it was not sent.
	Pending bool
}

// Use is something that a [Limiter] bounds.
type Use struct {
	Action Action
	// Class is the organization_id of the class. Of a class that could not be looked up it
	// is its name in lower case, and of one that does not exist "no class " and the name.
	// Empty: classes are looked for by an address.
	Class string
	// Address is an e-mail address in lower case, a phone number, or a member_id where a
	// second factor is sent or guessed. Empty for ActionAskClass.
	Address string
	// Source is the client address, of IPv6 the first 64 bits. Zero: not known.
	Source netip.Addr
}

// Action is what a [Use] does.
type Action string

// The actions. Guesses at codes and passwords of one address are of one kind, since
// they are tries at the same account. Messages are of several, since a stranger who has
// one kind sent must not keep the owner of the address from another.
const (
	ActionSendLink  Action = "send_link"
	ActionSendCode  Action = "send_code"
	ActionSendReset Action = "send_reset" // a link to set a password
	ActionSendSMS   Action = "send_sms"
	ActionGuess     Action = "guess"     // a code or a password
	ActionAskClass  Action = "ask_class" // about a class that is not known to exist
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
