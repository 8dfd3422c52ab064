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

// fly asks Stytch, and lands the flight whatever happens on the way.
func (v *Verifier) run(ctx context.Context, a request, f *inflight) {
	// Stands if the call ends its goroutine instead of returning.
	failed := newFailure(failUnusable, errUnfinished)
	var granted *renewal
	defer func() {
		if r := recover(); r != nil {
			granted, failed = nil, newFailure(failUnusable, fmt.Errorf("it panicked with a %T", r))
		}
		v.finish(ctx, &a, f, granted, failed)
	}()
	from := strangerFrom(f.source, !f.attested.IsZero())
	if !f.known {
		defer func() {
			if granted != nil || failed.kind == failClock {
				v.limiter.release(from)
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
	// No request waits for a Config.Refresh that does not mind its context.
	late := time.AfterFunc(refreshDeadline, func() { v.finish(ctx, &a, f, nil, newFailure(failUnreachable, errTooSlow)) })
	defer late.Stop()
	// Nor for a call that only finds out whether Stytch is back.
	call = breaker.With(call, breaker.Refresh{Session: f.sessionKey(&a), GiveUp: func(outage error) {
		failed, _ := failureFrom(unavailable(opRefresh, outage, 0))
		v.finish(ctx, &a, f, nil, failed)
		leave() // the client bounds such calls by itself
	}})
	granted, failed = v.exchange(call, &a, f)
	if granted != nil {
		session := granted.authentication.Session
		v.observeSafely(ctx, grimoireauth.SessionRefreshed{Session: session.ID(), Member: session.Member(), Took: time.Since(began)})
	}
}

// land publishes the outcome of a flight, once.
func (v *Verifier) finish(ctx context.Context, a *request, f *inflight, granted *renewal, failed *failure) {
	f.once.Do(func() {
		f.renewal, f.failure = granted, failed
		now := time.Now()
		// Before the record says that nothing is under way any more: a request that
		// comes in between would find neither the flight nor the pause.
		if !f.known && !f.attested.IsZero() {
			v.pairs.release(pairOf(f.attested.ID(), f.source), &a.key, failed, now)
		}
		if over := v.records.finish(a, f, now); !over.IsZero() {
			// Also for its session_jwts that have not expired. A cutoff that names one
			// session is never refused.
			_ = v.endedSessions.Cut(ctx, grimoireauth.Cutoff{Session: over.ID()})
		}
		if failed != nil {
			v.observeSafely(ctx, grimoireauth.RefreshFailed{Session: f.attested.ID(), Err: failed.err})
		}
		close(f.done)
	})
}

// maxAsks bounds the calls of one refresh. It takes more than one if a cutoff came
// meanwhile, or if the first had to find out whom the cutoffs, or Slide, concern.
const maxCalls = 3

// exchange asks Stytch until the answer tells of what is true now.
func (v *Verifier) exchange(ctx context.Context, a *request, f *inflight) (*renewal, *failure) {
	// Cutoffs may be looked up for whom the session_jwt names: one too many costs a
	// call. Sessions are extended by what Stytch says of the token only: whoever has
	// two of them could lend the older one the age of the younger.
	owner, subject := f.owner, f.owner
	if subject.IsZero() {
		subject = f.attested
	}
	var shorter *renewal // good, and could last longer
	for range maxCalls {
		var before Standing
		if !subject.IsZero() {
			var err error
			switch before, err = v.revocationStatus(ctx, subject); {
			case err != nil:
				return nil, newFailure(failUnusable, err)
			case before.Ended:
				return nil, &failure{kind: failSessionEnded, err: errEnded}
			}
		}
		began := time.Now()
		answer, failed := v.callStytch(ctx, a, owner)
		if failed != nil {
			if shorter != nil && failed.kind != failSessionEnded {
				return shorter, nil
			}
			return nil, failed
		}
		g, cut, failed := v.acceptResponse(ctx, a, f, answer, before, began)
		if failed != nil {
			return nil, failed
		}
		learned := owner.IsZero()
		owner, subject = g.authentication.Session, g.authentication.Session
		if cut {
			continue
		}
		if !learned || !v.extends(a, owner) {
			return g, nil
		}
		shorter = g
	}
	return nil, newFailure(failUnusable, errRevokedMeanwhile)
}

// call asks Stytch once, and extends the session if Slide says so.
func (v *Verifier) callStytch(ctx context.Context, a *request, owner grimoireauth.Session) (grimoireauth.Authentication, *failure) {
	credentials := grimoireauth.Credentials{Token: a.secret}
	if a.jwtAlone {
		credentials = grimoireauth.Credentials{JWT: a.secret}
	}
	refresh := v.config.Refresh
	if by, slides := v.config.Slide.extension(owner, time.Now()); slides && !a.unattended {
		refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			answer, err := v.config.Slide.Extend(ctx, credentials, by)
			if errors.Is(err, grimoireauth.ErrInvalid) {
				v.alarm(ctx, alarmExtend, safeCause(err))
				return v.config.Refresh(ctx, credentials)
			}
			return answer, err
		}
	}
	answer, err := refresh(ctx, credentials)
	if err == nil {
		return answer, nil
	}
	failed, odd := failureFrom(err)
	if odd {
		v.alarm(ctx, alarmOddError, failed.err)
	}
	return grimoireauth.Authentication{}, failed
}

func (v *Verifier) extends(a *request, owner grimoireauth.Session) bool {
	_, slides := v.config.Slide.extension(owner, time.Now())
	return slides && !a.unattended
}

// accept verifies an answer like any token, and that it names whom it should. Cut
// says that its session_jwt is behind a cutoff which the call cannot have known:
// the session of the grant is right then, and its credentials are of no use.
func (v *Verifier) acceptResponse(ctx context.Context, a *request, f *inflight, answer grimoireauth.Authentication, before Standing, began time.Time) (g *renewal, cut bool, failed *failure) {
	if answer.JWT.IsZero() {
		return nil, false, v.rejectResponse(ctx, errNoJWT)
	}
	token := answer.JWT.Reveal()
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
	case checked.status == statusRejected, checked.status == statusStale && checked.reason != ReasonCutOff:
		return nil, false, v.rejectResponse(ctx, errBadJWT)
	case !isAbout(a, f, answer, checked.session):
		v.alarm(ctx, alarmOtherSession, nil)
		return nil, false, &failure{kind: failOtherSession, err: errOtherSession}
	case checked.status == statusEnded:
		return nil, false, &failure{kind: failSessionEnded, err: errEnded}
	}
	credentials := grimoireauth.Credentials{JWT: answer.JWT, Token: answer.Token}
	if credentials.Token.IsZero() && !a.jwtAlone {
		credentials.Token = a.secret
	}
	return &renewal{authentication: newAuthentication(checked.session, credentials, answer.Source), issued: checked.times.issued, end: checked.times.end, received: time.Now()}, checked.status == statusStale, nil
}

// unverifiable is the failure of a refresh whose session_jwt cannot be judged. That the
// key set cannot be had is an outage; that our own cutoffs cannot be read is none.
func unverifiableFailure(checked *result) *failure {
	if checked.reason == ReasonNoKeys {
		return &failure{kind: failUnreachable, err: checked.err}
	}
	return &failure{kind: failUnusable, err: checked.err}
}

// belongs reports whether an answer, whose session_jwt attests session, is about
// whom was asked. What stands between this server and Stytch may mix answers up.
func isAbout(a *request, f *inflight, answer grimoireauth.Authentication, session grimoireauth.Session) bool {
	for _, named := range []grimoireauth.Session{answer.Session, f.owner, f.attested} {
		if !named.IsZero() && !sameIdentity(named, session) {
			return false
		}
	}
	// Nothing says whose a token is that comes alone for the first time. Stytch
	// repeats it in the answer, and another answer would have another one.
	return !f.isUnnamed() || answer.Token.IsZero() || answer.Token.Equal(a.secret)
}

// disbelieve is the failure for an answer that cannot be what Stytch said.
func (v *Verifier) rejectResponse(ctx context.Context, cause error) *failure {
	v.alarm(ctx, alarmBadAnswer, cause)
	return newFailure(failUnusable, cause)
}

// clockAhead returns by how much this machine's clock is ahead at least, if a
// session_jwt that Stytch has issued after began had expired by then; zero if not.
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
