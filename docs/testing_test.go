package docs_test

import (
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
	"github.com/promptgrimoire/auth/mock/audit"
	"github.com/stretchr/testify/require"
)

// newApp is the application under test, in the shape that makes it testable: it
// takes what differs between production and a test.
func newApp(id string, secret grimoireauth.Secret, baseURL string, transport http.RoundTripper) (http.Handler, error) {
	revocations := new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: id, Secret: secret, BaseURL: baseURL, Transport: transport, OnRevoke: revocations.Add,
	})
	if err != nil {
		return nil, err
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: id, BaseURL: baseURL, Transport: transport,
		Refresh: client.Sessions.Authenticate, Revocations: revocations,
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
	everybodyInClass := []audit.Caller{audit.Student, audit.Instructor}
	require.NoError(t, audit.Run(stytch, app, audit.Config{},
		audit.Route{Pattern: "GET /", Allow: []audit.Caller{audit.Anonymous, audit.Student, audit.Instructor, audit.Outsider, audit.Revoked}},
		audit.Route{Pattern: "GET /me", Allow: []audit.Caller{audit.Student, audit.Instructor, audit.Outsider}},
		audit.Route{Pattern: "GET /classes/{class}", Allow: everybodyInClass},
		audit.Route{Pattern: "GET /classes/{class}/roster", Allow: []audit.Caller{audit.Instructor}},
		audit.Route{Pattern: "POST /classes/{class}/release", Allow: []audit.Caller{audit.Instructor}},
	))
}

func TestWhoMayDoWhatWithOneOrganization(t *testing.T) {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	school := grimoireauth.OrganizationID(stytch.AddClass("The school").ID)
	table := &Enrollments{school: school, rows: make(map[grimoireauth.Person]grimoireauth.Role)}
	guard, err := middleware.New(client.Sessions.Authenticate, middleware.Config{Role: table.Role, Can: table.Can})
	require.NoError(t, err)
	mux := http.NewServeMux()
	students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	mux.Handle("GET /classes/{class}", students(http.HandlerFunc(feed)))
	mux.Handle("POST /auth/password", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guard.Respond(w, r, grimoireauth.ErrWrongPassword)
	}))
	everybody := []audit.Caller{audit.Anonymous, audit.Student, audit.Instructor, audit.Outsider, audit.Revoked}
	how := audit.Config{
		Attach: guard.Attach,
		Mux:    mux, // routes that it has and no row has are surprises
		School: audit.School{
			Organization: school,
			Enroll: func(person grimoireauth.Person, role grimoireauth.Role) error {
				table.rows[person] = role
				return nil
			},
		},
	}
	require.NoError(t, audit.Run(stytch, guard.Protect(mux, "POST /auth/password"), how,
		audit.Route{Pattern: "GET /classes/{class}", Allow: []audit.Caller{audit.Student, audit.Instructor}},
		audit.Route{
			Pattern: "POST /auth/password", Body: `{"password":"wrong"}`,
			Allow: everybody, Answer: audit.Answer{Status: 403, Code: "wrong_password"},
		},
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
	require.Equal(t, http.StatusOK, visit(credentials).Code, "no call is needed")

	w := visit(stytch.Stale(credentials))
	require.Equal(t, http.StatusServiceUnavailable, w.Code, "a call is needed, and Stytch is down")
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
