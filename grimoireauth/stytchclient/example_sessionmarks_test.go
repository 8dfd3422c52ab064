package stytchclient_test

import (
	"fmt"
	"log"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// A Guard writes and checks the marks; a program with cookies of its own can do the same.
func ExampleClient_SessionMarks() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret()})
	if err != nil {
		log.Fatal(err)
	}
	marks := client.SessionMarks()
	token := grimoireauth.NewSecret("the session_token of a sign-in")
	mark := marks.Mark(token, "session-test-1")
	fmt.Println(marks.Recognise(mark, token, "session-test-1"))
	fmt.Println(marks.Recognise(mark, grimoireauth.NewSecret("an invented one"), "session-test-1"))
	// Output:
	// true
	// false
}
