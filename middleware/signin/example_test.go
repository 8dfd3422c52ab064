package signin_test

import (
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
)

func Example() {
	stytch := new(mock.Stytch) // in production: no mock, and no Transport below
	class := stytch.AddClass("LAWS1100")
	stytch.AddStudent(class.ID, "ada@example.edu")

	revocations := new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch, OnRevoke: revocations.Add})
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: stytch, Refresh: client.Sessions.Authenticate, Revocations: revocations})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{SignInURL: "/auth/"})
	if err != nil {
		log.Fatal(err)
	}
	pages, err := signin.New(guard, client, signin.Config{BaseURL: "https://classes.example.edu"})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", pages)
	app := http.NewCrossOriginProtection().Handler(guard.Protect(mux, "/auth/"))

	form := url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}}
	r := httptest.NewRequest("POST", "https://classes.example.edu/auth/start", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)

	fmt.Println(w.Code, "and", len(stytch.Outbox()), "e-mail to", stytch.Outbox()[0].To)
	// Output: 303 and 1 e-mail to ada@example.edu
}

// An application in its own clothes changes the frame, and keeps the pages.
func ExampleDefaultPages() {
	pages := template.Must(signin.DefaultPages().Parse(`
{{define "top"}}<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{.}} - Our School</title>
<link rel="stylesheet" href="/style.css">
<main>{{end}}
{{define "bottom"}}</main></html>{{end}}`))
	config := signin.Config{
		BaseURL:   "https://classes.example.edu",
		Pages:     pages,
		Discovery: true, // people can find their classes by their address
		Methods: []grimoireauth.SignInMethod{
			grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodSSO,
		},
	}
	fmt.Println(config.Pages.Lookup("sign-in") != nil, len(config.Methods))
	// Output: true 3
}
