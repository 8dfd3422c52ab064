package stytchclient_test

import (
	"context"
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

	if err := client.Discovery.SendCode(ctx, stytchclient.EmailCode{Email: "sam@example.edu"}); err != nil {
		fmt.Println(err)
		return
	}
	typed := grimoireauth.NewSecret(stytch.Outbox()[0].Code)
	choose := must(client.Discovery.ByCode(ctx, "sam@example.edu", typed))
	for _, found := range choose.Classes {
		fmt.Println(found.Class.Name, found.Membership, found.Ready)
	}
	signedIn := must(client.Discovery.ChooseClass(ctx, stytchclient.ChosenClass{
		Class: choose.Classes[0].Class.ID, Intermediate: choose.Intermediate,
	}))
	fmt.Println("in", signedIn.Class.Name, "as", signedIn.Member.Role)
	// Output:
	// Torts active_member true
	// Equity active_member true
	// in Torts as student
}

// A link instead of a code, and a class of one's own at the end.
func ExampleDiscovery_CreateClass() {
	stytch, client := offline()
	ctx := context.Background()
	if err := client.Discovery.SendLink(ctx, stytchclient.MagicLink{Email: "ines@example.edu"}); err != nil {
		fmt.Println(err)
		return
	}
	token := grimoireauth.NewSecret(stytch.Outbox()[0].Token)
	choose := must(client.Discovery.ByLink(ctx, token, grimoireauth.Secret{}))
	signedIn := must(client.Discovery.CreateClass(ctx, stytchclient.CreatedClass{
		Intermediate: choose.Intermediate, NewClass: stytchclient.NewClass{Name: "Reading group"},
	}))
	fmt.Println(signedIn.Class.Name, signedIn.Member.Role)
	// Output: Reading group coordinator
}

// The same by a provider.
func ExampleDiscovery_ByOAuth() {
	stytch, client := withPublicToken()
	stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")
	start := must(client.Discovery.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodMicrosoft}))
	back := browse(stytch, start, "sam@example.edu")
	choose := must(client.Discovery.ByOAuth(context.Background(), grimoireauth.NewSecret(back.Get("token")), start.Verifier))
	fmt.Println(len(choose.Classes))
	// Output: 1
}

// The same by a password, in a project whose passwords belong to addresses.
func ExampleDiscovery_ByPassword() {
	stytch := &mock.Stytch{CrossOrgPasswords: true}
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	}))
	ctx, password := context.Background(), grimoireauth.NewSecret("nine purple llamas dance")
	stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")

	verifier := must(client.Discovery.StartPasswordReset(ctx, stytchclient.PasswordReset{Email: "sam@example.edu"}))
	choose := must(client.Discovery.FinishPasswordReset(ctx, grimoireauth.NewSecret(stytch.Outbox()[0].Token), verifier, password))
	fmt.Println("set:", len(choose.Classes))
	choose = must(client.Discovery.ByPassword(ctx, "sam@example.edu", password))
	fmt.Println("used:", len(choose.Classes))
	// Output:
	// set: 1
	// used: 1
}
