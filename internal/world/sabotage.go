package world

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// sabotage puts one fault into every process, outside the library, to see that the
// oracle finds it. The zero sabotage puts none.
type sabotage struct{ kind string }

// Sabotages are the names of the faults.
var Sabotages = []string{
	"cookies after sign-out", // the response to a sign-out sets the cookies again
	"no tombstone",           // no process is told that a session has ended
	"no revocation",          // no process is told that a member was removed, suspended or demoted
	"a role kept",            // a role in a class is never lowered
	"short cookies",          // the session_token's cookie lasts an hour, whatever the session does
	"no class",               // a page of the class asks only for a session
	"clear on 503",           // an outage deletes the cookies
	"print tokens",           // the log has the session_token
	"stale answers",          // a response about a token is used for an hour
	"shared answers",         // requests at the same time share one response
	"late cookies",           // a slow page writes the cookies of its request again
	"deaf after an outage",   // after a failure no calls to Stytch are made for half an hour
	"any class",              // a person who may mark in one class may in all
	"revoked when refused",   // a refused call ends the session of its victim
	"deaf streams",           // the guards of a stream are never checked again
	"nervous streams",        // a stream ends with a temporary error after half a minute
	"one pending sign-in",    // beginning with a provider deletes the pending sign-in of another tab
	"a clock ends sessions",  // a wrong clock leads to the response for an ended session
	"no look at the clock",   // a link is redeemed although the clock is wrong
	"deaf replicas",          // no process learns what another one has revoked
	"trust in silence",       // tokens count although nothing is heard of the log
}

// onRevoke returns a function that calls record and then next.
func (s sabotage) onRevoke(record, next grimoireauth.OnRevoke) grimoireauth.OnRevoke {
	return func(ctx context.Context, c grimoireauth.Revocation) error {
		_ = record(ctx, c)
		if s.kind == "no tombstone" && c.Session != "" || s.kind == "no revocation" && c.Session == "" {
			return nil
		}
		return next(ctx, c)
	}
}

// auth wraps the AuthFunc. off reports whether the clock of the process is too wrong.
func (s sabotage) auth(next grimoireauth.AuthFunc, off func() bool) grimoireauth.AuthFunc {
	type answer struct {
		grimoireauth.Authentication
		at time.Time
	}
	var mu sync.Mutex
	known := make(map[string]answer)
	var last answer
	var failed time.Time
	switch s.kind {
	case "stale answers":
		return func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			mu.Lock()
			a, ok := known[c.Token.Reveal()]
			mu.Unlock()
			if ok && !c.Token.IsZero() && time.Since(a.at) < time.Hour {
				return a.Authentication, nil
			}
			got, err := next(ctx, c)
			if err == nil {
				mu.Lock()
				known[c.Token.Reveal()] = answer{got, time.Now()}
				mu.Unlock()
			}
			return got, err
		}
	case "shared answers":
		return func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			mu.Lock()
			a := last
			mu.Unlock()
			if !a.IsZero() && time.Since(a.at) < 100*time.Millisecond {
				return a.Authentication, nil
			}
			got, err := next(ctx, c)
			if err == nil {
				mu.Lock()
				last = answer{got, time.Now()}
				mu.Unlock()
			}
			return got, err
		}
	case "a clock ends sessions":
		return func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			got, err := next(ctx, c)
			if unavailable(err) && off() {
				err = grimoireauth.ErrSessionEnded
			}
			return got, err
		}
	case "deaf after an outage":
		return func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			mu.Lock()
			deaf := !failed.IsZero() && time.Since(failed) < 30*time.Minute
			mu.Unlock()
			if deaf {
				return grimoireauth.Authentication{}, grimoireauth.ErrUnavailable
			}
			got, err := next(ctx, c)
			if unavailable(err) {
				mu.Lock()
				failed = time.Now()
				mu.Unlock()
			}
			return got, err
		}
	}
	return next
}

// clockLeeway is how far the clock of a process may be off for a sign-in.
func (s sabotage) clockLeeway() time.Duration {
	if s.kind == "no look at the clock" {
		return -1
	}
	return 0
}

// role wraps the RoleFunc.
func (s sabotage) role(next grimoireauth.RoleFunc) grimoireauth.RoleFunc {
	if s.kind != "a role kept" {
		return next
	}
	if next == nil {
		next = grimoireauth.DefaultRoleTable().OrgPerClass
	}
	var mu sync.Mutex
	kept := make(map[grimoireauth.Person]grimoireauth.Role)
	return func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
		role, err := next(ctx, session, class)
		mu.Lock()
		defer mu.Unlock()
		who := grimoireauth.Person{Member: session.Member(), Class: class}
		kept[who] = max(kept[who], role)
		return kept[who], err
	}
}

// inClass returns the guard of a page of a class.
func (s sabotage) inClass(g *middleware.Guard, right func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	if s.kind == "no class" {
		return g.Require
	}
	return right
}

// handler wraps the whole application of a process.
func (s sabotage) handler(w *World, p *instance, next http.Handler) http.Handler {
	names := p.setting.cookies()
	give := func(h http.Header, r *http.Request) {
		for _, c := range r.Cookies() {
			if c.Name == names.token || c.Name == names.jwt {
				h.Add("Set-Cookie", c.Name+"="+c.Value+"; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600")
			}
		}
	}
	after := func(when func(r *http.Request, status int) bool, then func(http.Header, *http.Request)) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&meddler{ResponseWriter: rw, before: func(status int) {
				if when(r, status) {
					then(rw.Header(), r)
				}
			}}, r)
		})
	}
	switch s.kind {
	case "cookies after sign-out":
		return after(func(r *http.Request, _ int) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/logout")
		}, give)
	case "late cookies":
		return after(func(r *http.Request, status int) bool { return r.URL.Path == "/slow" && status == http.StatusOK }, give)
	case "clear on 503":
		return after(func(_ *http.Request, status int) bool { return status == http.StatusServiceUnavailable }, func(h http.Header, _ *http.Request) {
			h.Add("Set-Cookie", names.token+"=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
			h.Add("Set-Cookie", names.jwt+"=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
		})
	case "one pending sign-in":
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/auth/oauth/") {
				next.ServeHTTP(rw, r)
				return
			}
			cookies := r.Cookies()
			r = r.Clone(r.Context())
			r.Header.Del("Cookie")
			for _, c := range cookies {
				if strings.Contains(c.Name, "grimoire_attempt") {
					rw.Header().Add("Set-Cookie", c.Name+"=; Path=/; Secure; Max-Age=0")
				} else {
					r.AddCookie(c)
				}
			}
			next.ServeHTTP(rw, r)
		})
	case "short cookies":
		return after(func(*http.Request, int) bool { return true }, func(h http.Header, _ *http.Request) {
			for i, line := range h["Set-Cookie"] {
				if strings.HasPrefix(line, names.token+"=") && !strings.Contains(line, "Max-Age=0") {
					kept, _, _ := strings.Cut(line, "; Max-Age=")
					h["Set-Cookie"][i] = kept + "; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"
				}
			}
		})
	case "print tokens":
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, _ = w.log.Write([]byte("cookies " + r.Header.Get("Cookie") + "\n"))
			next.ServeHTTP(rw, r)
		})
	}
	return next
}

// meddler is a ResponseWriter that calls before just before it writes the header.
type meddler struct {
	http.ResponseWriter
	before func(status int)
	done   bool
}

// Unwrap lets a handler flush.
func (m *meddler) Unwrap() http.ResponseWriter { return m.ResponseWriter }

func (m *meddler) WriteHeader(status int) {
	if !m.done {
		m.done = true
		m.before(status)
	}
	m.ResponseWriter.WriteHeader(status)
}

func (m *meddler) Write(b []byte) (int, error) {
	if !m.done {
		m.WriteHeader(http.StatusOK)
	}
	return m.ResponseWriter.Write(b)
}
