package classlist

import (
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Action is what becomes of one person. The zero Action changes nothing.
type Action uint8

// The actions of a plan.
const (
	Keep       Action = iota // they stay as they are
	Add                      // new in the class
	Reactivate               // was removed, and comes back
	ChangeRole               // the list says another role than it did
	Remove                   // an import added them, and the list has them no more
)

// String returns the action as a plan prints it.
func (a Action) String() string {
	switch a {
	case Keep:
		return "keep"
	case Add:
		return "add"
	case Reactivate:
		return "reactivate"
	case ChangeRole:
		return "change role"
	case Remove:
		return "remove"
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Step is what a plan does about one person. It is comparable.
type Step struct {
	Action Action
	Line   int                   // of the list; 0 for somebody who is not on it
	Member grimoireauth.MemberID // empty for somebody new
	Email  string
	Name   string
	ID     string            // the institution's number; may be empty
	From   grimoireauth.Role // what they are, or were before they were removed
	To     grimoireauth.Role // what they will be; RoleNone for Remove
	Note   string            // why somebody is kept against the list; usually empty

	// record says that the member's metadata have to learn which role the list
	// gave, although nothing else changes: a crash came in between.
	record bool
}

// String returns the step as one line. It names the person: it is for the people
// who look at the plan, not for logs.
func (s Step) String() string {
	var b strings.Builder
	if s.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", s.Line)
	}
	fmt.Fprintf(&b, "%v %s", s.Action, s.Email)
	if s.Name != "" {
		fmt.Fprintf(&b, " (%s)", s.Name)
	}
	switch {
	case s.Action == Remove:
		fmt.Fprintf(&b, ", %v", s.From)
	case s.Action == ChangeRole, s.Action == Reactivate && s.From != s.To:
		fmt.Fprintf(&b, ", %v to %v", s.From, s.To)
	default:
		fmt.Fprintf(&b, ", %v", s.To)
	}
	if s.Note != "" {
		b.WriteString(": " + s.Note)
	}
	return b.String()
}

// lowers reports whether the step takes something away. Those steps come last, so
// that the class has its new instructors before it loses the old ones.
func (s Step) lowers() bool {
	return s.Action == Remove || s.Action == ChangeRole && s.To < s.From
}
