package jwtlocal_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// A verifier answers from the token alone; Stytch is asked for its keys, once.
func ExampleVerifier_Verify() {
	stytch := new(mock.Stytch) // in production: Stytch
	class := stytch.AddClass("LAWS1100")
	ada := stytch.AddStudent(class.ID, "ada@example.edu")
	credentials := stytch.SignIn(ada)

	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(),
		BaseURL:   stytch.BaseURL(), // only for a custom domain, and for the mock
		Transport: stytch,           // only for the mock
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := verifier.Verify(context.Background(), credentials.JWT)
	fmt.Println(session.Member() == ada, err)

	_, err = verifier.Verify(context.Background(), grimoireauth.NewSecret("made up"))
	fmt.Println(errors.Is(err, grimoireauth.ErrUnauthenticated))
	// Output:
	// true <nil>
	// true
}

// "This token is bad" signs a person out. "It could not be found out" must not.
func ExampleVerifier_Verify_outage() {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	credentials := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))
	stytch.Fail(mock.Fault{Endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", Status: 503})

	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch})
	if err != nil {
		fmt.Println(err) // a mistake in the configuration, never an outage
		return
	}
	_, err = verifier.Verify(context.Background(), credentials.JWT)
	switch {
	case errors.Is(err, grimoireauth.ErrUnavailable):
		wait, _ := grimoireauth.RetryAfter(err)
		fmt.Println("503, try again after", wait)
	case errors.Is(err, grimoireauth.ErrUnauthenticated):
		fmt.Println("401, sign in")
	}
	// Output: 503, try again after 1s
}

// A revocation counts from the next request on, for tokens that would be good for five
// more minutes.
func ExampleMemoryRevocations() {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	credentials := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))

	revocations := new(jwtlocal.MemoryRevocations)
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Revocations: revocations, // give the client revocations.Add as its Config.OnRevoke
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	session, err := verifier.Verify(ctx, credentials.JWT)
	fmt.Println(err)
	err = revocations.Add(ctx, grimoireauth.Revocation{Session: session.ID()})
	fmt.Println(err)
	_, err = verifier.Verify(ctx, credentials.JWT)
	fmt.Println(errors.Is(err, grimoireauth.ErrSessionEnded))
	// Output:
	// <nil>
	// <nil>
	// true
}
