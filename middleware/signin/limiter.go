package signin

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/limit"
)

// Limiter bounds what strangers can do on these pages: have messages sent, guess codes
// and passwords, and look classes up. The Handler reserves each of these before it
// calls Stytch. A Limiter must be safe for concurrent use.
//
// The built-in Limiter counts in memory, so each process allows as much. A Limiter that
// replicas share over Redis is that of the module redisrevocations, in its package
// signinlimits. One of your own can keep a counter with an expiry for each combination of
// Action, Class and Address, and one for each combination of Action and Source; Release
// decrements them. Address is personal data: store a hash of it.
type Limiter interface {
	// Reserve takes one of what is left for this use. It must not depend on whether a
	// class knows the address. After an error no call is made, and the page says that
	// there is a temporary error.
	Reserve(ctx context.Context, use Use) (Grant, error)
	// Release gives back what Reserve has taken: the call was not made, the guess was
	// right, or the message has been used to sign in, so that another one would
	// invalidate nothing.
	Release(ctx context.Context, use Use)
}

// Grant is the result of [Limiter].Reserve. The zero Grant allows the use.
type Grant struct {
	// Wait is how long to wait before the same can be reserved. Zero: it is reserved.
	// For a message that is not Pending the page itself waits up to two seconds and
	// reserves once more. A Limiter may also wait, as the built-in one does for up to
	// eight seconds, so that messages to one address are sent in order.
	Wait time.Duration
	// Pending says of a refused message that an earlier one to this address, for this
	// class and of this kind, can still be used. The page then says that it is on its
	// way, as if it had been sent now. False: the page says that no message was sent.
	Pending bool
}

// Use is what a [Limiter] bounds.
type Use struct {
	Action Action
	// Class is the organization_id of the class. If the class could not be looked up it
	// is its name in lower case, and if it does not exist it is "no class " and the
	// name. Empty: the use is about a discovery.
	Class string
	// Address is an e-mail address in lower case, a phone number, or a member_id where a
	// second factor is sent or guessed. Empty for ActionAskClass.
	Address string
	// Source is the client address; of IPv6 the first 64 bits. Zero: not known.
	Source netip.Addr
}

// Action is what a [Use] does.
type Action string

// The actions. Guesses at codes and at passwords have one limit, since both are guesses
// at the same account. Messages have a limit for each kind, since a stranger who
// requests one kind must not keep the owner of the address from another.
const (
	ActionSendLink  Action = "send_link"
	ActionSendCode  Action = "send_code"
	ActionSendReset Action = "send_reset" // a link to set a password
	ActionSendSMS   Action = "send_sms"
	ActionGuess     Action = "guess"     // a code or a password
	ActionAskClass  Action = "ask_class" // of a name that is not known to be a class
)

// pageLimits are those of the built-in Limiter.
var pageLimits = limit.OfPages()

const (
	limitedAddresses = 20_000 // of a class; at most 250 bytes each, in three tables
	limitedSources   = 20_000 // at 50 bytes each, in three tables
)

// memoryLimiter is the built-in Limiter of one process. It uses at most 15 megabytes,
// and so much only under attack.
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

// mailKey is an e-mail address at Stytch. No e-mail is sent for a class that does not
// exist, so such requests have turns of their own.
type mailKey struct {
	address string
	exists  bool
}

func (u Use) mailKey() mailKey {
	return mailKey{u.Address, u.Class == "" || strings.HasPrefix(u.Class, "organization-")}
}

// NewLimiter returns the built-in Limiter, which counts in the memory of this process, and
// uses at most 15 megabytes. It is what [Config].Limit is without one; a Limiter that
// replicas share falls back to it while its store does not answer.
func NewLimiter() Limiter {
	return &memoryLimiter{
		gaps:     limit.NewRates[limitKey](pageLimits.MessageGap, limitedAddresses),
		messages: limit.NewWindows[limitKey](pageLimits.MessageQuota, limitedAddresses),
		mail:     limit.NewRates[mailKey](pageLimits.MailGap, limitedAddresses),
		guesses:  limit.NewWindows[limitKey](pageLimits.GuessQuota, limitedAddresses),
		sends:    limit.NewRates[netip.Addr](pageLimits.SourceSends, limitedSources),
		tries:    limit.NewRates[netip.Addr](pageLimits.SourceGuesses, limitedSources),
		classes:  limit.NewRates[netip.Addr](pageLimits.SourceClasses, limitedSources),
		others:   limit.NewRates[struct{}](pageLimits.OtherClasses, 1),
	}
}

// Reserve reserves for the client address first, and releases that if the limit of the
// person's address is reached.
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

// reserveMessage waits for the message's turn if another one was sent to the address
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
	wait, booked := m.mail.Book(use.mailKey(), pageLimits.MailWait)
	if booked && waited(ctx, wait) {
		return Grant{}
	}
	m.messages.Release(key, use.Source)
	m.gaps.Release(key)
	releaseFor(m.sends, use.Source)
	return Grant{Wait: max(wait, time.Second)}
}

// waited waits for d, and returns false if the context ends before.
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

// Release releases the limits of a use. The gap of two seconds after an e-mail stays,
// since Stytch counts it as well.
func (m *memoryLimiter) Release(_ context.Context, use Use) {
	key := use.key()
	switch use.Action {
	case ActionAskClass: // the class exists, so its name was not made up
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

// reserveFor reserves for a client address if it is known.
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
