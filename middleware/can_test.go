package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestCan(t *testing.T) {
	const odd = "pq: relation does not exist"
	permissions := func(_ context.Context, s grimoireauth.Session, resource, action string) error {
		switch {
		case resource == "odd":
			return errors.New(odd)
		case resource == "down":
			return &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrUnavailable}
		case resource == "mixed":
			return errors.Join(grimoireauth.ErrForbidden, grimoireauth.ErrRateLimited)
		case resource == "ended":
			return grimoireauth.ErrSessionEnded
		case s.HasRole("tutor") && resource == "marks" && action == "write":
			return nil
		}
		return grimoireauth.ErrForbidden
	}
	tests := []struct {
		name, jwt        string
		resource, action string
		want             int
	}{
		{"permitted", "jwt.tom.x", "marks", "write", 200},
		{"not permitted", "jwt.ada.x", "marks", "write", 403},
		{"another action", "jwt.tom.x", "marks", "delete", 403},
		{"T07 an action that is longer", "jwt.tom.x", "marks", "write2", 403},
		{"stranger", "", "marks", "write", 401},
		{"outage of the session check", "jwt.down.x", "marks", "write", 503},
		{"nobody could find out", "jwt.tom.x", "down", "write", 503},
		{"forbidden and rate limited at once", "jwt.tom.x", "mixed", "write", 503},
		{"an error of no known kind", "jwt.tom.x", "odd", "write", 503},
		{"says ended, which is not its to say", "jwt.tom.x", "ended", "write", 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permissions})
			mux := http.NewServeMux()
			mux.Handle("POST /marks", guard.Can(tt.resource, tt.action)(whoami))
			var err error
			mux.HandleFunc("POST /check", func(_ http.ResponseWriter, r *http.Request) { _, err = guard.CheckCan(r, tt.resource, tt.action) })
			res := serve(mux, request("POST", "/marks", tt.jwt))
			require.Equal(t, tt.want, res.StatusCode)
			require.Empty(t, res.Cookies())
			require.NotContains(t, body(t, res), odd)
			serve(mux, request("POST", "/check", tt.jwt))
			require.Equal(t, tt.want == 200, err == nil)
		})
	}
}

// A permission is one in the session's class. Where the route may be about
// another, Can is closed unless a class guard stands around it.
func TestCanNeedsAClass(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          int // without a class guard around it
	}{
		{"GET /me/exports", "/me/exports", 200},
		{"/exports", "/exports", 200},
		{"GET /{$}", "/", 200},
		{"GET /exports/{$}", "/exports/", 200},
		{"GET school.example/exports", "http://school.example/exports", 200},
		{"GET /classes/{class}/exports", "/classes/" + art + "/exports", 500},
		{"GET /classes/{class}", "/classes/" + art, 500},
		{"GET /classes/{rest...}", "/classes/" + art, 500},
		{"GET /files/{id}/{$}", "/files/1/", 500},
		{"GET /classes/", "/classes/" + art, 500},
		{"/", "/classes/" + art, 500},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			var log bytes.Buffer
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitAll, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			mux := http.NewServeMux()
			mux.Handle(tt.pattern, guard.Can("exports", "read")(whoami))
			require.Equal(t, tt.want, serve(mux, request("GET", tt.path, "jwt.ivy.x")).StatusCode)
			require.Equal(t, tt.want, serve(guard.Protect(mux), request("GET", tt.path, "jwt.ivy.x")).StatusCode)
			if tt.want == 500 {
				require.Contains(t, log.String(), tt.pattern, "the log names the route to put right")
			}
		})
	}
	t.Run("around the mux", func(t *testing.T) {
		guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitAll})
		require.Equal(t, 500, serve(guard.Can("exports", "read")(http.NewServeMux()), request("GET", "/exports", "jwt.ivy.x")).StatusCode)
	})
}

// A handler that asks for something else on behalf of the same request does not
// take the class guard's decision with it.
func TestCanIsAboutTheClassThatWasDecided(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitAll})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/marks", guard.Can("marks", "read")(whoami))
	batch := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := httptest.NewRequest("GET", "/classes/"+r.URL.Query().Get("class")+"/marks", nil).WithContext(r.Context())
		inner.Header = r.Header
		mux.ServeHTTP(w, inner)
	})
	mux.Handle("GET /classes/{class}/batch", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(batch))
	for class, want := range map[string]int{law: 200, art: 500} {
		require.Equal(t, want, serve(mux, request("GET", "/classes/"+law+"/batch?class="+class, "jwt.ivy.x")).StatusCode)
	}
}

// With the real policy: what Stytch's RBAC says, for the class of the session.
func TestCanWithClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := &mock.Stytch{Roles: []mock.Role{
			{ID: "tutor", Permissions: []mock.Permission{{Resource: "marks", Actions: []string{"read", "write"}}}},
			{ID: "instructor", Permissions: []mock.Permission{{Resource: "marks", Actions: []string{"*"}}}},
		}}
		client, err := grimoireauth.New(grimoireauth.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
		require.NoError(t, err)
		guard := newGuard(t, client.Sessions.Authenticate, middleware.Config{Can: client.Can})
		class, other := stytch.AddClass("LAWS1100"), stytch.AddClass("ARTS2000")
		marks := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}/marks", marks(guard.Can("marks", "read")(whoami)))
		mux.Handle("DELETE /classes/{class}/marks", marks(guard.Can("marks", "delete")(whoami)))
		for who, want := range map[grimoireauth.MemberID][3]int{ // read, delete, read in the other class
			stytch.AddStudent(class.ID, "ada@example.edu"):         {403, 403, 404},
			stytch.AddMember(class.ID, "tom@example.edu", "tutor"): {200, 403, 404},
			stytch.AddInstructor(class.ID, "ivy@example.edu"):      {200, 200, 404},
			stytch.AddInstructor(other.ID, "art@example.edu"):      {404, 404, 200},
		} {
			credentials := stytch.SignIn(who)
			for i, target := range []string{"GET " + string(class.ID), "DELETE " + string(class.ID), "GET " + string(other.ID)} {
				var method, id string
				_, err := fmt.Sscan(target, &method, &id)
				require.NoError(t, err)
				r := httptest.NewRequest(method, "/classes/"+id+"/marks", nil)
				require.NoError(t, guard.Attach(r, credentials))
				require.Equal(t, want[i], serve(mux, r).StatusCode, target)
			}
		}
	})
}

// T08: the policy is fetched once, however many requests need it at the same moment,
// and a browser that goes away takes nobody else's answer with it. A policy cache
// that asks for each of them (50 requests, 50 fetches) makes Stytch's rate limit an
// outage; one that is written without a lock fails here under -race.
func TestT08_OnePolicyForAll(t *testing.T) {
	const policy = "GET /v1/b2b/rbac/policy"
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		x.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Can: x.client.Can})
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}/{resource}", ofStudents(x.guard)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x.guard.Can(r.PathValue("resource"), "get")(whoami).ServeHTTP(w, r)
		})))
		app := x.guard.Protect(mux)
		admin := x.stytch.SignIn(x.stytch.AddMember(x.class.ID, "root@example.edu", "stytch_admin"))
		student := x.stytch.SignIn(x.stytch.AddStudent(x.class.ID, "ada@example.edu"))
		ask := func(ctx context.Context, credentials grimoireauth.Credentials) int {
			r := httptest.NewRequestWithContext(ctx, "GET", "/classes/"+string(x.class.ID)+"/stytch.organization", nil)
			require.NoError(t, x.guard.Attach(r, credentials))
			return serve(app, r).StatusCode
		}
		lecture := func(n int) map[int]int {
			x.stytch.Fail(mock.Fault{Endpoint: policy, Latency: 2 * time.Second, Times: 1})
			gone, leave := context.WithTimeout(t.Context(), time.Second)
			defer leave()
			statuses := make([]int, n)
			var all sync.WaitGroup
			for i := range n {
				all.Go(func() {
					switch i % 3 {
					case 0:
						statuses[i] = ask(gone, admin)
					case 1:
						statuses[i] = ask(t.Context(), admin)
					default:
						statuses[i] = ask(t.Context(), student)
					}
				})
			}
			all.Wait()
			count := make(map[int]int)
			for _, status := range statuses {
				count[status]++
			}
			return count
		}
		require.Equal(t, map[int]int{200: 50, 403: 50, 503: 50}, lecture(150), "who went away was told nothing false")
		require.Equal(t, 1, x.calls(policy))

		// Five minutes later it is old, answers all the same, and is fetched once more.
		time.Sleep(4*time.Minute + 50*time.Second)
		require.Equal(t, 200, ask(t.Context(), admin), "the session is refreshed")
		time.Sleep(20 * time.Second)
		require.Equal(t, map[int]int{200: 100, 403: 50}, lecture(150), "nobody waits")
		synctest.Wait()
		time.Sleep(3 * time.Second)
		require.Equal(t, 2, x.calls(policy))
	})
}

func TestCanWiring(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitAll})
	require.Panics(t, func() { guard.Can("", "read") })
	require.Panics(t, func() { guard.Can("marks", " ") })
	_, err := guard.CheckCan(request("GET", "/", "jwt.ivy.x"), "", "read")
	require.ErrorIs(t, err, middleware.ErrMisconfigured)
	without := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	require.Panics(t, func() { without.Can("marks", "read") })
	_, err = without.CheckCan(request("GET", "/", "jwt.ivy.x"), "marks", "read")
	require.ErrorIs(t, err, middleware.ErrMisconfigured)
	require.Panics(t, func() { guard.Require(nil) })
}
