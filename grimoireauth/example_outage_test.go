package grimoireauth_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// After three sessions could not be asked about, Stytch is not asked any more, but for one
// call now and then that finds out whether it is back.
func ExampleOutageError() {
	stytch := new(mock.Stytch)
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			switch e := event.(type) {
			case grimoireauth.OutageBegan:
				fmt.Println("began:", e.Outage.Of, "-", e.Outage.Cause)
			case grimoireauth.OutageEnded:
				fmt.Println("ended:", e.Outage.Of, "-", e.Reason) // EndAnswered, or EndUnknown
			}
		},
	}))
	class := stytch.AddClass("Torts").ID
	stytch.Fail(mock.Fault{Drop: true})
	for _, name := range []string{"ada", "ben", "cleo", "dora"} {
		credentials := stytch.SignIn(stytch.AddStudent(class, name+"@example.edu"))
		_, err := client.Sessions.Authenticate(context.Background(), credentials)
		var outage *grimoireauth.OutageError
		if errors.As(err, &outage) {
			fmt.Printf("%s: refused %v, goes on %v\n", name, outage.Refused(), outage.Ongoing())
		}
	}
	for _, outage := range client.Outages() {
		if outage.Of == grimoireauth.OutageOfStytch && outage.Cause == grimoireauth.CauseFailures {
			fmt.Println("asked again", outage.Next.After(outage.Since))
		}
	}
	// Output:
	// ada: refused false, goes on true
	// ben: refused false, goes on true
	// began: Stytch - calls about several sessions failed
	// cleo: refused true, goes on true
	// dora: refused true, goes on true
	// asked again true
}
