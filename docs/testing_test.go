package docs_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// newApp is the application under test, in the shape that makes it testable: it
// takes what differs between production and a test.
func newApp(id string, secret grimoireauth.Secret, baseURL string, transport http.RoundTripper) (http.Handler, error) {
	cutoffs := new(jwtlocal.MemoryCutoffs)
	client, err := grimoireauth.New(grimoireauth.Config{
		ProjectID: id, Secret: secret, BaseURL: baseURL, Transport: transport, Cut: cutoffs.Cut,
	})
	if err != nil {
		return nil, err
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: id, BaseURL: baseURL, Transport: transport,
		Refresh: client.Sessions.Authenticate, Cutoffs: cutoffs,
	})
	if err != nil {
		return nil, err
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{Can: client.Can, Fresh: verifier.Refresh})
	if err != nil {
		return nil, err
	}
	return guarded(guard), nil
}

func TestStudentOfAnotherClassIsRefused(t *testing.T) {
	stytch := new(mock.Stytch)
	app, err := newApp(stytch.ProjectID(), stytch.Secret(), stytch.BaseURL(), stytch)
	require.NoError(t, err)
	contracts, torts := stytch.AddClass("Contracts"), stytch.AddClass("Torts")
	sam := stytch.SignIn(stytch.AddStudent(torts.ID, "sam@example.edu"))

	r := httptest.NewRequest("GET", "/classes/"+string(contracts.ID), nil)
	require.NoError(t, mock.Cookies(r, sam))
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	require.Equal(t, http.StatusNotFound, w.Code)
}

func TestWhoMayDoWhat(t *testing.T) {
	stytch := new(mock.Stytch)
	app, err := newApp(stytch.ProjectID(), stytch.Secret(), stytch.BaseURL(), stytch)
	require.NoError(t, err)
	everybodyInClass := []mock.Caller{mock.Student, mock.Instructor}
	require.NoError(t, stytch.Audit(app, mock.Auditing{},
		mock.Route{Pattern: "GET /", Allow: []mock.Caller{mock.Nobody, mock.Student, mock.Instructor, mock.Outsider, mock.Gone}},
		mock.Route{Pattern: "GET /me", Allow: []mock.Caller{mock.Student, mock.Instructor, mock.Outsider}},
		mock.Route{Pattern: "GET /classes/{class}", Allow: everybodyInClass},
		mock.Route{Pattern: "GET /classes/{class}/roster", Allow: []mock.Caller{mock.Instructor}},
		mock.Route{Pattern: "POST /classes/{class}/release", Allow: []mock.Caller{mock.Instructor}},
	))
}

func TestAnOutageSignsNobodyOut(t *testing.T) {
	stytch := new(mock.Stytch)
	app, err := newApp(stytch.ProjectID(), stytch.Secret(), stytch.BaseURL(), stytch)
	require.NoError(t, err)
	class := stytch.AddClass("Contracts")
	credentials := stytch.SignIn(stytch.AddStudent(class.ID, "sam@example.edu"))
	visit := func(credentials grimoireauth.Credentials) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/classes/"+string(class.ID), nil)
		require.NoError(t, mock.Cookies(r, credentials))
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, http.StatusOK, visit(credentials).Code)

	stytch.Fail(mock.Fault{Status: http.StatusBadGateway, Body: "<html>Bad gateway</html>"})
	require.Equal(t, http.StatusOK, visit(credentials).Code, "nobody has to be asked")

	w := visit(stytch.Stale(credentials))
	require.Equal(t, http.StatusServiceUnavailable, w.Code, "somebody has to be asked and cannot be")
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	require.Empty(t, w.Result().Cookies(), "the cookies stay")
}

func TestALongSeminar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := new(mock.Stytch)
		app, err := newApp(stytch.ProjectID(), stytch.Secret(), stytch.BaseURL(), stytch)
		require.NoError(t, err)
		sam := stytch.SignIn(stytch.AddStudent(stytch.AddClass("Contracts").ID, "sam@example.edu"))

		time.Sleep(50 * time.Minute) // no real minute passes
		r := httptest.NewRequest("GET", "/me", nil)
		require.NoError(t, mock.Cookies(r, sam))
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
		require.NotEmpty(t, w.Result().Cookies(), "the session_jwt was refreshed on the way")

		time.Sleep(11 * time.Minute) // the session's hour is over
		w = httptest.NewRecorder()
		app.ServeHTTP(w, r)
		require.Equal(t, http.StatusUnauthorized, w.Code)
	})
}

func TestTheSameBytesEachTime(t *testing.T) {
	first, second := &mock.Stytch{RandomSeed: 7}, &mock.Stytch{RandomSeed: 7}
	require.Equal(t, first.AddClass("Contracts").ID, second.AddClass("Contracts").ID)
	require.Equal(t, first.Secret(), second.Secret())
}
