package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
)

// withPages puts the pages to sign in and out beside an application.
func withPages(guard *middleware.Guard, client *stytchclient.Client, remember func(context.Context, grimoireauth.Member) error) (http.Handler, error) {
	pages, err := signin.New(guard, client, signin.Config{
		BaseURL:   "https://classes.example.edu", // where people reach this server
		Discovery: true,                          // people need not know their class
		OnSignIn: func(ctx context.Context, signedIn stytchclient.SignedIn) error {
			return remember(ctx, signedIn.Member) // after an error the person is not signed in
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", pages)
	mux.HandleFunc("GET /me", profile)
	return http.NewCrossOriginProtection().Handler(guard.Protect(mux, "/auth/")), nil
}

// withSharedLimits has replicas count together.
func withSharedLimits(guard *middleware.Guard, client *stytchclient.Client, limiter signin.Limiter) (http.Handler, error) {
	pages, err := signin.New(guard, client, signin.Config{
		BaseURL: "https://classes.example.edu",
		Limit:   limiter, // a signin.Limiter: Reserve before a call, Release if it came to nothing
	})
	if err != nil {
		return nil, err
	}
	return pages, nil
}

var _ = withSharedLimits

// byCode signs a person in with a code by e-mail and, where the class asks for
// it, another one by SMS. It stands for forms of your own.
func byCode(ctx context.Context, client *stytchclient.Client, class grimoireauth.ClassID, email string, ask func(what string) string) (stytchclient.SignedIn, error) {
	if err := client.SignIn.SendEmailCode(ctx, stytchclient.EmailCode{Class: class, Email: email}); err != nil {
		return stytchclient.SignedIn{}, err
	}
	signedIn, err := client.SignIn.WithEmailCode(ctx, stytchclient.EmailCodeSignIn{
		Class: class, Email: email, Code: grimoireauth.NewSecret(ask("the code in the e-mail")),
	})
	var stepUp *stytchclient.StepUpError
	if !errors.As(err, &stepUp) || !stepUp.MFA {
		return signedIn, err
	}
	// Half signed in is not signed in. There are no credentials yet.
	unfinished := stepUp.Owner()
	if err := client.SecondFactors.SendSMSCode(ctx, unfinished, stytchclient.SMSCode{Phone: ask("your phone number")}); err != nil {
		return stytchclient.SignedIn{}, err
	}
	return client.SecondFactors.WithSMSCode(ctx, unfinished, stytchclient.FactorCode{
		Code: grimoireauth.NewSecret(ask("the code on your phone")),
	})
}

func Example_signInPages() {
	s := newSchool(nil)
	app, err := withPages(s.guard, s.client, func(context.Context, grimoireauth.Member) error { return nil })
	if err != nil {
		log.Fatal(err)
	}
	class := s.stytch.AddClass("LAWS1100")
	s.stytch.AddStudent(class.ID, "sam@example.edu")

	form := url.Values{"method": {"magic_link"}, "class": {class.Slug}, "email": {"sam@example.edu"}}
	request := httptest.NewRequest("POST", "https://classes.example.edu/auth/start", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	app.ServeHTTP(answer, request)
	fmt.Println(len(s.stytch.Outbox()), "link to", s.stytch.Outbox()[0].To)
	// Output: 1 link to sam@example.edu
}

func Example_signInByHand() {
	ctx, s := context.Background(), newSchool(nil)
	class := s.stytch.AddClass("LAWS1100", map[string]any{"mfa_policy": "REQUIRED_FOR_ALL"})
	s.stytch.AddStudent(class.ID, "sam@example.edu")
	signedIn, err := byCode(ctx, s.client, class.ID, "sam@example.edu", func(what string) string {
		fmt.Println("asked for", what)
		if what == "your phone number" {
			return "+61400000000"
		}
		sent := s.stytch.Outbox()
		return sent[len(sent)-1].Code
	})
	fmt.Println(signedIn.Member.Email, len(signedIn.Factors()), err)
	// Output:
	// asked for the code in the e-mail
	// asked for your phone number
	// asked for the code on your phone
	// sam@example.edu 2 <nil>
}
