package stytchclient_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// permitted returns a Stytch whose policy gives instructors these actions.
func permitted(permissions ...mock.Permission) (*mock.Stytch, *stytchclient.Client) {
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "instructor", Permissions: permissions}}}
	return stytch, must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	}))
}

// A roster in the hands of the one who is signed in: Stytch itself refuses what
// they may not do.
func ExampleActingRoster() {
	stytch, client := permitted(mock.Permission{Resource: "stytch.member", Actions: []string{"create", "search"}})
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	roster := client.As(stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu"))).Roster

	noor := must(roster.Enroll(ctx, class, stytchclient.NewMember{Email: "noor@example.edu"}))
	fmt.Println(noor.Email, noor.Role)
	err := roster.Remove(ctx, class, noor.Member)
	fmt.Println("removes her:", !errors.Is(err, grimoireauth.ErrForbidden)) // the policy has no "delete"
	// Output:
	// noor@example.edu student
	// removes her: false
}

// A class in the hands of the one who is signed in.
func ExampleActingClasses() {
	stytch, client := permitted(
		mock.Permission{Resource: "stytch.member", Actions: []string{"search"}},
		mock.Permission{Resource: "stytch.organization", Actions: []string{"update.info.name"}})
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	classes := client.As(stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu"))).Classes

	renamed := must(classes.Update(ctx, class, stytchclient.ClassChange{Name: stytchclient.Set("Torts and Delicts")}))
	fmt.Println(renamed.Name)
	fmt.Println("deletes it:", !errors.Is(classes.Delete(ctx, class), grimoireauth.ErrForbidden))
	// Output:
	// Torts and Delicts
	// deletes it: false
}

// What the one who is signed in may give at most, for a page that offers roles.
func ExampleActing() {
	stytch, client := permitted(mock.Permission{Resource: "stytch.member", Actions: []string{"create", "search"}})
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	acting := client.As(stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu")))

	fmt.Println("up to", must(acting.Role(ctx, class)))
	_, err := acting.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "noor@example.edu", Role: grimoireauth.RoleCoordinator})
	fmt.Println("more:", !errors.Is(err, grimoireauth.ErrForbidden))
	// Output:
	// up to instructor
	// more: false
}
