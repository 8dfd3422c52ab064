package grimoireauth_test

import (
	"fmt"
	"log"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// A Guard writes and checks the marks; a program with cookies of its own can do the same.
func ExampleClient_SessionMarks() {
	stytch := new(mock.Stytch)
	client, err := grimoireauth.New(grimoireauth.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret()})
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

func ExampleSessionMarks() {
	var none grimoireauth.SessionMarks // of a program without a client
	fmt.Println(none.IsZero(), none.Recognise("", grimoireauth.NewSecret("a session_token"), "session-test-1"))
	// Output: true false
}
