package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// patient is a verifier for an exam: sessions last while they are used, and an
// outage of two hours interrupts nobody.
func patient(config jwtlocal.Config, client *grimoireauth.Client) (*jwtlocal.Verifier, error) {
	config.Refresh = client.Sessions.Authenticate
	config.OutageGrace = 2 * time.Hour
	config.Slide = jwtlocal.Slide{
		Extend: client.Sessions.Extend,
		By:     time.Hour,      // an unused session ends after an hour
		Cap:    12 * time.Hour, // and a used one after twelve
	}
	return jwtlocal.New(config)
}

// events streams to a page until the reader's session ends.
func events(verifier *jwtlocal.Verifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		authentication, _ := grimoireauth.AuthenticationFromContext(r.Context()) // from the guard
		ctx := verifier.Watch(r.Context(), authentication)
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case <-ctx.Done():
				return // context.Cause(ctx) says why
			case <-time.After(15 * time.Second):
				fmt.Fprint(w, ": still here\n\n")
				if err := http.NewResponseController(w).Flush(); err != nil {
					return
				}
			}
		}
	}
}

func Example_outage() {
	ctx, s := context.Background(), newSchool(nil)
	class := s.stytch.AddClass("LAWS1100").ID
	credentials := s.stytch.SignIn(s.stytch.AddStudent(class, "sam@example.edu"))
	exam, err := patient(jwtlocal.Config{ProjectID: s.stytch.ProjectID(), BaseURL: s.stytch.BaseURL(), Transport: s.stytch}, s.client)
	if err != nil {
		log.Fatal(err)
	}
	for _, verifier := range []*jwtlocal.Verifier{s.verifier, exam} {
		if _, err := verifier.Authenticate(ctx, credentials); err != nil {
			log.Fatal(err)
		}
	}

	s.stytch.Fail(mock.Fault{Status: 503}) // Stytch is down
	answer, err := s.verifier.Authenticate(ctx, credentials)
	fmt.Println("a good session_jwt:", answer.Source, err)

	credentials = s.stytch.Stale(credentials)
	_, err = s.verifier.Authenticate(ctx, credentials)
	fmt.Println("an expired one: unavailable", errors.Is(err, grimoireauth.ErrUnavailable),
		"signed out", errors.Is(err, grimoireauth.ErrUnauthenticated))
	answer, err = exam.Authenticate(ctx, credentials)
	fmt.Println("with a grace:", answer.Source, err)
	// Output:
	// a good session_jwt: local <nil>
	// an expired one: unavailable true signed out false
	// with a grace: outage_grace <nil>
}

func Example_logout() {
	ctx, s := context.Background(), newSchool(nil)
	class := s.stytch.AddClass("LAWS1100").ID
	credentials := s.stytch.SignIn(s.stytch.AddStudent(class, "sam@example.edu"))
	session, err := s.verifier.Authenticate(ctx, credentials)
	if err != nil {
		log.Fatal(err)
	}
	s.stytch.Fail(mock.Fault{Status: 503}) // even now
	if err := s.client.Sessions.Revoke(ctx, session.Session); err != nil {
		fmt.Println("still to be repeated at Stytch")
	}
	_, err = s.verifier.Authenticate(ctx, credentials)
	fmt.Println("ended here:", errors.Is(err, grimoireauth.ErrSessionEnded))
	_ = events(s.verifier) // its stream would have ended, too
	// Output:
	// still to be repeated at Stytch
	// ended here: true
}
