package jwtlocal

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// watchEvery is how often a watched session is checked. It is checked at once when a
// revocation that concerns it is announced. A check costs as much as verifying a cached
// token.
const watchEvery = time.Second

var (
	errRevoked error = &fixedError{"jwtlocal: the member or class was revoked: authenticate again", grimoireauth.ErrExpired}
	errChanged error = &fixedError{"jwtlocal: the session's roles have changed: authenticate again", grimoireauth.ErrExpired}
)

// Watch returns a context that ends with the session, for connections that stay open after
// the decision about their request: server-sent events, WebSockets. Pass the request's
// context and what authenticated the request. While the connection is open the session is
// refreshed like that of a page in use, and the connection does not extend it.
//
// Watch knows the session and not the class. Behind a Guard of package middleware, set
// Config.Watch to it and call Guard.Watch, which repeats the decisions of the guards.
//
// The context ends within a second when the session ends or is revoked, at once if
// Config.Revocations announces it as [MemoryRevocations] does, and
// when a refresh returns that the session has ended or that its roles have changed, since
// the request was decided by the old ones. It also ends when a request with these
// credentials would be answered as unavailable. [context.Cause] matches
// [grimoireauth.ErrSessionEnded], [grimoireauth.ErrExpired] if the client has to
// authenticate again, or [grimoireauth.ErrUnavailable]; or it is the cause of the context
// that was passed.
//
// Its timer stops within a second after either context has ended. So pass a context that
// ends.
func (v *Verifier) Watch(ctx context.Context, authentication grimoireauth.Authentication) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{v: v, ctx: ctx, cancel: cancel, authentication: authentication, roles: rolesOf(authentication.Session)}
	if err := w.initialError(); err != nil {
		cancel(err)
		return ctx
	}
	// The field is set before the timer can fire, since check uses it.
	w.timer = time.AfterFunc(math.MaxInt64, func() { v.background.start(w.check) })
	v.watches.add(w)
	w.timer.Reset(w.untilNext())
	return ctx
}

// watches finds the watches that a revocation concerns.
type watches struct {
	mu    sync.Mutex // guards what follows; it is taken before that of a watch
	byKey map[revokedKey]map[*watch]struct{}
	added uint64 // watches so far
}

func (w *watch) keys() [3]revokedKey {
	session := w.authentication.Session
	return [3]revokedKey{{sessionKind, string(session.ID())}, {memberKind, string(session.Member())}, {classKind, string(session.Organization())}}
}

func (all *watches) add(w *watch) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byKey == nil {
		all.byKey = map[revokedKey]map[*watch]struct{}{}
	}
	all.added++
	w.number = all.added
	for _, key := range w.keys() {
		if all.byKey[key] == nil {
			all.byKey[key] = map[*watch]struct{}{}
		}
		all.byKey[key][w] = struct{}{}
	}
}

func (all *watches) remove(w *watch) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, key := range w.keys() {
		delete(all.byKey[key], w)
		if len(all.byKey[key]) == 0 {
			delete(all.byKey, key)
		}
	}
}

// revoked checks the watched sessions that a revocation concerns.
func (all *watches) revoked(c grimoireauth.Revocation) {
	key, ok := keyOf(c)
	if !ok {
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	// In the order in which they began, so that a simulation can be replayed.
	for _, w := range slices.SortedFunc(maps.Keys(all.byKey[key]), func(a, b *watch) int { return cmp.Compare(a.number, b.number) }) {
		w.checkNow()
	}
}

// watch is a watched session. Its checks run one after the other. A check that is asked for
// during another one follows it.
type watch struct {
	v              *Verifier
	ctx            context.Context
	cancel         context.CancelCauseFunc
	timer          *time.Timer
	number         uint64                      // of the watches of a Verifier; set before it is found there
	authentication grimoireauth.Authentication // the newest one
	roles          []string                    // when the watch began, sorted

	mu       sync.Mutex // guards what follows
	checking bool
	again    bool
}

// checkNow makes a check begin at once, in another goroutine.
func (w *watch) checkNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.checking {
		w.again = true
		return
	}
	w.timer.Stop()
	w.v.background.start(w.check)
}

// check makes one check, and those that were asked for meanwhile.
func (w *watch) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.checking {
		w.again = true
		return
	}
	w.checking = true
	for again := true; again; again = w.again {
		w.again = false
		w.mu.Unlock()
		ended := w.checkOnce()
		w.mu.Lock()
		if ended {
			return // with checking set, so that no check follows
		}
	}
	w.checking = false
	w.timer.Reset(w.untilNext())
}

// checkOnce reports whether the watch has ended, and ends its context if the session may not
// go on.
func (w *watch) checkOnce() bool {
	if w.ctx.Err() != nil {
		w.v.watches.remove(w)
		return true
	}
	now, err := w.reauthenticate()
	if err == nil && now.Session != w.authentication.Session && !slices.Equal(rolesOf(now.Session), w.roles) {
		err = errChanged
	}
	if err != nil {
		w.cancel(err)
		w.v.watches.remove(w)
		return true
	}
	w.authentication = now
	return false
}

// initialError returns what is wrong with the session already, without a network call.
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
	case checked.status == statusStale && checked.reason == ReasonRevoked:
		return errRevoked
	case checked.status == statusStale, checked.status == statusGood:
		return nil
	}
	return checked.error()
}

// reauthenticate answers like a request with these credentials, except that a revocation of
// the member or class ends the connection: the request was decided before it.
func (w *watch) reauthenticate() (grimoireauth.Authentication, error) {
	if w.authentication.JWT.IsZero() {
		return w.v.authenticateToken(w.ctx, w.authentication.Credentials, true)
	}
	checked := w.v.verify(w.ctx, w.authentication.JWT.Reveal())
	if checked.isOfOther(w.authentication.NamedSession) {
		return w.v.authenticateToken(w.ctx, w.authentication.Credentials, true)
	}
	if checked.status == statusStale && checked.reason == ReasonRevoked {
		return grimoireauth.Authentication{}, errRevoked
	}
	if checked.status == statusGood && w.pastEnd(checked.at) {
		// There is no leeway for the end of the session. Only Stytch knows whether the
		// session was extended or the clocks differ.
		if w.v.config.Refresh == nil || !hasTokenForm(w.authentication.Token) {
			return grimoireauth.Authentication{}, errExpired
		}
		req := newRequest(w.authentication.Token)
		req.attested, req.unattended = checked.session, true
		now, failed := w.v.refresh(w.ctx, req, true)
		if failed != nil {
			return grimoireauth.Authentication{}, failed.err
		}
		return now, nil
	}
	return w.v.authenticateChecked(w.ctx, w.authentication.Credentials, checked, true)
}

// pastEnd reports whether the session has ended by its own date.
func (w *watch) pastEnd(now time.Time) bool {
	ends := w.authentication.ExpiresAt()
	return !ends.IsZero() && !now.Before(ends)
}

// untilNext is how long to wait for the next check: until the end of the session if that is
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
