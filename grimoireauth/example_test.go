package grimoireauth_test

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// offline returns a client of a Stytch in memory. A real one takes ProjectID and
// Secret from the environment and nothing else.
func offline() (*mock.Stytch, *stytchclient.Client) {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(),
		BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		panic(err) // names every fault of the configuration
	}
	return stytch, client
}

// How to get a client, and what to begin with. In production BaseURL and Transport are
// empty; here they are those of a Stytch in memory.
func Example() {
	stytch, revocations, ctx := new(mock.Stytch), new(jwtlocal.MemoryRevocations), context.Background()
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), OnRevoke: revocations.Add,
		BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		fmt.Println(err) // every fault of the configuration
		return
	}
	class := must(client.Classes.Create(ctx, stytchclient.NewClass{Name: "LAWS1100"}))
	member := must(client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: "sam@example.edu", Role: grimoireauth.RoleTutor}))
	err = client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class.ID, Email: "sam@example.edu"})
	fmt.Println(member.Role, err)
	// Output: tutor <nil>
}
