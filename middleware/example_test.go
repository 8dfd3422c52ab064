package middleware_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// exampleAuth stands for verifier.Authenticate of package jwtlocal.
func exampleAuth(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	roles := map[string][]string{"ada.s.jwt": {"stytch_member"}, "ivy.i.jwt": {"stytch_member", "instructor"}}
	held, ok := roles[c.JWT.Reveal()]
	if !ok {
		return grimoireauth.Authentication{}, grimoireauth.ErrUnauthenticated
	}
	member, _, _ := strings.Cut(c.JWT.Reveal(), ".")
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: grimoireauth.SessionID("session-" + member), Member: grimoireauth.MemberID(member), Organization: "laws1100", Roles: held,
	})
	return grimoireauth.Authentication{Session: session, Credentials: c}, err
}

// visit returns the status that the holder of a session_jwt gets.
func visit(guard *middleware.Guard, app http.Handler, path, jwt string) int {
	r := httptest.NewRequest("GET", path, nil)
	var credentials grimoireauth.Credentials
	if jwt != "" {
		credentials = grimoireauth.NewCredentials(jwt, "token")
	}
	if err := guard.Attach(r, credentials); err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Code
}

func Example() {
	guard, err := middleware.New(exampleAuth, middleware.Config{SignInURL: "/auth/"})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Welcome") })
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		session, _ := grimoireauth.SessionFromContext(r.Context())
		fmt.Fprintln(w, session.Member())
	})
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux.Handle("GET /classes/{class}/roster", instructors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		instructor, _ := grimoireauth.InstructorFromContext(r.Context())
		fmt.Fprintln(w, "the roster of", instructor.Class)
	})))
	app := http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}"))

	fmt.Println("anybody on the first page:", visit(guard, app, "/", ""))
	fmt.Println("anybody on their own page:", visit(guard, app, "/me", ""))
	fmt.Println("a student on their own page:", visit(guard, app, "/me", "ada.s.jwt"))
	fmt.Println("a student on the roster:", visit(guard, app, "/classes/laws1100/roster", "ada.s.jwt"))
	fmt.Println("an instructor on the roster:", visit(guard, app, "/classes/laws1100/roster", "ivy.i.jwt"))
	fmt.Println("an instructor on another class's:", visit(guard, app, "/classes/arts2000/roster", "ivy.i.jwt"))
	// Output:
	// anybody on the first page: 200
	// anybody on their own page: 401
	// a student on their own page: 200
	// a student on the roster: 403
	// an instructor on the roster: 200
	// an instructor on another class's: 404
}

// The mistake that people make: to guard a class by being signed in, and to
// compare a role without the class it belongs to. An instructor of one class
// then reads the roster of every other.
func ExampleGuard_InClass_incorrect() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	roster := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "the roster of", r.PathValue("class"))
	})
	anyInstructor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := grimoireauth.SessionFromContext(r.Context())
		if !session.HasRole("instructor") { // of which class?
			guard.Respond(w, r, grimoireauth.ErrForbidden)
			return
		}
		roster(w, r)
	})

	mux := http.NewServeMux()
	mux.Handle("GET /wrong/{class}", guard.Require(anyInstructor))
	mux.Handle("GET /right/{class}", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(roster))

	fmt.Println("wrong:", visit(guard, mux, "/wrong/arts2000", "ivy.i.jwt"))
	fmt.Println("right:", visit(guard, mux, "/right/arts2000", "ivy.i.jwt"))
	// Output:
	// wrong: 200
	// right: 404
}

// The guard checks that the member teaches the class in the path. Only the query can check
// that the essay in the path is of that class: otherwise an instructor of one class reads an
// essay of another by its id behind their own class.
func ExampleGuard_InClass_object() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	type essay struct {
		class grimoireauth.ClassID
		text  string
	}
	essays := map[string]essay{"7": {"laws1100", "On offers"}, "8": {"arts2000", "On Turner"}}

	byID := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // SELECT … WHERE id = $1
		fmt.Fprint(w, essays[r.PathValue("essay")].text)
	})
	byClassAndID := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // … AND class = $2
		instructor, _ := grimoireauth.InstructorFromContext(r.Context())
		found, ok := essays[r.PathValue("essay")]
		if !ok || found.class != instructor.Class {
			guard.Respond(w, r, grimoireauth.ErrNotFound)
			return
		}
		fmt.Fprint(w, found.text)
	})
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux := http.NewServeMux()
	mux.Handle("GET /wrong/{class}/essays/{essay}", instructors(byID))
	mux.Handle("GET /classes/{class}/essays/{essay}", instructors(byClassAndID))

	fmt.Println("wrong, another class's:", visit(guard, mux, "/wrong/laws1100/essays/8", "ivy.i.jwt"))
	fmt.Println("their own:", visit(guard, mux, "/classes/laws1100/essays/7", "ivy.i.jwt"))
	fmt.Println("another class's:", visit(guard, mux, "/classes/laws1100/essays/8", "ivy.i.jwt"))
	fmt.Println("in its own class:", visit(guard, mux, "/classes/arts2000/essays/8", "ivy.i.jwt"))
	// Output:
	// wrong, another class's: 200
	// their own: 200
	// another class's: 404
	// in its own class: 404
}

func ExampleGuard_Check() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	// A page for everybody that greets those who are signed in.
	home := guard.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		authentication, err := guard.Check(r)
		if err != nil {
			fmt.Println("Welcome, stranger:", err)
			return
		}
		fmt.Println("Welcome back,", authentication.Member())
	}))
	visit(guard, home, "/", "")
	visit(guard, home, "/", "ada.s.jwt")
	// Output:
	// Welcome, stranger: no credentials were presented
	// Welcome back, ada
}

func ExampleReturnTo() {
	for _, address := range []string{"/classes/laws1100", "//evil.example", `/\evil.example`, "https://evil.example"} {
		_, ok := middleware.ReturnTo(address)
		fmt.Println(address, ok)
	}
	// Output:
	// /classes/laws1100 true
	// //evil.example false
	// /\evil.example false
	// https://evil.example false
}

// The service wrote its cookies for all hosts of the school, and from now on for its own
// host alone. Browsers that are signed in stay so, and have cookies of the host alone
// from the next page on that they open.
func ExampleFormerCookies() {
	guard, err := middleware.New(exampleAuth, middleware.Config{
		FormerCookies: []middleware.FormerCookies{{Domain: "school.edu", Until: time.Now().AddDate(0, 1, 0)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/classes/laws1100", nil)
	r.Host = "classes.school.edu"
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", "stytch_session=token; stytch_session_jwt=ada.s.jwt")
	w := httptest.NewRecorder()
	guard.Require(http.NotFoundHandler()).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge > 0 {
			fmt.Println(cookie.Name)
		}
	}
	// Output:
	// 303 /classes/laws1100
	// __Host-stytch_session_moved
}
