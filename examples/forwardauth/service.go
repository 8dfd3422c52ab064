package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
)

// options is everything that differs between the demonstration and a test.
type options struct {
	projectID string
	secret    grimoireauth.Secret
	stytchURL string
	transport http.RoundTripper
	proxy     grimoireauth.Secret   // shared by the proxies and the Handler
	role      grimoireauth.RoleFunc // nil: a class is an Organization
	cookies   middleware.Config     // only its settings of cookies are used
	pages     func(*service) http.Handler
}

// service is the Go service beside the one in Python.
type service struct {
	options  options
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	ask      http.Handler // for the authentication requests
	pages    http.Handler // the pages to sign in
}

func newService(o options) (*service, error) {
	revocations := new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: o.projectID, Secret: o.secret, BaseURL: o.stytchURL, Transport: o.transport, OnRevoke: revocations.Add,
	})
	if err != nil {
		return nil, err
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: o.projectID, BaseURL: o.stytchURL, Transport: o.transport,
		Refresh: client.Sessions.Authenticate, Revocations: revocations,
	})
	if err != nil {
		return nil, err
	}
	config := o.cookies
	config.Role = o.role
	config.Fresh = verifier.Refresh
	config.Revoke = client.Sessions.Revoke
	config.SessionMarks = client.SessionMarks()
	config.SignInURL = "/auth/"
	config.ClientAddress = middleware.ForwardedFor() // the proxies write X-Forwarded-For
	guard, err := middleware.New(verifier.Authenticate, config)
	if err != nil {
		return nil, err
	}
	s := &service{options: o, client: client, verifier: verifier, guard: guard}
	// Forms of other sites are rejected by the method of the original request.
	app := http.NewCrossOriginProtection().Handler(s.routes())
	if s.ask, err = forwardauth.New(guard, app, forwardauth.Config{Secrets: []grimoireauth.Secret{o.proxy}}); err != nil {
		return nil, err
	}
	if o.pages == nil {
		return nil, errors.New("the pages to sign in are missing")
	}
	s.pages = o.pages(s)
	return s, nil
}

// routes are those of the service in Python, with who may call them.
func (s *service) routes() http.Handler {
	class := middleware.PathClass("class")
	students := s.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := s.guard.InClass(class, grimoireauth.RoleInstructor)
	allow := forwardauth.Allow()

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", allow)
	mux.Handle("GET /me", s.guard.Require(allow))
	mux.Handle("GET /classes/{class}/notes", students(allow))
	mux.Handle("POST /classes/{class}/notes", students(allow))
	mux.Handle("GET /classes/{class}/files/{file...}", students(allow))
	mux.Handle("GET /classes/{class}/live", students(allow))
	mux.Handle("POST /classes/{class}/release", instructors(s.guard.Fresh(allow)))
	return s.guard.Protect(mux, "GET /{$}")
}

// close waits for the refreshes under way.
func (s *service) close(ctx context.Context) error { return s.verifier.Wait(ctx) }
