package classlist

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ErrRosterChanged: the roster was changed since the plan was made, so that
// the list would now do more than the plan says. Make and look at a new one. It
// is a [grimoireauth.ErrConflict].
var ErrRosterChanged = fmt.Errorf("classlist: %w: the roster has changed since the plan was made", grimoireauth.ErrConflict)

// Apply does what the plan says, several rows at a time, and reports every row.
//
// It compares the roster with the list once more and does what is still to do:
// after a crash, or for rows that failed, apply the same plan again. A plan that
// is applied twice changes nothing the second time. If the list would now do
// something that the plan does not say, nothing is done ([ErrRosterChanged]).
//
// People are added and promoted first. Only when all of that has worked is
// anybody demoted or removed. A row that Stytch is too busy for waits as long as
// Stytch says and is tried again; each row in flight waits by itself, so a limit
// that concerns the whole project soon stops all of them. When several rows in a
// row have failed for good, the rest is not tried.
//
// The error is nil if every row is as the plan says. Otherwise it matches what
// stood in the way: the context's error, [grimoireauth.ErrUnavailable],
// [grimoireauth.ErrRateLimited], or what a row was refused with; the Report is
// complete in any case. Adding people sends them no e-mail. No goroutine outlives
// the call.
func (p Plan) Apply(ctx context.Context, roster grimoireauth.Roster) (Report, error) {
	if p.class == "" {
		return Report{}, nil
	}
	return p.apply(ctx, roster, nil)
}

// apply applies the plan, on behalf of the actor if there is one.
func (p Plan) apply(ctx context.Context, roster grimoireauth.Roster, by *actor) (Report, error) {
	if err := by.may(ctx); err != nil {
		return p.untouched(), err
	}
	members, err := Members(ctx, roster, p.class)
	if err != nil {
		return p.untouched(), err
	}
	now, err := NewPlan(p.class, p.list, members, p.config)
	if err != nil {
		return p.untouched(), err
	}
	if !p.covers(now) {
		return p.untouched(), ErrRosterChanged
	}
	if err := by.also(now); err != nil {
		return p.untouched(), err
	}
	r := newRun(p, now, roster, by)
	first, last := phases(now)
	if r.work(ctx, first); r.failed == 0 {
		r.work(ctx, last)
	}
	return r.report, r.err(ctx)
}

// untouched is the report of an import that did nothing.
func (p Plan) untouched() Report {
	var report Report
	for _, step := range p.Changes() {
		report.Outcomes = append(report.Outcomes, Outcome{Step: step})
	}
	return report
}

// covers reports whether the plan says everything that is to be done now. Less can be
// left of a step than the plan has: after a run that was cut off, a member who came
// back may still lack the role, and one who has the role the other details.
func (p Plan) covers(now Plan) bool {
	said := make(map[string]Step, len(p.steps))
	for _, step := range p.steps {
		said[step.Email] = step
	}
	for _, step := range now.Changes() {
		if planned, ok := said[step.Email]; !ok || !planned.covers(step) {
			return false
		}
	}
	return true
}

// covers reports whether a step of the plan says all that this one would do.
func (s Step) covers(now Step) bool {
	switch {
	case now.To != s.To:
		return false
	case now.Action == s.Action:
	case now.Action == ChangeRole && s.Action == Reactivate:
	case now.Action == ChangeDetails && (s.Action == Reactivate || s.Action == ChangeRole || s.Action == Add):
	default:
		return false
	}
	for _, detail := range now.Details {
		value := map[Field]string{FieldName: s.Name, FieldID: s.ID, FieldGroups: bracketedGroups(s.Groups)}[detail.Field]
		if value != detail.New || s.Action != Add && !s.changes(detail.Field) {
			return false
		}
	}
	return true
}

// err explains a report with steps that are not done.
func (r *run) err(ctx context.Context) error {
	open := r.report.Count(Failed) + r.report.Count(NotTried)
	if open == 0 {
		return nil
	}
	causes := []error{context.Cause(ctx), r.refused}
	for _, outcome := range r.report.Outcomes {
		if outcome.Err != nil && len(causes) <= maxCauses {
			causes = append(causes, outcome.Err)
		}
	}
	return fmt.Errorf("classlist: %d of %d rows are not done: %w", open, len(r.report.Outcomes), errors.Join(causes...))
}

// maxCauses bounds the error's text; the report has them all.
const maxCauses = 10
