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

// proved is an AuthFunc for a member who gave these factors.
func proved(t testing.TB, source grimoireauth.Source, factors ...grimoireauth.Factor) grimoireauth.AuthFunc {
	t.Helper()
	s, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: "session-ivy", Member: "ivy", Organization: law, Roles: []string{"instructor"}, Factors: factors, ExpiresAt: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	return func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		return grimoireauth.Authentication{Session: s, Credentials: c, Source: source}, nil
	}
}

func TestRecent(t *testing.T) {
	then := time.Unix(1<<30, 0) // stands for the time of the request
	ago := func(kind string, d time.Duration) grimoireauth.Factor {
		return grimoireauth.Factor{Type: kind, LastAuthenticatedAt: then.Add(-d)}
	}
	tests := []struct {
		name    string
		factors []grimoireauth.Factor
		asked   []string
		pass    bool
	}{
		{"a link just now", []grimoireauth.Factor{ago("magic_link", time.Second)}, nil, true},
		{"as old as it may be", []grimoireauth.Factor{ago("magic_link", 10*time.Minute)}, nil, true},
		{"a moment older", []grimoireauth.Factor{ago("magic_link", 10*time.Minute+1)}, nil, false},
		{"the newest of two counts", []grimoireauth.Factor{ago("magic_link", time.Hour), ago("totp", time.Minute)}, nil, true},
		{"no factors at all", nil, nil, false},
		{"no time", []grimoireauth.Factor{{Type: "magic_link"}}, nil, false},
		{"no type", []grimoireauth.Factor{ago("", time.Second)}, nil, false},
		{"the clock of Stytch is a little ahead", []grimoireauth.Factor{ago("magic_link", -5*time.Second)}, nil, true},
		{"in the future", []grimoireauth.Factor{ago("magic_link", -6*time.Second)}, nil, false},
		{"far in the future", []grimoireauth.Factor{ago("magic_link", -1000*time.Hour)}, nil, false},
		{"T11: somebody else acts in their name", []grimoireauth.Factor{ago("impersonated", time.Second)}, nil, false},
		{"imported from elsewhere", []grimoireauth.Factor{ago("imported", time.Second)}, nil, false},

		{"the factor asked for", []grimoireauth.Factor{ago("totp", time.Minute)}, []string{"totp"}, true},
		{"another one", []grimoireauth.Factor{ago("magic_link", time.Minute)}, []string{"totp"}, false},
		{"the one asked for is old", []grimoireauth.Factor{ago("totp", time.Hour), ago("magic_link", time.Second)}, []string{"totp"}, false},
		{"the one asked for has no time", []grimoireauth.Factor{{Type: "totp"}, ago("magic_link", time.Second)}, []string{"totp"}, false},
		{"both asked for", []grimoireauth.Factor{ago("totp", time.Minute), ago("sso", time.Minute)}, []string{"sso", "totp"}, true},
		{"one of two asked for", []grimoireauth.Factor{ago("sso", time.Minute)}, []string{"sso", "totp"}, false},
		{"one of two is old", []grimoireauth.Factor{ago("totp", time.Hour), ago("sso", time.Minute)}, []string{"sso", "totp"}, false},
		{"given twice, once in time", []grimoireauth.Factor{ago("totp", time.Hour), ago("totp", time.Minute)}, []string{"totp"}, true},
		{"T07 a name that is longer", []grimoireauth.Factor{ago("totp2", time.Minute)}, []string{"totp"}, false},
		{"T07 a name in another case", []grimoireauth.Factor{ago("TOTP", time.Minute)}, []string{"totp"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for i, factor := range tt.factors {
					if at := factor.LastAuthenticatedAt; !at.IsZero() {
						tt.factors[i].LastAuthenticatedAt = time.Now().Add(at.Sub(then))
					}
				}
				guard := newGuard(t, proved(t, grimoireauth.SourceLocal, tt.factors...), middleware.Config{})
				r := request("GET", "/", "jwt.ivy.x")
				res := serve(guard.Recent(10*time.Minute, tt.asked...)(whoami), r)
				_, err := guard.CheckRecent(r, 10*time.Minute, tt.asked...)
				if tt.pass {
					require.Equal(t, 200, res.StatusCode)
					require.NoError(t, err)
					return
				}
				require.Equal(t, 401, res.StatusCode)
				require.ErrorIs(t, err, grimoireauth.ErrNotRecent)
				require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated, "they are signed in, and stay so")
				require.Empty(t, res.Cookies())
				require.Contains(t, body(t, res), `"code":"not_recent"`)
			})
		})
	}
}

// RFC 9470, 3: the challenge says what is missing.
func TestRecentChallenge(t *testing.T) {
	auth := proved(t, grimoireauth.SourceLocal)
	const missing = `error="insufficient_user_authentication", error_description="A more recent sign-in is needed", max_age="600"`
	for source, want := range map[middleware.CredentialSource]string{
		middleware.CookiesOnly: `Cookie realm="sign-in", ` + missing,
		middleware.BearerOnly:  "Bearer " + missing,
	} {
		guard := newGuard(t, auth, middleware.Config{CredentialSource: source})
		r := httptest.NewRequest("POST", "/", nil)
		require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("a.b.c", "tok")))
		res := serve(guard.Recent(10*time.Minute)(whoami), r)
		require.Equal(t, 401, res.StatusCode)
		require.Equal(t, []string{want}, res.Header["Www-Authenticate"])
	}

	guard := newGuard(t, auth, middleware.Config{SignInURL: "/auth/"})
	r := request("GET", "/grades", "jwt.ivy.x")
	r.Header.Set("Accept", chrome)
	res := serve(guard.Recent(10*time.Minute)(whoami), r)
	require.Equal(t, 303, res.StatusCode, "a browser is sent to sign in again, and back")
	require.Equal(t, "/auth/?return_to=%2Fgrades", res.Header.Get("Location"))

	// A page of one's own, without this package's error, gets the challenge as well.
	w := httptest.NewRecorder()
	middleware.DefaultRespond("")(w, request("GET", "/", ""), grimoireauth.ErrNotRecent)
	require.Contains(t, w.Header().Get("WWW-Authenticate"), "insufficient_user_authentication")
}

// A session that counts only by an outage grace does not pass Fresh and Recent.
func TestOutageGraceIsNotRecentAndNotFresh(t *testing.T) {
	auth := proved(t, grimoireauth.SourceOutageGrace, grimoireauth.Factor{Type: "totp", LastAuthenticatedAt: time.Now()})
	guard := newGuard(t, auth, middleware.Config{Fresh: auth})
	r := request("GET", "/", "jwt.ivy.x")
	require.Equal(t, 200, serve(guard.Require(whoami), r).StatusCode)
	for name, h := range map[string]func() int{
		"Recent":             func() int { return serve(guard.Recent(time.Hour)(whoami), r).StatusCode },
		"Fresh":              func() int { return serve(guard.Fresh(whoami), r).StatusCode },
		"Fresh in a Require": func() int { return serve(guard.Require(between(guard.Fresh(whoami))), r).StatusCode },
	} {
		require.Equal(t, 503, h(), name)
	}
	_, err := guard.CheckFresh(r)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	_, err = guard.CheckRecent(r, time.Hour)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
}

func TestRecentWiring(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	require.Panics(t, func() { guard.Recent(0) })
	require.Panics(t, func() { guard.Recent(-time.Second, "totp") })
	require.Panics(t, func() { guard.Recent(time.Minute, "totp", "") })
	for _, age := range []time.Duration{0, -1} {
		_, err := guard.CheckRecent(request("GET", "/", "jwt.ivy.x"), age)
		require.ErrorIs(t, err, middleware.ErrMisconfigured, "a forgotten age is closed, not open")
	}
	require.Equal(t, 401, serve(guard.Recent(time.Minute)(whoami), request("GET", "/", "")).StatusCode)
	require.Equal(t, 503, serve(guard.Recent(time.Minute)(whoami), request("GET", "/", "jwt.down.x")).StatusCode)
	require.Equal(t, "this needs sso and totp within the last 1m0s", (&middleware.NotRecentError{MaxAge: time.Minute, Factors: []string{"sso", "totp"}}).Error())
	require.Equal(t, "this needs a sign-in within the last 1m0s", (&middleware.NotRecentError{MaxAge: time.Minute}).Error())
}
