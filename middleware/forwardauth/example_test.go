package forwardauth_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
)

// exampleAuth stands for verifier.Authenticate of package jwtlocal.
func exampleAuth(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if c.JWT.Reveal() != "sam.s.jwt" {
		return grimoireauth.Authentication{}, grimoireauth.ErrUnauthenticated
	}
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: "session-1", Member: "member-sam", Organization: "laws1100", Roles: []string{"stytch_member"},
	})
	return grimoireauth.Authentication{Session: session, Credentials: c}, err
}

func Example() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/notes", students(forwardauth.Allow()))
	mux.Handle("POST /classes/{class}/release", instructors(forwardauth.Allow()))
	app := http.NewCrossOriginProtection().Handler(guard.Protect(mux))
	handler, err := forwardauth.New(guard, app, forwardauth.Config{
		Secrets: []grimoireauth.Secret{grimoireauth.NewSecret("from-the-environment-of-this-process")},
	})
	if err != nil {
		log.Fatal(err)
	}

	// What a proxy sends about a request.
	ask := func(method, target string) *http.Response {
		r := httptest.NewRequest("GET", "/", nil)
		if err := guard.Attach(r, grimoireauth.NewCredentials("sam.s.jwt", "token")); err != nil {
			log.Fatal(err)
		}
		r.Header.Set(forwardauth.HeaderSecret, "from-the-environment-of-this-process")
		r.Header.Set(forwardauth.HeaderMethod, method)
		r.Header.Set(forwardauth.HeaderURI, target)
		r.Header.Set(forwardauth.HeaderHost, "school.edu")
		r.Header.Set(forwardauth.HeaderProto, "https")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	notes := ask("GET", "/classes/laws1100/notes")
	fmt.Println(notes.StatusCode, notes.Header.Get(forwardauth.HeaderMember), notes.Header.Get(forwardauth.HeaderClass), notes.Header.Get(forwardauth.HeaderRole))
	fmt.Println(ask("POST", "/classes/laws1100/release").StatusCode, "for instructors")
	fmt.Println(ask("GET", "/classes/arts2000/notes").StatusCode, "another class")
	fmt.Println(ask("GET", "/classes/laws1100/..%2Farts2000/notes").StatusCode, "no path that has one reading")
	// Output:
	// 204 member-sam laws1100 student
	// 403 for instructors
	// 404 another class
	// 404 no path that has one reading
}

// Where each class has a host of its own, the proxy knows the class.
func ExampleProxyClass() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	students := guard.InClass(forwardauth.ProxyClass, grimoireauth.RoleStudent)
	handler, err := forwardauth.New(guard, students(forwardauth.Allow()), forwardauth.Config{
		Secrets: []grimoireauth.Secret{grimoireauth.NewSecret("from-the-environment-of-this-process")},
	})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	if err := guard.Attach(r, grimoireauth.NewCredentials("sam.s.jwt", "token")); err != nil {
		log.Fatal(err)
	}
	r.Header.Set(forwardauth.HeaderSecret, "from-the-environment-of-this-process")
	r.Header.Set(forwardauth.HeaderMethod, "GET")
	r.Header.Set(forwardauth.HeaderURI, "/notes")
	r.Header.Set(forwardauth.HeaderHost, "laws1100.school.edu")
	r.Header.Set(forwardauth.HeaderProto, "https")
	r.Header.Set(forwardauth.HeaderProxyClass, "laws1100")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get(forwardauth.HeaderRole))
	// Output: 204 student
}
