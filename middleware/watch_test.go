package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// stream is a handler that tells a class something four times a second for as long
// as the person may hear it: the context of Watch ends with the session.
func (x *real) stream(send func(http.ResponseWriter, *http.Request) (func(string) error, func())) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authentication, ok := grimoireauth.AuthenticationFromContext(r.Context())
		if !ok {
			x.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
			return
		}
		ctx := x.verifier.Watch(r.Context(), authentication)
		event, done := send(w, r)
		if event == nil {
			return
		}
		defer done()
		for {
			if event("tick") != nil {
				return
			}
			select {
			case <-time.After(250 * time.Millisecond):
			case <-ctx.Done():
				why := "unknown"
				for name, cause := range map[string]error{"session ended": grimoireauth.ErrSessionEnded, "authenticate again": grimoireauth.ErrExpired} {
					if errors.Is(context.Cause(ctx), cause) {
						why = name
					}
				}
				_ = event(why)
				return
			}
		}
	})
}

// sse sends server-sent events.
func sse(w http.ResponseWriter, _ *http.Request) (func(string) error, func()) {
	w.Header().Set("Content-Type", "text/event-stream")
	return func(text string) error {
		say(w, "data: %s\n\n", text)
		return http.NewResponseController(w).Flush()
	}, func() {}
}

// socket takes the connection over, as WebSocket libraries do, and writes lines.
func socket(w http.ResponseWriter, r *http.Request) (func(string) error, func()) {
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", r.Header.Get("Upgrade"))
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil
	}
	return func(text string) error {
		say(rw, "data: %s\n\n", text)
		return rw.Flush()
	}, func() { _ = conn.Close() }
}

// M18: the connection of a member who is removed from the class, or signs out, ends within a
// second, with server-sent events and after an upgrade.
func TestM18_StreamsEndWithTheSession(t *testing.T) {
	for _, how := range []struct {
		name string
		do   func(t *testing.T, x *real, session grimoireauth.Session)
		want string
	}{
		{"removed from the class", func(t *testing.T, x *real, s grimoireauth.Session) {
			require.NoError(t, x.client.Roster.Remove(t.Context(), x.class.ID, s.Member()))
		}, "authenticate again"},
		{"signed out", func(t *testing.T, x *real, s grimoireauth.Session) {
			require.NoError(t, x.client.Sessions.Revoke(t.Context(), s))
		}, "session ended"},
	} {
		for _, via := range []struct {
			name  string
			http2 bool
			send  func(http.ResponseWriter, *http.Request) (func(string) error, func())
		}{{"SSE on HTTP/1.1", false, sse}, {"SSE on HTTP/2", true, sse}, {"taken over", false, socket}} {
			t.Run(how.name+"/"+via.name, func(t *testing.T) {
				t.Parallel()
				x := newReal(t)
				mux := http.NewServeMux()
				mux.Handle("GET /classes/{class}/events", ofStudents(x.guard)(x.stream(via.send)))
				ended := make(chan time.Time, 1)
				app := x.guard.Protect(mux)
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					app.ServeHTTP(w, r)
					ended <- time.Now()
				}))
				server.EnableHTTP2 = via.http2
				server.StartTLS()
				defer server.Close()

				member := x.stytch.AddStudent(x.class.ID, "zoe@example.edu")
				credentials := x.stytch.SignIn(member, mock.WithDuration(8*time.Hour))
				session, err := x.verifier.Verify(t.Context(), credentials.JWT)
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/classes/%s/events", server.URL, x.class.ID), nil)
				require.NoError(t, err)
				require.NoError(t, x.guard.Attach(r, credentials))
				if !via.http2 && via.name == "taken over" {
					r.Header.Set("Connection", "Upgrade")
					r.Header.Set("Upgrade", "lines")
					r.Header.Set("Origin", server.URL)
				}
				res, err := server.Client().Do(r)
				require.NoError(t, err)
				defer func() { _ = res.Body.Close() }()
				lines := bufio.NewScanner(res.Body)
				require.True(t, lines.Scan())
				require.Equal(t, "data: tick", lines.Text())

				began := time.Now()
				how.do(t, x, session)
				last := ""
				for lines.Scan() {
					if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
						last = text
					}
				}
				require.Equal(t, how.want, last, "the last that was heard")
				require.Less(t, (<-ended).Sub(began), 5*time.Second, "a second, and what a busy machine adds")
			})
		}
	}
}

// The same on a clock that nothing disturbs: never more than a second.
func TestM18_WithinASecond(t *testing.T) {
	for tenths := range 4 {
		synctest.Test(t, func(t *testing.T) {
			x := newReal(t)
			mux := http.NewServeMux()
			mux.Handle("GET /classes/{class}/events", ofStudents(x.guard)(x.stream(sse)))
			member := x.stytch.AddStudent(x.class.ID, "zoe@example.edu")
			r := httptest.NewRequest("GET", "/classes/"+string(x.class.ID)+"/events", nil).WithContext(t.Context())
			require.NoError(t, x.guard.Attach(r, x.stytch.SignIn(member, mock.WithDuration(8*time.Hour))))
			ended := make(chan time.Time)
			go func() {
				serve(mux, r)
				ended <- time.Now()
			}()
			// Through several session_jwts, on which the connection does not depend.
			time.Sleep(17*time.Minute + time.Duration(tenths)*250*time.Millisecond)
			select {
			case <-ended:
				t.Fatal("it ended by itself")
			default:
			}
			began := time.Now()
			require.NoError(t, x.client.Roster.Remove(t.Context(), x.class.ID, member))
			require.LessOrEqual(t, (<-ended).Sub(began), time.Second)
		})
	}
}

// A05: a connection that is open is no use of the session by itself: where sessions slide,
// a page that is left open overnight is signed out like any other.
func TestA05_AnOpenConnectionIsNoUse(t *testing.T) {
	for _, signal := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			x := newReal(t)
			verifier, err := jwtlocal.New(jwtlocal.Config{
				ProjectID: x.stytch.ProjectID(), Transport: x.stytch, Refresh: x.client.Sessions.Authenticate,
				SlidingSession: jwtlocal.SlidingSession{Extend: x.client.Sessions.Extend, IdleTimeout: time.Hour, AbsoluteTimeout: 12 * time.Hour},
			})
			require.NoError(t, err)
			config := middleware.Config{}
			if signal {
				config.Watch = verifier.Watch
			}
			s := &streaming{real: x, guard: newGuard(t, verifier.Authenticate, config), class: x.class.ID}
			open := s.open(t, x.stytch.SignIn(x.member, mock.WithDuration(time.Hour)), func(next http.Handler) http.Handler { return s.guard.Require(next) })
			took, cause := open.endsWithin(t, 24*time.Hour)
			require.ErrorIs(t, cause, grimoireauth.ErrUnauthenticated)
			require.InDelta(t, time.Hour, took, float64(11*time.Second))
			require.NoError(t, verifier.Wait(t.Context()))
		})
	}
}
