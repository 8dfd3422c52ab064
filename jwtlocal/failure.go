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

// failure is why a refresh brought no credentials.
type failure struct {
	kind failureKind
	err  error         // what the caller gets; it matches one of the sentinels
	wait time.Duration // how long Stytch asks to wait; 0 if it does not

	// outage is what stytchclient knows about an outage; nil if it knows of none, or if
	// Config.Refresh is another function.
	outage *grimoireauth.OutageError
}

// failureKind is what a failure says about the token and about Stytch. The zero kind says
// nothing.
type failureKind uint8

const (
	failUnusable     failureKind = iota // the answer is wrong, or the fault is this server's
	failUnreachable                     // Stytch could not be reached, or did not answer
	failThrottled                       // Stytch asks for fewer calls
	failSessionEnded                    // Stytch answered session_not_found, or the session was revoked
	failOverLimit                       // no call was made: a limit of this module is used up
	failOtherSession                    // the answer names another session than the request
	failCanceled                        // the context of the request ended
	failClock                           // the answer is genuine, and this machine's clock is wrong
)

// isOutage reports whether Config.OutageGrace applies: Stytch cannot be reached. A wrong
// answer, a limit, a fault of this server or of its clock is no outage. The client knows
// whether other calls have been answered since.
func (f *failure) isOutage() bool {
	return f.kind == failUnreachable && (f.outage == nil || f.outage.Ongoing())
}

// isKnownOutage reports whether it is an outage during which another call would learn
// nothing new.
func (f *failure) isKnownOutage() bool {
	return f.isOutage() && (f.outage == nil || f.outage.Refused())
}

func newFailure(kind failureKind, cause error) *failure {
	wait := firstPause // no refresh starts sooner
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
	errRevokedMeanwhile = errors.New("the member or class was revoked meanwhile")
)

// errOtherSession rejects a session_jwt and a session_token of two sessions. It ends
// neither.
var errOtherSession error = &fixedError{"jwtlocal: the session_token belongs to another session than the session_jwt", grimoireauth.ErrUnauthenticated}

// The alarms of a refresh.
const (
	alarmBadAnswer    = "Stytch's answer to a refresh is not valid: check the project id, the custom domain, Config.Audiences and the clock of this server"
	alarmOtherSession = "a refresh was answered with another session than the one that asked: check what stands between this server and Stytch"
	alarmExtend       = "Stytch refuses to extend sessions by SlidingSession.IdleTimeout: the project's maximum is shorter"
	alarmAnnounce     = "Config.OnRevoke failed for a session that has ended: other processes may serve it until its session_jwt ends"
	alarmOddError     = "Config.Refresh failed in a way that says nothing: users are told that the service is unavailable; see the error"
)

// failureFrom maps the error of Config.Refresh to one of four outcomes: the session has
// ended, the caller has to wait, too many calls, or it could not be found out. Every error
// that it does not know is the last, since only session_not_found may end a session. odd
// reports an error that no AuthFunc should return for a session.
func failureFrom(err error) (f *failure, odd bool) {
	wait, _ := grimoireauth.RetryAfter(err)
	f = &failure{kind: failUnreachable, wait: wait}
	switch {
	// First, so that an error of two kinds is not taken for an answer.
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
			// The client has used up its share; Stytch was not asked.
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

// reachedStytch reports whether Stytch answered with something unusable: an answer that
// lacks a field, or an error that only an operator can repair. That is unavailable, and no
// outage.
func reachedStytch(err error) bool {
	var own *grimoireauth.Error
	return errors.As(err, &own) && own.Status > 0 && own.Status < 500 && own.Status != http.StatusRequestTimeout
}

// explain wraps a cause for operators. Programs see only its kind.
func explain(kind, err error, wait time.Duration) error {
	// A request that came sooner than after a pause would have to wait in any case.
	e := &grimoireauth.Error{Op: opRefresh, Kind: kind, RetryAfter: max(wait, firstPause), Err: safeCause(err)}
	var own *grimoireauth.Error
	if errors.As(err, &own) {
		e.Status, e.Type, e.RequestID = own.Status, own.Type, own.RequestID
	}
	return e
}

// safeCause returns a cause that operators may see. The module's own errors hold ids only.
// The text of other errors may quote the credentials, so only their type is kept. The
// result matches no sentinel: an error must not be unavailable and unauthenticated at once.
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

// redactedError is the text of a cause without the cause.
type redactedError struct {
	text   string
	outage error // the OutageError of the cause, nil if there is none
}

func (c *redactedError) Error() string { return c.text }

func (c *redactedError) Unwrap() error { return c.outage }

// clockFailure is the failure of a refresh whose answer is genuine and unusable because of
// this machine's clock. It is no outage, and says nothing against the token.
func clockFailure(err error) *failure { return &failure{kind: failClock, err: err} }

// pause is the time after failures in which no call is made. The zero pause has seen no
// failure.
type pause struct {
	failures int // in a row
	until    time.Time
	last     *failure
}

// The shortest and the longest pause. During an outage that stytchclient knows, its
// Retry-After counts instead, and no pause outlasts the outage.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

func (p *pause) extend(f *failure, now time.Time) {
	p.last = f
	if f.outage != nil && f.outage.RetryAfter > 0 {
		// The client makes no calls during the outage, so no pause of its own is needed.
		p.failures = max(p.failures, 1)
		p.until = now.Add(f.outage.RetryAfter)
		return
	}
	wait := backoff.Pause(firstPause, longestPause, p.failures)
	p.failures++
	p.until = now.Add(max(wait, f.wait))
}

// wait is how long no call is to be made.
func (p *pause) wait(now time.Time) time.Duration {
	left := max(p.until.Sub(now), 0)
	if left > 0 && p.last != nil && p.last.outage != nil && p.last.outage.Over() {
		return 0
	}
	return left
}

var errFailedBefore = errors.New("it failed a moment ago")

// withheld is the failure of requests that come during the pause.
func (p *pause) withheld(now time.Time) *failure {
	wait := p.wait(now)
	if p.last.isOutage() {
		return &failure{kind: p.last.kind, err: unavailable(opRefresh, p.last.err, wait), wait: wait, outage: p.last.outage}
	}
	// The last failure may be about credentials of another request, so it is not repeated.
	return &failure{kind: failUnusable, err: unavailable(opRefresh, errFailedBefore, wait), wait: wait}
}
