package stytchclient_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// Somebody who does not say which class: they prove their address, see where they
// can go, and choose.
func ExampleDiscovery() {
	stytch, client := offline()
	ctx := context.Background()
	stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")
	stytch.AddMember(stytch.AddClass("Equity").ID, "sam@example.edu", "tutor")

	if err := client.SignIn.SendDiscoveryCode(ctx, stytchclient.DiscoveryCode{Email: "sam@example.edu"}); err != nil {
		fmt.Println(err)
		return
	}
	typed := grimoireauth.NewSecret(stytch.Outbox()[0].Code)
	_, err := client.SignIn.DiscoverByCode(ctx, stytchclient.DiscoveryCodeCheck{Email: "sam@example.edu", Code: typed})
	var choose *stytchclient.StepUpError
	if !errors.As(err, &choose) || choose.Discovery == nil {
		fmt.Println(err)
		return
	}
	for _, found := range choose.Discovery.Classes {
		fmt.Println(found.Class.Name, found.Membership, found.Ready)
	}
	signedIn := must(client.SignIn.ChooseClass(ctx, stytchclient.ChosenClass{
		Class: choose.Discovery.Classes[0].Class.ID, Intermediate: choose.Intermediate,
	}))
	fmt.Println("in", signedIn.Class.Name, "as", signedIn.Member.Role)
	// Output:
	// Torts active_member true
	// Equity active_member true
	// in Torts as student
}

// A link instead of a code, and a class of one's own at the end.
func ExampleSignIn_CreateClass() {
	stytch, client := offline()
	ctx := context.Background()
	if err := client.SignIn.SendDiscoveryLink(ctx, stytchclient.DiscoveryLink{Email: "ines@example.edu"}); err != nil {
		fmt.Println(err)
		return
	}
	token := grimoireauth.NewSecret(stytch.Outbox()[0].Token)
	_, err := client.SignIn.DiscoverByLink(ctx, stytchclient.DiscoveryToken{Token: token})
	var choose *stytchclient.StepUpError
	if !errors.As(err, &choose) {
		fmt.Println(err)
		return
	}
	signedIn := must(client.SignIn.CreateClass(ctx, stytchclient.CreatedClass{
		Intermediate: choose.Intermediate, NewClass: stytchclient.NewClass{Name: "Reading group"},
	}))
	fmt.Println(signedIn.Class.Name, signedIn.Member.Role)
	// Output: Reading group coordinator
}

// The same by a provider.
func ExampleSignIn_DiscoverByOAuth() {
	stytch, client := withPublicToken()
	stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")
	start := must(client.SignIn.StartDiscoveryOAuth(stytchclient.DiscoveryOAuthStart{Provider: grimoireauth.MethodMicrosoft}))
	back := browse(stytch, start, "sam@example.edu")
	_, err := client.SignIn.DiscoverByOAuth(context.Background(), stytchclient.DiscoveryToken{
		Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier,
	})
	var choose *stytchclient.StepUpError
	fmt.Println(errors.As(err, &choose) && len(choose.Discovery.Classes) == 1)
	// Output: true
}

// The same by a password, in a project whose passwords belong to addresses.
func ExampleSignIn_DiscoverByPassword() {
	stytch := &mock.Stytch{CrossOrgPasswords: true}
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	}))
	ctx, password := context.Background(), grimoireauth.NewSecret("nine purple llamas dance")
	stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")

	verifier := must(client.SignIn.StartDiscoveryPasswordReset(ctx, stytchclient.DiscoveryPasswordReset{Email: "sam@example.edu"}))
	_, err := client.SignIn.FinishDiscoveryPasswordReset(ctx, stytchclient.DiscoveryNewPassword{
		DiscoveryToken: stytchclient.DiscoveryToken{Token: grimoireauth.NewSecret(stytch.Outbox()[0].Token), Verifier: verifier},
		Password:       password,
	})
	fmt.Println("set:", errors.Is(err, grimoireauth.ErrStepUp))
	_, err = client.SignIn.DiscoverByPassword(ctx, stytchclient.DiscoveryPassword{Email: "sam@example.edu", Password: password})
	fmt.Println("used:", errors.Is(err, grimoireauth.ErrStepUp))
	// Output:
	// set: true
	// used: true
}
