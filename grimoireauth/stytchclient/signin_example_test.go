package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// A class that asks for a second factor: the first half says what is owed, the
// second half finishes it. Between the two a web application keeps the FactorOwner in
// a cookie of its own.
func ExampleStepUpError() {
	ctx, stytch := context.Background(), new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		log.Fatal(err)
	}
	class := stytch.AddClass("LAWS1100", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"})
	stytch.AddStudent(class.ID, "ada@example.edu")

	if err := client.SignIn.SendEmailCode(ctx, stytchclient.EmailCode{Class: class.ID, Email: "ada@example.edu"}); err != nil {
		log.Fatal(err)
	}
	typed := grimoireauth.NewSecret(stytch.Outbox()[0].Code)
	_, err = client.SignIn.WithEmailCode(ctx, stytchclient.EmailCodeSignIn{Class: class.ID, Email: "ada@example.edu", Code: typed})
	var stepUp *stytchclient.StepUpError
	if !errors.As(err, &stepUp) || !stepUp.MFA {
		log.Fatal(err)
	}
	fmt.Println("owed: one of", stepUp.Allowed, "enrolled:", len(stepUp.Enrolled))

	unfinished := stepUp.Owner()
	if err := client.SecondFactors.SendSMSCode(ctx, unfinished, stytchclient.SMSCode{Phone: "+61400000000"}); err != nil {
		log.Fatal(err)
	}
	typed = grimoireauth.NewSecret(stytch.Outbox()[1].Code)
	signedIn, err := client.SecondFactors.WithSMSCode(ctx, unfinished, stytchclient.FactorCode{Code: typed})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signedIn.Member.Email, "is in", signedIn.Class.Name, "with", len(signedIn.Factors()), "factors")
	// Output:
	// owed: one of [sms_otp totp] enrolled: 0
	// ada@example.edu is in LAWS1100 with 2 factors
}

// A class that wants another way to sign in.
func ExampleNotAllowedError() {
	stytch, client := offline()
	class := stytch.AddClass("Torts", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"magic_link", "sso"}})
	stytch.AddStudent(class.ID, "sam@example.edu")
	_, err := client.SignIn.WithPassword(context.Background(), stytchclient.PasswordSignIn{
		Class: class.ID, Email: "sam@example.edu", Password: grimoireauth.NewSecret("correct horse battery staple"),
	})
	var notAllowed *stytchclient.NotAllowedError
	if errors.As(err, &notAllowed) {
		fmt.Println("offer these instead:", notAllowed.Methods)
	}
	// Output: offer these instead: [magic_link sso]
}
