package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// refusals are the errors that have a page here; the first match counts. Every other
// error, and every program, gets the library's response.
var refusals = []struct {
	err           error
	status        int
	title, detail string
}{
	{grimoireauth.ErrUnavailable, http.StatusServiceUnavailable, "The sign-in service cannot be reached", "This page needs it. You are not signed out, and what you can see without it goes on working. Please try again in a moment."},
	{grimoireauth.ErrOverShare, http.StatusTooManyRequests, "Too many requests from your network", "You are not signed out. Please try again in a moment."},
	{grimoireauth.ErrRateLimited, http.StatusServiceUnavailable, "Too much is going on at the moment", "You are not signed out. Please try again in a moment."},
	{grimoireauth.ErrForbidden, http.StatusForbidden, "Not permitted", "Your role in this class does not include this. If you need it, ask an instructor of the class."},
	{grimoireauth.ErrNotFound, http.StatusNotFound, "Not found", "There is nothing here, or nothing that you may see."},
}

var defaultRespond = middleware.DefaultRespond("/auth/")

// respond writes an error of the guard, in the frame of the other pages if a person
// reads it.
func (c *classroom) respond(w http.ResponseWriter, r *http.Request, err error) {
	if strings.Contains(r.Header.Get("Accept"), "text/html") && !errors.Is(err, middleware.ErrMisconfigured) {
		for _, refusal := range refusals {
			if !errors.Is(err, refusal.err) {
				continue
			}
			again := refusal.status == http.StatusServiceUnavailable || refusal.status == http.StatusTooManyRequests
			if again {
				wait, ok := grimoireauth.RetryAfter(err)
				if !ok {
					wait = 5 * time.Second
				}
				w.Header().Set("Retry-After", strconv.Itoa(int(max(wait, time.Second).Round(time.Second)/time.Second)))
			}
			c.refused(w, r, refused{Status: refusal.status, Title: refusal.title, Detail: refusal.detail,
				Again: again && r.Method == http.MethodGet, frame: frame{SignedIn: errors.Is(err, grimoireauth.ErrForbidden)}})
			return
		}
		// A page is redirected to the sign-in page. A form is not, which would lose it.
		if errors.Is(err, grimoireauth.ErrUnauthenticated) && r.Method != http.MethodGet && r.Method != http.MethodHead {
			c.refused(w, r, refused{Status: http.StatusUnauthorized, Title: "Please sign in", SignIn: true,
				Detail: "Nothing was saved. Sign in in another tab, then come back here and reload this page: your browser asks, and sends what you entered again."})
			return
		}
	}
	defaultRespond(w, r, err)
}

// foreignForm refuses what a page of another site has sent with the browser's cookies.
func (c *classroom) foreignForm(w http.ResponseWriter, r *http.Request) {
	c.refused(w, r, refused{Status: http.StatusForbidden, Title: "Not from that page", Detail: "A page of another site has sent this in your name, so it was not done. If you meant it, do it from here."})
}

// refused is what a page says that stands in for another one.
type refused struct {
	frame
	Status        int
	Title, Detail string
	Again         bool // the same request may succeed in a moment
	SignIn        bool // offers to sign in, in another tab
}

func (c *classroom) refused(w http.ResponseWriter, r *http.Request, page refused) {
	signedIn := page.SignedIn
	page.frame = c.frame(r)
	page.SignedIn = page.SignedIn || signedIn // the guard refuses before it passes the session on
	show(w, page.Status, "refused", page)
}

// noPage answers every address and method that no other route of mux answers.
func (c *classroom) noPage(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			detail := "This address does not take what your browser sent. Please begin at the first page."
			if r.Method == http.MethodGet {
				detail = "This address only takes what a form sends. Please begin at the first page."
			}
			c.refused(w, r, refused{Status: http.StatusMethodNotAllowed, Title: "Not from here", Detail: detail})
			return
		}
		c.guard.Respond(w, r, grimoireauth.ErrNotFound)
	}
}
