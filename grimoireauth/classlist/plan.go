package classlist

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Plan is what an import would do, before it does it. It is immutable; make it
// with [NewPlan]. The zero Plan does nothing.
type Plan struct {
	class  grimoireauth.ClassID
	steps  []Step
	list   List
	config Config
}

// Class returns the class that the plan is for.
func (p Plan) Class() grimoireauth.ClassID { return p.class }

// Steps returns a step for everybody on the list, in its order, and then for
// everybody who is to be removed, by address.
func (p Plan) Steps() []Step { return slices.Clone(p.steps) }

// Changes returns the steps that change something. There are none if the class
// is what the list says.
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
// change, and those who are kept against the list. It names people, so it is not
// for logs; a logger gets the counts.
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
	parts := make([]string, 0, 5)
	for _, action := range []Action{Add, Reactivate, ChangeRole, Remove, Keep} {
		parts = append(parts, fmt.Sprintf("%v %d", action, p.Count(action)))
	}
	return strings.Join(parts, ", ")
}

// LogValue shows the class and the counts: lists are student data. It implements
// [slog.LogValuer].
func (p Plan) LogValue() slog.Value {
	return slog.GroupValue(slog.String("class", string(p.class)), slog.String("plan", p.counts()))
}
