package mock_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// enrolled is an application's own table.
type enrolled struct {
	school grimoireauth.OrganizationID
	mu     sync.Mutex // guards rows
	rows   map[grimoireauth.Person]grimoireauth.Role
}

func (e *enrolled) enrol(person grimoireauth.Person, role grimoireauth.Role) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.rows == nil {
		e.rows = make(map[grimoireauth.Person]grimoireauth.Role)
	}
	e.rows[person] = role
	return nil
}

func (e *enrolled) role(_ context.Context, s grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.school != "" && s.Organization() != e.school {
		return grimoireauth.RoleNone, nil
	}
	return e.rows[grimoireauth.Person{Member: s.Member(), Class: class}], nil
}

// guardOf is a Guard on the local verifier.
func guardOf(t *testing.T, stytch *mock.Stytch, config middleware.Config) *middleware.Guard {
	t.Helper()
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: stytch, Refresh: client.Sessions.Authenticate})
	require.NoError(t, err)
	t.Cleanup(func() { _ = verifier.Wait(context.Background()) })
	guard, err := middleware.New(verifier.Authenticate, config)
	require.NoError(t, err)
	return guard
}

var fine = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// A10: an application with one Organization and a RoleFunc of its own is audited like any
// other, with classes that are named by its own ids.
func TestA10_AuditWithOneOrganization(t *testing.T) {
	for name, school := range map[string]func(*mock.Stytch, *enrolled) mock.School{
		"one Organization": func(s *mock.Stytch, e *enrolled) mock.School {
			e.school = grimoireauth.OrganizationID(s.AddClass("The school").ID)
			return mock.School{Organization: e.school, Enrol: e.enrol}
		},
		"classes with ids of its own": func(s *mock.Stytch, e *enrolled) mock.School {
			e.school = grimoireauth.OrganizationID(s.AddClass("The school").ID)
			return mock.School{Organization: e.school, Class: "LAWS1100", Other: "LAWS2200", Enrol: e.enrol}
		},
		"an Organization per class, and roles in a table": func(_ *mock.Stytch, e *enrolled) mock.School {
			return mock.School{Enrol: e.enrol}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stytch, table := new(mock.Stytch), new(enrolled)
			how := mock.Auditing{School: school(stytch, table)}
			guard := guardOf(t, stytch, middleware.Config{Role: table.role})
			how.Attach = guard.Attach
			class := middleware.PathClass("class")
			build := func(least grimoireauth.Role) http.Handler {
				mux := http.NewServeMux()
				mux.Handle("GET /classes/{class}", guard.InClass(class, grimoireauth.RoleStudent)(fine))
				mux.Handle("GET /classes/{class}/roster", guard.InClass(class, least)(fine))
				mux.Handle("GET /me", guard.Require(fine))
				return guard.Protect(mux)
			}
			routes := []mock.Route{
				{Pattern: "GET /classes/{class}", Allow: []mock.Caller{mock.Student, mock.Instructor}},
				{Pattern: "GET /classes/{class}/roster", Allow: []mock.Caller{mock.Instructor}, Refusal: map[mock.Caller]mock.Answer{
					mock.Nobody: {Status: 401}, mock.Student: {Status: 403, Code: "forbidden"}, mock.Outsider: {Status: 404, Code: "not_found"},
				}},
				{Pattern: "GET /me", Allow: []mock.Caller{mock.Student, mock.Instructor, mock.Outsider}},
			}
			require.NoError(t, stytch.Audit(build(grimoireauth.RoleInstructor), how, routes...))
			require.NoError(t, stytch.Audit(build(grimoireauth.RoleInstructor), how, routes...), "twice")
			require.Error(t, stytch.Audit(build(grimoireauth.RoleInstructor), mock.Auditing{Attach: guard.Attach}, routes...), "without rows nobody is in a class")
			require.ErrorContains(t, stytch.Audit(build(grimoireauth.RoleStudent), how, routes...), "student     200, not 403 forbidden (!)")
		})
	}
	t.Run("misuse", func(t *testing.T) {
		stytch := new(mock.Stytch)
		school := grimoireauth.OrganizationID(stytch.AddClass("The school").ID)
		audit := func(school mock.School, route mock.Route) func() {
			return func() { _ = stytch.Audit(fine, mock.Auditing{School: school}, route) }
		}
		enrol := new(enrolled).enrol
		require.Panics(t, audit(mock.School{Organization: school}, mock.Route{Pattern: "/"}), "nobody is in a class")
		require.Panics(t, audit(mock.School{Organization: school, Enrol: enrol}, mock.Route{Pattern: "/{slug}"}), "such a class has no slug")
		require.Panics(t, audit(mock.School{}, mock.Route{Pattern: "/", Answer: mock.Answer{Code: "x"}}))
		require.Panics(t, audit(mock.School{}, mock.Route{Pattern: "/", Refusal: map[mock.Caller]mock.Answer{mock.Nobody: {}}}))
		require.Panics(t, audit(mock.School{}, mock.Route{Pattern: "/", Refusal: map[mock.Caller]mock.Answer{"x": {Status: 401}}}))
		require.Panics(t, audit(mock.School{}, mock.Route{Pattern: "/", Allow: []mock.Caller{mock.Nobody}, Refusal: map[mock.Caller]mock.Answer{mock.Nobody: {Status: 401}}}))
		full := errors.New("the class is full")
		require.ErrorIs(t, stytch.Audit(fine, mock.Auditing{School: mock.School{Enrol: func(grimoireauth.Person, grimoireauth.Role) error { return full }}}, mock.Route{Pattern: "/"}), full)
	})
}

var everybody = []mock.Caller{mock.Nobody, mock.Student, mock.Instructor, mock.Outsider, mock.Gone}

// A10: what a sign-in endpoint says about a password is no refusal to use it.
func TestA10_AnAnswerThatLooksLikeARefusal(t *testing.T) {
	problem := func(status int, code string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code})
		})
	}
	row := mock.Route{Pattern: "POST /auth/password", Body: `{"password":"wrong"}`, Allow: everybody, Answer: mock.Answer{Status: 403, Code: "wrong_password"}}
	stytch := new(mock.Stytch)
	require.NoError(t, stytch.Audit(problem(403, "wrong_password"), mock.Auditing{}, row))
	err := stytch.Audit(problem(403, "forbidden"), mock.Auditing{}, row)
	require.ErrorContains(t, err, "nobody      403 forbidden, not 403 wrong_password (!)", "a guard stands in front of the sign-in")
	require.ErrorContains(t, err, "5 surprises")

	row.Allow = []mock.Caller{mock.Nobody}
	require.ErrorContains(t, stytch.Audit(problem(403, "wrong_password"), mock.Auditing{}, row), "4 surprises", "others were let in")

	row.Answer = mock.Answer{Status: 501}
	row.Allow = everybody
	require.NoError(t, stytch.Audit(problem(501, ""), mock.Auditing{}, row), "it is named")
}

// A10: a route that the table forgot is found where the mux can be asked.
func TestA10_RoutesWithoutARow(t *testing.T) {
	stytch := new(mock.Stytch)
	build := func(more ...string) *http.ServeMux {
		mux := http.NewServeMux()
		for _, pattern := range append([]string{"GET /{$}", "GET /classes/{class}", "POST /classes/{class}/release", "/auth/"}, more...) {
			mux.Handle(pattern, fine)
		}
		return mux
	}
	rows := []mock.Route{
		{Pattern: "GET /", Allow: everybody},
		{Pattern: "GET /classes/{class}", Allow: everybody},
		{Pattern: "POST /classes/{class}/release", Allow: everybody},
		{Pattern: "GET /auth/?return_to=%2F", Allow: everybody},
	}
	mux := build()
	require.NoError(t, stytch.Audit(mux, mock.Auditing{Mux: mux}, rows...))
	for _, forgotten := range []string{
		"DELETE /classes/{class}", "PURGE /classes/{class}/release", "GET /classes/{class}/release", "/classes/{class}/release/",
		"GET /classes/{$}", "GET /classes", "POST /{$}", "GET /favicon.ico", "GET /healthz", "GET /admin/", "/",
		"GET /classes/{class}/{essay}", "GET /classes/{class}/export", "GET /classes/{class}/release/{id}", "GET /release",
	} {
		mux := build(forgotten)
		err := stytch.Audit(mux, mock.Auditing{Mux: mux}, rows...)
		require.ErrorContains(t, err, forgotten+" has no Route (!)")
		require.ErrorContains(t, err, "1 surprise,", forgotten)
	}
	err := stytch.Audit(mux, mock.Auditing{Mux: mux}, append(rows, mock.Route{Pattern: "GET /classes/{class}/rooster", Refusal: map[mock.Caller]mock.Answer{mock.Nobody: {Status: 404}}})...)
	require.ErrorContains(t, err, "GET /classes/{class}/rooster is no route of the application's (!)", "a row about nothing refuses everybody and proves nothing")
}

// A10: routers that list their routes are compared with the table.
func TestA10_RoutersThatListTheirRoutes(t *testing.T) {
	stytch := new(mock.Stytch)
	rows := []mock.Route{
		{Pattern: "GET /", Allow: everybody},
		{Pattern: "GET /classes/{class}", Allow: everybody},
		{Pattern: "GET /classes/new", Allow: everybody},
		{Pattern: "POST /classes/{class}/release", Allow: everybody},
		{Pattern: "GET /files/a/b.txt", Allow: everybody},
	}
	for name, patterns := range map[string][]string{
		"chi, gorilla": {"GET /", "GET /classes/{id}", "GET /classes/new", "POST /classes/{id:[a-z-0-9]+}/release", "GET /files/*"},
		"echo, gin":    {"GET /", "GET /classes/:id", "GET /classes/new", "POST /classes/:id/release", "GET /files/*path"},
		"net/http":     {"GET /{$}", "/classes/{id}", "/classes/new", "POST /classes/{id}/release", "GET /files/{path...}"},
	} {
		require.NoError(t, stytch.Audit(fine, mock.Auditing{Patterns: patterns}, rows...), name)
		for _, forgotten := range []string{"DELETE /classes/{id}", "GET /classes/:id/release", "GET /anywhere", "/files/a", "GET /classes/:id/"} {
			err := stytch.Audit(fine, mock.Auditing{Patterns: append([]string{forgotten}, patterns...)}, rows...)
			require.ErrorContains(t, err, forgotten+" has no Route (!)", name)
			require.ErrorContains(t, err, "1 surprise,", name)
		}
		err := stytch.Audit(fine, mock.Auditing{Patterns: patterns[1:]}, rows...)
		require.ErrorContains(t, err, "GET / is no route of the application's (!)", name)
	}
}
