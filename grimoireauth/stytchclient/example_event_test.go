package stytchclient_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// Authorize asks Stytch to check a permission with the session.
func ExamplePermission() {
	stytch, client := offline()
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	tutor := stytch.SignIn(stytch.AddMember(class, "tove@example.edu", "tutor"))
	for _, action := range []string{"mark", "release"} {
		_, err := client.Sessions.Authorize(ctx, tutor, stytchclient.Permission{Class: class, Resource: "class", Action: action})
		fmt.Println(action, errors.Is(err, grimoireauth.ErrForbidden))
	}
	// Output:
	// mark false
	// release true
}
