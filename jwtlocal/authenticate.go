package jwtlocal

import (
	"context"
	"encoding/base64"
	"errors"

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
	judged := v.judge(ctx, credentials.JWT.Reveal())
	if judged.isOfAnother(credentials.NamedSession) {
		return v.authenticateToken(ctx, credentials, grimoireauth.UnattendedFromContext(ctx))
	}
	if judged.standing == good {
		v.reportVerified(ctx, &judged)
		if !v.due(&judged) {
			return answerOf(judged.session, credentials, grimoireauth.SourceLocal), nil
		}
	}
	return v.conclude(ctx, credentials, judged, grimoireauth.UnattendedFromContext(ctx))
}

// conclude answers for a session_jwt that was judged, and that a refresh may
// concern. idle says that nobody did anything: see ask.
func (v *Verifier) conclude(ctx context.Context, credentials grimoireauth.Credentials, judged verdict, idle bool) (grimoireauth.Authentication, error) {
	switch judged.standing {
	case good:
		return v.ahead(ctx, credentials, judged, idle), nil
	case stale:
		return v.revive(ctx, credentials, judged, idle)
	}
	return grimoireauth.Authentication{}, judged.error()
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
	a := askWith(credentials.Token)
	a.idle = idle
	answer, failed := v.refresh(ctx, a, false)
	switch {
	case failed != nil:
		return grimoireauth.Authentication{}, failed.err
	case isOfAnother(answer.Session, credentials.NamedSession):
		return grimoireauth.Authentication{}, errMisnamed
	}
	answer.Source = grimoireauth.SourceRemote
	return answer, nil
}

// revive answers for a stale session_jwt: by a refresh, or by nothing.
func (v *Verifier) revive(ctx context.Context, credentials grimoireauth.Credentials, judged verdict, idle bool) (grimoireauth.Authentication, error) {
	if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || judged.ancient() {
		return grimoireauth.Authentication{}, judged.error()
	}
	a := askWith(credentials.Token)
	a.of, a.idle = judged.session, idle
	failing, barred := v.records.outage(&a)
	// Who is excused already need not wait to hear that nothing has changed.
	if failing && !barred && v.excuses(&judged) {
		v.begin(ctx, a)
		return v.excused(ctx, credentials, &judged), nil
	}
	answer, failed := v.refresh(ctx, a, false)
	if failed == nil {
		answer.Source = grimoireauth.SourceRefreshed
		return answer, nil
	}
	if _, barred = v.records.outage(&a); failed.outage() && !barred && v.excuses(&judged) {
		// Time has passed: a cutoff may have come meanwhile.
		switch again := v.judge(ctx, credentials.JWT.Reveal()); {
		case v.excuses(&again):
			return v.excused(ctx, credentials, &again), nil
		case again.standing == ended:
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
	a := askWith(credentials.Token)
	if !credentials.JWT.IsZero() {
		judged := v.judge(ctx, credentials.JWT.Reveal())
		if judged.isOfAnother(credentials.NamedSession) {
			if alone {
				return nobody, errNoCredentials
			}
			credentials.JWT = grimoireauth.Secret{}
			return v.Refresh(ctx, credentials)
		}
		if judged.standing != good && (alone || judged.standing != stale || judged.ancient()) {
			return nobody, judged.error()
		}
		if alone {
			a = askWith(credentials.JWT)
			a.alone = true
		}
		a.of = judged.session
	}
	a.idle = grimoireauth.UnattendedFromContext(ctx)
	answer, failed := v.refresh(ctx, a, true)
	switch {
	case failed != nil:
		return nobody, failed.err
	case isOfAnother(answer.Session, credentials.NamedSession):
		return nobody, errMisnamed
	}
	if alone {
		answer.Credentials = credentials
	}
	answer.Source = grimoireauth.SourceRemote
	return answer, nil
}

// isOfAnother reports whether a genuine session_jwt is of another session than the
// one that the session_token beside it is named after.
func (v *verdict) isOfAnother(named grimoireauth.SessionID) bool {
	return isOfAnother(v.session, named)
}

func isOfAnother(session grimoireauth.Session, named grimoireauth.SessionID) bool {
	return named != "" && !session.IsZero() && session.ID() != named
}

// answerOf returns an Authentication that names the session of its session_token.
func answerOf(session grimoireauth.Session, credentials grimoireauth.Credentials, source grimoireauth.Source) grimoireauth.Authentication {
	if !credentials.Token.IsZero() {
		credentials.NamedSession = session.ID()
	}
	return grimoireauth.Authentication{Session: session, Credentials: credentials, Source: source}
}

// ancient reports whether the token ended longer ago than a session can last, so
// that there is nothing to ask about.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func (v *verdict) ancient() bool { return v.now.Unix()-v.times.end > maxSessionSeconds }

const maxSessionSeconds = 527040 * 60

// hasTokenForm reports whether a secret can be a session_token: base64url, with or
// without padding, of the thirty-two random bytes or more that Stytch's opaque
// tokens have. Whatever cannot be one is not worth a call.
func hasTokenForm(token grimoireauth.Secret) bool {
	text := token.Reveal()
	if len(text) > maxSessionToken || hasLineBreak(text) {
		return false
	}
	encoding := strict
	if len(text) > 0 && text[len(text)-1] == '=' {
		encoding = strictPadded
	}
	var buffer [maxSessionToken]byte
	n, err := encoding.Decode(buffer[:], []byte(text))
	return err == nil && n >= minSessionTokenBytes
}

const minSessionTokenBytes, maxSessionToken = 32, 512

var strictPadded = base64.URLEncoding.Strict()
