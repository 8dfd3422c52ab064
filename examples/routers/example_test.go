package routers_test

import (
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// contracts is a class with an instructor and a student.
type contracts struct {
	guard               *middleware.Guard
	class               grimoireauth.ClassID
	instructor, student grimoireauth.Credentials
}

func newContracts() contracts {
	stytch := new(mock.Stytch)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	class := stytch.AddClass("Contracts").ID
	return contracts{
		guard: guard, class: class,
		instructor: stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu")),
		student:    stytch.SignIn(stytch.AddStudent(class, "sam@example.edu")),
	}
}

// get returns what the holder of the credentials is answered.
func (c contracts) get(app http.Handler, path string, credentials grimoireauth.Credentials) int {
	r := httptest.NewRequest("GET", path, nil)
	if !credentials.IsZero() {
		if err := c.guard.Attach(r, credentials); err != nil {
			log.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w.Code
}

// tryRoster prints the answers to an instructor, a student and a stranger.
func (c contracts) tryRoster(app http.Handler) {
	path := "/classes/" + string(c.class) + "/roster"
	fmt.Println("instructor:", c.get(app, path, c.instructor))
	fmt.Println("student:", c.get(app, path, c.student))
	fmt.Println("stranger:", c.get(app, path, grimoireauth.Credentials{}))
}

func roster(w http.ResponseWriter, r *http.Request) {
	instructor, ok := grimoireauth.InstructorFromContext(r.Context())
	if !ok {
		http.Error(w, "guard this route with InClass", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "the roster of", instructor.Class)
}

func front(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") }

// secretRoster says on the output that it ran, and looks at nothing.
func secretRoster(http.ResponseWriter, *http.Request) { fmt.Println("THE ROSTER WAS READ") }
