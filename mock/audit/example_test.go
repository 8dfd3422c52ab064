package audit_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/promptgrimoire/auth/mock/audit"
)

// Who may do what, as one table. The application forgot that a roster is not for
// students.
func ExampleRun() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	if err != nil {
		panic(err)
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: stytch, Refresh: client.Sessions.Authenticate})
	if err != nil {
		panic(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
	if err != nil {
		panic(err)
	}
	members := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/feed", members(ok))
	mux.Handle("GET /classes/{class}/roster", members(ok))

	fmt.Println(audit.Run(stytch, guard.Protect(mux), audit.Config{Attach: guard.Attach},
		audit.Route{Pattern: "GET /classes/{class}/feed", Allow: []audit.Caller{audit.Student, audit.Instructor}},
		audit.Route{Pattern: "GET /classes/{class}/roster", Allow: []audit.Caller{audit.Instructor}},
	))
	// Output:
	// audit: 1 surprise, marked with (!):
	// GET /classes/{class}/feed
	//   anonymous   401 refused
	//   student     200 let in
	//   instructor  200 let in
	//   outsider    404 refused
	//   revoked     401 refused
	// GET /classes/{class}/roster
	//   anonymous   401 refused
	//   student     200 let in (!)
	//   instructor  200 let in
	//   outsider    404 refused
	//   revoked     401 refused
}

// One Organization for the school, classes in the application's tables, a route that the
// table forgot, and a sign-in endpoint whose 403 is no refusal to use it.
func ExampleRun_oneOrganization() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	if err != nil {
		panic(err)
	}
	rows := make(map[grimoireauth.Person]grimoireauth.Role) // a table of the application's database
	guard, err := middleware.New(client.Sessions.Authenticate, middleware.Config{
		Role: func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
			return rows[grimoireauth.Person{Member: session.Member(), Class: class}], nil
		},
	})
	if err != nil {
		panic(err)
	}
	students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}", students(ok))
	mux.Handle("GET /classes/{class}/export", students(ok))
	mux.HandleFunc("POST /auth/password", func(w http.ResponseWriter, r *http.Request) {
		guard.Respond(w, r, grimoireauth.ErrWrongPassword)
	})

	everybody := []audit.Caller{audit.Anonymous, audit.Student, audit.Instructor, audit.Outsider, audit.Revoked}
	how := audit.Config{
		Attach: guard.Attach,
		Mux:    mux,
		School: audit.School{
			Organization: grimoireauth.OrganizationID(stytch.AddClass("The school").ID),
			Enroll: func(person grimoireauth.Person, role grimoireauth.Role) error {
				rows[person] = role // INSERT INTO …
				return nil
			},
		},
	}
	err = audit.Run(stytch, guard.Protect(mux, "POST /auth/password"), how,
		audit.Route{Pattern: "GET /classes/{class}", Allow: []audit.Caller{audit.Student, audit.Instructor}},
		audit.Route{
			Pattern: "POST /auth/password", Body: `{"password":"wrong"}`,
			Allow: everybody, Answer: audit.Answer{Status: 403, Code: "wrong_password"},
		},
	)
	fmt.Println(err)
	// Output:
	// audit: 1 surprise, marked with (!):
	// GET /classes/{class}/export has no Route (!)
	// GET /classes/{class}
	//   anonymous   401 refused
	//   student     200 let in
	//   instructor  200 let in
	//   outsider    404 refused
	//   revoked     401 refused
	// POST /auth/password
	//   anonymous   403 wrong_password let in
	//   student     403 wrong_password let in
	//   instructor  403 wrong_password let in
	//   outsider    403 wrong_password let in
	//   revoked     403 wrong_password let in
}
