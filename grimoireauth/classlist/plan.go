package classlist

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Plan lists the changes that an import would make. It is immutable; make it with
// [NewPlan]. The zero Plan changes nothing.
type Plan struct {
	class  grimoireauth.ClassID
	steps  []Step
	list   List
	config Config
}

// Class returns the class that the plan is for.
func (p Plan) Class() grimoireauth.ClassID { return p.class }

// Steps returns a step for each person on the list, in its order, and then one for
// each member who is to be removed, by address.
func (p Plan) Steps() []Step { return slices.Clone(p.steps) }

// Changes returns the steps that change something. There are none if the class is as
// the list has it.
func (p Plan) Changes() []Step {
	return slices.DeleteFunc(p.Steps(), func(s Step) bool { return s.Action == Keep })
}

// Count returns how many steps have this action.
func (p Plan) Count(action Action) int {
	n := 0
	for _, step := range p.steps {
		if step.Action == action {
			n++
		}
	}
	return n
}

// String returns the plan for the people who decide about it: the counts, every
// change, and the notes about members who are kept against the list. It names people;
// a logger gets only the counts.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "class %s: %s\n", p.class, p.counts())
	for _, step := range p.steps {
		if step.Action != Keep || step.Note != "" {
			fmt.Fprintf(&b, "%v\n", step)
		}
	}
	return b.String()
}

func (p Plan) counts() string {
	parts := make([]string, 0, 6)
	for _, action := range []Action{Add, Reactivate, ChangeRole, ChangeDetails, Remove, Keep} {
		parts = append(parts, fmt.Sprintf("%v %d", action, p.Count(action)))
	}
	return strings.Join(parts, ", ")
}

// LogValue returns the class and the counts, and no student data. It implements
// [slog.LogValuer].
func (p Plan) LogValue() slog.Value {
	return slog.GroupValue(slog.String("class", string(p.class)), slog.String("plan", p.counts()))
}

// Action is what a step does with one person. The zero Action changes nothing.
type Action uint8

// The actions of a plan.
const (
	Keep          Action = iota // changes nothing
	Add                         // adds a new member
	Reactivate                  // brings back a removed member
	ChangeRole                  // gives the list's new role, and perhaps other details
	ChangeDetails               // changes the name, the number or the groups
	Remove                      // removes a member that an import added and the list no longer has
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
	case ChangeDetails:
		return "change details"
	case Remove:
		return "remove"
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Field is a field of a member that an import writes, besides the role.
type Field string

// The fields that an import writes.
const (
	FieldName   Field = "name"
	FieldID     Field = "ID number"
	FieldGroups Field = "groups"
)

// Detail is a field that a step changes.
type Detail struct {
	Field    Field
	Old, New string // groups as "[Tutorial 1], [Lab A]"; Old is empty if the field was
}

// String returns `name "Ada" to "Ada Lovelace"`.
func (d Detail) String() string {
	if d.Old == "" {
		return fmt.Sprintf("%s %q", d.Field, d.New)
	}
	return fmt.Sprintf("%s %q to %q", d.Field, d.Old, d.New)
}

// Step is the part of a plan that is about one person.
type Step struct {
	Action Action
	Line   int                   // in the list; 0 for a member who is not on it
	Member grimoireauth.MemberID // empty for a new member
	Email  string
	// Name, ID and Groups are those that the member will have.
	Name    string
	ID      string            // the institution's number; may be empty
	Groups  []string          // nil: none
	From    grimoireauth.Role // the role they have, or had before they were removed
	To      grimoireauth.Role // the role they will have; RoleNone for Remove
	Details []Detail          // the other changes for a present or removed member
	Note    string            // which values of the list are ignored, and why; usually empty

	// record says that only the metadata are to be written, since an earlier import
	// crashed before it recorded what the list said.
	record  bool
	source  bool         // record is about the role
	written fingerprints // the value of ListedKey after the step
}

// String returns the step as one line. It names the person, so do not log it.
func (s Step) String() string {
	var b strings.Builder
	if s.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", s.Line)
	}
	fmt.Fprintf(&b, "%v %s", s.Action, s.Email)
	if s.Name != "" {
		fmt.Fprintf(&b, " (%s)", visible(s.Name)) // members can change their own names
	}
	switch {
	case s.Action == Remove:
		fmt.Fprintf(&b, ", %v", s.From)
	case s.Action == ChangeRole, s.Action == Reactivate && s.From != s.To:
		fmt.Fprintf(&b, ", %v to %v", s.From, s.To)
	default:
		fmt.Fprintf(&b, ", %v", s.To)
	}
	for _, detail := range s.Details {
		fmt.Fprintf(&b, ", %v", detail)
	}
	if s.Note != "" {
		b.WriteString(": " + s.Note)
	}
	return b.String()
}

func (s *Step) addNote(note string) {
	if s.Note != "" {
		s.Note += "; "
	}
	s.Note += note
}

// changes reports whether the step changes this field.
func (s Step) changes(field Field) bool {
	return slices.ContainsFunc(s.Details, func(d Detail) bool { return d.Field == field })
}

// lowers reports whether the step removes or demotes a member. Apply does these steps
// last, so that the class has its new instructors before it loses the old ones.
func (s Step) lowers() bool {
	return s.Action == Remove || s.Action == ChangeRole && s.To < s.From
}

// actions returns the actions of Stytch's RBAC policy that the plan needs.
func (p Plan) actions() []string {
	out := []string{"search"} // the roster is read in any case
	needed := make(map[string]bool)
	for _, step := range p.Changes() {
		switch step.Action {
		case Add, Reactivate:
			needed["create"] = true
		case Remove:
			needed["delete"] = true
		}
		if step.Action == ChangeRole || step.Action == Reactivate && step.From != step.To {
			needed["update.settings.roles"] = true
		}
		if step.changes(FieldName) {
			needed["update.info.name"] = true
		}
		// Stytch has no action for these two, so they need the one that creates a member.
		if step.changes(FieldID) || step.changes(FieldGroups) {
			needed["create"] = true
		}
	}
	for _, action := range []string{"create", "update.settings.roles", "update.info.name", "delete"} {
		if needed[action] {
			out = append(out, action)
		}
	}
	return out
}

// checkHighest returns ErrForbidden if a step gives or takes a role above this one.
func (p Plan) checkHighest(role grimoireauth.Role) error {
	for _, step := range p.Changes() {
		if highest := max(step.From, step.To); !role.AtLeast(highest) {
			return fmt.Errorf("classlist: %w: line %d is about %v, and the member who imports is %v", grimoireauth.ErrForbidden, step.Line, highest, role)
		}
	}
	return nil
}
