package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/breaker"
	"github.com/promptgrimoire/auth/internal/steps"
)

const (
	// classesAtOnce keeps a school of many classes from a start that takes minutes,
	// and Stytch from a burst.
	classesAtOnce = 8
	// classesPerSearch is how many rosters one search covers. Stytch allows 100 searches a
	// minute, so a search for each class would be too many.
	classesPerSearch = 40
)

// examined is what became of one class.
type examined struct {
	class     grimoireauth.ClassID // of a class that Stytch has returned
	slug      string
	found     Report
	unreached bool // the time was over before all of it was looked at
}

// classes looks at all classes, in the order of the Options.
func (d *examination) classes(ctx context.Context) Report {
	visits := d.visits()
	all := make([]examined, 0, len(visits))
	var out Report
	for some := range slices.Chunk(visits, classesPerSearch) {
		looked := make([]examined, len(some))
		steps.Each(each(len(some)), classesAtOnce, func(i int) {
			broken := safely(checkClass, func() Report { looked[i] = d.visit(ctx, some[i]); return nil })
			looked[i].found = append(looked[i].found, broken...)
		})
		broken := safely(checkClass, func() Report { d.people(ctx, looked); return nil })
		for i := range looked {
			if looked[i].class != "" && !looked[i].unreached && len(looked[i].found) == 0 && broken == nil {
				looked[i].found = Report{well(checkClass, looked[i].class, fmt.Sprintf("people get into %q as its settings say", looked[i].slug))}
			}
			out = append(out, looked[i].found...)
		}
		out = append(out, broken...)
		all = append(all, looked...)
		out = append(out, safely(checkClass, func() Report { d.tell(ctx, all, len(looked), len(visits)); return nil })...)
	}
	return append(out, d.leftOut(ctx, all)...)
}

// each iterates over the numbers below n.
func each(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// ask makes a call about classes, and notes when Stytch answered.
func (d *examination) ask(ctx context.Context, call func(context.Context) error) error {
	err := d.pace.Do(ctx, call)
	var e *grimoireauth.Error
	if err == nil || errors.As(err, &e) && e.Status != 0 {
		d.noteAnswer()
	}
	return err
}

func (d *examination) noteAnswer() { d.answered.Store(int64(time.Since(d.began))) }

// people looks on the rosters for a member who can run the class.
func (d *examination) people(ctx context.Context, looked []examined) {
	left := make(map[grimoireauth.ClassID]bool) // classes without such a member, as far as is known
	var ids []grimoireauth.ClassID
	for _, class := range looked {
		if class.class != "" && !class.unreached && !left[class.class] {
			left[class.class] = true
			ids = append(ids, class.class)
		}
	}
	if len(ids) == 0 {
		return
	}
	err := d.withoutStaff(ctx, ids, left)
	for i := range looked {
		switch class := &looked[i]; {
		case !left[class.class] || class.unreached:
		case err != nil && ctx.Err() != nil:
			class.unreached = true
		case err != nil:
			class.found = append(class.found, d.noAnswer(class.class, err))
		default:
			class.found = append(class.found, symptoms.found("no-instructor", class.class))
		}
	}
}

// withoutStaff removes the classes from left that have a member to run them.
func (d *examination) withoutStaff(ctx context.Context, ids []grimoireauth.ClassID, left map[grimoireauth.ClassID]bool) error {
	asked := make(map[grimoireauth.Role]bool)
	for _, name := range d.config.Roles {
		role := name.Role
		if asked[role] || !role.AtLeast(grimoireauth.RoleInstructor) || len(left) == 0 {
			continue
		}
		asked[role] = true
		err := d.ask(ctx, func(ctx context.Context) error {
			still := slices.DeleteFunc(slices.Clone(ids), func(id grimoireauth.ClassID) bool { return !left[id] })
			for member, err := range d.client.Roster.Find(ctx, stytchclient.MemberQuery{Role: role}, still...) {
				if err != nil {
					return err
				}
				if !member.Suspended {
					if delete(left, member.Class); len(left) == 0 {
						break
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tell sends an event for each of the last n classes that were looked at.
func (d *examination) tell(ctx context.Context, all []examined, n, total int) {
	if d.observe == nil {
		return
	}
	done, failed := 0, 0
	for i, class := range all {
		if class.unreached {
			continue
		}
		step := grimoireauth.StepDone{Op: opCheck, Class: class.class, Total: total}
		for _, f := range class.found {
			if f.Severity == grimoireauth.SeverityUnknown && step.Err == nil {
				if step.Err = f.Err; step.Err == nil {
					step.Err = grimoireauth.ErrUnavailable // no call was made about it
				}
			}
		}
		if done++; step.Err != nil {
			failed++
		}
		if step.Done, step.Failed = done, failed; i >= len(all)-n {
			d.observe(ctx, step)
		}
	}
}

// leftOut returns the finding about classes for which the time was too short.
func (d *examination) leftOut(ctx context.Context, all []examined) Report {
	left, first := 0, 0
	for i, class := range all {
		if class.unreached {
			if left++; left == 1 {
				first = i + 1
			}
		}
	}
	if left == 0 {
		return nil
	}
	took := time.Since(d.began).Round(time.Millisecond)
	of := fmt.Sprintf("%d of %d classes", left, len(all))
	silent := time.Since(d.began) - time.Duration(d.answered.Load())
	f := grimoireauth.Finding{Code: checkClass, Remedy: fmt.Sprintf("Check the classes from entry %d on again.", first)}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		f.Problem = fmt.Sprintf("the check was cancelled after %v, and %s were not looked at", took, of)
	case d.answered.Load() == 0, silent >= breaker.Silence:
		f.Problem, f.Err = fmt.Sprintf("Stytch did not answer in time, and %s were not looked at", of), ctx.Err()
		f.Remedy = "Check again; if it stays, look at the way to the network."
		return Report{f}
	default:
		f.Problem = fmt.Sprintf("the time of the check, %v, was over before %s were looked at", took, of)
		f.Remedy = fmt.Sprintf("Give Options.Timeout more than %v, or check fewer classes at a time; entry %d is the first that is left.", took, first)
	}
	f.Err = fmt.Errorf("%w: %w", ErrIncomplete, ctx.Err())
	return Report{f}
}
