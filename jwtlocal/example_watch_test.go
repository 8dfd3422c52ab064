package jwtlocal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// A browser that comes back after a break carries a session_jwt that has expired. It
// is refreshed with the session_token beside it, once, however many requests come.
func ExampleVerifier_Authenticate() {
	stytch := new(mock.Stytch) // in production: Stytch
	class := stytch.AddClass("LAWS1100")
	cookies := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"), mock.WithJWTAge(10*time.Minute))

	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Refresh: client.Sessions.Authenticate,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		authentication, err := verifier.Authenticate(context.Background(), cookies)
		fmt.Println(authentication.Source, err)
		cookies = authentication.Credentials // as the guard's new cookie does
	}
	// Output:
	// refreshed <nil>
	// local <nil>
	// local <nil>
}

// A stream of events ends when its reader's session does: here by a logout in
// another tab.
func ExampleVerifier_Watch() {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	cookies := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))
	revocations := new(jwtlocal.MemoryRevocations)
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch, Revocations: revocations,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stream := func(_ http.ResponseWriter, r *http.Request) {
		authentication, _ := grimoireauth.AuthenticationFromContext(r.Context()) // from the guard
		ctx := verifier.Watch(r.Context(), authentication)
		for {
			select {
			case <-ctx.Done():
				fmt.Println(errors.Is(context.Cause(ctx), grimoireauth.ErrSessionEnded))
				return
			case <-time.After(10 * time.Millisecond):
				// write an event
			}
		}
	}

	authentication, err := verifier.Authenticate(context.Background(), cookies)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := revocations.Add(context.Background(), grimoireauth.Revocation{Session: authentication.ID()}); err != nil {
		fmt.Println(err)
		return
	}
	request, err := http.NewRequest(http.MethodGet, "/events", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	stream(nil, request.WithContext(grimoireauth.ContextWithAuthentication(request.Context(), authentication)))
	// Output: true
}
