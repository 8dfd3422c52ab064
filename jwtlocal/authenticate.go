package jwtlocal

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Authenticate answers whose credentials these are; it has the form of a
// [grimoireauth.AuthFunc]. A good session_jwt is answered locally. One that is
// genuine and merely stale, and comes with a session_token, is refreshed, and so is
// a well-shaped session_token that comes alone. No other token, whatever is wrong
// with it, causes a call to Stytch, even if a session_token comes with it.
//
// Shortly before its end a good session_jwt is refreshed behind the request, and
// requests after that get the new credentials, so that on a page in use nobody
// waits for Stytch. With both credentials the session_jwt decides who it is; if the
// session_token turns out to be another session's, it is not followed there.
//
// Where Credentials.NamedSession says whose the session_token is, a genuine
// session_jwt of another session is ignored, whether good, stale or ended: the answer
// is that for the session_token alone. It must then be about the session that was
// named. In the answer NamedSession is the session's id if there is a session_token.
//
// The errors are those of [Verifier.Verify], and those of a refresh:
// [grimoireauth.ErrSessionEnded] if Stytch says so, which is the only reason to
// delete cookies; [grimoireauth.ErrUnauthenticated] if Stytch answers with another
// session than the session_jwt's, or than the one that was named; [grimoireauth.ErrRateLimited]
// (and [grimoireauth.ErrOverShare], which is one) and [grimoireauth.ErrUnavailable] for everything else that is no answer, with the
// time to wait for [grimoireauth.RetryAfter]. Without Config.Refresh whatever would
// need one is [grimoireauth.ErrExpired].
func (v *Verifier) Authenticate(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if credentials.JWT.IsZero() {
		return v.authenticateToken(ctx, credentials, grimoireauth.UnattendedFromContext(ctx))
	}
	checked := v.verify(ctx, credentials.JWT.Reveal())
	if checked.isOfOther(credentials.NamedSession) {
		return v.authenticateToken(ctx, credentials, grimoireauth.UnattendedFromContext(ctx))
	}
	if checked.status == statusGood {
		v.reportVerified(ctx, &checked)
		if !v.refreshDue(&checked) {
			return newAuthentication(checked.session, credentials, grimoireauth.SourceLocal), nil
		}
	}
	return v.authenticateChecked(ctx, credentials, checked, grimoireauth.UnattendedFromContext(ctx))
}

// conclude answers for a session_jwt that was judged, and that a refresh may
// concern. idle says that nobody did anything: see ask.
func (v *Verifier) authenticateChecked(ctx context.Context, credentials grimoireauth.Credentials, checked result, idle bool) (grimoireauth.Authentication, error) {
	switch checked.status {
	case statusGood:
		return v.authenticateGood(ctx, credentials, checked, idle), nil
	case statusStale:
		return v.authenticateStale(ctx, credentials, checked, idle)
	}
	return grimoireauth.Authentication{}, checked.error()
}

// authenticateToken answers for a session_token that comes alone, or beside a
// session_jwt of another session than the one that it is named after. Nothing local
// can vouch for it, the name least of all, so asking about it is limited: see limiter.
func (v *Verifier) authenticateToken(ctx context.Context, credentials grimoireauth.Credentials, idle bool) (grimoireauth.Authentication, error) {
	switch token := credentials.Token; {
	case token.IsZero():
		return grimoireauth.Authentication{}, errNoCredentials
	case !hasTokenForm(token):
		return grimoireauth.Authentication{}, errBadToken
	case v.config.Refresh == nil:
		return grimoireauth.Authentication{}, errExpired
	}
	a := newRequest(credentials.Token)
	a.unattended = idle
	answer, failed := v.refresh(ctx, a, false)
	switch {
	case failed != nil:
		return grimoireauth.Authentication{}, failed.err
	case isOfOther(answer.Session, credentials.NamedSession):
		return grimoireauth.Authentication{}, errMisnamed
	}
	answer.Source = grimoireauth.SourceRemote
	return answer, nil
}

// revive answers for a stale session_jwt: by a refresh, or by nothing.
func (v *Verifier) authenticateStale(ctx context.Context, credentials grimoireauth.Credentials, checked result, idle bool) (grimoireauth.Authentication, error) {
	if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || checked.tooOldToRefresh() {
		return grimoireauth.Authentication{}, checked.error()
	}
	a := newRequest(credentials.Token)
	a.attested, a.unattended = checked.session, idle
	failing, barred := v.records.pausedByOutage(&a)
	// Who is excused already need not wait to hear that nothing has changed.
	if failing && !barred && v.graceApplies(&checked) {
		v.refreshInBackground(ctx, a)
		return v.graceAuthentication(ctx, credentials, &checked), nil
	}
	answer, failed := v.refresh(ctx, a, false)
	if failed == nil {
		answer.Source = grimoireauth.SourceRefreshed
		return answer, nil
	}
	if _, barred = v.records.pausedByOutage(&a); failed.isOutage() && !barred && v.graceApplies(&checked) {
		// Time has passed: a cutoff may have come meanwhile.
		switch again := v.verify(ctx, credentials.JWT.Reveal()); {
		case v.graceApplies(&again):
			return v.graceAuthentication(ctx, credentials, &again), nil
		case again.status == statusEnded:
			return grimoireauth.Authentication{}, again.error()
		}
	}
	return grimoireauth.Authentication{}, failed.err
}

var errNoRefresh = errors.New("no Refresh is configured")

// Refresh asks Stytch, always: for a decision that must not rest on what was true
// when the session_jwt was made. It has the form of a [grimoireauth.AuthFunc] and
// the errors of [Verifier.Authenticate]. Requests for one session that come while a
// call is under way share its answer, so that what it says is as old as one call
// can be, ten seconds, at the most. No outage excuses anything here.
//
// A session_jwt that is neither good nor merely stale is refused without asking. One
// that comes alone must be good, and stays what proves the session: five minutes do
// not become a session by asking.
func (v *Verifier) Refresh(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	nobody := grimoireauth.Authentication{}
	alone := credentials.Token.IsZero()
	switch {
	case credentials.IsZero():
		return nobody, errNoCredentials
	case v.config.Refresh == nil:
		return nobody, unavailable(opRefresh, errNoRefresh, 0)
	case !alone && !hasTokenForm(credentials.Token):
		return nobody, errBadToken
	}
	a := newRequest(credentials.Token)
	if !credentials.JWT.IsZero() {
		checked := v.verify(ctx, credentials.JWT.Reveal())
		if checked.isOfOther(credentials.NamedSession) {
			if alone {
				return nobody, errNoCredentials
			}
			credentials.JWT = grimoireauth.Secret{}
			return v.Refresh(ctx, credentials)
		}
		if checked.status != statusGood && (alone || checked.status != statusStale || checked.tooOldToRefresh()) {
			return nobody, checked.error()
		}
		if alone {
			a = newRequest(credentials.JWT)
			a.jwtAlone = true
		}
		a.attested = checked.session
	}
	a.unattended = grimoireauth.UnattendedFromContext(ctx)
	answer, failed := v.refresh(ctx, a, true)
	switch {
	case failed != nil:
		return nobody, failed.err
	case isOfOther(answer.Session, credentials.NamedSession):
		return nobody, errMisnamed
	}
	if alone {
		answer.Credentials = credentials
	}
	answer.Source = grimoireauth.SourceRemote
	return answer, nil
}

// ahead answers for a session_jwt that is good. If it is near its end: with what a
// refresh has brought already, or with itself and a refresh behind it.
func (v *Verifier) authenticateGood(ctx context.Context, credentials grimoireauth.Credentials, checked result, idle bool) grimoireauth.Authentication {
	own := newAuthentication(checked.session, credentials, grimoireauth.SourceLocal)
	if !v.refreshDue(&checked) || !hasTokenForm(credentials.Token) {
		return own
	}
	a := newRequest(credentials.Token)
	a.attested, a.unattended = checked.session, idle
	if g := v.records.kept(&a.key); g != nil && sameIdentity(a.attested, g.authentication.Session) {
		switch {
		case g.issued > checked.times.issued:
			if answer, failed := v.deliver(ctx, &a, g, true); failed == nil && !answer.IsZero() {
				answer.Source = grimoireauth.SourceRefreshed
				return answer
			}
		case g.isRecent():
			return own
		}
	}
	v.refreshInBackground(ctx, a)
	return own
}

// excuses reports whether Config.OutageGrace lets this token count while Stytch
// cannot be reached: age is its only fault, not for too long, and its session has
// not ended by its own date, for which no clock is allowed to be slow.
func (v *Verifier) graceApplies(checked *result) bool {
	if v.config.OutageGrace <= 0 || checked.status != statusStale {
		return false
	}
	if checked.reason != ReasonExpired && checked.reason != ReasonTooOld {
		return false
	}
	until := time.Unix(checked.times.end, 0).Add(v.config.OutageGrace)
	if ends := checked.session.ExpiresAt(); ends.Before(until) {
		until = ends // also if it is zero: nobody knows when it ends
	}
	return checked.at.Before(until)
}

// excused is the answer for such a token.
func (v *Verifier) graceAuthentication(ctx context.Context, credentials grimoireauth.Credentials, checked *result) grimoireauth.Authentication {
	session := checked.session
	v.observe(ctx, grimoireauth.OutageGraceUsed{Session: session.ID(), Member: session.Member()})
	return newAuthentication(session, credentials, grimoireauth.SourceOutageGrace)
}
