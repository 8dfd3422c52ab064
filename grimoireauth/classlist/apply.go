package classlist

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

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

// ApplyAs is [Plan.Apply] on behalf of a member. Their own role in the class bounds
// what the list gives, takes and brings back, whatever [Config.Highest] says, and
// the project's RBAC policy has to permit them what the plan does: "search" on
// stytch.member, "create" for people who are added or brought back, or get an ID number
// or groups, "update.settings.roles" and "update.info.name" for another role and name,
// and "delete" for people who are removed. Both are asked before the first change and
// every ten seconds of the import; if the member may no longer, the rows that are left
// are not tried.
//
// The rows themselves are changed with the project's power, because an import keeps
// its record in the members' metadata, which Stytch lets no member write.
//
// Errors: those of Apply; [grimoireauth.ErrForbidden] if they may not do that, and
// [grimoireauth.ErrUnauthenticated] if their session is not live or they are
// suspended. Nothing has changed then, unless the Report says so.
func (p Plan) ApplyAs(ctx context.Context, client *grimoireauth.Client, credentials grimoireauth.Credentials) (Report, error) {
	if p.class == "" {
		return Report{}, nil
	}
	return p.apply(ctx, client.Roster, &actor{client: client, credentials: credentials, plan: p, turn: make(chan struct{}, 1)})
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

// actorTime is how long an answer about the actor counts.
const actorTime = 10 * time.Second

// actor is the member on whose behalf an import runs. A nil actor is the program
// itself, which may do everything.
type actor struct {
	client      *grimoireauth.Client
	credentials grimoireauth.Credentials
	// turn is held by the one worker that asks, and guards what follows. A mutex would
	// hide from a test in virtual time that the others wait.
	turn  chan struct{}
	plan  Plan
	asked time.Time // when the last yes was asked for
	role  grimoireauth.Role
	err   error // what has ended the import
}

// may returns why the actor may not go on with the plan.
func (a *actor) may(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	if a.err != nil || !a.asked.IsZero() && time.Since(a.asked) < actorTime {
		return a.err
	}
	for attempt := 1; ; attempt++ {
		now := time.Now()
		err := a.ask(ctx)
		if err == nil {
			a.asked = now
			return nil
		}
		if !passing(err) || attempt >= orDefault(a.plan.config.Attempts, defaultAttempts) || !rest(ctx, pause(ctx, attempt, err)) {
			a.err = err
			return err
		}
	}
}

// also bounds what is to be done now, which can be about a higher role than the
// plan says: of a member who was promoted since it was made.
func (a *actor) also(now Plan) error {
	if a == nil {
		return nil
	}
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	a.plan.steps = slices.Concat(a.plan.steps, now.steps)
	return bounded(now, a.role)
}

// ask asks who acts and whether they may. The caller has its turn.
func (a *actor) ask(ctx context.Context) error {
	role, err := a.client.As(a.credentials).Role(ctx, a.plan.class)
	if err != nil {
		return err
	}
	a.role = role
	if err := bounded(a.plan, role); err != nil {
		return err
	}
	for _, action := range a.plan.actions() {
		permission := grimoireauth.Permission{Class: a.plan.class, Resource: "stytch.member", Action: action}
		if _, err := a.client.Sessions.Authorize(ctx, a.credentials, permission); err != nil {
			return err
		}
	}
	return nil
}

// Result is how a step ended. The zero Result is NotTried.
type Result uint8

// The results of a step.
const (
	NotTried  Result = iota // the import ended before it
	Done                    // changed, and Stytch said so
	AlreadySo               // an earlier run, or another program, had done it
	Failed                  // see the error
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

// Outcome is what became of one step.
type Outcome struct {
	Step     Step
	Result   Result
	Attempts int   // how often Stytch was asked to do it
	Err      error // why it failed; nil otherwise
}

// Report tells what became of every change of a plan, in the plan's order.
type Report struct{ Outcomes []Outcome }

// Count returns how many steps ended like this.
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
// tried. It names people, so it is not for logs; a logger gets the counts.
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

// LogValue shows the counts. It implements [slog.LogValuer].
func (r Report) LogValue() slog.Value { return slog.StringValue(r.counts()) }

// Progress tells how far an import is.
type Progress struct {
	Done    int // changes that are finished, also those that failed
	Failed  int // of them
	Total   int // changes of the plan
	Outcome Outcome
}
