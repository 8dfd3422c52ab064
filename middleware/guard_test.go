package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// school is an AuthFunc over a table: what a session_jwt or session_token is
// worth.
type school struct {
	answers map[string]answer
	calls   atomic.Int64
}

type answer struct {
	authentication grimoireauth.Authentication
	err            error
}

func (s *school) Authenticate(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	s.calls.Add(1)
	key := c.JWT.Reveal()
	if c.JWT.IsZero() {
		key = c.Token.Reveal()
	}
	a, ok := s.answers[key]
	if !ok {
		return grimoireauth.Authentication{}, &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrUnauthenticated}
	}
	return a.authentication, a.err
}

const (
	law = "organization-test-law"
	art = "organization-test-art"
)

func session(t testing.TB, member, organization string, roles ...string) grimoireauth.Session {
	t.Helper()
	s, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID:           grimoireauth.SessionID("session-of-" + member),
		Member:       grimoireauth.MemberID(member),
		Organization: grimoireauth.OrganizationID(organization),
		Roles:        roles,
		ExpiresAt:    time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	return s
}

// newSchool knows ada (student of law), tom (tutor), ivy (instructor), cleo
// (coordinator), zoe (an unknown role), and what Stytch may say besides.
func newSchool(t testing.TB) *school {
	person := func(name, organization string, roles ...string) answer {
		return answer{authentication: grimoireauth.Authentication{
			Session:     session(t, name, organization, roles...),
			Credentials: grimoireauth.NewCredentials("jwt."+name+".x", "token-"+name),
			Source:      grimoireauth.SourceLocal,
		}}
	}
	refreshed := person("ada", law, "stytch_member")
	refreshed.authentication.Credentials = grimoireauth.NewCredentials("jwt.ada.fresh", "token-ada")
	refreshed.authentication.Source = grimoireauth.SourceRefreshed
	s := &school{answers: map[string]answer{
		"jwt.ada.x":     person("ada", law, "stytch_member"),
		"jwt.tom.x":     person("tom", law, "stytch_member", "tutor"),
		"jwt.ivy.x":     person("ivy", law, "stytch_member", "instructor"),
		"jwt.cleo.x":    person("cleo", law, "stytch_member", "coordinator"),
		"jwt.zoe.x":     person("zoe", law, "stytch_admin2", "Instructor"),
		"jwt.art.x":     person("art", art, "stytch_member", "instructor"),
		"jwt.stale.x":   refreshed,
		"jwt.expired.x": {err: &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrExpired}},
		"jwt.ended.x":   {err: &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrSessionEnded}},
		"jwt.down.x":    {err: &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrUnavailable, RetryAfter: 90 * time.Second}},
		"jwt.busy.x":    {err: &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrRateLimited}},
		"jwt.odd.x":     {err: errors.New("pq: relation does not exist: jwt.odd.x")},
		"jwt.mixed.x":   {err: errors.Join(grimoireauth.ErrSessionEnded, grimoireauth.ErrUnavailable)},
		"jwt.nobody.x":  {},
	}}
	return s
}

func newGuard(t testing.TB, auth grimoireauth.AuthFunc, config middleware.Config) *middleware.Guard {
	t.Helper()
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	guard, err := middleware.New(auth, config)
	require.NoError(t, err)
	return guard
}

// request returns a request with this session_jwt, "" for none.
func request(method, target, jwt string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	if jwt != "" {
		r.Header.Set("Cookie", "theme=dark; __Host-stytch_session=token-of-it; __Host-stytch_session_jwt="+jwt+"; lang=en")
	}
	return r
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// whoami writes the member of the context, or "nobody".
var whoami = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	s, ok := grimoireauth.SessionFromContext(r.Context())
	if !ok {
		_, _ = io.WriteString(w, "nobody")
		return
	}
	_, _ = io.WriteString(w, string(s.Member()))
})

func body(t testing.TB, res *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(all)
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := middleware.New(nil, middleware.Config{
		SignInURL: "//evil.example", SharedCookieDomain: "school edu", FrontEndCookies: true, CookieName: "__Secure-x",
	})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	var explained *grimoireauth.Error
	require.ErrorAs(t, err, &explained)
	for _, fault := range []string{"AuthFunc is missing", "SignInURL", "FrontEndCookies and SharedCookieDomain", `SharedCookieDomain "school edu"`, `CookieName "__Secure-x"`} {
		require.ErrorContains(t, err, fault)
	}
}

func TestLoadAndRequire(t *testing.T) {
	tests := []struct {
		name          string
		jwt           string
		load, require int // status
		who           string
	}{
		{"nobody", "", 200, 401, "nobody"},
		{"a student", "jwt.ada.x", 200, 200, "ada"},
		{"refreshed on the way", "jwt.stale.x", 200, 200, "ada"},
		{"unknown", "jwt.who.x", 200, 401, "nobody"},
		{"expired", "jwt.expired.x", 200, 401, "nobody"},
		{"ended", "jwt.ended.x", 200, 401, "nobody"},
		{"outage", "jwt.down.x", 503, 503, ""},
		{"rate limit", "jwt.busy.x", 503, 503, ""},
		{"an error of no known kind", "jwt.odd.x", 503, 503, ""},
		{"ended and unavailable at once", "jwt.mixed.x", 503, 503, ""},
		{"an AuthFunc that says nothing", "jwt.nobody.x", 500, 500, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
			for _, wrapped := range []struct {
				name   string
				wrap   func(http.Handler) http.Handler
				status int
			}{{"Load", guard.Load, tt.load}, {"Require", guard.Require, tt.require}} {
				t.Run(wrapped.name, func(t *testing.T) {
					res := serve(wrapped.wrap(whoami), request("GET", "/", tt.jwt))
					require.Equal(t, wrapped.status, res.StatusCode)
					if wrapped.status == http.StatusOK {
						require.Equal(t, tt.who, body(t, res))
					}
					deleted := 0
					for _, cookie := range res.Cookies() {
						if cookie.MaxAge < 0 {
							deleted++
						}
					}
					require.Zero(t, deleted, "only a sign-out deletes cookies")
				})
			}
		})
	}
}

// Optional sign-in must not make a bad token look like none.
func TestM24_BadIsNotNone(t *testing.T) {
	school := newSchool(t)
	guard := newGuard(t, school.Authenticate, middleware.Config{})
	var err error
	page := guard.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, err = guard.Check(r) }))

	serve(page, request("GET", "/", ""))
	require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)

	serve(page, request("GET", "/", "jwt.expired.x"))
	require.ErrorIs(t, err, grimoireauth.ErrExpired)
	require.NotErrorIs(t, err, grimoireauth.ErrNoCredentials)
	require.EqualValues(t, 1, school.calls.Load(), "Check inside a guard asks nobody again")
}

func TestZeroGuardRefusesEverybody(t *testing.T) {
	for name, guard := range map[string]*middleware.Guard{"zero": new(middleware.Guard), "nil": nil} {
		t.Run(name, func(t *testing.T) {
			inClass := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
			for _, h := range []http.Handler{guard.Load(whoami), guard.Require(whoami), inClass(whoami), guard.Protect(http.NewServeMux())} {
				res := serve(h, request("GET", "/", "jwt.ada.x"))
				require.Equal(t, http.StatusInternalServerError, res.StatusCode)
			}
			_, err := guard.Check(request("GET", "/", "jwt.ada.x"))
			require.ErrorIs(t, err, middleware.ErrMisconfigured)
			_, err = guard.Authenticate(t.Context(), grimoireauth.NewCredentials("a", "b"))
			require.ErrorIs(t, err, middleware.ErrMisconfigured)
			w := httptest.NewRecorder()
			guard.ClearCookies(w, signingIn())
			require.Error(t, guard.SetCookies(w, signingIn(), grimoireauth.Authentication{}))
			require.Error(t, guard.Attach(request("GET", "/", ""), grimoireauth.Credentials{}))
			require.Empty(t, w.Header()["Set-Cookie"])
		})
	}
}

func TestM25_NestedGuardsAskOnce(t *testing.T) {
	school := newSchool(t)
	guard := newGuard(t, school.Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux.Handle("GET /classes/{class}", guard.Load(guard.Require(instructors(guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := grimoireauth.InstructorFromContext(r.Context())
		fmt.Fprintf(w, "%s@%s %t", who.Member, who.Class, ok)
	}))))))
	app := guard.Protect(mux)

	res := serve(app, request("GET", "/classes/"+law, "jwt.ivy.x"))
	require.Equal(t, "ivy@"+law+" true", body(t, res))
	require.EqualValues(t, 1, school.calls.Load())

	logout := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Len(t, w.Header()["Set-Cookie"], 1, "a refreshed cookie is there before the handler runs")
		guard.ClearCookies(w, signingIn())
		guard.Require(whoami).ServeHTTP(w, r)
	})
	for _, cookie := range serve(guard.Require(logout), request("GET", "/", "jwt.stale.x")).Cookies() {
		require.Negative(t, cookie.MaxAge, "an inner guard does not write it again")
	}
}

// Another guard may trust another project, and anything can put an
// authentication into a context.
func TestM21_OthersAnswersDoNotCount(t *testing.T) {
	school := newSchool(t)
	guard := newGuard(t, school.Authenticate, middleware.Config{})
	forged := grimoireauth.Authentication{Session: session(t, "mallory", law, "coordinator"), Credentials: grimoireauth.NewCredentials("a", "b")}
	forge := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(r.Context(), forged), grimoireauth.Person{Member: "mallory", Class: law}, grimoireauth.RoleCoordinator)
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	noRole := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, ok := grimoireauth.RoleFromContext(r.Context())
		require.False(t, ok, "the forged role is still there")
		whoami(w, r)
	})

	require.Equal(t, http.StatusUnauthorized, serve(forge(guard.Require(whoami)), request("GET", "/", "")).StatusCode)
	require.Equal(t, "nobody", body(t, serve(forge(guard.Load(noRole)), request("GET", "/", ""))))
	require.Equal(t, "ada", body(t, serve(forge(guard.Require(noRole)), request("GET", "/", "jwt.ada.x"))))
	require.Equal(t, "ada", body(t, serve(guard.Require(forge(guard.Require(noRole))), request("GET", "/", "jwt.ada.x"))))

	forged = school.answers["jwt.ada.x"].authentication // the true answer, with a role that nobody decided
	require.Equal(t, "ada", body(t, serve(forge(guard.Require(noRole)), request("GET", "/", "jwt.ada.x"))))

	other := newGuard(t, func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		return forged, nil
	}, middleware.Config{})
	before := school.calls.Load()
	require.Equal(t, "ada", body(t, serve(other.Require(guard.Require(whoami)), request("GET", "/", "jwt.ada.x"))))
	require.Equal(t, before+1, school.calls.Load())
}

// A handler in between that passes other cookies on with the same context.
func TestNestedGuardLooksAtTheCookiesAgain(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	swap := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := request("GET", "/", "jwt.tom.x").WithContext(r.Context())
		guard.Require(whoami).ServeHTTP(w, inner)
	})
	require.Equal(t, "tom", body(t, serve(guard.Require(swap), request("GET", "/", "jwt.ada.x"))))
}

// Errors that the package does not know may quote what they were given.
func TestLogsHoldNoSecret(t *testing.T) {
	var log bytes.Buffer
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, jwt := range []string{"jwt.odd.x", "jwt.nobody.x", "jwt.ended.x", "jwt.down.x"} {
		res := serve(guard.Require(whoami), request("GET", "/", jwt))
		require.NotContains(t, body(t, res), jwt)
	}
	require.Contains(t, log.String(), "neither yes nor no")
	require.Contains(t, log.String(), "returned no session")
	require.NotContains(t, log.String(), "jwt.")
	require.Equal(t, 3, strings.Count(log.String(), "\n"), "an outage is the client's to report, once; the third is about a token without a name")
}

// signingIn is the request whose response sets the cookies of a sign-in.
func signingIn() *http.Request {
	return httptest.NewRequest("POST", "https://app.example/auth/code", nil)
}
