package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// demo is what the offline demonstration has and a deployment does not: Stytch in
// memory, with one class and two people who are signed in.
type demo struct {
	stytch              *mock.Stytch
	class               grimoireauth.ClassID
	student, instructor grimoireauth.Credentials
}

func newDemo() *demo {
	// Stytch's session_jwt expires after five minutes, and a client gets the next one
	// in time. A curl line that was pasted does not.
	d := &demo{stytch: &mock.Stytch{JWTLife: time.Hour}}
	d.class = d.stytch.AddClass("Contracts, semester 1").ID
	d.student = d.stytch.SignIn(d.stytch.AddStudent(d.class, "sam@example.edu"))
	d.instructor = d.stytch.SignIn(d.stytch.AddInstructor(d.class, "iris@example.edu"))
	return d
}

func (d *demo) options() options {
	return options{
		projectID: d.stytch.ProjectID(), secret: d.stytch.Secret(),
		stytchURL: d.stytch.BaseURL(), transport: d.stytch, demo: d,
	}
}

// curlLines prints tokens, which only a demonstration may do: those of the mock work
// nowhere else.
func (d *demo) curlLines(url string) string {
	var b strings.Builder
	class := url + "/classes/" + string(d.class)
	fmt.Fprintf(&b, "The API is at %s. Stytch is in this program's memory: nothing leaves this machine.\n\n", url)
	fmt.Fprintf(&b, "STUDENT=%s\n\nINSTRUCTOR=%s\n\n", d.student.JWT.Reveal(), d.instructor.JWT.Reveal())
	for _, line := range []struct{ as, what, means string }{
		{"STUDENT", class, "who am I here?"},
		{"STUDENT", class + "/roster", "403: for instructors"},
		{"INSTRUCTOR", class + "/roster", "who is in the class"},
		{"STUDENT", "-N " + class + "/events", "stays open: leave it in a terminal of its own"},
		{"INSTRUCTOR", `-d '{"title":"Essay 1"}' ` + class + "/release", "the student's stream says so"},
		{"STUDENT", "-X DELETE " + url + "/session", "signs out: the stream ends, the token is worthless"},
	} {
		fmt.Fprintf(&b, "# %s\ncurl -i -H \"Authorization: Bearer $%s\" %s\n", line.means, line.as, line.what)
	}
	b.WriteString("\nPaste the two tokens first. They last an hour. Stop with Ctrl-C.\n")
	return b.String()
}
