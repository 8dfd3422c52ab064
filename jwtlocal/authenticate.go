package jwtlocal

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Authenticate returns whose credentials these are; it has the form of a
// [grimoireauth.AuthFunc]. A good session_jwt is answered locally. A stale one (genuine and
// expired) that comes with a session_token is refreshed, and so is a well-formed
// session_token that comes alone. No other session_jwt causes a call to Stytch, even if a
// session_token comes with it.
//
// Shortly before its end a good session_jwt is refreshed in the background, and later
// requests get the new credentials, so no request on a page in use waits for Stytch. With
// both credentials the session_jwt names the person. If the session_token belongs to another
// session, the request is not answered by that one.
//
// If Credentials.NamedSession names the session of the session_token, a genuine session_jwt
// of another session is ignored, whether good, stale or ended. The answer is then that for
// the session_token alone, and must be about the named session. In the answer, NamedSession
// is set if there is a session_token.
//
// The errors are those of [Verifier.Verify] and of a refresh. [grimoireauth.ErrSessionEnded]:
// Stytch answered that the session has ended, the only reason to delete cookies.
// [grimoireauth.ErrUnauthenticated]: Stytch answered with another session than the
// session_jwt's, or than the named one. [grimoireauth.ErrRateLimited], of which
// [grimoireauth.ErrOverShare] is a special case, and [grimoireauth.ErrUnavailable]: it could
// not be found out; [grimoireauth.RetryAfter] says how long to wait. Without Config.Refresh
// everything that needs a refresh is [grimoireauth.ErrExpired].
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

// authenticateChecked answers for a session_jwt that was checked. unattended says that no
// person caused the request: see grimoireauth.ContextUnattended.
func (v *Verifier) authenticateChecked(ctx context.Context, credentials grimoireauth.Credentials, checked result, unattended bool) (grimoireauth.Authentication, error) {
	switch checked.status {
	case statusGood:
		return v.authenticateGood(ctx, credentials, checked, unattended), nil
	case statusStale:
		return v.authenticateStale(ctx, credentials, checked, unattended)
	}
	return grimoireauth.Authentication{}, checked.error()
}

// authenticateToken answers for a session_token that comes alone, or beside a session_jwt of
// another session than NamedSession. Nothing that is signed confirms the token, so calls
// about it are limited: see limiter.
func (v *Verifier) authenticateToken(ctx context.Context, credentials grimoireauth.Credentials, unattended bool) (grimoireauth.Authentication, error) {
	switch token := credentials.Token; {
	case token.IsZero():
		return grimoireauth.Authentication{}, errNoCredentials
	case !hasTokenForm(token):
		return grimoireauth.Authentication{}, errBadToken
	case v.config.Refresh == nil:
		return grimoireauth.Authentication{}, errExpired
	}
	req := newRequest(credentials.Token)
	req.unattended = unattended
	authentication, failed := v.refresh(ctx, req, false)
	switch {
	case failed != nil:
		return grimoireauth.Authentication{}, failed.err
	case isOfOther(authentication.Session, credentials.NamedSession):
		return grimoireauth.Authentication{}, errMisnamed
	}
	authentication.Source = grimoireauth.SourceRemote
	return authentication, nil
}

// authenticateGood answers for a good session_jwt. Near its end it returns what a refresh
// has brought already, or starts one in the background and answers with the old one.
func (v *Verifier) authenticateGood(ctx context.Context, credentials grimoireauth.Credentials, checked result, unattended bool) grimoireauth.Authentication {
	own := newAuthentication(checked.session, credentials, grimoireauth.SourceLocal)
	if !v.refreshDue(&checked) || !hasTokenForm(credentials.Token) {
		return own
	}
	req := newRequest(credentials.Token)
	req.attested, req.unattended = checked.session, unattended
	if r := v.records.renewal(&req.key); r != nil && sameIdentity(req.attested, r.authentication.Session) {
		switch {
		case r.issued > checked.times.issued:
			if authentication, failed := v.deliver(ctx, &req, r, true); failed == nil && !authentication.IsZero() {
				authentication.Source = grimoireauth.SourceRefreshed
				return authentication
			}
		case r.isRecent():
			return own
		}
	}
	v.refreshInBackground(ctx, req)
	return own
}

// authenticateStale answers for a stale session_jwt by a refresh. While Stytch cannot be
// reached, Config.OutageGrace may answer instead.
func (v *Verifier) authenticateStale(ctx context.Context, credentials grimoireauth.Credentials, checked result, unattended bool) (grimoireauth.Authentication, error) {
	if v.config.Refresh != nil && credentials.Token.IsZero() && checked.confirmable() {
		return v.confirmAlone(ctx, credentials, checked, unattended)
	}
	if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || checked.tooOldToRefresh() {
		return grimoireauth.Authentication{}, checked.error()
	}
	req := newRequest(credentials.Token)
	req.attested, req.unattended = checked.session, unattended
	failing, barred := v.records.outage(&req)
	// During a known outage the request need not wait for another call that fails.
	if failing && !barred && v.graceApplies(&checked) {
		v.refreshInBackground(ctx, req)
		return v.graceAuthentication(ctx, credentials, &checked), nil
	}
	authentication, failed := v.refresh(ctx, req, false)
	if failed == nil {
		authentication.Source = grimoireauth.SourceRefreshed
		return authentication, nil
	}
	if _, barred = v.records.outage(&req); failed.isOutage() && !barred && v.graceApplies(&checked) {
		// The session may have been revoked during the call.
		switch again := v.verify(ctx, credentials.JWT.Reveal()); {
		case v.graceApplies(&again):
			return v.graceAuthentication(ctx, credentials, &again), nil
		case again.status == statusEnded:
			return grimoireauth.Authentication{}, again.error()
		}
	}
	return grimoireauth.Authentication{}, failed.err
}

// confirmAlone answers for a session_jwt that came alone and has not expired, while
// revocations may be missing: by what Stytch answers, and with the session_jwt unchanged.
func (v *Verifier) confirmAlone(ctx context.Context, credentials grimoireauth.Credentials, checked result, unattended bool) (grimoireauth.Authentication, error) {
	req := newRequest(credentials.JWT)
	req.jwtAlone, req.confirms, req.attested, req.unattended = true, true, checked.session, unattended
	authentication, failed := v.refresh(ctx, req, false)
	if failed != nil {
		return grimoireauth.Authentication{}, failed.err
	}
	authentication.Credentials, authentication.Source = credentials, grimoireauth.SourceRemote
	return authentication, nil
}

// graceApplies reports whether Config.OutageGrace lets this token count while Stytch cannot
// be reached: it is expired and has no other fault, the grace is not over, and its session
// has not ended. For the end of the session there is no leeway.
func (v *Verifier) graceApplies(checked *result) bool {
	if v.config.OutageGrace <= 0 || checked.status != statusStale {
		return false
	}
	if checked.reason != ReasonExpired && checked.reason != ReasonTooOld {
		return false
	}
	until := time.Unix(checked.times.end, 0).Add(v.config.OutageGrace)
	if ends := checked.session.ExpiresAt(); ends.Before(until) {
		until = ends // also if it is zero: the end of the session is not known
	}
	return checked.at.Before(until)
}

// graceAuthentication is the answer for such a token.
func (v *Verifier) graceAuthentication(ctx context.Context, credentials grimoireauth.Credentials, checked *result) grimoireauth.Authentication {
	session := checked.session
	v.observe(ctx, grimoireauth.OutageGraceUsed{Session: session.ID(), Member: session.Member()})
	return newAuthentication(session, credentials, grimoireauth.SourceOutageGrace)
}

var errNoRefresh = errors.New("no Refresh is configured")

// Refresh calls Stytch whatever the session_jwt says. Use it for decisions that must not
// rest on what was true when the session_jwt was issued. It has the form of a
// [grimoireauth.AuthFunc] and the errors of [Verifier.Authenticate]. Requests for one session
// that come during a call share its answer, which is therefore at most as old as one call can
// last, ten seconds. Config.OutageGrace does not apply.
//
// A session_jwt that is neither good nor stale is rejected without a call. A session_jwt that
// comes alone must be good, or lack only a confirmation by Stytch, and the answer holds it unchanged: a session_jwt does not become
// a longer session by this call.
func (v *Verifier) Refresh(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	none := grimoireauth.Authentication{}
	alone := credentials.Token.IsZero()
	switch {
	case credentials.IsZero():
		return none, errNoCredentials
	case v.config.Refresh == nil:
		return none, unavailable(opRefresh, errNoRefresh, 0)
	case !alone && !hasTokenForm(credentials.Token):
		return none, errBadToken
	}
	req := newRequest(credentials.Token)
	if !credentials.JWT.IsZero() {
		checked := v.verify(ctx, credentials.JWT.Reveal())
		if checked.isOfOther(credentials.NamedSession) {
			if alone {
				return none, errNoCredentials
			}
			credentials.JWT = grimoireauth.Secret{}
			return v.Refresh(ctx, credentials)
		}
		refreshable := checked.status == statusStale && (!alone || checked.confirmable()) && !checked.tooOldToRefresh()
		if checked.status != statusGood && !refreshable {
			return none, checked.error()
		}
		if alone {
			req = newRequest(credentials.JWT)
			req.jwtAlone = true
		}
		req.attested = checked.session
	}
	req.unattended = grimoireauth.UnattendedFromContext(ctx)
	authentication, failed := v.refresh(ctx, req, true)
	switch {
	case failed != nil:
		return none, failed.err
	case isOfOther(authentication.Session, credentials.NamedSession):
		return none, errMisnamed
	}
	if alone {
		authentication.Credentials = credentials
	}
	authentication.Source = grimoireauth.SourceRemote
	return authentication, nil
}
