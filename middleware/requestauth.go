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

// found is what a Guard found out about one request. A node of the request's context
// leads an inner handler of the same Guard to it; it is complete before it is
// published there, and immutable from then on.
type found struct {
	node  node // in the context that it was asked in and is published in; zero until then
	guard *Guard
	answer

	place place // what class guards around this one have decided

	// What was decided about this authentication: by the handler that published it, on the
	// request as it was there, and by those around, perhaps about an older answer.
	own *[]check // nil until published
	on  *http.Request

	later *later  // nil for what was found first on a request
	newer renewal // of the first: what was found out on this request later

	// Room for two response headers, so that setting them allocates nothing.
	cacheControl, vary [1]string
}

// later is what there is to know of a found that is not the first on its request. Most
// are the first.
type later struct {
	outer  *found       // what was published around; nil: nothing
	first  *found       // what was published first on this request; nil: this one
	noting *[]condition // checks write down here what they would decide, and decide nothing
}

// outer returns what was published around, nil if nothing was.
func (f *found) outer() *found {
	if f.later == nil {
		return nil
	}
	return f.later.outer
}

// answer is whose the credentials of a request are, as it was found out at one moment.
type answer struct {
	presented      presented // what it was decided on
	authentication grimoireauth.Authentication
	err            error
	fresh          bool // Stytch was asked for this request
	settled        bool
	bound          bool // Stytch has said what no credentials here say: only Stytch is asked from now on

	rests       uint32                    // on how many answers of Stytch's, each knowing the one before
	asked, came time.Duration             // when it was asked for and when it came, since loaded
	renewed     *grimoireauth.Credentials // what proves the session now; nil: what was presented
}

// foundKey is the context key of one Guard's answer. Another Guard may trust
// another project, so its answers do not count here.
type foundKey struct{ guard *Guard }

var errTwoAnswers = fmt.Errorf("Stytch names another session than the one that this request was served for: %w", grimoireauth.ErrUnauthenticated)

// find returns what this Guard found on this request a moment ago, or asks. The
// credentials are compared again, since a handler in between may have put others
// on the request and kept its context.
func (g *Guard) find(r *http.Request, fresh bool) *found {
	if g == nil || g.auth == nil {
		return &found{guard: g, answer: answer{err: errZeroGuard}}
	}
	if earlier, ok := r.Context().Value(foundKey{g}).(*found); ok {
		var had presented
		if err := g.present(r, &had); err == nil && earlier.presented == had {
			return earlier.again(r, fresh)
		}
	}
	f := &found{guard: g}
	f.fresh = fresh
	if f.err = g.present(r, &f.presented); f.err == nil {
		f.ask(r.Context(), r)
	}
	return f
}

// present reads into p, which is zero, what a request presents. An error says that its
// credentials do not count here.
func (g *Guard) present(r *http.Request, p *presented) error {
	err := g.read(r, p)
	if err == nil {
		err = g.foreignChannel(r, p)
	}
	return err
}

var errTwoSessions = fmt.Errorf("the session_token belongs to another session than its cookie names: %w", grimoireauth.ErrUnauthenticated)

// ask finds out whose the credentials are. They came with the request r, if there is one.
func (f *found) ask(ctx context.Context, r *http.Request) {
	f.asked = time.Since(loaded)
	f.came = f.asked
	if f.presented.ended {
		f.err = grimoireauth.ErrSessionEnded
		return
	}
	ctx = f.asking(ctx, r)
	credentials := f.presented.credentials()
	proof := credentials
	if f.renewed != nil {
		proof = *f.renewed
	}
	f.askAbout(ctx, proof)
	if f.foreign() {
		f.withoutJWT(ctx, proof, proof == credentials)
	}
	// Two kilobytes, letter by letter, cost as much as all the rest of the guard. A
	// session_jwt whose signature was verified here needs no second look; about any
	// other, whatever was said about it, one that holds what no token holds is bad. Nor does
	// a name need one that is that of the session which was found.
	local := f.err == nil && f.authentication.Source == grimoireauth.SourceLocal && f.authentication.JWT.Reveal() == f.presented.jwt
	if !local && (!tokenLike(f.presented.jwt, maxJWT) || !tokenLike(f.presented.session, maxToken)) {
		f.authentication, f.err = grimoireauth.Authentication{}, errBadValue
	}
	if !local {
		// A signature that was verified here took no time that is worth another look at
		// the clock.
		f.came = time.Since(loaded)
		f.renew()
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

// withoutJWT asks again about the session_token alone, if the answer about another session
// than it names can come from the session_jwt that was presented with it. Not every AuthFunc
// looks at the name.
func (f *found) withoutJWT(ctx context.Context, proof grimoireauth.Credentials, presented bool) {
	if presented && f.presented.jwt != "" {
		proof.JWT = grimoireauth.Secret{}
		f.askAbout(ctx, proof)
		if !f.foreign() {
			return
		}
	}
	if f.err == nil {
		f.authentication, f.err = grimoireauth.Authentication{}, errTwoSessions
	}
}

func (f *found) askAbout(ctx context.Context, credentials grimoireauth.Credentials) {
	// The answer that moved this session_token may have arrived after a sign-out at another
	// process, and an AuthFunc may remember what was true before. Only Stytch knows.
	moved := f.presented.moved && f.presented.jwt == "" && f.guard.config.Fresh != nil
	if f.fresh || moved {
		f.authentication, f.err = f.guard.askStytch(ctx, credentials)
		return
	}
	f.authentication, f.err = f.guard.ask(ctx, f.guard.auth, credentials)
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
	cached := h["Cache-Control"] != nil // looked up while there are fewer headers
	if f.guard != nil {
		f.setVary(h)
	}
	switch {
	case f.err == nil:
		if !cached {
			f.cacheControl[0] = "no-store"
			h["Cache-Control"] = f.cacheControl[:1:1]
		}
		if !f.presented.bearer {
			f.guard.renewCookies(w, &f.presented, &f.authentication)
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
	names := f.guard.config.Carrier.headers()
	lines := h["Vary"]
	if lines == nil {
		f.vary[0] = names
		h["Vary"] = f.vary[:1:1]
		return
	}
	for name := range strings.SplitSeq(names, ", ") {
		if !varies(lines, name) {
			h.Add("Vary", name)
		}
	}
}

// attach returns the request with the answer in its context, and with no other
// authentication: not one that somebody else left there.
func (f *found) attach(r *http.Request, in place, checks *[]check) *http.Request {
	if f.published() {
		return f.attachAgain(r, in, checks)
	}
	f.place, f.own = in, checks
	if f.on == nil {
		f.on = r
	}
	return r.WithContext(f.publish(r.Context()))
}

// attachAgain does the same for what an outer handler of this Guard has published.
func (f *found) attachAgain(r *http.Request, in place, checks *[]check) *http.Request {
	ctx := r.Context()
	if len(*checks) > 0 {
		// A copy, since others read what was published.
		more := &found{guard: f.guard, answer: f.answer, place: in, own: checks, on: r, later: &later{outer: f, first: f.origin()}}
		ctx = more.publish(ctx)
	}
	current, _ := grimoireauth.AuthenticationFromContext(ctx)
	person, role, _ := grimoireauth.RoleFromContext(ctx)
	switch {
	case in.role != grimoireauth.RoleNone && (current != f.authentication || person != f.person(in) || role != in.role):
		ctx = grimoireauth.ContextWithPerson(ctx, f.authentication, f.person(in), in.role)
	case current != f.authentication:
		ctx = grimoireauth.ContextWithAuthentication(ctx, f.authentication)
	case len(*checks) == 0:
		return r
	}
	return r.WithContext(ctx)
}

func (f *found) person(in place) grimoireauth.Person {
	return grimoireauth.Person{Member: f.authentication.Member(), Class: in.class}
}
