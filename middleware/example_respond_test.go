package middleware_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// A page of the application's own for one refusal, and the usual answers for all
// others.
func ExampleDefaultRespond() {
	usual := middleware.DefaultRespond("/auth/")
	guard, err := middleware.New(exampleAuth, middleware.Config{Respond: func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, grimoireauth.ErrForbidden) {
			http.Error(w, "Please ask your instructor.", http.StatusForbidden)
			return
		}
		usual(w, r, err)
	}})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/marks", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleTutor)(http.NotFoundHandler()))
	fmt.Println(visit(guard, mux, "/classes/laws1100/marks", "ada.s.jwt"))
	fmt.Println(visit(guard, mux, "/classes/laws1100/marks", ""))
	// Output:
	// 403
	// 401
}

// An API for programs: a session_jwt in the Authorization header, and no cookie.
func ExampleCredentialSource() {
	guard, err := middleware.New(exampleAuth, middleware.Config{CredentialSource: middleware.BearerOnly})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/me", nil)
	r.Header.Set("Authorization", "Bearer ada.s.jwt")
	who, err := guard.Check(r)
	fmt.Println(who.Member(), err)

	r = httptest.NewRequest("GET", "/me", nil)
	r.AddCookie(&http.Cookie{Name: grimoireauth.SessionJWTCookie, Value: "ada.s.jwt"})
	_, err = guard.Check(r)
	fmt.Println(errors.Is(err, grimoireauth.ErrNoCredentials))
	// Output:
	// ada <nil>
	// true
}

// A member who is signed in and has to sign in again for this action.
func ExampleGuard_CheckRecent() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/release", nil)
	if err := guard.Attach(r, grimoireauth.NewCredentials("ivy.i.jwt", "token")); err != nil {
		log.Fatal(err)
	}
	_, err = guard.CheckRecent(r, 10*time.Minute, "totp")
	var notRecent *middleware.NotRecentError
	if errors.As(err, &notRecent) {
		fmt.Println("sign in again with", notRecent.Factors, "within", notRecent.MaxAge)
	}
	// Output: sign in again with [totp] within 10m0s
}
