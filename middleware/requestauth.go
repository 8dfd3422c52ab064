package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// requestAuth is what a Guard found out about one request. It is published in the request's
// context by its authContext, where an inner handler of the same Guard finds it.
//
// Invariant: it is complete before it is published, and immutable from then on.
type requestAuth struct {
	authContext authContext // given to the AuthFunc and then published; zero until then
	guard       *Guard
	authResult

	classRole classRole // as the class guards around this handler decided it

	// The checks that the publishing handler has made, and the request as it was there.
	checks  *[]check // nil until published
	request *http.Request

	inner  *innerAuth   // nil for the first requestAuth of a request
	newest newestResult // of the first: the newest later result for this request

	// Room for two response headers, so that setting them allocates nothing.
	cacheControl, vary [1]string
}

// innerAuth is the part of a requestAuth that only those have which are not the first of
// their request. It is apart to keep the common case small.
type innerAuth struct {
	outer    *requestAuth // published by the handler around; nil: none
	first    *requestAuth // published first on this request; nil: this one
	recorded *[]condition // not nil: checks append their conditions here and decide nothing
}

// outer returns the requestAuth of the handler around, nil if there is none.
func (a *requestAuth) outer() *requestAuth {
	if a.inner == nil {
		return nil
	}
	return a.inner.outer
}

// requestAuthKey is the context key of one Guard's requestAuth. Another Guard may trust
// another project, so its results do not count here.
type requestAuthKey struct{ guard *Guard }

var errOtherSessionNow = fmt.Errorf("Stytch names another session than the one that this request was served for: %w", grimoireauth.ErrUnauthenticated)

// requestAuth returns the requestAuth that this Guard published for the request, while it
// counts, or makes one. It compares the credentials again, since a handler in between may
// have put others on the request and kept its context.
func (g *Guard) requestAuth(r *http.Request, fresh bool) *requestAuth {
	if g == nil || g.auth == nil {
		return &requestAuth{guard: g, authResult: authResult{err: errZeroGuard}}
	}
	if earlier, ok := r.Context().Value(requestAuthKey{g}).(*requestAuth); ok {
		var had requestCredentials
		if err := g.credentialsOf(r, &had); err == nil && earlier.credentials == had {
			return earlier.current(r, fresh)
		}
	}
	a := &requestAuth{guard: g}
	a.fresh = fresh
	if a.err = g.credentialsOf(r, &a.credentials); a.err == nil {
		a.authenticate(r.Context(), r)
	}
	return a
}

// credentialsOf reads the credentials of a request into rc, which is zero. An error means
// that they do not count.
func (g *Guard) credentialsOf(r *http.Request, rc *requestCredentials) error {
	err := g.read(r, rc)
	if err == nil {
		err = g.checkOrigin(r, rc)
	}
	return err
}

var errOtherSessionNamed = fmt.Errorf("the session_token belongs to another session than its cookie names: %w", grimoireauth.ErrUnauthenticated)

// authenticate calls the AuthFunc and checks its answer against the credentials. They came
// with the request r, or by Guard.Decide if r is nil.
func (a *requestAuth) authenticate(ctx context.Context, r *http.Request) {
	a.askedAt = time.Since(clockStart)
	a.answeredAt = a.askedAt
	if a.credentials.ended {
		a.err = grimoireauth.ErrSessionEnded
		return
	}
	ctx = a.askContext(ctx, r)
	credentials := a.credentials.forAuthFunc()
	proof := credentials
	if a.renewed != nil {
		proof = *a.renewed
	}
	a.callAuthFunc(ctx, proof)
	if a.isOfAnotherSession() {
		a.withoutJWT(ctx, proof, proof == credentials)
	}
	// Comparing two kilobytes with the alphabet of tokens costs as much as all the rest of
	// the guard. A session_jwt whose signature was verified here needs no such check, nor
	// does the name of the session that it attests. All others are rejected if they hold
	// other bytes, whatever the AuthFunc said.
	local := a.err == nil && a.authentication.Source == grimoireauth.SourceLocal && a.authentication.JWT.Reveal() == a.credentials.jwt
	if !local && (!tokenLike(a.credentials.jwt, maxJWT) || !tokenLike(a.credentials.session, maxToken)) {
		a.authentication, a.err = grimoireauth.Authentication{}, errBadValue
	}
	if !local {
		// A local verification takes too little time to read the clock once more.
		a.answeredAt = time.Since(clockStart)
		a.keepCredentials()
	}
	if a.err != nil {
		return
	}
	if a.credentials.bearer {
		// A session_jwt that came alone lasts its five minutes. It must not become a session
		// because an AuthFunc refreshes what has expired.
		if a.authentication.JWT.Reveal() != a.credentials.jwt && expired(a.credentials.jwt) {
			a.authentication, a.err = grimoireauth.Authentication{}, grimoireauth.ErrExpired
			return
		}
		a.authentication.Credentials = credentials
	}
}

// withoutJWT handles an answer about another session than the one that the session_token's
// cookie names. It calls the AuthFunc again without the session_jwt, if that came with the
// request and can be the cause: not every AuthFunc looks at Credentials.NamedSession.
func (a *requestAuth) withoutJWT(ctx context.Context, proof grimoireauth.Credentials, fromRequest bool) {
	if fromRequest && a.credentials.jwt != "" {
		proof.JWT = grimoireauth.Secret{}
		a.callAuthFunc(ctx, proof)
		if !a.isOfAnotherSession() {
			return
		}
	}
	if a.err == nil {
		a.authentication, a.err = grimoireauth.Authentication{}, errOtherSessionNamed
	}
}

// callAuthFunc sets the result from Config.Fresh or from the Guard's AuthFunc.
func (a *requestAuth) callAuthFunc(ctx context.Context, credentials grimoireauth.Credentials) {
	// The response that moved this session_token to its cookie may have arrived after a
	// sign-out at another process, and an AuthFunc may have cached the session. So Stytch
	// is asked.
	moved := a.credentials.moved && a.credentials.jwt == "" && a.guard.config.Fresh != nil
	if a.fresh || moved {
		a.authentication, a.err = a.guard.askStytch(ctx, credentials)
		return
	}
	a.authentication, a.err = a.guard.ask(ctx, a.guard.auth, credentials)
}

// isOfAnotherSession reports whether the result is about another session than the one that
// the session_token's cookie names. If the result is an error, the session_jwt says which
// session it is about.
func (a *requestAuth) isOfAnotherSession() bool {
	switch {
	case a.credentials.session == "":
		return false
	case a.err == nil:
		return string(a.authentication.ID()) != a.credentials.session
	case a.credentials.jwt == "":
		return false
	}
	c, ok := claimsOf(a.credentials.jwt)
	return ok && len(c.SessionID) > 0 && string(c.SessionID) != a.credentials.session
}

// writeHeaders sets the response headers and cookies that follow from the result. It does so
// once and before any handler runs, since a handler may send the headers. A response that
// depends on who is signed in is kept out of caches, unless a handler replaces Cache-Control.
func (a *requestAuth) writeHeaders(w http.ResponseWriter, r *http.Request) {
	if a.headersWritten {
		return
	}
	a.headersWritten = true
	h := w.Header()
	cached := h["Cache-Control"] != nil // looked up while there are fewer headers
	if a.guard != nil {
		a.setVary(h)
	}
	switch {
	case a.err == nil:
		if !cached {
			a.cacheControl[0] = "no-store"
			h["Cache-Control"] = a.cacheControl[:1:1]
		}
		if !a.credentials.bearer {
			a.guard.renewCookies(w, &a.credentials, &a.authentication)
		}
	case a.credentials.bearer || a.guard == nil:
	case isSessionEnded(a.err):
		a.guard.markEnded(w, a.credentials)
	case errors.Is(a.err, errTwoValues) && !a.guard.config.FrontEndCookies:
		a.guard.cookie.expireForeign(h, r)
		setUncached(w)
	}
}

// setVary names the request headers that the guard reads credentials from.
func (a *requestAuth) setVary(h http.Header) {
	names := a.guard.config.CredentialSource.headers()
	lines := h["Vary"]
	if lines == nil {
		a.vary[0] = names
		h["Vary"] = a.vary[:1:1]
		return
	}
	for name := range strings.SplitSeq(names, ", ") {
		if !listsVary(lines, name) {
			h.Add("Vary", name)
		}
	}
}

// attach returns the request with this requestAuth in its context. It hides any
// authentication that other middleware has put there.
func (a *requestAuth) attach(r *http.Request, in classRole, checks *[]check) *http.Request {
	if a.published() {
		return a.attachInner(r, in, checks)
	}
	a.classRole, a.checks = in, checks
	if a.request == nil {
		a.request = r
	}
	return r.WithContext(a.publish(r.Context()))
}

// attachInner is attach for a requestAuth that an outer handler of this Guard has published.
func (a *requestAuth) attachInner(r *http.Request, in classRole, checks *[]check) *http.Request {
	ctx := r.Context()
	if len(*checks) > 0 {
		// A copy, since a published requestAuth must not change.
		more := &requestAuth{guard: a.guard, authResult: a.authResult, classRole: in, checks: checks, request: r, inner: &innerAuth{outer: a, first: a.first()}}
		ctx = more.publish(ctx)
	}
	current, _ := grimoireauth.AuthenticationFromContext(ctx)
	person, role, _ := grimoireauth.RoleFromContext(ctx)
	switch {
	case in.role != grimoireauth.RoleNone && (current != a.authentication || person != a.person(in) || role != in.role):
		ctx = grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(ctx, a.authentication), a.person(in), in.role)
	case current != a.authentication:
		ctx = grimoireauth.ContextWithAuthentication(ctx, a.authentication)
	case len(*checks) == 0:
		return r
	}
	return r.WithContext(ctx)
}

// person returns the member who is signed in, as a person of the class.
func (a *requestAuth) person(in classRole) grimoireauth.Person {
	return grimoireauth.Person{Member: a.authentication.Member(), Class: in.class}
}
