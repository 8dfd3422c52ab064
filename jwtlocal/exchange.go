package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/internal/breaker"
)

// run makes a refresh. It finishes it whatever Config.Refresh does.
func (v *Verifier) run(ctx context.Context, req request, f *inflight) {
	// The outcome if Config.Refresh ends its goroutine instead of returning.
	failed := newFailure(failUnusable, errUnfinished)
	var fresh *renewal
	defer func() {
		if r := recover(); r != nil {
			fresh, failed = nil, newFailure(failUnusable, fmt.Errorf("it panicked with a %T", r))
		}
		v.finish(ctx, &req, f, fresh, failed)
	}()
	from := strangerFrom(f.source, !f.attested.IsZero())
	if !f.known {
		defer func() {
			if fresh != nil || failed.kind == failClock {
				v.limiter.releaseShare(from)
			}
		}()
	}
	leave, busy := v.limiter.enter(ctx, f.known, from)
	if busy != nil {
		failed = busy
		return
	}
	leave = sync.OnceFunc(leave)
	defer leave()
	began := time.Now()
	call, cancel := context.WithTimeout(asker.With(ctx, f.asker()), callDeadline)
	defer cancel()
	// Requests do not wait longer for a Config.Refresh that ignores its context.
	late := time.AfterFunc(refreshDeadline, func() { v.finish(ctx, &req, f, nil, newFailure(failUnreachable, errTooSlow)) })
	defer late.Stop()
	// Nor for a call that finds out whether an outage is over.
	call = breaker.With(call, breaker.Refresh{Session: f.sessionKey(&req), GiveUp: func(outage error) {
		failed, _ := failureFrom(unavailable(opRefresh, outage, 0))
		v.finish(ctx, &req, f, nil, failed)
		leave() // the client bounds such calls itself
	}})
	fresh, failed = v.exchange(call, &req, f)
	if fresh != nil {
		session := fresh.authentication.Session
		v.observeSafely(ctx, grimoireauth.SessionRefreshed{Session: session.ID(), Member: session.Member(), Took: time.Since(began)})
	}
}

// finish publishes the outcome of a refresh, once.
func (v *Verifier) finish(ctx context.Context, req *request, f *inflight, fresh *renewal, failed *failure) {
	f.once.Do(func() {
		f.renewal, f.failure = fresh, failed
		now := time.Now()
		// The limits know the outcome before the record does: a request that came in between
		// would find neither the refresh nor the pause.
		v.limiter.release(f, &req.key, failed, now)
		if over := v.records.finish(req, f, now); !over.IsZero() {
			// Its session_jwts that have not expired end as well. Add returns an error only
			// for a revocation that names nothing.
			_ = v.endedSessions.Add(ctx, grimoireauth.Revocation{Session: over.ID()})
			v.announceEnd(ctx, over)
		}
		if failed != nil {
			v.observeSafely(ctx, grimoireauth.RefreshFailed{Session: f.attested.ID(), Err: failed.err})
		}
		close(f.done)
	})
}

// announceTimeout bounds a call of Config.OnRevoke.
const announceTimeout = 5 * time.Second

// announceEnd tells Config.OnRevoke about a session that has ended by Stytch's answer, unless
// Config.Revocations knows it already.
func (v *Verifier) announceEnd(ctx context.Context, over grimoireauth.Session) {
	if v.config.OnRevoke == nil {
		return
	}
	v.background.start(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTimeout)
		defer cancel()
		if v.config.Revocations != nil {
			if s, err := v.config.Revocations.Status(ctx, over.ID(), over.Member(), over.Organization()); err == nil && s.Ended {
				return
			}
		}
		defer func() {
			if p := recover(); p != nil {
				v.alarm(ctx, alarmAnnounce, fmt.Errorf("it panicked with a %T", p))
			}
		}()
		if err := v.config.OnRevoke(ctx, grimoireauth.Revocation{Session: over.ID(), At: time.Now()}); err != nil {
			v.alarm(ctx, alarmAnnounce, safeCause(err))
		}
	})
}

// maxCalls bounds the calls of one refresh. More than one is made if a revocation came
// meanwhile, or if the first call had to find out which session the token belongs to.
const maxCalls = 3

// exchange calls Stytch until the answer is newer than every revocation.
func (v *Verifier) exchange(ctx context.Context, req *request, f *inflight) (*renewal, *failure) {
	// The session_jwt names the subject whose revocations are looked up; a wrong one costs a
	// call. Only Stytch's answer names the owner whose session is extended: a person with
	// two sessions could otherwise use the age of the younger to extend the older.
	owner, subject := f.owner, f.owner
	if subject.IsZero() {
		subject = f.attested
	}
	var shorter *renewal // is good, and another call can extend it
	for range maxCalls {
		var before RevocationStatus
		if !subject.IsZero() {
			var err error
			switch before, err = v.revocationStatus(ctx, subject, time.Now()); {
			case err != nil:
				return nil, newFailure(failUnusable, err)
			case before.Ended:
				return nil, &failure{kind: failSessionEnded, err: errEnded}
			}
		}
		began := time.Now()
		response, failed := v.callStytch(ctx, req, owner)
		if failed != nil {
			if shorter != nil && failed.kind != failSessionEnded {
				return shorter, nil
			}
			return nil, failed
		}
		fresh, outdated, failed := v.acceptResponse(ctx, req, f, response, before, began)
		if failed != nil {
			return nil, failed
		}
		learned := owner.IsZero()
		owner, subject = fresh.authentication.Session, fresh.authentication.Session
		if outdated {
			continue
		}
		if !learned || !v.extends(req, owner) {
			return fresh, nil
		}
		shorter = fresh
	}
	return nil, newFailure(failUnusable, errRevokedMeanwhile)
}

// callStytch makes one call. It extends the session if SlidingSession says so.
func (v *Verifier) callStytch(ctx context.Context, req *request, owner grimoireauth.Session) (grimoireauth.Authentication, *failure) {
	credentials := grimoireauth.Credentials{Token: req.secret}
	if req.jwtAlone {
		credentials = grimoireauth.Credentials{JWT: req.secret}
	}
	refresh := v.config.Refresh
	if by, extends := v.config.SlidingSession.extension(owner, time.Now()); extends && !req.unattended {
		refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			response, err := v.config.SlidingSession.Extend(ctx, credentials, by)
			if errors.Is(err, grimoireauth.ErrInvalid) {
				v.alarm(ctx, alarmExtend, safeCause(err))
				return v.config.Refresh(ctx, credentials)
			}
			return response, err
		}
	}
	response, err := refresh(ctx, credentials)
	if err == nil {
		return response, nil
	}
	failed, odd := failureFrom(err)
	if odd {
		v.alarm(ctx, alarmOddError, failed.err)
	}
	return grimoireauth.Authentication{}, failed
}

// extends reports whether a call about this session would extend it.
func (v *Verifier) extends(req *request, owner grimoireauth.Session) bool {
	_, extends := v.config.SlidingSession.extension(owner, time.Now())
	return extends && !req.unattended
}

// acceptResponse verifies the session_jwt of a response like that of a browser, and that the
// response names the right session. outdated says that the session_jwt is older than a
// revocation which the call cannot have known: the session of the renewal is right, and
// its credentials are not used.
func (v *Verifier) acceptResponse(ctx context.Context, req *request, f *inflight, response grimoireauth.Authentication, before RevocationStatus, began time.Time) (fresh *renewal, outdated bool, failed *failure) {
	if response.JWT.IsZero() {
		return nil, false, v.rejectResponse(ctx, errNoJWT)
	}
	token := response.JWT.Reveal()
	v.freshTokens.add(digestOf(token), before, began)
	checked := v.verify(ctx, token)
	switch off := v.clockAhead(&checked, began); {
	case checked.reason == ReasonNotYet:
		return nil, false, clockFailure(checked.err)
	case off > 0:
		late := newClockError(off, false)
		v.alarmClockOff(ctx, late)
		return nil, false, clockFailure(unavailable(opRefresh, late, firstPause))
	case checked.status == statusUnknown:
		return nil, false, unverifiableFailure(&checked)
	case checked.status == statusRejected, checked.status == statusStale && checked.reason != ReasonRevoked && !checked.confirmable():
		return nil, false, v.rejectResponse(ctx, errBadJWT)
	case !namesSession(req, f, response, checked.session):
		v.alarm(ctx, alarmOtherSession, nil)
		return nil, false, &failure{kind: failOtherSession, err: errOtherSession}
	case checked.status == statusEnded:
		return nil, false, &failure{kind: failSessionEnded, err: errEnded}
	}
	credentials := grimoireauth.Credentials{JWT: response.JWT, Token: response.Token}
	if credentials.Token.IsZero() && !req.jwtAlone {
		credentials.Token = req.secret
	}
	fresh = &renewal{
		authentication: newAuthentication(checked.session, credentials, response.Source),
		issued:         checked.times.issued, end: checked.times.end, received: time.Now(),
	}
	return fresh, checked.status == statusStale, nil
}

// unverifiableFailure is the failure of a refresh whose session_jwt could not be checked. A
// missing key set is an outage of Stytch's; revocations that cannot be read are not.
func unverifiableFailure(checked *result) *failure {
	if checked.reason == ReasonNoKeys {
		return &failure{kind: failUnreachable, err: checked.err}
	}
	return &failure{kind: failUnusable, err: checked.err}
}

// namesSession reports whether a response, whose session_jwt attests session, is about the
// session of the request. A proxy on the way to Stytch may mix responses up.
func namesSession(req *request, f *inflight, response grimoireauth.Authentication, session grimoireauth.Session) bool {
	for _, named := range []grimoireauth.Session{response.Session, f.owner, f.attested} {
		if !named.IsZero() && !sameIdentity(named, session) {
			return false
		}
	}
	// For a token that comes alone for the first time no session is known. Stytch repeats
	// the token in its answer, and the answer to another call would have another token.
	return !f.isUnnamed() || response.Token.IsZero() || response.Token.Equal(req.secret)
}

// rejectResponse is the failure for a response that Stytch cannot have sent.
func (v *Verifier) rejectResponse(ctx context.Context, cause error) *failure {
	v.alarm(ctx, alarmBadAnswer, cause)
	return newFailure(failUnusable, cause)
}

// clockAhead returns by how much this machine's clock is ahead at least, if a session_jwt
// that Stytch issued after began had expired by then; zero if not.
func (v *Verifier) clockAhead(checked *result, began time.Time) time.Duration {
	end := time.Unix(checked.times.end, 0)
	switch {
	case checked.status == statusStale && checked.reason == ReasonExpired:
	case checked.status == statusStale && checked.reason == ReasonTooOld:
		end = time.Unix(checked.times.issued, 0).Add(v.rules.maxAge)
	default:
		return 0
	}
	return max(began.Round(0).Sub(end), 0)
}
