package docs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
)

func askedByProxies(guard *middleware.Guard, secret grimoireauth.Secret) (http.Handler, error) {
	students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)

	// The routes of the service behind the proxy, and who may.
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", forwardauth.Allow())
	mux.Handle("GET /classes/{class}/notes", students(forwardauth.Allow()))
	mux.Handle("POST /classes/{class}/release", instructors(guard.Fresh(forwardauth.Allow())))
	app := http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}"))

	return forwardauth.New(guard, app, forwardauth.Config{Secrets: []grimoireauth.Secret{secret}})
}

func Example_forwardAuth() {
	s := newSchool(nil)
	const secret = "the-output-of-openssl-rand-base64-32"
	handler, err := askedByProxies(s.guard, grimoireauth.NewSecret(secret))
	if err != nil {
		fmt.Println(err)
		return
	}
	class := s.stytch.AddClass("LAWS1100").ID
	student := s.stytch.SignIn(s.stytch.AddStudent(class, "sam@example.edu"))
	ask := func(method, path string) *http.Response {
		r := httptest.NewRequest("GET", "/", nil)
		if err := s.guard.Attach(r, student); err != nil {
			fmt.Println(err)
		}
		for name, value := range map[string]string{
			forwardauth.HeaderSecret: secret, forwardauth.HeaderMethod: method, forwardauth.HeaderURI: path,
			forwardauth.HeaderHost: "school.edu", forwardauth.HeaderProto: "https",
		} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	notes := ask("GET", "/classes/"+string(class)+"/notes")
	fmt.Println(notes.StatusCode, notes.Header.Get(forwardauth.HeaderRole))
	fmt.Println(ask("POST", "/classes/"+string(class)+"/release").StatusCode)
	fmt.Println(ask("GET", "/classes//"+string(class)+"/notes").StatusCode)
	// Output:
	// 204 student
	// 403
	// 404
}
