package signin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestStatus(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	require.Equal(t, map[string]any{"signed_in": false}, b.sessionOf())
	b.signIn(w.law.ID, "ada@example.edu")
	got := b.sessionOf()
	ends, err := time.Parse(time.RFC3339, got["expires_at"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), ends, time.Minute)
	delete(got, "expires_at")
	require.Equal(t, map[string]any{
		"signed_in": true, "member_id": string(w.ada), "class_id": string(w.law.ID), "class_slug": w.law.Slug,
		"role": "student", "source": "local",
	}, got, "and nothing else: no token, no name, no address")

	head := b.request("HEAD", "/auth/session", nil)
	require.Equal(t, http.StatusOK, b.send(head).status)
	require.Equal(t, http.StatusMethodNotAllowed, b.post("/auth/session", nil).status)
}

// It goes through the guard: a stale session_jwt is refreshed, the cookies follow,
// and an outage is no "signed out".
func TestStatusRefreshes(t *testing.T) {
	w := newFixture(t, signin.Config{})
	stale := w.stytch.Stale(w.stytch.SignIn(w.ada, mock.WithDuration(8*time.Hour)))
	visit := func() *browser {
		b := w.browser()
		b.plant(sessionAt, stale.Token.Reveal())
		b.plant("__Host-stytch_session_jwt", stale.JWT.Reveal())
		return b
	}
	b := visit()
	w.stytch.Fail(mock.Fault{Status: 503})
	r := b.request("GET", "/auth/session", nil)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	res := b.send(r)
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Equal(t, "application/problem+json", res.header.Get("Content-Type"))
	require.NotEmpty(t, res.header.Get("Retry-After"))
	require.Empty(t, res.header.Values("Set-Cookie"))
	w.stytch.ClearFaults()

	w = newFixture(t, signin.Config{}) // that verifier remembers the failure for a while
	stale = w.stytch.Stale(w.stytch.SignIn(w.ada, mock.WithDuration(8*time.Hour)))
	b = visit()
	got := b.sessionOf()
	require.Equal(t, true, got["signed_in"])
	require.Equal(t, "refreshed", got["source"])
	require.NotEqual(t, stale.JWT.Reveal(), b.cookie("__Host-stytch_session_jwt"))

	stale = w.stytch.Stale(w.stytch.SignIn(w.ada, mock.WithDuration(8*time.Hour)))
	w.stytch.EndSession(stale)
	ended := visit()
	require.Equal(t, map[string]any{"signed_in": false}, ended.sessionOf())
}
