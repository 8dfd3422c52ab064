package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// real is a Guard on the local verifier, with Stytch in memory behind it.
type real struct {
	stytch   *mock.Stytch
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	class    mock.Class
	member   grimoireauth.MemberID
}

func newReal(t testing.TB) *real {
	t.Helper()
	x := &real{stytch: new(mock.Stytch)}
	x.class = x.stytch.AddClass("LAWS1100")
	x.member = x.stytch.AddInstructor(x.class.ID, "ivy@example.edu")
	revocations := new(jwtlocal.MemoryRevocations)
	var err error
	x.client, err = stytchclient.New(stytchclient.Config{ProjectID: x.stytch.ProjectID(), Secret: x.stytch.Secret(), PublicToken: x.stytch.PublicToken(), Transport: x.stytch, OnRevoke: revocations.Add})
	require.NoError(t, err)
	x.verifier, err = jwtlocal.New(jwtlocal.Config{ProjectID: x.stytch.ProjectID(), Transport: x.stytch, Refresh: x.client.Sessions.Authenticate, Revocations: revocations})
	require.NoError(t, err)
	t.Cleanup(func() { _ = x.verifier.Wait(context.Background()) })
	x.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{})
	return x
}

// visit asks for the class's page with these credentials.
func (x *real) visit(t testing.TB, credentials grimoireauth.Credentials) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", "/classes/"+string(x.class.ID), nil)
	require.NoError(t, x.guard.Attach(r, credentials))
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}", x.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(whoami))
	return serve(x.guard.Protect(mux), r)
}

func (x *real) calls(endpoint string) int {
	n := 0
	for _, request := range x.stytch.Journal() {
		if request.Endpoint == endpoint {
			n++
		}
	}
	return n
}

const authenticate = "POST /v1/b2b/sessions/authenticate"

func TestRealSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		credentials := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
		res := x.visit(t, credentials)
		require.Equal(t, string(x.member), body(t, res))
		require.Empty(t, res.Cookies())
		require.Zero(t, x.calls(authenticate), "checked here, nobody was asked")

		stale := x.stytch.Stale(credentials)
		res = x.visit(t, stale)
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Equal(t, 1, x.calls(authenticate))
		require.Len(t, res.Cookies(), 1)
		fresh := grimoireauth.NewCredentials(res.Cookies()[0].Value, stale.Token.Reveal())
		require.NotEqual(t, stale.JWT.Reveal(), fresh.JWT.Reveal())
		require.Empty(t, x.visit(t, fresh).Cookies())

		other := x.stytch.AddInstructor(x.stytch.AddClass("ARTS2000").ID, "eve@example.edu")
		require.Equal(t, http.StatusNotFound, x.visit(t, x.stytch.SignIn(other)).StatusCode, "T01")
	})
}

// T02: a class is its id. Its slug, which can be changed and taken over by the next
// class, opens nothing, not even one's own.
func TestT02_SlugIsNoID(t *testing.T) {
	x := newReal(t)
	credentials := x.stytch.SignIn(x.member)
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}", x.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(whoami))
	for class, want := range map[string]int{string(x.class.ID): 200, x.class.Slug: 404} {
		r := httptest.NewRequest("GET", "/classes/"+class, nil)
		require.NoError(t, x.guard.Attach(r, credentials))
		require.Equal(t, want, serve(mux, r).StatusCode, class)
	}
}

// R05 and F15: an hour of trouble at Stytch deletes no cookie.
func TestR05_OutageIsNoLogout(t *testing.T) {
	faults := map[string]mock.Fault{
		"500":            {Endpoint: authenticate, Status: 500},
		"502 in HTML":    {Endpoint: authenticate, Status: 502, Body: "<html>bad gateway</html>"},
		"429":            {Endpoint: authenticate, Status: 429, RetryAfter: 3 * time.Second},
		"reset":          {Endpoint: authenticate, Drop: true},
		"slow":           {Endpoint: authenticate, Latency: time.Minute},
		"200 and {}":     {Endpoint: authenticate, Status: 200, Body: "{}"},
		"wrong secret":   {Endpoint: authenticate, Status: 401, ErrorType: "unauthorized_credentials"},
		"a new word 401": {Endpoint: authenticate, Status: 401, ErrorType: "something_stytch_added_yesterday"},
		"no keys":        {Endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", Status: 500},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newReal(t)
				stale := x.stytch.Stale(x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour)))
				x.stytch.Fail(fault)
				for range 12 {
					res := x.visit(t, stale)
					require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
					require.NotEmpty(t, res.Header.Get("Retry-After"))
					require.Empty(t, res.Cookies())
					time.Sleep(5 * time.Minute)
				}
				x.stytch.ClearFaults()
				time.Sleep(time.Minute)
				require.Equal(t, http.StatusOK, x.visit(t, stale).StatusCode, "and then it goes on")
			})
		})
	}
}

// R06: what Stytch has ended is ended here, and the browser is told so by a mark.
func TestR06_RevokedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		credentials := x.stytch.SignIn(x.member)
		stale := x.stytch.Stale(credentials)
		x.stytch.EndSession(credentials)
		res := x.visit(t, stale)
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
		require.Len(t, res.Cookies(), 1)
		require.Equal(t, jwtCookie, res.Cookies()[0].Name)
		require.Equal(t, "ended~"+string(credentials.NamedSession), res.Cookies()[0].Value)
	})
}

func TestR06_RevokedHere(t *testing.T) {
	x := newReal(t)
	credentials := x.stytch.SignIn(x.member)
	authentication, err := x.guard.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	require.NoError(t, x.client.Sessions.Revoke(t.Context(), authentication.Session))
	require.Equal(t, http.StatusUnauthorized, x.visit(t, credentials).StatusCode, "at once, not when the session_jwt expires")
}

// Garbage causes no call, and is no reason to delete a cookie.
func TestR14_GarbageAsksNobody(t *testing.T) {
	x := newReal(t)
	good := x.stytch.SignIn(x.member).JWT.Reveal()
	for _, jwt := range []string{"x", "a.b.c", "..", good + "A", good[:len(good)-1], good[1:]} {
		res := x.visit(t, grimoireauth.NewCredentials(jwt, "tok"))
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
		require.Empty(t, res.Cookies())
	}
	require.Zero(t, x.calls(authenticate))
}

func BenchmarkWarmWithVerifier(b *testing.B) {
	x := newReal(b)
	r := httptest.NewRequest("GET", "/classes/"+string(x.class.ID), nil)
	require.NoError(b, x.guard.Attach(r, x.stytch.SignIn(x.member)))
	r.SetPathValue("class", string(x.class.ID))
	h := x.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(nothing)
	w := discard{http.Header{}}
	h.ServeHTTP(w, r)
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}
