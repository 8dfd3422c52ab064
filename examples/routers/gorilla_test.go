package routers_test

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// withGorilla needs GorillaClass, since gorilla keeps its variables to itself.
func withGorilla(guard *middleware.Guard) http.Handler {
	class := routers.GorillaClass("class")
	instructors := guard.InClass(class, grimoireauth.RoleInstructor)

	r := mux.NewRouter()
	inClass := r.PathPrefix("/classes/{class}").Subrouter()
	inClass.Use(guard.InClass(class, grimoireauth.RoleStudent))
	inClass.Handle("/roster", instructors(http.HandlerFunc(roster)))
	return routers.Protected(guard, r, map[string]http.Handler{"GET /{$}": http.HandlerFunc(front)})
}

func Example_gorilla() {
	c := newContracts()
	app := withGorilla(c.guard)
	c.tryRoster(app)
	fmt.Println("front page:", c.get(app, "/", grimoireauth.Credentials{}))
	// Output:
	// instructor: 200
	// student: 403
	// stranger: 401
	// front page: 200
}

// PathClass finds nothing in a route of gorilla. The route is closed to all.
func ExampleGorillaClass_pathClass_incorrect() {
	c := newContracts()
	r := mux.NewRouter()
	r.Handle("/classes/{class}/roster", c.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(http.HandlerFunc(secretRoster)))
	c.tryRoster(r)
	// Output:
	// instructor: 500
	// student: 500
	// stranger: 401
}

// gorilla runs its middlewares only for a route that matched. A NotFoundHandler that
// serves pages, as for an application in the browser, is open to strangers. Protected
// around the router closes it.
func ExampleGorillaClass_notFoundHandler_incorrect() {
	c := newContracts()
	r := mux.NewRouter()
	r.Use(c.guard.Require)
	r.NotFoundHandler = http.HandlerFunc(front)
	fmt.Println("stranger:", c.get(r, "/app/", grimoireauth.Credentials{}))
	fmt.Println("stranger, with Protected:", c.get(routers.Protected(c.guard, r, nil), "/app/", grimoireauth.Credentials{}))
	// Output:
	// stranger: 200
	// stranger, with Protected: 401
}
