package middleware_test

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// The mistakes that people make when they wire routes, and what comes of them:
// every request is refused, also those that should pass. That is noticed before the term
// begins; a guard that lets every request pass is not.

// guardForMistakes logs to nowhere; a real one says in the log which pattern to
// put right.
func guardForMistakes() *middleware.Guard {
	guard, err := middleware.New(exampleAuth, middleware.Config{
		Can:    permitAll,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		log.Fatal(err)
	}
	return guard
}

// secretRoster must not be served in these examples.
var secretRoster = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Println("THE ROSTER") })

// The class guard stands around the mux. No route has been chosen there, so there
// is no class to compare.
func ExamplePathClass_aroundTheMux_incorrect() {
	guard := guardForMistakes()
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/roster", secretRoster)
	app := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(mux)
	fmt.Println(visit(guard, app, "/classes/laws1100/roster", "ivy.i.jwt"))
	// Output: 500
}

// The pattern calls the class by another name than the guard.
func ExamplePathClass_missingParameter_incorrect() {
	guard := guardForMistakes()
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{id}/roster", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(secretRoster))
	fmt.Println(visit(guard, mux, "/classes/laws1100/roster", "ivy.i.jwt"))
	// Output: 500
}

// The guard is mounted twice, once around the mux. The inner one would be right;
// the outer one has no class, and refuses before it.
func ExamplePathClass_doubleMount_incorrect() {
	guard := guardForMistakes()
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/roster", instructors(secretRoster))
	fmt.Println(visit(guard, instructors(mux), "/classes/laws1100/roster", "ivy.i.jwt"))
	// Output: 500
}

// A mux inside a mux chooses its own pattern, and the wildcards of the outer one
// are gone: a class guard inside must find its class in the inner pattern.
func ExamplePathClass_subRouter_incorrect() {
	guard := guardForMistakes()
	inner := http.NewServeMux()
	inner.Handle("GET /classes/laws1100/roster", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(secretRoster))
	outer := http.NewServeMux()
	outer.Handle("/classes/{class}/", inner)
	fmt.Println(visit(guard, outer, "/classes/laws1100/roster", "ivy.i.jwt"))
	// Output: 500
}

// A sub-router whose routes rely on a guard that is missing around it. A handler that reads
// the instructor from the context and checks the result finds none.
func ExampleGuard_Respond_forgottenGuard_incorrect() {
	guard := guardForMistakes()
	roster := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := grimoireauth.InstructorFromContext(r.Context()); !ok {
			guard.Respond(w, r, middleware.ErrMisconfigured)
			return
		}
		secretRoster(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/roster", roster) // no guard
	fmt.Println(visit(guard, mux, "/classes/laws1100/roster", "ivy.i.jwt"))

	// Around everything, Protect at least asks who it is; in which class they are
	// an instructor it cannot know.
	fmt.Println(visit(guard, guard.Protect(mux), "/classes/laws1100/roster", ""))
	fmt.Println(visit(guard, guard.Protect(mux), "/classes/laws1100/roster", "ivy.i.jwt"))
	// Output:
	// 500
	// 401
	// 500
}

// NoClass on a route that is about a class: an instructor of one class reads the marks of
// every other.
func ExampleGuard_Can_incorrect() {
	guard := guardForMistakes()
	mux := http.NewServeMux()
	mux.Handle("GET /wrong/{class}/marks", guard.Can(middleware.NoClass, "marks", "read")(secretRoster))
	inClass := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleTutor)
	mux.Handle("GET /right/{class}/marks", inClass(guard.Can(middleware.PathClass("class"), "marks", "read")(http.NotFoundHandler())))

	fmt.Println("wrong, another class:", visit(guard, mux, "/wrong/arts2000/marks", "ivy.i.jwt"))
	fmt.Println("right, another class:", visit(guard, mux, "/right/arts2000/marks", "ivy.i.jwt"))
	fmt.Println("right, a student:", visit(guard, mux, "/right/laws1100/marks", "ada.s.jwt"))
	// Output:
	// THE ROSTER
	// wrong, another class: 200
	// right, another class: 404
	// right, a student: 403
}

// A guard for dangerous acts without anybody to ask: the program does not start.
func ExampleGuard_Fresh_incorrect() {
	guard := guardForMistakes()
	defer func() { fmt.Println("panic:", recover()) }()
	guard.Fresh(secretRoster)
	// Output: panic: middleware: Fresh without Config.Fresh: pass verifier.Refresh or client.Sessions.Authenticate there
}
