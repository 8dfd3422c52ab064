// Package docs_test holds the code of the guides, so that it is compiled and run
// like any other.
package docs_test

import (
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// school has a Stytch, and the three values that a server makes once.
type school struct {
	stytch   *mock.Stytch
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
}

// newSchool is set up as the guides say. In production the project id and the
// secret come from the environment, and BaseURL and Transport stay empty.
func newSchool(observe grimoireauth.Observe) school {
	stytch, revocations := new(mock.Stytch), new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(),
		BaseURL: stytch.BaseURL(), Transport: stytch, OnRevoke: revocations.Add, Observe: observe,
	})
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Refresh: client.Sessions.Authenticate, Revocations: revocations, Observe: observe,
	})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
		Can: client.Can, Fresh: verifier.Refresh, Watch: verifier.Watch, SessionMarks: client.SessionMarks(),
	})
	if err != nil {
		log.Fatal(err)
	}
	return school{stytch: stytch, client: client, verifier: verifier, guard: guard}
}

// status returns the status of a request with these credentials.
func (s school) status(app http.Handler, method, path string, credentials grimoireauth.Credentials) int {
	request := httptest.NewRequest(method, path, nil)
	if err := s.guard.Attach(request, credentials); err != nil {
		log.Fatal(err)
	}
	answer := httptest.NewRecorder()
	app.ServeHTTP(answer, request)
	return answer.Code
}
