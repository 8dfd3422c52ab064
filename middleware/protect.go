package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Protect serves mux and requires authentication for every route, except those whose
// patterns are listed: exactly the strings that were given to mux.Handle, such as "GET /{$}"
// or "/auth/". So a page that was added without a guard is closed. It compares the pattern
// that the mux itself chooses for a request, never the path, so that no second reading of a
// path can differ.
//
// Public routes are served as they are, and keep working in an outage; wrap one in
// [Guard.Load] if it shows who is signed in. All others are served as by [Guard.Require],
// and guards inside use its result. The mux's own answers, such as 404, 405 and redirects to
// cleaned paths, count as closed: an unauthenticated client gets a 401 and learns no route.
//
// Call it after all routes are registered: it panics if a public pattern is empty or the mux
// does not have it, since a misspelt one would close the sign-in page; and if the mux has a
// route for the page of Config.SignInURL that is not listed.
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
		if pattern != "" && (open[pattern] || g.isClosed(h)) {
			mux.ServeHTTP(w, r)
			return
		}
		closed.ServeHTTP(w, r)
	})
}

// isClosed reports whether a handler is one of this Guard's that refuses unauthenticated
// requests, so that Protect need not.
func (g *Guard) isClosed(h http.Handler) bool {
	inner, ok := h.(*guardedHandler)
	return ok && inner.must && inner.guard == g
}

// signInClosed returns an error if the page of SignInURL is a route of the mux that is not
// public. If only the route "/" matches, the page may be served elsewhere.
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
	return fmt.Errorf("signing in would be impossible: the page of SignInURL %q belongs to the pattern %q, which is not among the public ones", g.config.SignInURL, pattern)
}

// Words that no application uses, so that a request made of them matches the pattern in
// question and not a more special one.
const (
	sampleMethod  = "PROTECT"
	sampleSegment = "middleware.protect.sample"
)

// registered returns an error unless the mux has a route of exactly this pattern. A mux does
// not list its routes, so this makes a request that only the pattern itself, or a less
// special one, can match, and compares the pattern that the mux chooses.
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
