package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

const opRefresh = "refresh a session"

// failure is why a request got no fresh credentials.
type failure struct {
	kind failureKind
	err  error         // what the caller is told; it matches one of the sentinels
	wait time.Duration // how long Stytch asks to wait, 0 if it does not

	// met is the outage that a client of this module met; nil if it met none, or if
	// Config.Refresh is another function.
	outage *grimoireauth.OutageError
}

// failureKind is what may be concluded from a failure. The zero kind allows no
// conclusion at all.
type failureKind uint8

const (
	failUnusable     failureKind = iota // an answer that cannot be believed, or a fault or refusal of our own
	failUnreachable                     // Stytch could not be reached, or did not say
	failThrottled                       // Stytch asks to be asked less often
	failSessionEnded                    // Stytch, or a cutoff, says so
	failOverLimit                       // not asked: too much is asked at once, or about tokens that nothing vouches for
	failOtherSession                    // the answer names another session than the request
	failCanceled                        // the request's own context ended
	failClock                           // what Stytch said is of no use by this machine's clock
)

// outage reports whether the failure is one that Config.OutageGrace is about: Stytch
// cannot be reached. That the answer was wrong, that we would not ask or have broken
// down, that too much was asked, or our clock, is none. A client of this module knows
// whether others have been answered since.
func (f *failure) isOutage() bool {
	return f.kind == failUnreachable && (f.outage == nil || f.outage.Ongoing())
}

// known reports whether it is an outage of which nothing new will be heard by waiting for
// another answer.
func (f *failure) isKnownOutage() bool {
	return f.isOutage() && (f.outage == nil || f.outage.Refused())
}

func newFailure(kind failureKind, cause error) *failure {
	wait := firstPause // nobody is asked sooner
	if kind == failCanceled {
		wait = 0
	}
	return &failure{kind: kind, err: unavailable(opRefresh, cause, wait)}
}

// What can be wrong with a refresh.
var (
	errUnfinished       = errors.New("the refresh did not finish")
	errTooSlow          = errors.New("the refresh took too long")
	errBusy             = errors.New("too many refreshes are waiting already")
	errNoJWT            = errors.New("the answer has no session_jwt")
	errBadJWT           = errors.New("the answer's session_jwt does not verify")
	errRevokedMeanwhile = errors.New("the member or class was cut off meanwhile")
)

// errAnother refuses a session_jwt and a session_token that are not one session's.
// It is no end of any session.
var errOtherSession error = &fixedError{"jwtlocal: the session_token belongs to another session than the session_jwt", grimoireauth.ErrUnauthenticated}

// The alarms of a refresh.
const (
	alarmBadAnswer    = "Stytch's answer to a refresh cannot be believed: check the project id, the custom domain and the clock of this server"
	alarmOtherSession = "a refresh was answered with another session than the one that asked: check what stands between this server and Stytch"
	alarmExtend       = "Stytch refuses to extend sessions by Slide.By: the project's maximum is shorter"
	alarmOddError     = "Config.Refresh failed in a way that says nothing: users are told that the service is unavailable; see the error"
)

// failureOf keeps the answers apart: the session has ended; wait; nobody could find
// out. Whatever else comes back is the third, since only a definite end may sign
// somebody out. Odd reports an error that no AuthFunc should return for a session.
func failureFrom(err error) (f *failure, odd bool) {
	wait, _ := grimoireauth.RetryAfter(err)
	f = &failure{kind: failUnreachable, wait: wait}
	switch {
	// First, so that an error that is both is not taken for an answer.
	case errors.Is(err, grimoireauth.ErrUnavailable):
		switch {
		case errors.As(err, &f.outage):
			wait = max(wait, f.outage.RetryAfter)
			f.wait = wait
		case reachedStytch(err):
			f.kind = failUnusable
		case errors.Is(err, context.Canceled):
			f.kind = failCanceled
		}
	case errors.Is(err, grimoireauth.ErrRateLimited):
		f.kind, f.err = failThrottled, explain(grimoireauth.ErrRateLimited, err, wait)
		if errors.Is(err, grimoireauth.ErrOverShare) {
			// By the client, before Stytch was asked.
			f.kind, f.err = failOverLimit, explain(grimoireauth.ErrOverShare, err, wait)
		}
		return f, false
	case errors.Is(err, grimoireauth.ErrSessionEnded):
		return &failure{kind: failSessionEnded, err: errEnded}, false
	case errors.Is(err, grimoireauth.ErrUnauthenticated):
		f.kind = failUnusable
	case errors.Is(err, context.Canceled):
		f.kind = failCanceled
	default:
		odd = !errors.Is(err, context.DeadlineExceeded)
	}
	f.err = explain(grimoireauth.ErrUnavailable, err, wait)
	return f, odd
}

// answered reports whether Stytch was reached, and said something that is of no use: an
// answer that lacks something, or a refusal that only an operator can put right. That is
// unavailable, and no outage.
func reachedStytch(err error) bool {
	var own *grimoireauth.Error
	return errors.As(err, &own) && own.Status > 0 && own.Status < 500 && own.Status != http.StatusRequestTimeout
}

// explain says to operators what Stytch said, and to programs only what kind it is.
func explain(kind, err error, wait time.Duration) error {
	// Whoever asks sooner than after a pause is told to wait in any case.
	e := &grimoireauth.Error{Op: opRefresh, Kind: kind, RetryAfter: max(wait, firstPause), Err: safeCause(err)}
	var own *grimoireauth.Error
	if errors.As(err, &own) {
		e.Status, e.Type, e.RequestID = own.Status, own.Type, own.RequestID
	}
	return e
}

// reveal returns a cause that may be shown to operators. The module's own errors
// hold ids only; the text of anybody else's may quote the credentials, so nothing
// but its type is kept. It matches no sentinel: an error must not be unavailable
// and unauthenticated at once.
func safeCause(err error) error {
	var own *grimoireauth.Error
	if errors.As(err, &own) {
		c := &redactedError{text: own.Error()}
		if met := (*grimoireauth.OutageError)(nil); errors.As(err, &met) {
			c.outage = met
		}
		return c
	}
	for _, harmless := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, harmless) {
			return harmless
		}
	}
	return &redactedError{text: fmt.Sprintf("a %T", err)}
}

// concealed is the text of a cause without the cause.
type redactedError struct {
	text   string
	outage error // an OutageError that the cause holds, nil if none
}

func (c *redactedError) Error() string { return c.text }

func (c *redactedError) Unwrap() error { return c.outage }

// refusedByClock is the failure of a refresh whose answer is genuine and of no use by
// this machine's clock. It is no outage of Stytch's, and speaks against no token.
func clockFailure(err error) *failure { return &failure{kind: failClock, err: err} }

// backoff remembers failures, so that a Stytch that fails is not asked by every
// request. The zero backoff has seen none.
type pause struct {
	failures int // in a row
	until    time.Time
	last     *failure
}

// After a failure Stytch is not asked again for a second, and twice as long after
// the next one, up to half a minute. A client of this module that makes no calls during
// an outage says how long to wait; when that outage is over, no pause counts any more.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

func (b *pause) extend(f *failure, now time.Time) {
	b.last = f
	if f.outage != nil && f.outage.RetryAfter > 0 {
		// The client spares Stytch, so the session need not do so by itself.
		b.failures = max(b.failures, 1)
		b.until = now.Add(f.outage.RetryAfter)
		return
	}
	pause := backoff.Pause(firstPause, longestPause, b.failures)
	b.failures++
	b.until = now.Add(max(pause, f.wait))
}

// wait is how long no one is to ask.
func (b *pause) wait(now time.Time) time.Duration {
	left := max(b.until.Sub(now), 0)
	if left > 0 && b.last != nil && b.last.outage != nil && b.last.outage.Over() {
		return 0
	}
	return left
}

var errFailedBefore = errors.New("it failed a moment ago")

// withheld is the answer to requests until then.
func (b *pause) withheld(now time.Time) *failure {
	wait := b.wait(now)
	if b.last.isOutage() {
		return &failure{kind: b.last.kind, err: unavailable(opRefresh, b.last.err, wait), wait: wait, outage: b.last.outage}
	}
	// What was wrong may have been wrong with somebody else's token.
	return &failure{kind: failUnusable, err: unavailable(opRefresh, errFailedBefore, wait), wait: wait}
}
