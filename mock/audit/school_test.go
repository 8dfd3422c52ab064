package audit_test

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
	"github.com/promptgrimoire/auth/mock/audit"
	"github.com/stretchr/testify/require"
)

// enrolled is an application's own table.
type enrolled struct {
	school grimoireauth.OrganizationID
	mu     sync.Mutex // guards rows
	rows   map[grimoireauth.Person]grimoireauth.Role
}

func (e *enrolled) enroll(person grimoireauth.Person, role grimoireauth.Role) error {
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
	for name, school := range map[string]func(*mock.Stytch, *enrolled) audit.School{
		"one Organization": func(s *mock.Stytch, e *enrolled) audit.School {
			e.school = grimoireauth.OrganizationID(s.AddClass("The school").ID)
			return audit.School{Organization: e.school, Enroll: e.enroll}
		},
		"classes with ids of its own": func(s *mock.Stytch, e *enrolled) audit.School {
			e.school = grimoireauth.OrganizationID(s.AddClass("The school").ID)
			return audit.School{Organization: e.school, Class: "LAWS1100", Other: "LAWS2200", Enroll: e.enroll}
		},
		"an Organization per class, and roles in a table": func(_ *mock.Stytch, e *enrolled) audit.School {
			return audit.School{Enroll: e.enroll}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stytch, table := new(mock.Stytch), new(enrolled)
			how := audit.Config{School: school(stytch, table)}
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
			routes := []audit.Route{
				{Pattern: "GET /classes/{class}", Allow: []audit.Caller{audit.Student, audit.Instructor}},
				{Pattern: "GET /classes/{class}/roster", Allow: []audit.Caller{audit.Instructor}, Refusal: map[audit.Caller]audit.Answer{
					audit.Anonymous: {Status: 401}, audit.Student: {Status: 403, Code: "forbidden"}, audit.Outsider: {Status: 404, Code: "not_found"},
				}},
				{Pattern: "GET /me", Allow: []audit.Caller{audit.Student, audit.Instructor, audit.Outsider}},
			}
			require.NoError(t, audit.Run(stytch, build(grimoireauth.RoleInstructor), how, routes...))
			require.NoError(t, audit.Run(stytch, build(grimoireauth.RoleInstructor), how, routes...), "twice")
			require.Error(t, audit.Run(stytch, build(grimoireauth.RoleInstructor), audit.Config{Attach: guard.Attach}, routes...), "without rows no person is in a class")
			require.ErrorContains(t, audit.Run(stytch, build(grimoireauth.RoleStudent), how, routes...), "student     200, not 403 forbidden (!)")
		})
	}
	t.Run("misuse", func(t *testing.T) {
		stytch := new(mock.Stytch)
		school := grimoireauth.OrganizationID(stytch.AddClass("The school").ID)
		run := func(school audit.School, route audit.Route) func() {
			return func() { _ = audit.Run(stytch, fine, audit.Config{School: school}, route) }
		}
		enroll := new(enrolled).enroll
		require.Panics(t, run(audit.School{Organization: school}, audit.Route{Pattern: "/"}), "no Enroll says who is in a class")
		require.Panics(t, run(audit.School{Organization: school, Enroll: enroll}, audit.Route{Pattern: "/{slug}"}), "such a class has no slug")
		require.Panics(t, run(audit.School{}, audit.Route{Pattern: "/", Answer: audit.Answer{Code: "x"}}))
		require.Panics(t, run(audit.School{}, audit.Route{Pattern: "/", Refusal: map[audit.Caller]audit.Answer{audit.Anonymous: {}}}))
		require.Panics(t, run(audit.School{}, audit.Route{Pattern: "/", Refusal: map[audit.Caller]audit.Answer{"x": {Status: 401}}}))
		require.Panics(t, run(audit.School{}, audit.Route{Pattern: "/", Allow: []audit.Caller{audit.Anonymous}, Refusal: map[audit.Caller]audit.Answer{audit.Anonymous: {Status: 401}}}))
		full := errors.New("the class is full")
		require.ErrorIs(t, audit.Run(stytch, fine, audit.Config{School: audit.School{Enroll: func(grimoireauth.Person, grimoireauth.Role) error { return full }}}, audit.Route{Pattern: "/"}), full)
	})
}

var everybody = []audit.Caller{audit.Anonymous, audit.Student, audit.Instructor, audit.Outsider, audit.Revoked}

// A10: what a sign-in endpoint says about a password is no refusal to use it.
func TestA10_AnAnswerThatLooksLikeARefusal(t *testing.T) {
	problem := func(status int, code string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code})
		})
	}
	row := audit.Route{Pattern: "POST /auth/password", Body: `{"password":"wrong"}`, Allow: everybody, Answer: audit.Answer{Status: 403, Code: "wrong_password"}}
	stytch := new(mock.Stytch)
	require.NoError(t, audit.Run(stytch, problem(403, "wrong_password"), audit.Config{}, row))
	err := audit.Run(stytch, problem(403, "forbidden"), audit.Config{}, row)
	require.ErrorContains(t, err, "anonymous   403 forbidden, not 403 wrong_password (!)", "a guard stands in front of the sign-in")
	require.ErrorContains(t, err, "5 surprises")

	row.Allow = []audit.Caller{audit.Anonymous}
	require.ErrorContains(t, audit.Run(stytch, problem(403, "wrong_password"), audit.Config{}, row), "4 surprises", "others were let in")

	row.Answer = audit.Answer{Status: 501}
	row.Allow = everybody
	require.NoError(t, audit.Run(stytch, problem(501, ""), audit.Config{}, row), "it is named")
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
	rows := []audit.Route{
		{Pattern: "GET /", Allow: everybody},
		{Pattern: "GET /classes/{class}", Allow: everybody},
		{Pattern: "POST /classes/{class}/release", Allow: everybody},
		{Pattern: "GET /auth/?return_to=%2F", Allow: everybody},
	}
	mux := build()
	require.NoError(t, audit.Run(stytch, mux, audit.Config{Mux: mux}, rows...))
	for _, forgotten := range []string{
		"DELETE /classes/{class}", "PURGE /classes/{class}/release", "GET /classes/{class}/release", "/classes/{class}/release/",
		"GET /classes/{$}", "GET /classes", "POST /{$}", "GET /favicon.ico", "GET /healthz", "GET /admin/", "/",
		"GET /classes/{class}/{essay}", "GET /classes/{class}/export", "GET /classes/{class}/release/{id}", "GET /release",
	} {
		mux := build(forgotten)
		err := audit.Run(stytch, mux, audit.Config{Mux: mux}, rows...)
		require.ErrorContains(t, err, forgotten+" has no Route (!)")
		require.ErrorContains(t, err, "1 surprise,", forgotten)
	}
	err := audit.Run(stytch, mux, audit.Config{Mux: mux}, append(rows, audit.Route{Pattern: "GET /classes/{class}/rooster", Refusal: map[audit.Caller]audit.Answer{audit.Anonymous: {Status: 404}}})...)
	require.ErrorContains(t, err, "GET /classes/{class}/rooster is no route of the application (!)", "a row about nothing refuses everybody and proves nothing")
}

// A10: routers that list their routes are compared with the table.
func TestA10_RoutersThatListTheirRoutes(t *testing.T) {
	stytch := new(mock.Stytch)
	rows := []audit.Route{
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
		require.NoError(t, audit.Run(stytch, fine, audit.Config{Patterns: patterns}, rows...), name)
		for _, forgotten := range []string{"DELETE /classes/{id}", "GET /classes/:id/release", "GET /anywhere", "/files/a", "GET /classes/:id/"} {
			err := audit.Run(stytch, fine, audit.Config{Patterns: append([]string{forgotten}, patterns...)}, rows...)
			require.ErrorContains(t, err, forgotten+" has no Route (!)", name)
			require.ErrorContains(t, err, "1 surprise,", name)
		}
		err := audit.Run(stytch, fine, audit.Config{Patterns: patterns[1:]}, rows...)
		require.ErrorContains(t, err, "GET / is no route of the application (!)", name)
	}
}
