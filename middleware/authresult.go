package middleware

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// authResult is whose the credentials of a request are, as it was found out at one moment.
type authResult struct {
	credentials    requestCredentials
	authentication grimoireauth.Authentication
	err            error
	fresh          bool // Stytch was asked for this request
	headersWritten bool
	onlyStytch     bool // no credentials here attest what Stytch said, so that only Stytch is asked from now on

	generation          uint32                    // counts the results of Stytch that this one follows
	askedAt, answeredAt time.Duration             // since clockStart
	renewed             *grimoireauth.Credentials // what proves the session now; nil: the request's credentials
}

// resultLife is how long a result counts for the rest of its request, from when it came:
// long enough for guards around each other and for the handler behind them, short against
// the life of a connection. Afterwards the guard authenticates again, as for a new request
// with these credentials, and makes again the checks of the guards around: classes, roles
// and permissions.
//
// The documentation of Check and of CheckFresh states it; keep them the same.
const resultLife = time.Second

// clockStart is any moment in the past. time.Since reads the monotonic clock only, where
// time.Now reads two clocks.
var clockStart = time.Now()

// newestResult is the newest result of a request that was asked for after the first one. It
// is safe for concurrent use: a result is never changed, only replaced.
type newestResult struct{ p atomic.Pointer[authResult] }

// or returns the newer one of a result and the kept one.
func (n *newestResult) or(known *authResult) *authResult {
	if later := n.p.Load(); later != nil && later.newerThan(known) {
		return later
	}
	return known
}

// keep keeps a result unless a newer one is kept already.
func (n *newestResult) keep(result authResult) {
	for {
		known := n.p.Load()
		if known != nil && known.newerThan(&result) || n.p.CompareAndSwap(known, &result) {
			return
		}
	}
}

// newerThan reports whether a result is newer than another. A result of Stytch is newer than
// all that were asked for before it came. Otherwise the one that was asked for later is
// newer, even if it came earlier; of two that were asked for at the same moment, the one of
// Stytch.
func (result *authResult) newerThan(b *authResult) bool {
	if result.generation != b.generation {
		return result.generation > b.generation
	}
	return result.askedAt > b.askedAt || result.askedAt == b.askedAt && result.fresh && !b.fresh
}

// usable reports whether a result still counts at this time, as a fresh one if that is
// required. It may have come after now, while the caller was reading the clock.
func (result *authResult) usable(now time.Duration, fresh bool) bool {
	return now-result.answeredAt <= resultLife && (!fresh || result.fresh || result.err != nil)
}

// keepCredentials keeps the credentials that prove the session from now on. Later questions
// of this request use them, because the session_jwt that came with the request may attest
// what Stytch has contradicted since.
func (result *authResult) keepCredentials() {
	proof := result.authentication.Credentials
	if result.err != nil || proof.IsZero() {
		return
	}
	switch {
	case result.credentials.token == "":
		// A session_jwt that came alone does not become a session.
		proof.Token = grimoireauth.Secret{}
	case proof.Token.IsZero():
		proof.Token = grimoireauth.NewSecret(result.credentials.token)
	}
	proof.NamedSession = grimoireauth.SessionID(result.credentials.session)
	if proof.IsZero() {
		return
	}
	result.renewed = &proof
	// A bearer token is not replaced, so it still attests what Stytch may have contradicted.
	if result.fresh {
		result.onlyStytch = proof.JWT.Reveal() == result.credentials.jwt
	}
}

// first returns the first requestAuth of this request, which holds the newest result.
func (a *requestAuth) first() *requestAuth {
	if a.inner != nil && a.inner.first != nil {
		return a.inner.first
	}
	return a
}

// current returns a, which was published on the request, or the newest result after it while
// that counts. Otherwise it authenticates again.
func (a *requestAuth) current(r *http.Request, fresh bool) *requestAuth {
	now, first := time.Since(clockStart), a.first()
	known := first.newest.or(&a.authResult)
	if known.usable(now, fresh) {
		if known == &a.authResult {
			return a
		}
		// The checks of the guards around were made on an older result.
		return &requestAuth{guard: a.guard, authResult: *known, inner: &innerAuth{outer: a, first: first}}
	}
	// After an error Stytch is asked only if the AuthFunc now succeeds.
	if fresh && known.err != nil {
		if local := a.current(r, false); local.err != nil || local.fresh {
			return local
		}
	}
	// The headers are written at the beginning of a request, or not at all.
	written := a.headersWritten && now-a.answeredAt > resultLife
	next := &requestAuth{guard: a.guard, inner: &innerAuth{outer: a, first: first}, authResult: authResult{
		credentials: a.credentials, fresh: fresh || known.onlyStytch, headersWritten: written, renewed: known.renewed, onlyStytch: known.onlyStytch,
	}}
	if next.generation = known.generation; next.fresh {
		next.generation++
	}
	next.authenticate(r.Context(), r)
	if next.err == nil && a.err == nil && next.authentication.ID() != a.authentication.ID() {
		next.authentication, next.err = grimoireauth.Authentication{}, errOtherSessionNow
	}
	first.newest.keep(next.authResult)
	return next
}
