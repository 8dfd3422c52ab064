package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// handler is the server that the README shows. It takes what differs between
// production and a test, so that the lines on the page are the ones that run.
func handler(id string, secret grimoireauth.Secret, baseURL string, transport http.RoundTripper) (http.Handler, error) {
	revocations := new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: id, Secret: secret, BaseURL: baseURL, Transport: transport, OnRevoke: revocations.Add,
	})
	if err != nil {
		return nil, err // names every fault of the configuration
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: id, BaseURL: baseURL, Transport: transport,
		Refresh: client.Sessions.Authenticate, Revocations: revocations,
	})
	if err != nil {
		return nil, err
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{SessionMarks: client.SessionMarks()})
	if err != nil {
		return nil, err
	}

	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", front)
	mux.HandleFunc("GET /me", profile) // Protect asks for a session
	mux.Handle("GET /classes/{class}/roster", instructors(http.HandlerFunc(roster)))

	// Every route that is not listed as public needs a session.
	return http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}")), nil
}

func front(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") }

func profile(w http.ResponseWriter, r *http.Request) {
	session, _ := grimoireauth.SessionFromContext(r.Context())
	fmt.Fprintln(w, session.Member())
}

func roster(w http.ResponseWriter, r *http.Request) {
	instructor, _ := grimoireauth.InstructorFromContext(r.Context())
	fmt.Fprintln(w, "the roster of", instructor.Class)
}

// A server that guards its routes, with the in-memory Stytch in place of the
// real one. In production the project id and the secret come from the
// environment, and the base URL and the transport stay empty.
func Example() {
	stytch := new(mock.Stytch)
	app, err := handler(stytch.ProjectID(), stytch.Secret(), stytch.BaseURL(), stytch)
	if err != nil {
		panic(err)
	}

	class := stytch.AddClass("LAWS1100")
	get := func(path string, credentials grimoireauth.Credentials) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if err := mock.Cookies(r, credentials); err != nil {
			panic(err)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code
	}
	path := "/classes/" + string(class.ID) + "/roster"
	student := stytch.SignIn(stytch.AddStudent(class.ID, "sam@example.edu"))
	instructor := stytch.SignIn(stytch.AddInstructor(class.ID, "iris@example.edu"))
	elsewhere := stytch.SignIn(stytch.AddInstructor(stytch.AddClass("ARTS2000").ID, "olga@example.edu"))
	fmt.Println("a stranger on the front page:", get("/", grimoireauth.Credentials{}))
	fmt.Println("a stranger on a profile:", get("/me", grimoireauth.Credentials{}))
	fmt.Println("a student on a profile:", get("/me", student))
	fmt.Println("a student on the roster:", get(path, student))
	fmt.Println("an instructor of another class:", get(path, elsewhere))
	fmt.Println("an instructor of the class:", get(path, instructor))
	// Output:
	// a stranger on the front page: 200
	// a stranger on a profile: 401
	// a student on a profile: 200
	// a student on the roster: 403
	// an instructor of another class: 404
	// an instructor of the class: 200
}
