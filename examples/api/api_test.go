package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/promptgrimoire/auth/mock/audit"
	"github.com/stretchr/testify/require"
)

// service is the API with a Stytch in memory behind it, and the class of the
// demonstration in it.
type service struct {
	*api
	*demo
	t   *testing.T
	url string
}

func serve(t *testing.T) *service { return serveWithin(t, 0) }

// serveWithin is serve with a limit on how long an answer takes to be written.
func serveWithin(t *testing.T, limit time.Duration) *service {
	t.Helper()
	demo := newDemo()
	api, err := newAPI(demo.options())
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(api.handler())
	server.Config.WriteTimeout = limit
	server.Start()
	t.Cleanup(func() {
		api.guard.EndWatches()
		server.Close()
		_ = api.verifier.Wait(context.Background())
	})
	return &service{api, demo, t, server.URL}
}

// request is a request to the class with these credentials.
func (s *service) request(as grimoireauth.Credentials, method, path, body string) *http.Request {
	s.t.Helper()
	path = strings.Replace(path, "{class}", string(s.demo.class), 1)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if !as.IsZero() {
		require.NoError(s.t, s.guard.Attach(r, as))
	}
	return r
}

// call returns the answer, and its body as a JSON object if it has one.
func (s *service) call(as grimoireauth.Credentials, method, path, body string) (*http.Response, map[string]any) {
	s.t.Helper()
	res, err := http.DefaultClient.Do(s.request(as, method, path, body))
	require.NoError(s.t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, res.Body.Close())
	var object map[string]any
	if len(text) > 0 {
		require.NoError(s.t, json.Unmarshal(text, &object), "%s", text)
	}
	return res, object
}

// refused expects a problem (RFC 9457) with this status and code.
func (s *service) refused(status int, code string, as grimoireauth.Credentials, method, path, body string) *http.Response {
	s.t.Helper()
	res, problem := s.call(as, method, path, body)
	require.Equal(s.t, status, res.StatusCode, problem)
	require.Equal(s.t, "application/problem+json", res.Header.Get("Content-Type"))
	require.Equal(s.t, code, problem["code"])
	require.EqualValues(s.t, status, problem["status"])
	return res
}

const releaseBody = `{"title":"Essay 1"}`

func TestWhoMay(t *testing.T) {
	demo := newDemo()
	api, err := newAPI(demo.options())
	require.NoError(t, err)
	api.guard.EndWatches() // a stream that is let in says so and ends
	require.NoError(t, audit.Run(demo.stytch, api.handler(), audit.Config{Attach: api.guard.Attach},
		audit.Route{Pattern: "GET /classes/{class}", Allow: []audit.Caller{audit.Student, audit.Instructor}},
		audit.Route{Pattern: "GET /classes/{class}/roster", Allow: []audit.Caller{audit.Instructor}},
		audit.Route{Pattern: "POST /classes/{class}/release", Body: releaseBody, Allow: []audit.Caller{audit.Instructor}},
		audit.Route{Pattern: "GET /classes/{class}/events", Allow: []audit.Caller{audit.Student, audit.Instructor}},
		audit.Route{Pattern: "DELETE /session", Allow: []audit.Caller{audit.Student, audit.Instructor, audit.Outsider}},
	))
}

func TestAnswers(t *testing.T) {
	s := serve(t)
	res, me := s.call(s.student, "GET", "/classes/{class}", "")
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	require.Equal(t, "student", me["role"])
	require.Equal(t, "contracts-semester-1", me["slug"])

	_, roster := s.call(s.instructor, "GET", "/classes/{class}/roster", "")
	require.Len(t, roster["roster"], 2)
	require.Equal(t, "sam@example.edu", roster["roster"].([]any)[0].(map[string]any)["email"])

	res, released := s.call(s.instructor, "POST", "/classes/{class}/release", releaseBody)
	require.Equal(t, http.StatusCreated, res.StatusCode)
	require.Equal(t, "Essay 1", released["title"])

	res, _ = s.call(s.student, "DELETE", "/session", "")
	require.Equal(t, http.StatusNoContent, res.StatusCode)
	s.refused(http.StatusUnauthorized, "session_ended", s.student, "GET", "/classes/{class}", "")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sam := s.stytch.AddStudent(s.demo.class, "tardy@example.edu")
	outsider := s.stytch.SignIn(s.stytch.AddInstructor(s.stytch.AddClass("Torts").ID, "tom@example.edu"))
	for _, row := range []struct {
		name, method, path, body string
		as                       grimoireauth.Credentials
		status                   int
		code                     string
	}{
		{"nobody", "GET", "/classes/{class}", "", grimoireauth.Credentials{}, 401, "sign_in_required"},
		{"an expired token", "GET", "/classes/{class}", "", s.stytch.Expired(sam), 401, "session_expired"},
		{"a stale token, of a live session", "GET", "/classes/{class}", "", s.stytch.Stale(s.stytch.SignIn(sam)), 401, "session_expired"},
		{"a forged token", "GET", "/classes/{class}", "", s.stytch.Forged(sam), 401, "sign_in_required"},
		{"another class", "GET", "/classes/{class}", "", outsider, 404, "not_found"},
		{"a class that is not there", "GET", "/classes/organization-test-1", "", s.student, 404, "not_found"},
		{"a student's roster", "GET", "/classes/{class}/roster", "", s.student, 403, "forbidden"},
		{"a student's release", "POST", "/classes/{class}/release", releaseBody, s.student, 403, "forbidden"},
		{"no body", "POST", "/classes/{class}/release", "", s.instructor, 400, "invalid"},
		{"no JSON", "POST", "/classes/{class}/release", "title=Essay", s.instructor, 400, "invalid"},
		{"no title", "POST", "/classes/{class}/release", `{"title":""}`, s.instructor, 400, "invalid"},
		{"two bodies", "POST", "/classes/{class}/release", releaseBody + releaseBody, s.instructor, 400, "invalid"},
		{"another field", "POST", "/classes/{class}/release", `{"title":"Essay","by":"me"}`, s.instructor, 400, "invalid"},
		{"a title without end", "POST", "/classes/{class}/release", `{"title":"` + strings.Repeat("x", maxTitle+1) + `"}`, s.instructor, 400, "invalid"},
		{"a body without end", "POST", "/classes/{class}/release", `{"title":"x"` + strings.Repeat(" ", maxBody) + `}`, s.instructor, 400, "invalid"},
		{"a route that nobody made", "GET", "/grades", "", grimoireauth.Credentials{}, 401, "sign_in_required"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &service{s.api, s.demo, t, s.url}
			res := s.refused(row.status, row.code, row.as, row.method, row.path, row.body)
			require.Equal(t, row.status == 401, strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer"))
		})
	}

	t.Run("a cookie is no bearer token", func(t *testing.T) {
		r := s.request(grimoireauth.Credentials{}, "GET", "/classes/{class}", "")
		require.NoError(t, mock.Cookies(r, s.instructor))
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	})
}

// The token says instructor for as long as it lasts; Stytch knows better.
func TestReleaseAsksStytch(t *testing.T) {
	s := serve(t)
	ada := s.stytch.AddInstructor(s.demo.class, "ada@example.edu")
	credentials := s.stytch.SignIn(ada)
	s.stytch.SetRoles(ada)
	res, _ := s.call(credentials, "GET", "/classes/{class}/roster", "")
	require.Equal(t, http.StatusOK, res.StatusCode)
	s.refused(http.StatusForbidden, "forbidden", credentials, "POST", "/classes/{class}/release", releaseBody)
}

// While Stytch is down the API serves what the token proves, and answers 503 for the
// rest. No response says that the caller is signed out.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.call(s.student, "GET", "/classes/{class}", "") // fetches the keys
	s.stytch.Fail(mock.Fault{Drop: true})
	res, _ := s.call(s.student, "GET", "/classes/{class}", "")
	require.Equal(t, http.StatusOK, res.StatusCode)
	for _, route := range []string{"GET /classes/{class}/roster", "POST /classes/{class}/release"} {
		method, path, _ := strings.Cut(route, " ")
		res := s.refused(http.StatusServiceUnavailable, "unavailable", s.instructor, method, path, releaseBody)
		require.NotEmpty(t, res.Header.Get("Retry-After"))
	}

	cold := serve(t) // started during the outage
	cold.stytch.Fail(mock.Fault{Drop: true})
	cold.refused(http.StatusServiceUnavailable, "unavailable", cold.student, "GET", "/classes/{class}", "")
	cold.stytch.ClearFaults()
}
