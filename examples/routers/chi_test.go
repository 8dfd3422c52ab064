package routers_test

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// withChi needs no line more than net/http: chi sets the path values. What is public
// stands outside the router.
func withChi(guard *middleware.Guard) http.Handler {
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)

	r := chi.NewRouter()
	r.With(instructors).Get("/classes/{class}/roster", roster)
	r.Route("/classes/{class}/marks", func(r chi.Router) {
		r.Use(instructors) // the class is in the prefix, so it is known here
		r.Get("/", roster)
	})
	return routers.Protected(guard, r, map[string]http.Handler{"GET /{$}": http.HandlerFunc(front)})
}

func Example_chi() {
	c := newContracts()
	app := withChi(c.guard)
	c.tryRoster(app)
	fmt.Println("front page:", c.get(app, "/", grimoireauth.Credentials{}))
	fmt.Println("a page that is not there, for a stranger:", c.get(app, "/nowhere", grimoireauth.Credentials{}))
	fmt.Println("marks:", c.get(app, "/classes/"+string(c.class)+"/marks", c.instructor))
	// Output:
	// instructor: 200
	// student: 403
	// stranger: 401
	// front page: 200
	// a page that is not there, for a stranger: 401
	// marks: 200
}

// ChiClass reads chi's own parameter, for versions of chi that set no path values.
func ExampleChiClass() {
	c := newContracts()
	r := chi.NewRouter()
	r.With(c.guard.InClass(routers.ChiClass("class"), grimoireauth.RoleInstructor)).Get("/classes/{class}/roster", roster)
	c.tryRoster(r)
	// Output:
	// instructor: 200
	// student: 403
	// stranger: 401
}

// The middlewares of a router run before it has chosen a route, so there is no class yet.
// The route is closed to all; use With, Group, or Route with the class in its prefix.
func ExampleChiClass_use_incorrect() {
	c := newContracts()
	r := chi.NewRouter()
	r.Use(c.guard.InClass(routers.ChiClass("class"), grimoireauth.RoleInstructor))
	r.Get("/classes/{class}/roster", secretRoster)
	c.tryRoster(r)
	// Output:
	// instructor: 500
	// student: 500
	// stranger: 401
}
