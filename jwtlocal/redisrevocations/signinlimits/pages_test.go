package signinlimits

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
)

// pagesOf are the sign-in pages of one process.
func pagesOf(t *testing.T, stytch *mock.Stytch, limits *Limiter) http.Handler {
	t.Helper()
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: stytch, Refresh: client.Sessions.Authenticate})
	require.NoError(t, err)
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{SignInURL: "/auth/"})
	require.NoError(t, err)
	pages, err := signin.New(guard, client, signin.Config{BaseURL: "https://classes.example.edu", Limit: limits, Redemptions: limits.Redemptions()})
	require.NoError(t, err)
	return pages
}

// TestPagesOfTwoProcesses: strangers who guess at a password on two processes in turn have
// as many guesses as on one.
func TestPagesOfTwoProcesses(t *testing.T) {
	server := redistest.Start(t)
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	stytch.AddStudent(class.ID, "ada@example.edu")
	processes := []http.Handler{
		pagesOf(t, stytch, limiterAt(t, server.Addr())), pagesOf(t, stytch, limiterAt(t, server.Addr())),
	}
	guess := func(process int, from string) int {
		form := url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}, "method": {"password"}, "password": {"a wrong password"}}
		r := httptest.NewRequest(http.MethodPost, "https://classes.example.edu/auth/start", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = from + ":1234"
		w := httptest.NewRecorder()
		processes[process].ServeHTTP(w, r)
		return w.Code
	}
	for i := range 10 {
		require.NotEqual(t, http.StatusTooManyRequests, guess(i%2, fmt.Sprintf("203.0.113.%d", i/3)), "guess %d", i)
	}
	asked := len(stytch.Journal())
	for process := range processes {
		require.Equal(t, http.StatusTooManyRequests, guess(process, "203.0.113.200"))
	}
	require.Len(t, stytch.Journal(), asked, "Stytch is not called")
}

// TestTwoClicksAtTwoProcesses: the button of a link is pressed twice, and the two requests
// arrive at two processes at the same moment. Both responses sign the browser in.
func TestTwoClicksAtTwoProcesses(t *testing.T) {
	server := redistest.Start(t)
	stytch := &mock.Stytch{RedirectURLs: []string{"https://classes.example.edu/auth/callback"}}
	class := stytch.AddClass("LAWS1100")
	stytch.AddStudent(class.ID, "ada@example.edu")
	processes := []http.Handler{
		pagesOf(t, stytch, limiterAt(t, server.Addr())), pagesOf(t, stytch, limiterAt(t, server.Addr())),
	}
	cookies := make(map[string]string)
	send := func(process int, method, path string, form url.Values) *http.Response {
		r := httptest.NewRequest(method, "https://classes.example.edu"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		processes[process].ServeHTTP(w, r)
		return w.Result()
	}
	keep := func(res *http.Response) *url.URL {
		require.Equal(t, http.StatusSeeOther, res.StatusCode)
		for _, cookie := range res.Cookies() {
			cookies[cookie.Name] = cookie.Value
		}
		to, err := res.Location()
		require.NoError(t, err)
		return to
	}
	keep(send(0, http.MethodPost, "/auth/start", url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}}))
	link, err := http.NewRequest(http.MethodGet, stytch.Outbox()[0].Link, nil)
	require.NoError(t, err)
	res, err := stytch.RoundTrip(link)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	to, err := res.Location()
	require.NoError(t, err)
	confirm := keep(send(0, http.MethodGet, to.RequestURI(), nil))
	form := url.Values{"attempt": {confirm.Query().Get("attempt")}}

	redeems := "POST /v1/b2b/magic_links/authenticate"
	stytch.Fail(mock.Fault{Endpoint: redeems, Latency: 300 * time.Millisecond})
	var both sync.WaitGroup
	sessions := make([]string, 2)
	for process := range processes {
		both.Go(func() {
			res := send(process, http.MethodPost, "/auth/callback", form)
			for _, cookie := range res.Cookies() {
				if cookie.Name == "__Host-stytch_session" {
					sessions[process], _, _ = strings.Cut(cookie.Value, "~")
				}
			}
		})
	}
	both.Wait()
	require.NotEmpty(t, sessions[0])
	require.Equal(t, sessions[0], sessions[1])
	redeemed := 0
	for _, request := range stytch.Journal() {
		if request.Endpoint == redeems {
			redeemed++
		}
	}
	require.Equal(t, 1, redeemed)
	l := limiterAt(t, server.Addr())
	keys, err := l.client().Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	for _, key := range keys {
		require.NotContains(t, key+l.client().Get(t.Context(), key).Val(), sessions[0])
	}
}
