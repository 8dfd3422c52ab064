package middleware

import (
	"context"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// found is what a Guard found out about one request. It is also the node of the
// request's context that tells an inner handler of the same Guard; it is
// complete before it is published there, and immutable from then on.
type found struct {
	context.Context // of the request it was found for; nil until published
	guard           *Guard
	line            string    // the Cookie header, if there was one line of it
	presented       presented // what it was decided on
	authentication  grimoireauth.Authentication
	err             error
	settled         bool

	// Room for two response headers, so that setting them allocates nothing.
	cacheControl, vary [1]string
}

// foundKey is the context key of one Guard's answer. Another Guard may trust
// another project, so its answers do not count here.
type foundKey struct{ guard *Guard }

func (f *found) Value(key any) any {
	if key == (foundKey{f.guard}) {
		return f
	}
	return f.Context.Value(key)
}

// find returns what this Guard found on this request before, or asks. The
// cookies are compared again, since a handler in between may have put others on
// the request and kept its context.
func (g *Guard) find(r *http.Request) *found {
	if g == nil || g.auth == nil {
		return &found{guard: g, err: errZeroGuard}
	}
	lines := r.Header["Cookie"]
	earlier, ok := r.Context().Value(foundKey{g}).(*found)
	if ok && len(lines) == 1 && lines[0] == earlier.line {
		return earlier // the very same string, so this compares two addresses
	}
	cookies, err := g.cookie.read(lines)
	if ok && err == nil && earlier.presented == cookies {
		return earlier
	}
	f := &found{guard: g, presented: cookies, err: err}
	if len(lines) == 1 {
		f.line = lines[0]
	}
	if err == nil {
		f.authentication, f.err = g.Authenticate(r.Context(), grimoireauth.NewCredentials(cookies.jwt, cookies.token))
	}
	return f
}

// settle writes what the browser has to learn, once, before any handler runs:
// afterwards the headers may be gone. Whatever depends on who is signed in is
// kept out of caches; a handler that knows better sets Cache-Control itself.
func (f *found) settle(w http.ResponseWriter) {
	if f.settled {
		return
	}
	f.settled = true
	h := w.Header()
	if !varies(h) {
		f.vary[0] = "Cookie"
		if h["Vary"] == nil {
			h["Vary"] = f.vary[:1:1]
		} else {
			h.Add("Vary", "Cookie")
		}
	}
	switch {
	case over(f.err):
		f.guard.ClearCookies(w)
	case f.err == nil:
		if h["Cache-Control"] == nil {
			f.cacheControl[0] = "no-store"
			h["Cache-Control"] = f.cacheControl[:1:1]
		}
		f.guard.renewCookies(w, f.presented, f.authentication)
	}
}

// attach returns the request with the answer in its context, and with no other
// authentication: not one that somebody else left there.
func (f *found) attach(r *http.Request) *http.Request {
	ctx := r.Context()
	published := f.Context != nil
	if !published {
		f.Context = ctx
		ctx = f
	}
	current, somebody := grimoireauth.AuthenticationFromContext(ctx)
	switch {
	case current != f.authentication:
		ctx = grimoireauth.ContextWithAuthentication(ctx, f.authentication)
	case published:
		return r
	case somebody:
		// The same answer, left by somebody else: its role is not this Guard's.
		ctx = grimoireauth.ContextWithAuthentication(ctx, f.authentication)
	}
	return r.WithContext(ctx)
}

// attachIn does the same for somebody in a class.
func (f *found) attachIn(r *http.Request, person grimoireauth.Person, role grimoireauth.Role) *http.Request {
	if f.Context == nil {
		f.Context = r.Context()
		return r.WithContext(grimoireauth.ContextWithPerson(f, f.authentication, person, role))
	}
	r = f.attach(r)
	return r.WithContext(grimoireauth.ContextWithRole(r.Context(), person, role))
}
