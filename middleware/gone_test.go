package middleware_test

import (
	"bytes"
	"context"
	"log"
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

// M16: a panic is the server's to end, and what it writes down holds no token.
func TestM16_PanicsAreNotSwallowed(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		serve(guard.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })), request("GET", "/", "jwt.ada.x"))
	})

	var written bytes.Buffer // read after the server has closed
	server := httptest.NewUnstartedServer(guard.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("index out of range") })))
	server.Config.ErrorLog = log.New(&written, "", 0)
	server.Start()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("Cookie", "__Host-stytch_session=token-ada; __Host-stytch_session_jwt=jwt.ada.x")
	res, err := server.Client().Do(r)
	if err == nil {
		require.NoError(t, res.Body.Close())
	}
	require.Error(t, err, "the connection breaks, as without a guard")
	server.Close()
	require.Contains(t, written.String(), "index out of range")
	for _, secret := range []string{"token-ada", "jwt.ada"} { // "ada" alone also occurs in addresses: 0x24be89ada000
		require.NotContains(t, written.String(), secret)
	}
}

func TestM20_ClientGone(t *testing.T) {
	guard := newGuard(t, func(ctx context.Context, _ grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		<-ctx.Done()
		return grimoireauth.Authentication{}, ctx.Err()
	}, middleware.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res := serve(guard.Require(whoami), request("GET", "/", "jwt.ada.x").WithContext(ctx))
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode, "a cancelled check is no sign-out")
	require.Empty(t, res.Cookies())
}

// M20: a browser that goes away in the middle of a refresh leaves no goroutine behind
// and no harm: the next request gets what the refresh has brought. Had one been left
// the bubble would not end.
func TestM20_GoneInTheMiddleOfARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		stale := x.stytch.Stale(x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour)))
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Latency: 3 * time.Second, Times: 1})
		reached := false
		app := x.guard.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		r := request("GET", "/", "").WithContext(ctx)
		require.NoError(t, x.guard.Attach(r, stale))
		began := time.Now()
		res := serve(app, r)
		require.Equal(t, time.Second, time.Since(began), "its handler is done when it is")
		require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.False(t, reached)
		require.Empty(t, res.Cookies())

		res = serve(app, r.WithContext(t.Context()))
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Len(t, res.Cookies(), 1)
		require.Equal(t, 1, x.calls(authenticate), "one question for both")
	})
}
