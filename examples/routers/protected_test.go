package routers_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/grimoireauth"
)

// A public part with many routes is a router of its own.
func ExampleProtected() {
	c := newContracts()
	closed, public := chi.NewRouter(), chi.NewRouter()
	closed.Get("/news", front)
	public.Get("/help/signing-in", front)
	public.Get("/help/contact", front)
	app := routers.Protected(c.guard, closed, map[string]http.Handler{
		"GET /healthz": http.HandlerFunc(front),
		"GET /help/":   public,
	})
	for _, path := range []string{"/healthz", "/help/contact", "/help/nowhere", "/news", "/nowhere"} {
		fmt.Println(path, c.get(app, path, grimoireauth.Credentials{}), c.get(app, path, c.student))
	}
	// Output:
	// /healthz 200 200
	// /help/contact 200 200
	// /help/nowhere 404 404
	// /news 401 200
	// /nowhere 401 404
}

// A list of public paths in front of a router is a second reading of the path. The list
// sees a public prefix; chi's own CleanPath removes it, and the router serves a page that
// was to be closed.
func ExampleProtected_listOfPaths_incorrect() {
	c := newContracts()
	router := chi.NewRouter()
	router.Use(chimiddleware.CleanPath)
	router.Get("/roster", secretRoster)
	router.Get("/public/logo", front)
	closed := c.guard.Require(router)
	listed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/public/") {
			router.ServeHTTP(w, r)
			return
		}
		closed.ServeHTTP(w, r)
	})
	fmt.Println("a list:", c.get(listed, "/public/../roster", grimoireauth.Credentials{}))

	protected := routers.Protected(c.guard, router, map[string]http.Handler{"GET /public/logo": http.HandlerFunc(front)})
	fmt.Println("Protected:", c.get(protected, "/public/../roster", grimoireauth.Credentials{}))
	fmt.Println("Protected, at the clean path:", c.get(protected, "/roster", grimoireauth.Credentials{}))
	// Output:
	// THE ROSTER WAS READ
	// a list: 200
	// Protected: 401
	// Protected, at the clean path: 401
}
