package signin_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestLogout(t *testing.T) {
	w := newWorld(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	credentials := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie("__Host-stytch_session"))

	require.Contains(t, b.get("/auth/logout").body, "Sign out?")
	require.Equal(t, string(w.ada), b.who(), "M09: a GET signs nobody out")
	forged := b.request("POST", "/auth/logout", url.Values{})
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, b.send(forged).status)
	require.Equal(t, string(w.ada), b.who())

	res := b.post("/auth/logout", url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "You are signed out")
	require.NotContains(t, res.body, "could not be told")
	require.Equal(t, `"cache"`, res.header.Get("Clear-Site-Data"), "M23")
	require.Equal(t, "no-store", res.header.Get("Cache-Control"))
	require.Empty(t, b.cookie("__Host-stytch_session"))
	require.Empty(t, b.cookie("__Host-stytch_session_jwt"))
	require.Equal(t, 1, w.calls(revoked))

	_, err := w.guard.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated, "a copy of the cookies is worth nothing")
	_, err = w.client.Sessions.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "and at Stytch neither")

	require.Equal(t, http.StatusOK, b.post("/auth/logout", url.Values{}).status, "twice does no harm")
	require.Equal(t, 1, w.calls(revoked))
}

func TestLogoutInAnOutage(t *testing.T) {
	w := newWorld(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	credentials := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie("__Host-stytch_session"))
	w.stytch.Fail(mock.Fault{Endpoint: revoked, Status: 503})

	res := b.post("/auth/logout", url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "could not be told", "it is said as it is")
	require.Empty(t, b.cookie("__Host-stytch_session"))
	_, err := w.guard.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "this server knows")
	require.Contains(t, w.log.String(), "logout not complete")
}

// The session_jwt has expired and Stytch is down: whose session it is cannot be
// found out. The cookies go all the same.
func TestLogoutWithAStaleTokenInAnOutage(t *testing.T) {
	w := newWorld(t, signin.Config{})
	b := w.browser()
	stale := w.stytch.Stale(w.stytch.SignIn(w.ada, mock.WithDuration(8*3600e9)))
	b.plant("__Host-stytch_session", stale.Token.Reveal())
	b.plant("__Host-stytch_session_jwt", stale.JWT.Reveal())
	w.stytch.Fail(mock.Fault{Status: 503})
	res := b.post("/auth/logout", url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "could not be told")
	require.Empty(t, b.cookie("__Host-stytch_session"))
}

func TestLogoutOfAStranger(t *testing.T) {
	w := newWorld(t, signin.Config{})
	res := w.browser().post("/auth/logout", url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.NotContains(t, res.body, "could not be told")
	require.Zero(t, w.calls(revoked))
}
