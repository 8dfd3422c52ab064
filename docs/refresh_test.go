package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// patient is a verifier for an exam: a session in use is extended, and an outage of two
// hours interrupts no one.
func patient(config jwtlocal.Config, client *stytchclient.Client) (*jwtlocal.Verifier, error) {
	config.Refresh = client.Sessions.Authenticate
	config.OutageGrace = 2 * time.Hour
	config.SlidingSession = jwtlocal.SlidingSession{
		Extend:          client.Sessions.Extend,
		IdleTimeout:     time.Hour,      // an unused session ends after an hour
		AbsoluteTimeout: 12 * time.Hour, // and a used one after twelve
	}
	return jwtlocal.New(config)
}

// events streams to a page for as long as its reader may read the class.
func events(guard *middleware.Guard) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx := guard.Watch(r) // repeats the checks of the guards around
		if err := context.Cause(ctx); err != nil {
			guard.Respond(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case <-ctx.Done():
				fmt.Fprint(w, "event: end\ndata: {}\n\n") // context.Cause(ctx) says why
				return
			case <-time.After(15 * time.Second):
				fmt.Fprint(w, ": still here\n\n")
				if err := http.NewResponseController(w).Flush(); err != nil {
					return
				}
			}
		}
	}
}

// serve stops within seconds, also while streams are open.
func serve(ctx context.Context, server *http.Server, guard *middleware.Guard, verifier *jwtlocal.Verifier) error {
	server.RegisterOnShutdown(guard.EndWatches)
	served := make(chan error, 1)
	go func() { served <- server.ListenAndServe() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(grace), verifier.Wait(grace))
}

func Example_streams() {
	s := newSchool(nil)
	class := s.stytch.AddClass("LAWS1100").ID
	sam := s.stytch.AddStudent(class, "sam@example.edu")
	mux := http.NewServeMux()
	students := s.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	mux.Handle("GET /classes/{class}/events", students(events(s.guard)))
	request := httptest.NewRequest("GET", "/classes/"+string(class)+"/events", nil)
	if err := s.guard.Attach(request, s.stytch.SignIn(sam)); err != nil {
		log.Fatal(err)
	}
	time.AfterFunc(time.Second/10, func() {
		if err := s.client.Roster.Remove(context.Background(), class, sam); err != nil {
			log.Print(err)
		}
	})
	answer := httptest.NewRecorder()
	s.guard.Protect(mux).ServeHTTP(answer, request)
	fmt.Println(answer.Code, strings.TrimSpace(answer.Body.String()))

	stopped, stop := context.WithCancel(context.Background())
	stop()
	fmt.Println(serve(stopped, &http.Server{Addr: "127.0.0.1:0", Handler: mux}, s.guard, s.verifier))
	// Output:
	// 200 event: end
	// data: {}
	// <nil>
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
	// Output:
	// still to be repeated at Stytch
	// ended here: true
}
