package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// T06 and F17: a demoted instructor is refused at once where Fresh stands, in
// whatever order, and within five minutes elsewhere.
func TestT06_DemotedInstructor(t *testing.T) {
	for name, wrap := range map[string]func(*middleware.Guard, http.Handler) http.Handler{
		"Fresh around InClass":                  func(g *middleware.Guard, next http.Handler) http.Handler { return g.Fresh(ofClass(g)(next)) },
		"Fresh inside InClass":                  func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(g.Fresh(next)) },
		"Fresh inside something inside InClass": func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(between(g.Fresh(next))) },
		"and a second class guard in between": func(g *middleware.Guard, next http.Handler) http.Handler {
			return ofClass(g)(between(ofClass(g)(between(g.Fresh(next)))))
		},
		"and a Recent in between": func(g *middleware.Guard, next http.Handler) http.Handler {
			return g.Require(between(ofClass(g)(between(g.Recent(8 * time.Hour)(between(g.Fresh(next)))))))
		},
		"Fresh around something around InClass": func(g *middleware.Guard, next http.Handler) http.Handler { return g.Fresh(between(ofClass(g)(next))) },
		"Require around something around all it": func(g *middleware.Guard, next http.Handler) http.Handler {
			return g.Require(between(g.Fresh(ofClass(g)(next))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newReal(t)
				x.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Fresh: x.verifier.Refresh})
				mux := http.NewServeMux()
				mux.Handle("POST /classes/{class}/release", wrap(x.guard, whoami))
				mux.Handle("POST /classes/{class}/draft", ofClass(x.guard)(whoami))
				app := x.guard.Protect(mux)
				post := func(what string, credentials grimoireauth.Credentials) *http.Response {
					r := httptest.NewRequest("POST", "/classes/"+string(x.class.ID)+"/"+what, nil)
					require.NoError(t, x.guard.Attach(r, credentials))
					return serve(app, r)
				}
				credentials := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
				require.Equal(t, 200, post("draft", credentials).StatusCode)
				require.Zero(t, x.calls(authenticate))
				time.Sleep(time.Second) // or Stytch's session_jwt would be the same to the letter
				res := post("release", credentials)
				require.Equal(t, 200, res.StatusCode)
				require.Equal(t, 1, x.calls(authenticate), "once, however many guards there are")
				require.Len(t, res.Cookies(), 1, "what Stytch gave goes to the browser")

				x.stytch.SetRoles(x.member)
				require.Equal(t, 200, post("draft", credentials).StatusCode, "the session_jwt still says so")
				require.Equal(t, 403, post("release", credentials).StatusCode, "Stytch does not")
				time.Sleep(5*time.Minute + 10*time.Second)
				require.Equal(t, 403, post("draft", credentials).StatusCode)
			})
		})
	}
}

func TestFreshAsksStytchOrNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		x.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Fresh: x.verifier.Refresh})
		credentials := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
		fresh := func() *http.Response {
			r := httptest.NewRequest("GET", "/", nil)
			require.NoError(t, x.guard.Attach(r, credentials))
			return serve(x.guard.Fresh(whoami), r)
		}
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 500})
		res := fresh()
		require.Equal(t, 503, res.StatusCode, "nobody could find out")
		require.Empty(t, res.Cookies())
		x.stytch.ClearFaults()
		time.Sleep(time.Minute)
		require.Equal(t, 200, fresh().StatusCode)

		// Garbage is refused without a call.
		before := x.calls(authenticate)
		r := httptest.NewRequest("GET", "/", nil)
		require.NoError(t, x.guard.Attach(r, grimoireauth.NewCredentials("a.b.c", credentials.Token.Reveal())))
		require.Equal(t, 401, serve(x.guard.Fresh(whoami), r).StatusCode)
		require.Equal(t, before, x.calls(authenticate))

		x.stytch.EndSession(credentials)
		res = fresh()
		require.Equal(t, 401, res.StatusCode, "also while the session_jwt is good for minutes")
		require.Len(t, res.Cookies(), 1)
		require.Contains(t, res.Cookies()[0].Value, "ended~")
	})
}

// Only what Stytch said while the request waited is fresh.
func TestFreshBelievesOnlyStytch(t *testing.T) {
	for source, want := range map[grimoireauth.Source]int{
		grimoireauth.SourceUnknown: 500, grimoireauth.SourceLocal: 500, grimoireauth.SourceRefreshed: 500,
		grimoireauth.SourceRemote: 200, grimoireauth.SourceOutageGrace: 503,
	} {
		guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Fresh: proved(t, source)})
		require.Equal(t, want, serve(guard.Fresh(whoami), request("GET", "/", "jwt.ivy.x")).StatusCode, source)
	}
}

// Two answers about one request must be about one session.
func TestFreshIsAboutTheSameSession(t *testing.T) {
	school := newSchool(t)
	guard := newGuard(t, school.Authenticate, middleware.Config{Fresh: func(ctx context.Context, _ grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		a := school.answers["jwt.tom.x"].authentication
		a.Source = grimoireauth.SourceRemote
		return a, nil
	}})
	require.Equal(t, 401, serve(guard.Require(between(guard.Fresh(whoami))), request("GET", "/", "jwt.ada.x")).StatusCode)
	require.Equal(t, 200, serve(guard.Require(between(guard.Fresh(whoami))), request("GET", "/", "jwt.tom.x")).StatusCode)
}

func TestCheckFresh(t *testing.T) {
	school := newSchool(t)
	calls := 0
	fresh := func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		calls++
		a, err := school.Authenticate(ctx, c)
		a.Source = grimoireauth.SourceRemote
		return a, err
	}
	guard := newGuard(t, school.Authenticate, middleware.Config{Fresh: fresh})
	var got grimoireauth.Authentication
	var err error
	page := func(wrap func(http.Handler) http.Handler, jwt string) {
		serve(wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, err = guard.CheckFresh(r) })), request("GET", "/", jwt))
	}
	page(guard.Require, "jwt.ivy.x")
	require.NoError(t, err)
	require.EqualValues(t, "ivy", got.Member())
	require.Equal(t, 1, calls)
	page(guard.Fresh, "jwt.ivy.x")
	require.NoError(t, err)
	require.Equal(t, 2, calls, "not asked again inside Fresh")
	page(guard.Load, "jwt.who.x")
	require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
	require.True(t, got.IsZero())
	require.Equal(t, 2, calls, "Stytch is not asked about what is known to be bad")

	without := newGuard(t, school.Authenticate, middleware.Config{})
	require.Panics(t, func() { without.Fresh(whoami) })
	_, err = without.CheckFresh(request("GET", "/", "jwt.ivy.x"))
	require.ErrorIs(t, err, middleware.ErrMisconfigured)
}
