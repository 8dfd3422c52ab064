package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// Guards around each other become one handler. Whatever the order, the strictest
// of them counts.
func TestM25_TheStrictestCounts(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"Load around Require": func(next http.Handler) http.Handler { return guard.Load(guard.Require(next)) },
		"Require around Load": func(next http.Handler) http.Handler { return guard.Require(guard.Load(next)) },
		"Load around InClass": func(next http.Handler) http.Handler { return guard.Load(ofStudents(guard)(next)) },
		"InClass around Load": func(next http.Handler) http.Handler { return ofStudents(guard)(guard.Load(next)) },
		"with something else": func(next http.Handler) http.Handler { return guard.Load(between(ofStudents(guard)(next))) },
	} {
		mux := http.NewServeMux()
		mux.Handle("GET /{class}", wrap(whoami))
		for _, app := range []http.Handler{mux, guard.Protect(mux)} {
			require.Equal(t, 401, serve(app, request("GET", "/"+law, "")).StatusCode, name)
			require.Equal(t, 401, serve(app, request("GET", "/"+law, "jwt.who.x")).StatusCode, name)
			require.Equal(t, 503, serve(app, request("GET", "/"+law, "jwt.down.x")).StatusCode, name)
			require.Equal(t, "ada", body(t, serve(app, request("GET", "/"+law, "jwt.ada.x"))), name)
		}
	}
}

// Protect leaves a route to its own guard only if that guard is this one, and lets
// no stranger pass.
func TestProtectClosesWhatIsOnlyLoaded(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	other := newGuard(t, proved(t, grimoireauth.SourceLocal), middleware.Config{})
	mux := http.NewServeMux()
	mux.Handle("GET /loaded", guard.Load(whoami))
	mux.Handle("GET /others", other.Require(whoami))
	for _, path := range []string{"/loaded", "/others"} {
		require.Equal(t, 401, serve(guard.Protect(mux), request("GET", path, "")).StatusCode, path)
		require.Equal(t, 401, serve(guard.Protect(mux), request("GET", path, "jwt.who.x")).StatusCode, path)
		require.Equal(t, 200, serve(guard.Protect(mux), request("GET", path, "jwt.ada.x")).StatusCode, path)
	}
}

// T04: what a class guard decided about one class says nothing about another.
func TestT04_DecisionIsAboutOneClass(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/roster", ofStudents(guard)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person, role, _ := grimoireauth.RoleFromContext(r.Context())
		fmt.Fprintf(w, "%s %v", person.Class, role)
	})))
	var class string
	mux.Handle("GET /classes/{class}/batch", ofClass(guard)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := httptest.NewRequest("GET", "/classes/"+class+"/roster", nil).WithContext(r.Context())
		inner.Header = r.Header
		mux.ServeHTTP(w, inner)
	})))
	ask := func() *http.Response { return serve(mux, request("GET", "/classes/"+law+"/batch", "jwt.ivy.x")) }
	class = law
	require.Equal(t, law+" instructor", body(t, ask()))
	class = art
	require.Equal(t, 404, ask().StatusCode)
}

// What a handler in between puts on the request is read again, wherever the guard
// looks.
func TestNestedGuardLooksAtTheHeaderAgain(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{CredentialSource: middleware.BearerOrCookies})
	for header, want := range map[string]string{"Bearer jwt.tom.x": "tom", "Bearer jwt.who.x": "", "": "ada"} {
		swap := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			guard.Require(whoami).ServeHTTP(w, r)
		})
		res := serve(guard.Require(swap), request("GET", "/", "jwt.ada.x"))
		if want == "" {
			require.Equal(t, 401, res.StatusCode)
			continue
		}
		require.Equal(t, want, body(t, res))
	}
}

// A refusal says once what would help, also where another handler said something
// before.
func TestOneChallenge(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	w := httptest.NewRecorder()
	w.Header().Set("WWW-Authenticate", "Basic")
	guard.Require(whoami).ServeHTTP(w, request("GET", "/", ""))
	require.Equal(t, []string{`Cookie realm="sign-in"`}, w.Header()["Www-Authenticate"])
}
