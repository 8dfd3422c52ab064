package middleware_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// browser keeps cookies as a browser does: by name, whatever they hold.
type browser struct {
	jar *cookiejar.Jar
	app http.Handler
}

// The cookies of a Guard that was told nothing.
const (
	tokenCookie = "__Host-stytch_session"
	jwtCookie   = "__Host-stytch_session_jwt"
)

var site = &url.URL{Scheme: "https", Host: "app.example", Path: "/"}

func newBrowser(t testing.TB, app http.Handler) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{jar, app}
}

// get sends the cookies that are there now; what comes back is kept when it comes.
func (b *browser) get(path string) *http.Response {
	r := httptest.NewRequest("GET", "https://app.example"+path, nil)
	for _, cookie := range b.jar.Cookies(site) {
		r.AddCookie(cookie)
	}
	res := serve(b.app, r)
	b.jar.SetCookies(site, res.Cookies())
	return res
}

// take keeps the cookies of a sign-in.
func (b *browser) take(t testing.TB, guard *middleware.Guard, credentials grimoireauth.Credentials) grimoireauth.Authentication {
	t.Helper()
	authentication, err := guard.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	require.NoError(t, guard.SetCookies(w, signingIn(), authentication))
	b.jar.SetCookies(site, w.Result().Cookies())
	return authentication
}

// put is what the browser has, without asking anybody.
func (b *browser) put(credentials grimoireauth.Credentials) {
	b.jar.SetCookies(site, []*http.Cookie{
		{Name: tokenCookie, Value: credentials.Token.Reveal() + "~" + string(credentials.NamedSession), Path: "/", Secure: true},
		{Name: jwtCookie, Value: credentials.JWT.Reveal(), Path: "/", Secure: true},
	})
}

// R07: while a request waits for a refresh, the person signs out, or another one signs in,
// on the same browser. The slow response must have no effect then: neither by a cookie nor
// by the deletion of one.
func TestR07_SlowRefreshAndANewerSignIn(t *testing.T) {
	for name, latency := range map[string]time.Duration{"as fast as a call can be": 30 * time.Millisecond, "slow": 2900 * time.Millisecond} {
		for _, late := range []bool{false, true} { // the refresh was done, and only its answer is late
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					x := newReal(t)
					b := newBrowser(t, x.guard.Require(whoami))
					first := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
					signedIn, err := x.guard.Authenticate(t.Context(), first)
					require.NoError(t, err)
					b.put(x.stytch.Stale(first))
					x.stytch.Fail(mock.Fault{Endpoint: authenticate, Latency: latency, Late: late, Times: 1})

					slow := make(chan *http.Response)
					go func() { slow <- b.get("/") }()
					time.Sleep(latency / 2)
					other := x.stytch.AddStudent(x.class.ID, "zoe@example.edu")
					second := x.stytch.SignIn(other, mock.WithDuration(8*time.Hour))
					require.NoError(t, x.client.Sessions.Revoke(t.Context(), signedIn.Session))
					b.take(t, x.guard, second)

					res := <-slow
					require.Equal(t, http.StatusUnauthorized, res.StatusCode, "the session was ended while it waited")
					for _, cookie := range res.Cookies() {
						require.Equal(t, jwtCookie, cookie.Name, "a refusal does not touch the session_token")
					}
					require.Equal(t, string(other), body(t, b.get("/")), "whoever signed in last is signed in")

					// A browser that still has the old cookies is refused without a call.
					old := newBrowser(t, b.app)
					old.put(first)
					require.Equal(t, http.StatusUnauthorized, old.get("/").StatusCode)
					before := x.calls(authenticate)
					require.Equal(t, http.StatusUnauthorized, old.get("/").StatusCode)
					require.Equal(t, before, x.calls(authenticate))
				})
			})
		}
	}
}

// R06: the end of a session leaves a mark in the browser that names the session. Requests
// with the mark ask nothing, and beside another session's token it says nothing.
func TestR06_TheEndOfASessionIsRemembered(t *testing.T) {
	var asked int
	guard := newGuard(t, func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		asked++
		return grimoireauth.Authentication{}, grimoireauth.ErrSessionEnded
	}, middleware.Config{})
	b := newBrowser(t, guard.Require(whoami))
	b.put(grimoireauth.Credentials{JWT: grimoireauth.NewSecret("a.b.c"), Token: grimoireauth.NewSecret("tok"), NamedSession: "session-1"})
	res := b.get("/")
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	require.Len(t, res.Cookies(), 1)
	require.Equal(t, jwtCookie, res.Cookies()[0].Name)
	for range 10 {
		res := b.get("/")
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
		require.Empty(t, res.Cookies())
	}
	require.Equal(t, 1, asked)

	// The next person has signed in, and the mark arrives after that.
	b.jar.SetCookies(site, []*http.Cookie{{Name: tokenCookie, Value: "tok2~session-2", Path: "/", Secure: true}})
	b.get("/")
	require.Equal(t, 2, asked)
}

// R08: an answer that is older than what the browser brought was overtaken.
func TestR08_OlderAnswerIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		newer := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
		older := x.stytch.Stale(newer)
		for name, tt := range map[string]struct {
			has, gets grimoireauth.Credentials
			written   int
		}{
			"newer":     {older, newer, 1},
			"the same":  {newer, newer, 0},
			"overtaken": {newer, older, 0},
			"no date":   {newer, grimoireauth.NewCredentials("a.b.c", newer.Token.Reveal()), 1},
			"garbage":   {grimoireauth.NewCredentials("a.b.c", newer.Token.Reveal()), newer, 1},
		} {
			guard := newGuard(t, func(ctx context.Context, _ grimoireauth.Credentials) (grimoireauth.Authentication, error) {
				a, err := x.verifier.Authenticate(ctx, newer)
				a.Credentials = tt.gets
				return a, err
			}, middleware.Config{})
			r := httptest.NewRequest("GET", "/", nil)
			require.NoError(t, guard.Attach(r, tt.has))
			require.Len(t, serve(guard.Require(whoami), r).Cookies(), tt.written, name)
		}
	})
}

// Two tabs at once, at the moment when the session_jwt has expired: one call, and
// both end up with the same cookie, in whichever order the answers arrive.
func TestR08_TwoTabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		b := newBrowser(t, x.guard.Require(whoami))
		b.put(x.stytch.Stale(x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))))
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Latency: time.Second})
		answers := make(chan *http.Response)
		for range 20 {
			go func() { answers <- b.get("/") }()
		}
		cookies := make(map[string]bool)
		for range 20 {
			res := <-answers
			require.Equal(t, http.StatusOK, res.StatusCode)
			require.Len(t, res.Cookies(), 1)
			cookies[res.Cookies()[0].Value] = true
		}
		require.Len(t, cookies, 1)
		require.Equal(t, 1, x.calls(authenticate))
	})
}
