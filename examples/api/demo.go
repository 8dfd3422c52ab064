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

// variables are what curlLines refers to, as a file for a shell. It has tokens, which only a
// demonstration may write down: those of the mock work nowhere else.
func (d *demo) variables(url string) string {
	return fmt.Sprintf("API=%s\nCLASS=%s/classes/%s\nSTUDENT=%s\nINSTRUCTOR=%s\n",
		url, url, d.class, d.student.JWT.Reveal(), d.instructor.JWT.Reveal())
}

// curlLines are what to try, for a terminal of 80 columns; file has the variables.
func (d *demo) curlLines(url, file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The API is at %s\nStytch is in this program's memory: nothing leaves this machine.\n\n", url)
	fmt.Fprintf(&b, "Try next, in another terminal (the file has two tokens, good for an hour):\n\n. %s\n", file)
	for _, line := range []struct{ as, what, means string }{
		{"STUDENT", "$CLASS", "who am I here?"},
		{"STUDENT", "$CLASS/roster", "403: for instructors"},
		{"INSTRUCTOR", "$CLASS/roster", "who is in the class"},
		{"STUDENT", "-N $CLASS/events", "stays open: leave it in a terminal of its own"},
		{"INSTRUCTOR", `-d '{"title":"Essay 1"}' $CLASS/release`, "the student's stream says so"},
		{"STUDENT", "-X DELETE $API/session", "signs out: the stream ends, the token is worthless"},
	} {
		command := fmt.Sprintf("curl -i -H \"Authorization: Bearer $%s\"", line.as)
		space := " "
		if len(command)+1+len(line.what) > 80 {
			space = " \\\n  "
		}
		fmt.Fprintf(&b, "# %s\n%s%s%s\n", line.means, command, space, line.what)
	}
	b.WriteString("\nStop with Ctrl-C.\n")
	return b.String()
}
