package grimoireauth_test

import (
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func ExampleSessionMarks() {
	marks := must(grimoireauth.NewSessionMarks("project-test-1", grimoireauth.NewSecret("the project secret")))
	token := grimoireauth.NewSecret("a session_token")
	mark := marks.Mark(token, "session-test-1")
	fmt.Println(len(mark), marks.Recognise(mark, token, "session-test-1"), marks.Recognise(mark, token, "session-test-2"))
	var none grimoireauth.SessionMarks // of a program without a client
	fmt.Println(none.IsZero(), none.Recognise(mark, token, "session-test-1"))
	// Output:
	// 22 true false
	// true false
}
