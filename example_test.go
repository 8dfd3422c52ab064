package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// A server that guards its routes, with the in-memory Stytch in place of the
// real one. In production, ProjectID and Secret come from the environment, and
// BaseURL and Transport stay empty.
func Example() {
	stytch := new(mock.Stytch)

	cutoffs := new(jwtlocal.MemoryCutoffs)
	client, err := grimoireauth.New(grimoireauth.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(),
		BaseURL: stytch.BaseURL(), Transport: stytch, Cut: cutoffs.Cut,
	})
	if err != nil {
		panic(err) // names every fault of the configuration
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Refresh: client.Sessions.Authenticate, Cutoffs: cutoffs,
	})
	if err != nil {
		panic(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
	if err != nil {
		panic(err)
	}

	roster := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		instructor, _ := grimoireauth.InstructorFromContext(r.Context())
		fmt.Fprintln(w, "the roster, for the instructor of", instructor.Class == grimoireauth.ClassID(r.PathValue("class")))
	})
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") }))
	mux.Handle("GET /classes/{class}/roster", instructors(roster))
	handler := http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}"))

	class := stytch.AddClass("LAWS1100")
	get := func(path string, credentials grimoireauth.Credentials) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if err := guard.Attach(r, credentials); err != nil {
			panic(err)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	path := "/classes/" + string(class.ID) + "/roster"
	get("/", grimoireauth.Credentials{})
	get(path, grimoireauth.Credentials{})
	get(path, stytch.SignIn(stytch.AddStudent(class.ID, "sam@example.edu")))
	get(path, stytch.SignIn(stytch.AddInstructor(class.ID, "iris@example.edu")))
	// Output:
	// 200
	// 401
	// 403
	// 200
}
