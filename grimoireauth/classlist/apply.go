package classlist

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// ErrRosterChanged is returned if the roster was changed since the plan was made, so
// that the list would now change more than the plan says. Make a new plan. It is a
// [grimoireauth.ErrConflict].
var ErrRosterChanged = fmt.Errorf("classlist: %w: the roster has changed since the plan was made", grimoireauth.ErrConflict)

// Apply makes the changes of the plan, several rows at a time, and reports every row.
//
// It compares the roster with the list again and makes the changes that are left:
// after a crash, or for rows that failed, apply the same plan again. A plan that
// is applied twice changes nothing the second time. If the list would now make a
// change that is not in the plan, Apply changes nothing ([ErrRosterChanged]).
//
// It adds and promotes people first, and demotes and removes others only if no change
// before has failed. A row that Stytch refuses by its rate limit waits as long as Stytch
// says and is tried again. Each row in flight waits by itself, so all of them soon wait
// for a limit of the whole project. When several rows one after another got no response,
// the rows that are left are not tried.
//
// The error is nil if every row is as the plan says. Otherwise it matches the context's
// error, [grimoireauth.ErrUnavailable], [grimoireauth.ErrRateLimited], or the errors of
// the rows; the Report is complete in any case. Adding people sends them no e-mail. No
// goroutine outlives the call.
func (p Plan) Apply(ctx context.Context, roster stytchclient.Roster) (Report, error) {
	if p.class == "" {
		return Report{}, nil
	}
	return p.apply(ctx, roster, nil)
}

// ApplyAs is [Plan.Apply] on behalf of a member. The list gives, changes and brings back
// no role above the member's own role in the class, whatever [Config.Highest] says. The
// project's RBAC policy has to permit the member, on stytch.member: "search"; "create"
// for people who are added or brought back, or get an ID number or groups;
// "update.settings.roles" for another role and "update.info.name" for another name; and
// "delete" for people who are removed. Role and policy are checked before the first
// change and every ten seconds of the import; once the member may no longer, the rows
// that are left are not tried.
//
// The changes themselves are made with the project's secret, because an import writes
// to the members' metadata, which Stytch lets no member do.
//
// Errors: those of Apply; [grimoireauth.ErrForbidden] if the member may not do that, and
// [grimoireauth.ErrUnauthenticated] if their session has ended or they are suspended.
// Nothing has changed then, unless the Report says so.
func (p Plan) ApplyAs(ctx context.Context, client *stytchclient.Client, credentials grimoireauth.Credentials) (Report, error) {
	if p.class == "" {
		return Report{}, nil
	}
	return p.apply(ctx, client.Roster, &actor{client: client, credentials: credentials, plan: p, lock: make(chan struct{}, 1)})
}

// apply applies the plan, on behalf of the actor if there is one.
func (p Plan) apply(ctx context.Context, roster stytchclient.Roster, by *actor) (Report, error) {
	if err := by.check(ctx); err != nil {
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
	if err := by.extend(now); err != nil {
		return p.untouched(), err
	}
	r := newRun(p, now, roster, by)
	first, last := phases(now)
	if r.work(ctx, first); r.failed == 0 {
		r.work(ctx, last)
	}
	return r.report, r.err(ctx)
}

// untouched is the report of an import that has changed nothing.
func (p Plan) untouched() Report {
	var report Report
	for _, step := range p.Changes() {
		report.Outcomes = append(report.Outcomes, Outcome{Step: step})
	}
	return report
}

// covers reports whether the plan has every change that is to be made now. A step can
// be partly done: after an interrupted run, a member who came back may still lack the
// new role, or one with the new role the other details.
func (p Plan) covers(now Plan) bool {
	steps := make(map[string]Step, len(p.steps))
	for _, step := range p.steps {
		steps[step.Email] = step
	}
	for _, step := range now.Changes() {
		if planned, ok := steps[step.Email]; !ok || !planned.covers(step) {
			return false
		}
	}
	return true
}

// covers reports whether a step of the plan has every change of this one.
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

// actorTime is how long a successful check of the actor is valid.
const actorTime = 10 * time.Second

// actor is the member on whose behalf an import runs. A nil actor is the program
// itself, which may make every change.
type actor struct {
	client      *stytchclient.Client
	credentials grimoireauth.Credentials
	// lock guards the fields below. It is a channel because synctest does not count a
	// goroutine that waits for a mutex as blocked.
	lock    chan struct{}
	plan    Plan
	checked time.Time // when the last successful check began
	role    grimoireauth.Role
	err     error // the failed check that has ended the import
}

// check returns an error if the actor may not, or no longer, apply the plan.
func (a *actor) check(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.lock <- struct{}{}
	defer func() { <-a.lock }()
	if a.err != nil || !a.checked.IsZero() && time.Since(a.checked) < actorTime {
		return a.err
	}
	for attempt := 1; ; attempt++ {
		now := time.Now()
		err := a.authorize(ctx)
		if err == nil {
			a.checked = now
			return nil
		}
		if !temporary(err) || attempt >= orDefault(a.plan.config.Attempts, defaultAttempts) || !sleep(ctx, pause(ctx, attempt, err)) {
			a.err = err
			return err
		}
	}
}

// extend adds the changes that are to be made now to those that are checked. They can
// be about a higher role than the plan, of a member who was promoted since.
func (a *actor) extend(now Plan) error {
	if a == nil {
		return nil
	}
	a.lock <- struct{}{}
	defer func() { <-a.lock }()
	a.plan.steps = slices.Concat(a.plan.steps, now.steps)
	return now.checkHighest(a.role)
}

// authorize makes the calls of a check. The caller holds the lock.
func (a *actor) authorize(ctx context.Context) error {
	role, err := a.client.As(a.credentials).Role(ctx, a.plan.class)
	if err != nil {
		return err
	}
	a.role = role
	if err := a.plan.checkHighest(role); err != nil {
		return err
	}
	for _, action := range a.plan.actions() {
		permission := stytchclient.Permission{Class: a.plan.class, Resource: "stytch.member", Action: action}
		if _, err := a.client.Sessions.Authorize(ctx, a.credentials, permission); err != nil {
			return err
		}
	}
	return nil
}

// Result is the result of a step. The zero Result is NotTried.
type Result uint8

// The results of a step.
const (
	NotTried  Result = iota // the import ended before it
	Done                    // Stytch has confirmed the change
	AlreadySo               // an earlier run, or another program, had made the change
	Failed                  // see Outcome.Err
)

// String returns the result in words.
func (r Result) String() string {
	switch r {
	case NotTried:
		return "not tried"
	case Done:
		return "done"
	case AlreadySo:
		return "already so"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("result(%d)", uint8(r))
}

// Outcome is the result of one step.
type Outcome struct {
	Step     Step
	Result   Result
	Attempts int   // how often the step was tried
	Err      error // the error of the last attempt if the step has failed
}

// Report has the outcome of every change of a plan, in the plan's order.
type Report struct{ Outcomes []Outcome }

// Count returns how many steps have this result.
func (r Report) Count(result Result) int {
	n := 0
	for _, outcome := range r.Outcomes {
		if outcome.Result == result {
			n++
		}
	}
	return n
}

// String returns the counts, and a line for each step that failed or was not
// tried. It names people; a logger gets only the counts.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.counts() + "\n")
	for _, outcome := range r.Outcomes {
		switch outcome.Result {
		case Failed:
			fmt.Fprintf(&b, "failed: %v: %v\n", outcome.Step, outcome.Err)
		case NotTried:
			fmt.Fprintf(&b, "not tried: %v\n", outcome.Step)
		}
	}
	return b.String()
}

func (r Report) counts() string {
	parts := make([]string, 0, 4)
	for _, result := range []Result{Done, AlreadySo, Failed, NotTried} {
		parts = append(parts, fmt.Sprintf("%v %d", result, r.Count(result)))
	}
	return strings.Join(parts, ", ")
}

// LogValue returns the counts. It implements [slog.LogValuer].
func (r Report) LogValue() slog.Value { return slog.StringValue(r.counts()) }

// Progress has the counts of an import that is under way.
type Progress struct {
	Done    int     // finished changes, including those that failed
	Failed  int     // changes that failed
	Total   int     // changes of the plan
	Outcome Outcome // of the change that has just finished
}
