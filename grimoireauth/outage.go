package grimoireauth

import (
	"time"

	"github.com/promptgrimoire/auth/internal/breaker"
)

// OutageError says that a call failed because Stytch cannot be reached: it was not made,
// it was not waited for any longer, or it got no answer or a 5xx. It is found by
// [errors.As] in an [*Error] of kind [ErrUnavailable] of a stytchclient.Client.
//
// The zero OutageError stands for an outage of which nothing is known but that it is
// there; a program with a client of its own may return one.
type OutageError struct {
	// RetryAfter is how long it is until Stytch is asked whether it is back. Zero: the
	// call was made and failed by itself, and others are still made.
	RetryAfter time.Duration

	// Unsent says that no attempt of the call was sent that may have been carried out.
	Unsent bool
	// Mark is what the Client of the call knows about the outage. Leave it zero.
	Mark breaker.Mark
}

// Error returns one sentence, without anything that was sent.
func (e *OutageError) Error() string {
	switch {
	case e.Unsent:
		return "the call was not made, because Stytch does not answer"
	case e.RetryAfter > 0:
		return "the call was ended, because Stytch does not answer"
	}
	return "Stytch did not answer, or answered that it is in trouble"
}

// Ongoing reports whether the outage goes on: calls of this kind are refused now, or none
// of them was answered since this one failed.
func (e *OutageError) Ongoing() bool { return e.Mark.Ongoing() }

// Refused reports whether calls of this kind are refused now, without being made.
func (e *OutageError) Refused() bool { return e.Mark.Refused() }

// Over reports whether calls were refused at or after the failure and are made again now.
// Who waits because of this error need not wait any longer.
func (e *OutageError) Over() bool { return e.Mark.Over() }

// OutageOf says what an outage concerns.
type OutageOf string

// What an outage can concern.
const (
	// OutageOfStytch: nothing of Stytch can be reached, so no call is made.
	OutageOfStytch OutageOf = "Stytch"
	// OutageOfSessions: it does not say whose session it is, and the rest works or is
	// not known to fail.
	OutageOfSessions OutageOf = "sessions"
	// OutageOfAdministration: classes, rosters, policies and revocations.
	OutageOfAdministration OutageOf = "administration"
	// OutageOfKeys: the public key set that jwtlocal fetches.
	OutageOfKeys OutageOf = "key set"
)

// OutageCause says why an outage is assumed.
type OutageCause string

// Why an outage is assumed.
const (
	// CauseNoAnswer: calls were in flight and none was answered for three seconds.
	CauseNoAnswer OutageCause = "no call was answered"
	// CauseFailures: calls about three different sessions got a 5xx or no answer within
	// ten seconds, and none went well in between.
	CauseFailures OutageCause = "calls about several sessions failed"
)

// OutageEnd says why an outage is not assumed any more.
type OutageEnd string

// Why an outage is not assumed any more.
const (
	// EndAnswered: Stytch has answered.
	EndAnswered OutageEnd = "Stytch has answered"
	// EndUnknown: for ten seconds after [Outage.Next] no call was made that could have
	// found out whether Stytch is back, for want of requests. The next calls find out.
	EndUnknown OutageEnd = "not known any more, since no call was made"
)

// Outage is a time in which calls are not made, because Stytch is known not to answer
// them.
type Outage struct {
	Of    OutageOf
	Cause OutageCause
	Since time.Time
	// Next is when Stytch is asked whether it is back, at the earliest: the next call
	// after it does that.
	Next time.Time
}
