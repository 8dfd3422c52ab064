package signinlimits

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
)

// pagesOf are the sign-in pages of one process.
func pagesOf(t *testing.T, stytch *mock.Stytch, limits signin.Limiter) http.Handler {
	t.Helper()
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: stytch, Refresh: client.Sessions.Authenticate})
	require.NoError(t, err)
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{SignInURL: "/auth/"})
	require.NoError(t, err)
	pages, err := signin.New(guard, client, signin.Config{BaseURL: "https://classes.example.edu", Limit: limits})
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
