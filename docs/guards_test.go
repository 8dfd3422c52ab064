package docs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// routes is a small application with every kind of guard.
func routes(guard *middleware.Guard) *http.ServeMux {
	class := middleware.PathClass("class")
	students := guard.InClass(class, grimoireauth.RoleStudent) // and all roles above
	instructors := guard.InClass(class, grimoireauth.RoleInstructor)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", front)
	mux.HandleFunc("GET /healthz", healthy) // for the load balancer, which has no session
	mux.HandleFunc("GET /me", profile)
	mux.Handle("GET /classes/{class}", students(http.HandlerFunc(feed)))
	mux.Handle("GET /classes/{class}/roster", instructors(http.HandlerFunc(roster)))

	// A permission of the project's RBAC policy, in the class of the route.
	mux.Handle("POST /classes/{class}/marks", students(guard.Can(middleware.PathClass("class"), "class", "mark")(http.HandlerFunc(mark))))

	// Dangerous: signed in within ten minutes, and checked at Stytch for each request.
	recent := guard.Recent(10 * time.Minute)
	mux.Handle("POST /classes/{class}/release", instructors(recent(guard.Fresh(http.HandlerFunc(release)))))

	return mux
}

// guarded closes the routes that are not listed.
func guarded(guard *middleware.Guard) http.Handler {
	mux := routes(guard)
	return http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}", "GET /healthz"))
}

// behindProxy is for a server whose proxy has the address 10.0.0.5.
func behindProxy(config middleware.Config) middleware.Config {
	config.ClientAddress = middleware.ForwardedFor(netip.MustParsePrefix("10.0.0.5/32"))
	return config
}

func roster(w http.ResponseWriter, r *http.Request) {
	// Only people who passed a guard with RoleInstructor or more are one.
	instructor, ok := grimoireauth.InstructorFromContext(r.Context())
	if !ok {
		http.Error(w, "guard this route with InClass", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "the roster of", instructor.Class, "for", instructor.Member)
}

func feed(w http.ResponseWriter, r *http.Request) {
	person, role, ok := grimoireauth.RoleFromContext(r.Context())
	if !ok {
		http.Error(w, "guard this route with InClass", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "the news of", person.Class, "for", person.Member)
	if role.AtLeast(grimoireauth.RoleInstructor) {
		fmt.Fprintln(w, "write news")
	}
}

func profile(w http.ResponseWriter, r *http.Request) {
	session, _ := grimoireauth.SessionFromContext(r.Context()) // Protect let only sessions in
	fmt.Fprintln(w, session.Member(), "until", session.ExpiresAt())
}

func front(w http.ResponseWriter, _ *http.Request)   { fmt.Fprintln(w, "welcome") }
func healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
func mark(w http.ResponseWriter, _ *http.Request)    { fmt.Fprintln(w, "marked") }
func release(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "released") }

func Example_guards() {
	s := newSchool(nil)
	app := guarded(s.guard)
	class := s.stytch.AddClass("LAWS1100").ID
	path := "/classes/" + string(class)
	student := s.stytch.SignIn(s.stytch.AddStudent(class, "sam@example.edu"))
	tutor := s.stytch.SignIn(s.stytch.AddMember(class, "tove@example.edu", "tutor"))
	instructor := s.stytch.SignIn(s.stytch.AddInstructor(class, "ines@example.edu"))
	fmt.Println("the load balancer's health check:", s.status(app, "GET", "/healthz", grimoireauth.Credentials{}))
	fmt.Println("an icon that is not listed:", s.status(app, "GET", "/favicon.ico", grimoireauth.Credentials{}))
	fmt.Println("a student reads the class:", s.status(app, "GET", path, student))
	fmt.Println("an instructor reads the class:", s.status(app, "GET", path, instructor))
	fmt.Println("a student reads the roster:", s.status(app, "GET", path+"/roster", student))
	fmt.Println("a student marks:", s.status(app, "POST", path+"/marks", student))
	fmt.Println("a tutor marks:", s.status(app, "POST", path+"/marks", tutor))
	fmt.Println("an instructor releases:", s.status(app, "POST", path+"/release", instructor))
	s.stytch.Age(11 * time.Minute)
	fmt.Println("eleven minutes later:", s.status(app, "POST", path+"/release", s.stytch.Stale(instructor)))
	// Output:
	// the load balancer's health check: 200
	// an icon that is not listed: 401
	// a student reads the class: 200
	// an instructor reads the class: 200
	// a student reads the roster: 403
	// a student marks: 403
	// a tutor marks: 200
	// an instructor releases: 200
	// eleven minutes later: 401
}

func Example_behindProxy() {
	s := newSchool(nil)
	guard, err := middleware.New(s.verifier.Authenticate, behindProxy(middleware.Config{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.5:40112"
	r.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
	fmt.Println(guard.ClientAddress(r))
	// Output: 203.0.113.9
}
