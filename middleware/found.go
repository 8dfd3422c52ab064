package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// found is what a Guard found out about one request. A node of the request's context
// leads an inner handler of the same Guard to it; it is complete before it is
// published there, and immutable from then on.
type found struct {
	node           node // in the context of the request it was found for; zero until published
	guard          *Guard
	presented      presented // what it was decided on
	authentication grimoireauth.Authentication
	err            error
	fresh          bool // Stytch was asked for this request
	settled        bool

	place  place   // what class guards around this one have decided
	passed []check // what was decided about this authentication; before it is published, about an older one

	// Room for two response headers, so that setting them allocates nothing.
	cacheControl, vary [1]string
}

// foundKey is the context key of one Guard's answer. Another Guard may trust
// another project, so its answers do not count here.
type foundKey struct{ guard *Guard }

var errTwoAnswers = fmt.Errorf("Stytch names another session than the one that this request was served for: %w", grimoireauth.ErrUnauthenticated)

// find returns what this Guard found on this request before, or asks. The
// credentials are compared again, since a handler in between may have put others
// on the request and kept its context.
func (g *Guard) find(r *http.Request, fresh bool) *found {
	if g == nil || g.auth == nil {
		return &found{guard: g, err: errZeroGuard}
	}
	earlier, ok := r.Context().Value(foundKey{g}).(*found)
	had, err := g.read(r)
	same := ok && err == nil && earlier.presented == had
	// Stytch is not asked about credentials that are known to be bad, or that nobody
	// could find out about.
	if same && (!fresh || earlier.fresh || earlier.err != nil) {
		return earlier
	}
	f := &found{guard: g, presented: had, err: err, fresh: fresh}
	if err != nil {
		return f
	}
	f.ask(r.Context())
	if same && f.err == nil {
		// What guards around this one decided, they decided on older facts.
		f.passed = earlier.passed
		if f.authentication.ID() != earlier.authentication.ID() {
			f.authentication, f.err = grimoireauth.Authentication{}, errTwoAnswers
		}
	}
	return f
}

var errTwoSessions = fmt.Errorf("the session_token belongs to another session than its cookie names: %w", grimoireauth.ErrUnauthenticated)

// ask finds out whose the credentials are.
func (f *found) ask(ctx context.Context) {
	if f.presented.ended {
		f.err = grimoireauth.ErrSessionEnded
		return
	}
	credentials := f.presented.credentials()
	f.authentication, f.err = f.askAbout(ctx, credentials)
	if f.foreign() && f.presented.jwt != "" {
		// Not every AuthFunc looks at the name. The session_jwt is not this session's,
		// whatever was said about it.
		credentials.JWT = grimoireauth.Secret{}
		f.authentication, f.err = f.askAbout(ctx, credentials)
	}
	if f.err == nil && f.foreign() {
		f.authentication, f.err = grimoireauth.Authentication{}, errTwoSessions
	}
	// Two kilobytes, letter by letter, cost as much as all the rest of the guard. A
	// session_jwt whose signature was verified here needs no second look; about any
	// other, whatever was said about it, one that holds what no token holds is bad.
	local := f.err == nil && f.authentication.Source == grimoireauth.SourceLocal && f.authentication.JWT.Reveal() == f.presented.jwt
	if !local && !tokenLike(f.presented.jwt, maxJWT) {
		f.authentication, f.err = grimoireauth.Authentication{}, errBadValue
	}
	if f.err != nil {
		return
	}
	if f.presented.bearer {
		// Whoever showed a session_jwt alone keeps it for what it is: five minutes
		// do not become a session because an AuthFunc revives what has expired.
		if f.authentication.JWT.Reveal() != f.presented.jwt && expired(f.presented.jwt) {
			f.authentication, f.err = grimoireauth.Authentication{}, grimoireauth.ErrExpired
			return
		}
		f.authentication.Credentials = credentials
	}
}

func (f *found) askAbout(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if f.fresh {
		return f.guard.askStytch(ctx, credentials)
	}
	return f.guard.Authenticate(ctx, credentials)
}

// foreign reports whether the answer is about another session than the one that the
// session_token's cookie names: the answer itself says so, or, if it is an error, the
// session_jwt that it was asked about.
func (f *found) foreign() bool {
	switch {
	case f.presented.session == "":
		return false
	case f.err == nil:
		return string(f.authentication.ID()) != f.presented.session
	case f.presented.jwt == "":
		return false
	}
	c, ok := claimsOf(f.presented.jwt)
	return ok && len(c.SessionID) > 0 && string(c.SessionID) != f.presented.session
}

// settle writes what the browser has to learn, once, before any handler runs:
// afterwards the headers may be gone. Whatever depends on who is signed in is
// kept out of caches; a handler that knows better sets Cache-Control itself.
func (f *found) settle(w http.ResponseWriter, r *http.Request) {
	if f.settled {
		return
	}
	f.settled = true
	h := w.Header()
	if f.guard != nil {
		f.setVary(h)
	}
	switch {
	case f.err == nil:
		if h["Cache-Control"] == nil {
			f.cacheControl[0] = "no-store"
			h["Cache-Control"] = f.cacheControl[:1:1]
		}
		if !f.presented.bearer {
			f.guard.renewCookies(w, f.presented, f.authentication)
		}
	case f.presented.bearer || f.guard == nil:
	case over(f.err):
		f.guard.markEnded(w, f.presented)
	case errors.Is(f.err, errTwoValues) && !f.guard.config.FrontEndCookies:
		f.guard.cookie.expireForeign(h, r)
		uncached(w)
	}
}

// setVary names the headers that decide who is signed in.
func (f *found) setVary(h http.Header) {
	carrier := f.guard.config.Carrier
	needed := ""
	if carrier != CookiesOnly && !varies(h, "Authorization") {
		needed = "Authorization"
	}
	if carrier != BearerOnly && !varies(h, "Cookie") {
		if needed != "" {
			needed += ", "
		}
		needed += "Cookie"
	}
	switch {
	case needed == "":
	case h["Vary"] == nil:
		f.vary[0] = needed
		h["Vary"] = f.vary[:1:1]
	default:
		h.Add("Vary", needed)
	}
}

// attach returns the request with the answer in its context, and with no other
// authentication: not one that somebody else left there.
func (f *found) attach(r *http.Request, in place, checks []check) *http.Request {
	if f.published() {
		return f.attachAgain(r, in, checks)
	}
	ctx := f.publish(r.Context())
	f.place = in
	// A fresh answer is not asked for again, so what it inherited has served.
	f.passed = checks
	if in.role != grimoireauth.RoleNone {
		return r.WithContext(grimoireauth.ContextWithPerson(ctx, f.authentication, f.person(in), in.role))
	}
	if _, somebody := grimoireauth.AuthenticationFromContext(ctx); somebody || f.err == nil {
		// Also the same answer, left by somebody else: its role is not this Guard's.
		ctx = grimoireauth.ContextWithAuthentication(ctx, f.authentication)
	}
	return r.WithContext(ctx)
}

// attachAgain does the same for what an outer handler of this Guard has published.
func (f *found) attachAgain(r *http.Request, in place, checks []check) *http.Request {
	ctx := r.Context()
	if len(checks) > 0 {
		// A copy, since others read what was published.
		more := *f
		more.place = in
		more.passed = slices.Concat(f.passed, checks)
		ctx = more.publish(ctx)
	}
	current, _ := grimoireauth.AuthenticationFromContext(ctx)
	person, role, _ := grimoireauth.RoleFromContext(ctx)
	switch {
	case in.role != grimoireauth.RoleNone && (current != f.authentication || person != f.person(in) || role != in.role):
		ctx = grimoireauth.ContextWithPerson(ctx, f.authentication, f.person(in), in.role)
	case current != f.authentication:
		ctx = grimoireauth.ContextWithAuthentication(ctx, f.authentication)
	case len(checks) == 0:
		return r
	}
	return r.WithContext(ctx)
}

func (f *found) person(in place) grimoireauth.Person {
	return grimoireauth.Person{Member: f.authentication.Member(), Class: in.class}
}
