package jwtlocal

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// watchEvery is how often a watched session is looked at: how long somebody who was
// put out may keep a connection that is open. Looking costs what verifying a token
// that was seen before costs.
const watchEvery = time.Second

var (
	errRevoked error = &fixedError{"jwtlocal: the member or class was cut off: authenticate again", grimoireauth.ErrExpired}
	errChanged error = &fixedError{"jwtlocal: the session's roles have changed: authenticate again", grimoireauth.ErrExpired}
)

// Watch returns a context that ends with the session, for connections that outlive
// a request's decision: server-sent events, WebSockets. Pass the request's context
// and what authenticated the request. While the connection is open the session is
// refreshed like that of a page in use, and is not extended by it.
//
// It knows the session, and no class: behind a Guard of package middleware give it to
// Config.Watch and call Guard.Watch, which repeats what the guards have decided.
//
// The context ends within a second of the session's end or cutoff in this process,
// and when a refresh says that the session has ended, or that its roles are not what
// they were: whoever decided by them has to decide again. It also ends when nobody
// can find out any more, for the reasons for which a request would be answered as
// unavailable. [context.Cause] tells: it matches [grimoireauth.ErrSessionEnded],
// [grimoireauth.ErrExpired] if the client should authenticate again, or
// [grimoireauth.ErrUnavailable]; or it is the cause of the context that was passed.
//
// What it needs is released, within a second, when either context ends, so pass one
// that does.
func (v *Verifier) Watch(ctx context.Context, authentication grimoireauth.Authentication) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{v: v, ctx: ctx, cancel: cancel, authentication: authentication, roles: rolesOf(authentication.Session)}
	if err := w.initialError(); err != nil {
		cancel(err)
		return ctx
	}
	// Set before it runs, since what it runs sets it again.
	w.timer = time.AfterFunc(math.MaxInt64, func() { v.background.start(w.check) })
	w.timer.Reset(w.untilNext())
	return ctx
}

// watch is a session under watch. One look begins after the other has ended, so
// nothing here needs a lock.
type watch struct {
	v              *Verifier
	ctx            context.Context
	cancel         context.CancelCauseFunc
	timer          *time.Timer
	authentication grimoireauth.Authentication // what proves the session now
	roles          []string                    // when the watch began, sorted
}

// look ends the context, or comes back later. It is the last one if the context has
// ended by itself.
func (w *watch) check() {
	if w.ctx.Err() != nil {
		return
	}
	answer, err := w.reauthenticate()
	if err == nil && answer.Session != w.authentication.Session && !slices.Equal(rolesOf(answer.Session), w.roles) {
		err = errChanged
	}
	if err != nil {
		w.cancel(err)
		return
	}
	w.authentication = answer
	w.timer.Reset(w.untilNext())
}

// refusal returns what is known, without asking anybody, to be wrong with the
// session already.
func (w *watch) initialError() error {
	switch {
	case w.authentication.IsZero(), w.authentication.Credentials.IsZero():
		return errNoCredentials
	case w.authentication.JWT.IsZero():
		return nil
	}
	checked := w.v.verify(w.ctx, w.authentication.JWT.Reveal())
	switch {
	case checked.isOfOther(w.authentication.NamedSession):
		if w.authentication.Token.IsZero() {
			return errNoCredentials
		}
		return nil
	case checked.status == statusStale && checked.reason == ReasonCutOff:
		return errRevoked
	case checked.status == statusStale, checked.status == statusGood:
		return nil
	}
	return checked.error()
}

// ask answers as a request with these credentials would be answered, but that a
// cutoff is an end: the connection was decided upon before it.
func (w *watch) reauthenticate() (grimoireauth.Authentication, error) {
	if w.authentication.JWT.IsZero() {
		return w.v.authenticateToken(w.ctx, w.authentication.Credentials, true)
	}
	checked := w.v.verify(w.ctx, w.authentication.JWT.Reveal())
	if checked.isOfOther(w.authentication.NamedSession) {
		return w.v.authenticateToken(w.ctx, w.authentication.Credentials, true)
	}
	if checked.status == statusStale && checked.reason == ReasonCutOff {
		return grimoireauth.Authentication{}, errRevoked
	}
	if checked.status == statusGood && w.pastEnd(checked.at) {
		// No leeway here: whether the session was extended, or the clocks differ, only
		// Stytch knows.
		if w.v.config.Refresh == nil || !hasTokenForm(w.authentication.Token) {
			return grimoireauth.Authentication{}, errExpired
		}
		a := newRequest(w.authentication.Token)
		a.attested, a.unattended = checked.session, true
		answer, failed := w.v.refresh(w.ctx, a, true)
		if failed != nil {
			return grimoireauth.Authentication{}, failed.err
		}
		return answer, nil
	}
	return w.v.authenticateChecked(w.ctx, w.authentication.Credentials, checked, true)
}

// over reports whether the session has ended by its own date.
func (w *watch) pastEnd(now time.Time) bool {
	ends := w.authentication.ExpiresAt()
	return !ends.IsZero() && !now.Before(ends)
}

// next is how long to wait for the next look: until the session's end, if that is
// near.
func (w *watch) untilNext() time.Duration {
	wait := watchEvery
	if ends := w.authentication.ExpiresAt(); !ends.IsZero() {
		if left := time.Until(ends); left > 0 {
			wait = min(wait, left)
		}
	}
	return wait
}

func rolesOf(session grimoireauth.Session) []string {
	roles := session.Roles()
	slices.Sort(roles)
	return roles
}
