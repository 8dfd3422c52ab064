package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Protect serves mux with every route closed to strangers, except those whose
// patterns are listed: exactly the strings that were given to mux.Handle, such
// as "GET /{$}" or "/auth/". A page that somebody adds and forgets to guard is
// closed. It compares the pattern that the mux itself picks for a request, never
// the path, so there is no second reading of a path that could differ.
//
// Public routes are served as they are, and keep working in an outage; wrap one
// in [Guard.Load] if it shows who is signed in. All others are served with the
// authentication in the context, as by [Guard.Require], and guards inside ask
// nobody again. The mux's own answers, such as 404, 405 and redirects to cleaned
// paths, count as closed: strangers are told to sign in, and learn no route.
//
// Call it after all routes are registered: it panics if a public pattern is
// empty or is none of the mux's, since a misspelt one would close the sign-in
// page to everybody; and if the mux has a route for the page of Config.SignInURL
// that is not listed.
func (g *Guard) Protect(mux *http.ServeMux, public ...string) http.Handler {
	if mux == nil {
		panic("middleware: Protect without a mux")
	}
	open := make(map[string]bool, len(public))
	var faults []error
	for _, pattern := range public {
		if err := registered(mux, pattern); err != nil {
			faults = append(faults, err)
		}
		open[pattern] = true
	}
	if err := g.signInClosed(mux, open); err != nil {
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		panic("middleware: Protect: " + err.Error())
	}
	closed := g.Require(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The empty pattern is that of requests without a route.
		h, pattern := mux.Handler(r)
		if pattern != "" && (open[pattern] || g.closes(h)) {
			mux.ServeHTTP(w, r)
			return
		}
		closed.ServeHTTP(w, r)
	})
}

// closes reports whether a handler is one of this Guard's that lets nobody pass
// without being signed in, so that deciding it here as well would decide it twice.
func (g *Guard) closes(h http.Handler) bool {
	inner, ok := h.(*guardedHandler)
	return ok && inner.must && inner.guard == g
}

// signInClosed returns an error if strangers would be sent to a page of the mux that
// is closed to strangers. A route for everything says nothing about that page, which
// may be served elsewhere.
func (g *Guard) signInClosed(mux *http.ServeMux, open map[string]bool) error {
	if g == nil || g.config.SignInURL == "" {
		return nil
	}
	u, err := url.ParseRequestURI(g.config.SignInURL)
	if err != nil {
		return fmt.Errorf("SignInURL %q cannot be asked for", g.config.SignInURL)
	}
	_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}})
	if pattern == "" || open[pattern] || strings.TrimPrefix(pattern, "GET ") == "/" {
		return nil
	}
	return fmt.Errorf("nobody could sign in: the page of SignInURL %q belongs to the pattern %q, which is not among the public ones", g.config.SignInURL, pattern)
}

// Words that no application uses, so that a request made of them is picked up by
// the pattern asked about and not by a more special one.
const (
	sampleMethod  = "PROTECT"
	sampleSegment = "middleware.protect.sample"
)

// registered returns an error unless the mux has a route of exactly this
// pattern. A mux does not list its routes, so this makes a request that only the
// pattern itself, or a less special one, can match, and asks.
func registered(mux *http.ServeMux, pattern string) error {
	method, rest, ok := strings.Cut(pattern, " ")
	if !ok {
		method, rest = sampleMethod, pattern
	}
	host, path, ok := strings.Cut(strings.TrimLeft(rest, " \t"), "/")
	if !ok {
		return fmt.Errorf("public pattern %q has no path", pattern)
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		switch {
		case segment == "{$}":
			segments[i] = ""
		case strings.HasPrefix(segment, "{"):
			segments[i] = sampleSegment
		}
	}
	u, err := url.ParseRequestURI("/" + strings.Join(segments, "/"))
	if err != nil {
		return fmt.Errorf("public pattern %q has no path that can be asked for", pattern)
	}
	_, got := mux.Handler(&http.Request{Method: method, Host: host, URL: u, Header: http.Header{}})
	if got != pattern {
		return fmt.Errorf("public pattern %q is none of the mux's: give the string that was given to mux.Handle, and call Protect after it", pattern)
	}
	return nil
}
