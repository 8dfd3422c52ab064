package forwardauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// audience is the custom audience of the project's JWT template, which every session_jwt of
// these tests names besides the project.
const audience = "https://classes.example.edu"

const secret = "c2VjcmV0LW9mLXRoZS1wcm94eQ-1"

// school is a Stytch with two classes and the routes of a service behind a proxy.
type school struct {
	t                             *testing.T
	stytch                        *mock.Stytch
	client                        *stytchclient.Client
	verifier                      *jwtlocal.Verifier
	guard                         *middleware.Guard
	handler                       *forwardauth.Handler
	class, other                  grimoireauth.ClassID
	student, instructor, outsider grimoireauth.Credentials
}

// mappings are the two ways to map a school.
var mappings = []string{"an organization per class", "classes in tables"}

func newSchool(t *testing.T, mapping string, config middleware.Config) *school {
	t.Helper()
	s := &school{t: t, stytch: &mock.Stytch{CustomAudience: audience}}
	revocations := new(jwtlocal.MemoryRevocations)
	var err error
	s.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: s.stytch.ProjectID(), Secret: s.stytch.Secret(), BaseURL: s.stytch.BaseURL(), Transport: s.stytch, OnRevoke: revocations.Add,
	})
	require.NoError(t, err)
	s.verifier, err = jwtlocal.New(jwtlocal.Config{
		ProjectID: s.stytch.ProjectID(), BaseURL: s.stytch.BaseURL(), Transport: s.stytch,
		Refresh: s.client.Sessions.Authenticate, Revocations: revocations, Audiences: []string{audience},
	})
	require.NoError(t, err)
	if mapping == mappings[0] {
		s.class, s.other = s.stytch.AddClass("Contracts").ID, s.stytch.AddClass("Torts").ID
		s.student = s.stytch.SignIn(s.stytch.AddStudent(s.class, "sam@example.edu"))
		s.instructor = s.stytch.SignIn(s.stytch.AddInstructor(s.class, "iris@example.edu"))
		s.outsider = s.stytch.SignIn(s.stytch.AddInstructor(s.other, "otto@example.edu"))
	} else {
		all := s.stytch.AddClass("The school").ID
		s.class, s.other = "contracts", "torts"
		sam, iris, otto := s.stytch.AddStudent(all, "sam@example.edu"), s.stytch.AddStudent(all, "iris@example.edu"), s.stytch.AddStudent(all, "otto@example.edu")
		s.student, s.instructor, s.outsider = s.stytch.SignIn(sam), s.stytch.SignIn(iris), s.stytch.SignIn(otto)
		table := map[grimoireauth.Person]grimoireauth.Role{
			{Member: sam, Class: s.class}:  grimoireauth.RoleStudent,
			{Member: iris, Class: s.class}: grimoireauth.RoleInstructor,
			{Member: otto, Class: s.other}: grimoireauth.RoleInstructor,
		}
		config.Role = func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
			return table[grimoireauth.Person{Member: session.Member(), Class: class}], nil
		}
	}
	s.guard, err = middleware.New(s.verifier.Authenticate, config)
	require.NoError(t, err)
	s.handler, err = forwardauth.New(s.guard, s.routes(), forwardauth.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(secret)}})
	require.NoError(t, err)
	return s
}

// routes are those of the service behind the proxy.
func (s *school) routes() http.Handler {
	class := middleware.PathClass("class")
	students := s.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := s.guard.InClass(class, grimoireauth.RoleInstructor)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", forwardauth.Allow())
	mux.Handle("GET /me", s.guard.Require(forwardauth.Allow()))
	mux.Handle("GET /classes/{class}/notes", students(forwardauth.Allow()))
	mux.Handle("POST /classes/{class}/notes", students(forwardauth.Allow()))
	mux.Handle("GET /classes/{class}/live", students(forwardauth.Allow()))
	mux.Handle("POST /classes/{class}/release", instructors(forwardauth.Allow()))
	mux.Handle("/by-host/", s.guard.InClass(forwardauth.ProxyClass, grimoireauth.RoleStudent)(forwardauth.Allow()))
	return http.NewCrossOriginProtection().Handler(s.guard.Protect(mux, "GET /{$}"))
}

// path replaces {class} and {other}.
func (s *school) path(path string) string {
	return strings.NewReplacer("{class}", string(s.class), "{other}", string(s.other)).Replace(path)
}

// authRequest is the authentication request of a proxy for a request.
func (s *school) authRequest(as grimoireauth.Credentials, method, path string) *http.Request {
	s.t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	if !as.IsZero() {
		require.NoError(s.t, s.guard.Attach(r, as))
	}
	for name, value := range map[string]string{
		forwardauth.HeaderSecret: secret, forwardauth.HeaderMethod: method, forwardauth.HeaderURI: s.path(path),
		forwardauth.HeaderHost: "school.example", forwardauth.HeaderProto: "https",
	} {
		r.Header.Set(name, value)
	}
	return r
}

func (s *school) answer(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

// everywhere returns the role of a student in every class.
func everywhere(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
	return grimoireauth.RoleStudent, nil
}

func (s *school) memberOf(c grimoireauth.Credentials) grimoireauth.MemberID {
	s.t.Helper()
	authentication, err := s.verifier.Authenticate(s.t.Context(), c)
	require.NoError(s.t, err)
	return authentication.Member()
}

func nobody(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	return grimoireauth.Authentication{}, grimoireauth.ErrUnauthenticated
}
