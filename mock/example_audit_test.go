package mock_test

import (
	"fmt"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// Who may do what, as one table. The application forgot that a roster is not for
// students.
func ExampleStytch_Audit() {
	stytch := new(mock.Stytch)
	client, err := grimoireauth.New(grimoireauth.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
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

	fmt.Println(stytch.Audit(guard.Protect(mux), mock.Auditing{Attach: guard.Attach},
		mock.Route{Pattern: "GET /classes/{class}/feed", Allow: []mock.Caller{mock.Student, mock.Instructor}},
		mock.Route{Pattern: "GET /classes/{class}/roster", Allow: []mock.Caller{mock.Instructor}},
	))
	// Output:
	// mock: 1 surprise, marked with (!):
	// GET /classes/{class}/feed
	//   nobody      401 refused
	//   student     200 let in
	//   instructor  200 let in
	//   outsider    404 refused
	//   revoked     401 refused
	// GET /classes/{class}/roster
	//   nobody      401 refused
	//   student     200 let in (!)
	//   instructor  200 let in
	//   outsider    404 refused
	//   revoked     401 refused
}
