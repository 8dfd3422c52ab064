package jwtlocal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// chain is everything from a cookie to Stytch's wire.
type chain struct {
	stytch      *mock.Stytch
	client      *stytchclient.Client
	revocations *jwtlocal.MemoryRevocations
	verifier    *jwtlocal.Verifier
	guard       *middleware.Guard
	class       grimoireauth.ClassID

	mu     sync.Mutex // guards alarms
	alarms []grimoireauth.OperatorAlarm
}

const authenticateEndpoint = "POST /v1/b2b/sessions/authenticate"

func newChain(t testing.TB, configure ...func(*jwtlocal.Config)) *chain {
	t.Helper()
	c := &chain{stytch: new(mock.Stytch), revocations: new(jwtlocal.MemoryRevocations)}
	observe := func(_ context.Context, e grimoireauth.Event) {
		if alarm, ok := e.(grimoireauth.OperatorAlarm); ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.alarms = append(c.alarms, alarm)
		}
	}
	var err error
	c.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: c.stytch.ProjectID(), Secret: c.stytch.Secret(), BaseURL: c.stytch.BaseURL(), Transport: c.stytch,
		OnRevoke: c.revocations.Add, Observe: observe,
	})
	require.NoError(t, err)
	config := jwtlocal.Config{
		ProjectID: c.stytch.ProjectID(), BaseURL: c.stytch.BaseURL(), Transport: c.stytch,
		Refresh: c.client.Sessions.Authenticate, Revocations: c.revocations, Observe: observe,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, change := range configure {
		change(&config)
	}
	c.verifier, err = jwtlocal.New(config)
	require.NoError(t, err)
	c.guard, err = middleware.New(c.verifier.Authenticate, middleware.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	c.class = c.stytch.AddClass("LAWS1100").ID
	return c
}

// calls counts the refreshes that arrived at Stytch.
func (c *chain) calls() (n int) {
	for _, r := range c.stytch.Journal() {
		if r.Endpoint == authenticateEndpoint {
			n++
		}
	}
	return n
}

func (c *chain) alarmed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.alarms)
}

// get sends a request with these cookies through the guard. The body is who the
// handler found.
func (c *chain) get(t testing.TB, credentials grimoireauth.Credentials) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/me", nil)
	require.NoError(t, c.guard.Attach(r, credentials))
	w := httptest.NewRecorder()
	c.guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := grimoireauth.SessionFromContext(r.Context())
		_, _ = w.Write([]byte(session.Member()))
	})).ServeHTTP(w, r)
	return w.Result()
}

// bubble runs f in virtual time, once the mock has its key.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	warm := new(mock.Stytch)
	warm.SignIn(warm.AddStudent(warm.AddClass("warm").ID, "warm@example.edu"))
	synctest.Test(t, f)
}

// TestR06EndedAtTheFirstRefresh: the first answer that says so marks the browser, and
// Stytch is not asked again.
func TestR06EndedAtTheFirstRefresh(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newChain(t)
		credentials := c.stytch.SignIn(c.stytch.AddStudent(c.class, "ada@example.edu"), mock.WithJWTAge(10*time.Minute))
		c.stytch.EndSession(credentials)
		for range 3 {
			answer := c.get(t, credentials)
			require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
			require.Len(t, answer.Cookies(), 1)
			require.Equal(t, "ended~"+string(credentials.NamedSession), answer.Cookies()[0].Value)
		}
		require.Equal(t, 1, c.calls())
	})
}

// TestR09Uncached: an answer that brings new cookies is for one browser.
func TestR09Uncached(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newChain(t)
		student := c.stytch.AddStudent(c.class, "ada@example.edu")
		credentials := c.stytch.SignIn(student, mock.WithJWTAge(10*time.Minute))
		answer := c.get(t, credentials)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		require.Contains(t, answer.Header["Vary"], "Cookie")
		require.Len(t, answer.Cookies(), 1, "the session_token is what it was")
		fresh := answer.Cookies()[0]
		require.Equal(t, "__Host-"+grimoireauth.SessionJWTCookie, fresh.Name)
		require.NotEqual(t, credentials.JWT.Reveal(), fresh.Value)
		answer = c.get(t, grimoireauth.NewCredentials(fresh.Value, credentials.Token.Reveal()))
		require.Empty(t, answer.Header["Set-Cookie"], "nothing changed")
	})
}

// TestR16BeforeTheHandler: the refresh is over, and its cookies are on the response,
// before the handler can write anything.
func TestR16BeforeTheHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newChain(t)
		student := c.stytch.AddStudent(c.class, "ada@example.edu")
		r := httptest.NewRequest(http.MethodGet, "/me", nil)
		require.NoError(t, c.guard.Attach(r, c.stytch.SignIn(student, mock.WithJWTAge(10*time.Minute))))
		w := httptest.NewRecorder()
		c.guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			require.NotEmpty(t, w.Header()["Set-Cookie"])
			a, ok := grimoireauth.AuthenticationFromContext(r.Context())
			require.True(t, ok)
			require.Equal(t, grimoireauth.SourceRefreshed, a.Source)
			_, err := c.verifier.Verify(r.Context(), a.JWT)
			require.NoError(t, err)
			w.WriteHeader(http.StatusOK)
		})).ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
	})
}

// TestTheNextRequestSeesIt: what an instructor does in this process holds for the
// very next request, whatever that one carries.
func TestTheNextRequestSeesIt(t *testing.T) {
	tests := map[string]func(t *testing.T, c *chain, member grimoireauth.MemberID, credentials grimoireauth.Credentials){
		"demoted": func(t *testing.T, c *chain, member grimoireauth.MemberID, credentials grimoireauth.Credentials) {
			_, err := c.client.Roster.SetRole(t.Context(), c.class, member, grimoireauth.RoleStudent)
			require.NoError(t, err)
			a, err := c.verifier.Authenticate(t.Context(), credentials)
			require.NoError(t, err)
			require.False(t, a.HasRole("instructor"))
			_, err = c.client.Roster.SetRole(t.Context(), c.class, member, grimoireauth.RoleCoordinator)
			require.NoError(t, err)
			a, err = c.verifier.Authenticate(t.Context(), a.Credentials)
			require.NoError(t, err)
			require.True(t, a.HasRole("coordinator"))
			calls := c.calls()
			for range 10 {
				a, err = c.verifier.Authenticate(t.Context(), a.Credentials)
				require.NoError(t, err)
			}
			require.Equal(t, calls, c.calls())
		},
		"removed": func(t *testing.T, c *chain, member grimoireauth.MemberID, credentials grimoireauth.Credentials) {
			require.NoError(t, c.client.Roster.Remove(t.Context(), c.class, member))
			_, err := c.verifier.Authenticate(t.Context(), credentials)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		},
		"all sessions revoked": func(t *testing.T, c *chain, member grimoireauth.MemberID, credentials grimoireauth.Credentials) {
			require.NoError(t, c.client.Sessions.RevokeMember(t.Context(), c.class, member))
			_, err := c.verifier.Authenticate(t.Context(), credentials)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		},
		"logged out, although Stytch cannot be told": func(t *testing.T, c *chain, _ grimoireauth.MemberID, credentials grimoireauth.Credentials) {
			a, err := c.verifier.Authenticate(t.Context(), credentials)
			require.NoError(t, err)
			c.stytch.Fail(mock.Fault{Status: 503})
			require.ErrorIs(t, c.client.Sessions.Revoke(t.Context(), a.Session), grimoireauth.ErrUnavailable)
			c.stytch.ClearFaults()
			// The session still lives at Stytch, and is not brought back.
			for _, again := range []grimoireauth.Credentials{credentials, c.stytch.Stale(credentials), grimoireauth.NewCredentials("", credentials.Token.Reveal())} {
				_, err = c.verifier.Authenticate(t.Context(), again)
				require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
			}
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newChain(t)
				c.stytch.AddInstructor(c.class, "bob@example.edu") // the class is never without one
				member := c.stytch.AddInstructor(c.class, "ada@example.edu")
				credentials := c.stytch.SignIn(member, mock.WithDuration(8*time.Hour))
				require.Equal(t, http.StatusOK, c.get(t, credentials).StatusCode)
				test(t, c, member, credentials)
				require.NoError(t, c.verifier.Wait(t.Context()))
			})
		})
	}
}

// TestRetiredKey: a session_jwt whose key is not published any more is refreshed.
func TestRetiredKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newChain(t, func(config *jwtlocal.Config) { config.RefreshKeysAfter = time.Minute })
		student := c.stytch.AddStudent(c.class, "ada@example.edu")
		credentials := c.stytch.SignIn(student)
		require.Equal(t, http.StatusOK, c.get(t, credentials).StatusCode)
		c.stytch.RotateKeys(false)
		time.Sleep(2 * time.Minute)
		require.Equal(t, http.StatusOK, c.get(t, credentials).StatusCode) // the keys are fetched behind it
		require.NoError(t, c.verifier.Wait(t.Context()))
		answer := c.get(t, credentials)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.NotEmpty(t, answer.Header["Set-Cookie"])
		require.Equal(t, 1, c.calls())
	})
}

// TestSlidingExtends: over the real wire.
func TestSlidingExtends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var c *chain
		c = newChain(t, func(config *jwtlocal.Config) {
			config.SlidingSession = jwtlocal.SlidingSession{
				Extend: func(ctx context.Context, credentials grimoireauth.Credentials, by time.Duration) (grimoireauth.Authentication, error) {
					return c.client.Sessions.Extend(ctx, credentials, by)
				},
				IdleTimeout: 2 * time.Hour, AbsoluteTimeout: 24 * time.Hour,
			}
		})
		credentials := c.stytch.SignIn(c.stytch.AddStudent(c.class, "ada@example.edu"), mock.WithJWTAge(10*time.Minute))
		a, err := c.verifier.Authenticate(t.Context(), credentials)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(2*time.Hour), a.ExpiresAt(), time.Minute)
	})
}
