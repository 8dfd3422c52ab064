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
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

func roster(guard *middleware.Guard, least grimoireauth.Role) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/roster", guard.InClass(middleware.PathClass("class"), least)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person, role, _ := grimoireauth.RoleFromContext(r.Context())
		fmt.Fprint(w, person.Member, "@", person.Class, " ", role)
	})))
	return mux
}

func TestInClass(t *testing.T) {
	student, tutor, instructor, coordinator := grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor, grimoireauth.RoleCoordinator
	tests := []struct {
		name  string
		jwt   string
		class string
		least grimoireauth.Role
		want  int
	}{
		{"stranger", "", law, student, 401},
		{"stranger, class that does not exist", "", "nowhere", student, 401},
		{"student as student", "jwt.ada.x", law, student, 200},
		{"student as tutor", "jwt.ada.x", law, tutor, 403},
		{"tutor as tutor", "jwt.tom.x", law, tutor, 200},
		{"tutor as instructor", "jwt.tom.x", law, instructor, 403},
		{"instructor as instructor", "jwt.ivy.x", law, instructor, 200},
		{"instructor as coordinator", "jwt.ivy.x", law, coordinator, 403},
		{"coordinator as student", "jwt.cleo.x", law, student, 200},
		{"T01 instructor of another class", "jwt.art.x", law, student, 404},
		{"T01 in a class that does not exist", "jwt.ivy.x", "nowhere", student, 404},
		{"T02 id in another case", "jwt.ivy.x", strings.ToUpper(law), student, 404},
		{"T02 id with a space", "jwt.ivy.x", law + "%20", student, 404},
		{"T02 id with NUL", "jwt.ivy.x", law + "%00", student, 404},
		{"T02 id percent-encoded is the id", "jwt.ivy.x", "%6Frganization-test-law", student, 200},
		{"T02 id encoded twice is not", "jwt.ivy.x", "%256Frganization-test-law", student, 404},
		{"T07 roles that only look like one", "jwt.zoe.x", law, student, 404},
		{"outage", "jwt.down.x", law, student, 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
			res := serve(roster(guard, tt.least), request("GET", "/classes/"+tt.class+"/roster", tt.jwt))
			require.Equal(t, tt.want, res.StatusCode)

			r := request("GET", "/", tt.jwt)
			class := strings.NewReplacer("%20", " ", "%00", "\x00", "%6F", "o", "%25", "%").Replace(tt.class)
			authentication, role, err := guard.CheckInClass(r, grimoireauth.ClassID(class), tt.least)
			if tt.want == http.StatusOK {
				require.NoError(t, err)
				require.True(t, role.AtLeast(tt.least))
				require.False(t, authentication.IsZero())
			} else {
				require.Error(t, err)
				require.Zero(t, role)
				require.True(t, authentication.IsZero())
			}
		})
	}
}

func TestRevealClasses(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{RevealClasses: true})
	res := serve(roster(guard, grimoireauth.RoleStudent), request("GET", "/classes/"+law+"/roster", "jwt.art.x"))
	require.Equal(t, http.StatusForbidden, res.StatusCode)
}

// T03: an empty class id must not meet an empty organization id.
func TestT03_NoClassIsAMistakeNotAPass(t *testing.T) {
	var log bytes.Buffer
	everybody := func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
		return grimoireauth.RoleCoordinator, nil
	}
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Role: everybody, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{id}/grades", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(whoami))

	res := serve(mux, request("GET", "/classes/"+law+"/grades", "jwt.ivy.x"))
	require.Equal(t, http.StatusInternalServerError, res.StatusCode)
	require.Contains(t, log.String(), "GET /classes/{id}/grades")
	require.NotContains(t, body(t, res), "{id}")
}

func TestRoleFunc(t *testing.T) {
	tests := []struct {
		name string
		role grimoireauth.RoleFunc
		want int
	}{
		{"own tables", roleIs(grimoireauth.RoleInstructor, nil), 200},
		{"an own role between the known ones", roleIs(35, nil), 200},
		{"below none", roleIs(-1, nil), 404},
		{"cannot find out", roleIs(grimoireauth.RoleCoordinator, errors.New("database is gone")), 503},
		{"says ended, which is not its to say", roleIs(0, grimoireauth.ErrSessionEnded), 503},
		{"rate limited", roleIs(0, grimoireauth.ErrRateLimited), 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Role: tt.role})
			res := serve(roster(guard, grimoireauth.RoleInstructor), request("GET", "/classes/"+law+"/roster", "jwt.ada.x"))
			require.Equal(t, tt.want, res.StatusCode)
			require.Empty(t, res.Cookies())
		})
	}
}

func roleIs(role grimoireauth.Role, err error) grimoireauth.RoleFunc {
	return func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
		return role, err
	}
}

func TestInClassWiring(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	require.Panics(t, func() { guard.InClass(nil, grimoireauth.RoleStudent) })
	require.Panics(t, func() { guard.InClass(middleware.PathClass("class"), grimoireauth.RoleNone) })
	_, _, err := guard.CheckInClass(request("GET", "/", "jwt.cleo.x"), law, grimoireauth.RoleNone)
	require.ErrorIs(t, err, grimoireauth.ErrForbidden, "a forgotten role is closed, not open")
	guard = newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: func(context.Context, grimoireauth.Session, grimoireauth.ClassID, string, string) error { return nil }})
	_, _, err = guard.CheckInClass(request("GET", "/", "jwt.cleo.x"), law, grimoireauth.RoleNone)
	require.ErrorIs(t, err, grimoireauth.ErrForbidden, "also where whatever is asked is permitted")
}

// M11 and M12: the guard decides about the method that arrived, and what a route does
// not list is not served around the guard.
func TestM11_M12_Methods(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	mux := roster(guard, grimoireauth.RoleStudent).(*http.ServeMux)
	path := "/classes/" + law + "/roster"
	for _, method := range []string{"OPTIONS", "TRACE", "CONNECT", "POST", "get", "PROPFIND"} {
		res := serve(mux, request(method, path, "jwt.ada.x"))
		require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode, method)
		// To a stranger, a preflight among them, it tells not even which methods there are.
		res = serve(guard.Protect(mux), request(method, path, ""))
		require.Equal(t, http.StatusUnauthorized, res.StatusCode, method)
		require.Empty(t, res.Header.Get("Allow"), method)
		require.NotContains(t, body(t, res), "ada", method)
	}
	require.Equal(t, http.StatusUnauthorized, serve(mux, request("HEAD", path, "")).StatusCode)
	require.Equal(t, http.StatusOK, serve(mux, request("HEAD", path, "jwt.ada.x")).StatusCode)

	deleted := 0
	mux.Handle("DELETE /classes/{class}/roster", ofClass(guard)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { deleted++ })))
	for jwt, want := range map[string]int{"": 401, "jwt.ada.x": 200, "jwt.ivy.x": 200} {
		for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			r := request("GET", path+"?_method=DELETE", jwt)
			r.Header.Set(header, "DELETE")
			require.Equal(t, want, serve(mux, r).StatusCode, "still a GET")
		}
	}
	require.Zero(t, deleted)
}

// T05: an object's id is worth what the class beside it is worth. The handler asks
// its store for both; the class is the one that the guard has compared, whatever
// class the rest of the request names.
func TestT05_ObjectOfAnotherClass(t *testing.T) {
	essays := map[[2]string]string{{law, "7"}: "On offers", {art, "7"}: "On Turner", {art, "8"}: "On Klee"}
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	mux.Handle("/classes/{class}/essays/{essay}", ofClass(guard)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		instructor, _ := grimoireauth.InstructorFromContext(r.Context())
		text, ok := essays[[2]string{string(instructor.Class), r.PathValue("essay")}]
		if !ok {
			guard.Respond(w, r, grimoireauth.ErrNotFound)
			return
		}
		fmt.Fprint(w, text)
	})))
	tests := []struct {
		name, target, form string
		want               int
		text               string
	}{
		{"their own", "/classes/" + law + "/essays/7", "", 200, "On offers"},
		{"another class's, by its id alone", "/classes/" + law + "/essays/8", "", 404, ""},
		{"another class's, in its class", "/classes/" + art + "/essays/8", "", 404, ""},
		{"with the other class in the query", "/classes/" + law + "/essays/7?class=" + art, "", 200, "On offers"},
		{"with the other class in the form", "/classes/" + law + "/essays/7", "class=" + art, 200, "On offers"},
		{"with the other class in the host", "http://" + art + ".app.example/classes/" + law + "/essays/7", "", 200, "On offers"},
		{"with the other class in the id", "/classes/" + law + "/essays/..%2f..%2f" + art + "%2fessays%2f8", "", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", tt.target, strings.NewReader(tt.form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Class", art)
			r.Header.Set("Cookie", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ivy.x")
			res := serve(guard.Protect(mux), r)
			require.Equal(t, tt.want, res.StatusCode)
			if got := body(t, res); tt.want == 200 {
				require.Equal(t, tt.text, got)
			} else {
				require.NotContains(t, got, "On ")
			}
		})
	}
}

// M13: no spelling of a path opens the roster of another class. A member of art requests
// each.
func TestM13_PathTricks(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/roster", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "the roster of ", r.PathValue("class"))
	})))
	mux.Handle("GET /public/{rest...}", whoami)
	app := guard.Protect(mux, "GET /public/{rest...}")
	for _, path := range []string{
		"//classes/" + law + "/roster",
		"/./classes/" + law + "/roster",
		"/public/../classes/" + law + "/roster",
		"/public/%2e%2e/classes/" + law + "/roster",
		"/classes/" + art + "/../" + law + "/roster",
		"/classes/" + art + "%2f..%2f" + law + "/roster",
		"/classes/" + law + "%2froster",
		"/classes/" + law + ";x=1/roster",
		"/classes/" + law + "/roster/",
		"/classes/" + law + "./roster",
		`/classes/` + law + `\roster`,
		"/CLASSES/" + law + "/roster",
		"/classes/%6frganization-test-law/roster",
		"http://evil.example/classes/" + law + "/roster",
	} {
		t.Run(path, func(t *testing.T) {
			r, err := http.NewRequest("GET", "http://app.example", nil)
			require.NoError(t, err)
			if r.URL, err = r.URL.Parse(path); err != nil || strings.HasPrefix(path, "//") {
				r.URL.Path, r.URL.RawPath, r.URL.Host = path, "", ""
			}
			r.Header.Set("Cookie", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.art.x")
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			require.NotContains(t, w.Body.String(), "roster of")
			require.NotContains(t, w.Header().Get("Location"), "evil")
		})
	}
}
