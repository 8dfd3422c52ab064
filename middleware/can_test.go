package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestCan(t *testing.T) {
	const odd = "pq: relation does not exist"
	permissions := func(_ context.Context, s grimoireauth.Session, _ grimoireauth.ClassID, resource, action string) error {
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
			mux.Handle("POST /marks", guard.Can(middleware.NoClass, tt.resource, tt.action)(whoami))
			var err error
			mux.HandleFunc("POST /check", func(_ http.ResponseWriter, r *http.Request) {
				_, err = guard.CheckCan(r, middleware.NoClass, tt.resource, tt.action)
			})
			res := serve(mux, request("POST", "/marks", tt.jwt))
			require.Equal(t, tt.want, res.StatusCode)
			require.Empty(t, res.Cookies())
			require.NotContains(t, body(t, res), odd)
			serve(mux, request("POST", "/check", tt.jwt))
			require.Equal(t, tt.want == 200, err == nil)
		})
	}
}

// A03: a permission is about the class that the request names, in whatever router: a
// ClassOf that finds none is a 500, and no pattern is looked at.
func TestA03_CanIsAboutAClass(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitOwn})
	can := guard.Can(middleware.PathClass("class"), "marks", "read")
	inner := http.NewServeMux()
	inner.Handle("GET /marks", can(whoami))
	nested := http.NewServeMux()
	nested.HandleFunc("/classes/{class}/", func(w http.ResponseWriter, r *http.Request) {
		http.StripPrefix("/classes/"+r.PathValue("class"), inner).ServeHTTP(w, r)
	})
	route := http.NewServeMux()
	route.Handle("GET /classes/{class}/marks", can(whoami))
	passed := http.NewServeMux()
	passed.HandleFunc("/classes/{class}/", func(w http.ResponseWriter, r *http.Request) {
		can(http.StripPrefix("/classes/"+r.PathValue("class"), whoami)).ServeHTTP(w, r)
	})
	for name, tt := range map[string]struct {
		app         http.Handler
		own, others int
	}{
		"on the route":                  {route, 200, 403},
		"in a mux below":                {nested, 500, 500},
		"around the mux":                {can(route), 500, 500},
		"before the prefix is stripped": {passed, 200, 403},
		"a class in the query":          {guard.Can(middleware.ClassOf(func(r *http.Request) grimoireauth.ClassID { return grimoireauth.ClassID(r.URL.Query().Get("class")) }), "marks", "read")(whoami), 500, 500},
		"about no class":                {guard.Can(middleware.NoClass, "exports", "read")(whoami), 403, 403},
	} {
		for _, app := range []http.Handler{tt.app, protected(guard, tt.app)} {
			require.Equal(t, tt.own, serve(app, request("GET", "/classes/"+law+"/marks", "jwt.ivy.x")).StatusCode, name)
			require.Equal(t, tt.others, serve(app, request("GET", "/classes/"+art+"/marks", "jwt.ivy.x")).StatusCode, name)
			require.Equal(t, 401, serve(app, request("GET", "/classes/"+art+"/marks", "")).StatusCode, name)
		}
	}
}

func protected(guard *middleware.Guard, app http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", app)
	return guard.Protect(mux)
}

// A04: one Organization for the school. A permission that a person has in one class
// permits nothing in another, and a client.Can that knows Organizations only says so.
func TestA04_CanWithOneOrganization(t *testing.T) {
	roles := map[grimoireauth.ClassID]grimoireauth.Role{"LAWS1100": grimoireauth.RoleInstructor, "LAWS2200": grimoireauth.RoleStudent}
	role := func(_ context.Context, s grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
		return roles[class], nil
	}
	tables := func(_ context.Context, s grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
		if roles[class].AtLeast(grimoireauth.RoleInstructor) {
			return nil
		}
		return grimoireauth.ErrForbidden
	}
	var log bytes.Buffer
	for name, tt := range map[string]struct {
		can  grimoireauth.CanFunc
		want map[string]int
	}{
		"the application's tables": {tables, map[string]int{"LAWS1100": 200, "LAWS2200": 403, "LAWS3300": 404}},
		"Organizations only":       {permitOwn, map[string]int{"LAWS1100": 403, "LAWS2200": 403, "LAWS3300": 404}},
	} {
		guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Role: role, Can: tt.can, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		students, can := ofStudents(guard), guard.Can(middleware.PathClass("class"), "class", "mark")
		for _, wrap := range []func(http.Handler) http.Handler{
			func(next http.Handler) http.Handler { return students(can(next)) },
			func(next http.Handler) http.Handler { return students(between(can(next))) },
			func(next http.Handler) http.Handler {
				return students(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := guard.CheckCan(r, middleware.OneClass(r.PathValue("class")), "class", "mark"); err != nil {
						guard.Respond(w, r, err)
						return
					}
					next.ServeHTTP(w, r)
				}))
			},
		} {
			mux := http.NewServeMux()
			mux.Handle("GET /classes/{class}/marks", wrap(whoami))
			for class, want := range tt.want {
				require.Equal(t, want, serve(mux, request("GET", "/classes/"+class+"/marks", "jwt.ivy.x")).StatusCode, "%s in %s", name, class)
			}
		}
	}
	require.Equal(t, 1, strings.Count(log.String(), "pass a CanFunc"), "once for each Guard that needs it")
}

// C11: what the application's own functions say is wrong reaches the log, whole, and no
// response.
func TestC11_ErrorsOfTheApplicationReachTheLog(t *testing.T) {
	const down = "pq: relation \"enrollments\" does not exist"
	var log bytes.Buffer
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{
		Role: func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
			return grimoireauth.RoleNone, errors.New(down)
		},
		Can: func(context.Context, grimoireauth.Session, grimoireauth.ClassID, string, string) error {
			return errors.New(down)
		},
		Logger: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	for _, wrap := range []func(http.Handler) http.Handler{ofStudents(guard), guard.Can(middleware.NoClass, "marks", "read")} {
		log.Reset()
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}", wrap(whoami))
		res := serve(mux, request("GET", "/classes/"+law, "jwt.ivy.x"))
		require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.NotContains(t, body(t, res), "enrollments")
		require.Contains(t, log.String(), `relation \"enrollments\" does not exist`)
	}
}

// A handler that asks for something else on behalf of the same request does not
// take the class guard's decision with it.
func TestCanIsAboutTheClassThatWasDecided(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitAll})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/marks", guard.Can(middleware.PathClass("class"), "marks", "read")(whoami))
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
		client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
		require.NoError(t, err)
		guard := newGuard(t, client.Sessions.Authenticate, middleware.Config{Can: client.Can})
		class, other := stytch.AddClass("LAWS1100"), stytch.AddClass("ARTS2000")
		marks := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}/marks", marks(guard.Can(middleware.PathClass("class"), "marks", "read")(whoami)))
		mux.Handle("DELETE /classes/{class}/marks", marks(guard.Can(middleware.PathClass("class"), "marks", "delete")(whoami)))
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
// and a browser that goes away cancels no other request. A policy cache
// that asks for each of them (50 requests, 50 fetches) makes Stytch's rate limit an
// outage; one that is written without a lock fails here under -race.
func TestT08_OnePolicyForAll(t *testing.T) {
	const policy = "GET /v1/b2b/rbac/policy"
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		x.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Can: x.client.Can})
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}/{resource}", ofStudents(x.guard)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x.guard.Can(middleware.PathClass("class"), r.PathValue("resource"), "get")(whoami).ServeHTTP(w, r)
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
	require.Panics(t, func() { guard.Can(nil, "marks", "read") })
	require.Panics(t, func() { guard.Can(middleware.ClassOf(nil), "marks", "read") })
	require.Panics(t, func() { guard.Can(middleware.PathClass("class"), "", "read") })
	require.Panics(t, func() { guard.Can(middleware.PathClass("class"), "marks", " ") })
	_, err := guard.CheckCan(request("GET", "/", "jwt.ivy.x"), middleware.NoClass, "", "read")
	require.ErrorIs(t, err, middleware.ErrMisconfigured)
	without := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	require.Panics(t, func() { without.Can(middleware.PathClass("class"), "marks", "read") })
	_, err = without.CheckCan(request("GET", "/", "jwt.ivy.x"), middleware.NoClass, "marks", "read")
	require.ErrorIs(t, err, middleware.ErrMisconfigured)
	require.Panics(t, func() { guard.Require(nil) })
}
