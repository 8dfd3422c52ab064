package mock_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// A test of a program that uses this module's client: no network, no browser.
func Example() {
	ctx := context.Background()
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		panic(err)
	}
	class := stytch.AddClass("LAWS1100")
	stytch.AddStudent(class.ID, "ada@example.edu")

	if err := client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class.ID, Email: "ada@example.edu"}); err != nil {
		panic(err)
	}
	message := stytch.Outbox()[0]
	fmt.Println(message.Kind, "link to", message.To)

	signedIn, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(message.Token)})
	fmt.Println(signedIn.Member.Email, signedIn.Roles(), err)

	_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(message.Token)})
	fmt.Println("twice:", errors.Is(err, grimoireauth.ErrTokenSpent))

	stytch.EndSession(signedIn.Credentials)
	_, err = client.Sessions.Authenticate(ctx, signedIn.Credentials)
	fmt.Println("after the end:", errors.Is(err, grimoireauth.ErrSessionEnded))
	// Output:
	// login link to ada@example.edu
	// ada@example.edu [stytch_member] <nil>
	// twice: true
	// after the end: true
}

// The next two calls of one endpoint fail, and the one after them succeeds.
func ExampleStytch_Fail() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		panic(err)
	}
	credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/authenticate", Status: 502, Body: "<html>Bad gateway</html>", Times: 2})
	for range 3 {
		_, err = client.Sessions.Authenticate(context.Background(), credentials)
		fmt.Println(errors.Is(err, grimoireauth.ErrUnavailable))
	}
	// Output:
	// true
	// true
	// false
}

// A process whose clock is an hour behind answers that the service is unavailable, and
// ends no session.
func ExampleClock() {
	stytch := new(mock.Stytch)
	wrong := stytch.ClockAhead(time.Hour)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: wrong,
	})
	if err != nil {
		panic(err)
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: wrong, Refresh: client.Sessions.Authenticate,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
	credentials.JWT = wrong.JWT(credentials.JWT) // another machine was given it
	_, err = verifier.Authenticate(context.Background(), credentials)
	fmt.Println("unavailable:", errors.Is(err, grimoireauth.ErrUnavailable), "signed out:", errors.Is(err, grimoireauth.ErrUnauthenticated))
	// Output:
	// unavailable: true signed out: false
}
