package classlist

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/backoff"
)

// run is one application of a plan.
type run struct {
	plan   Plan
	roster stytchclient.Roster
	by     *actor         // nil: the program itself
	index  map[string]int // of a step in the report, by its address

	mu         sync.Mutex // guards everything below
	report     Report
	queue      []Step // the steps of the phase that are not begun
	ended      int    // finished changes
	failed     int    // changes that failed
	unanswered int    // failed rows since the last response of Stytch
	refused    error  // the check of the actor that has ended the import
	panicked   any    // the value with which a worker panicked
}

// newRun returns a run whose report has the changes that an earlier run made.
func newRun(plan, now Plan, roster stytchclient.Roster, by *actor) *run {
	r := &run{plan: plan, roster: roster, by: by, index: make(map[string]int), report: plan.untouched()}
	left := make(map[string]bool)
	for _, step := range now.Changes() {
		left[step.Email] = true
	}
	for i, outcome := range r.report.Outcomes {
		r.index[outcome.Step.Email] = i
		if !left[outcome.Step.Email] {
			r.report.Outcomes[i].Result = AlreadySo
			r.ended++
		}
	}
	return r
}

// phases splits the steps: those that add or promote come first, and those that demote
// or remove last.
func phases(now Plan) (first, last []Step) {
	for _, step := range now.steps {
		switch {
		case step.Action == Keep && !step.record:
		case step.lowers():
			last = append(last, step)
		default:
			first = append(first, step)
		}
	}
	return first, last
}

// work does these steps, several at a time, and returns after every worker has. It
// repeats a panic of a worker, such as one in the transport, for the caller.
func (r *run) work(ctx context.Context, steps []Step) {
	r.queue = steps
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	for range min(orDefault(r.plan.config.Concurrency, defaultConcurrency), len(steps)) {
		workers.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					r.mu.Lock()
					defer r.mu.Unlock()
					r.panicked = v
					cancel()
				}
			}()
			for step, ok := r.next(ctx); ok; step, ok = r.next(ctx) {
				r.finish(r.try(ctx, step))
			}
		})
	}
	workers.Wait()
	if r.panicked != nil {
		panic(r.panicked)
	}
}

// next returns the next step, or false at the end of the queue or of the import. It
// gives up when as many rows one after another as are worked on at a time got no
// response from Stytch.
func (r *run) next(ctx context.Context) (Step, bool) {
	refused := r.by.check(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if refused != nil {
		r.refused = refused
		return Step{}, false
	}
	if len(r.queue) == 0 || ctx.Err() != nil || r.unanswered >= max(3, orDefault(r.plan.config.Concurrency, defaultConcurrency)) {
		return Step{}, false
	}
	step := r.queue[0]
	r.queue = r.queue[1:]
	return step, true
}

// finish records an outcome and calls Config.Progress, one outcome at a time.
func (r *run) finish(outcome Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.index[outcome.Step.Email]
	switch {
	case outcome.Result == NotTried:
		return // the context ended during the step
	case outcome.Result == Failed && temporary(outcome.Err):
		r.unanswered++
	default:
		r.unanswered = 0
	}
	if !ok {
		// A step that writes only the metadata is not in the plan's changes. Its failure
		// is reported, since the next import would take the values for changes by hand.
		if outcome.Result != Failed {
			return
		}
		r.report.Outcomes = append(r.report.Outcomes, outcome)
	} else {
		outcome.Step = r.report.Outcomes[i].Step // as the plan has it
		r.report.Outcomes[i] = outcome
	}
	r.ended++
	if outcome.Result == Failed {
		r.failed++
	}
	if r.plan.config.Progress != nil {
		r.plan.config.Progress(Progress{Done: r.ended, Failed: r.failed, Total: len(r.report.Outcomes), Outcome: outcome})
	}
}

// How long a row waits before it is tried again, if Stytch names no time: about half a
// second, then twice as long each time, up to half a minute.
const (
	firstWait = 500 * time.Millisecond
	mostWait  = 30 * time.Second
)

// try does a step, and repeats it while the error is temporary. Every step may be
// repeated, also one that Stytch has done although its response was lost.
func (r *run) try(ctx context.Context, step Step) Outcome {
	out := Outcome{Step: step}
	for {
		out.Attempts++
		out.Result, out.Err = r.do(ctx, step, out.Attempts > 1)
		switch {
		case out.Err == nil:
			return out
		case ctx.Err() != nil:
			// The caller has stopped the import. Whether Stytch got this call is unknown; the
			// next run compares the roster again.
			return Outcome{Step: step}
		}
		out.Result = Failed
		if !temporary(out.Err) || out.Attempts >= orDefault(r.plan.config.Attempts, defaultAttempts) || !sleep(ctx, pause(ctx, out.Attempts, out.Err)) {
			return out
		}
	}
}

// temporary reports whether a call with this error is worth repeating.
func temporary(err error) bool {
	return errors.Is(err, grimoireauth.ErrRateLimited) || errors.Is(err, grimoireauth.ErrUnavailable)
}

// pause returns how long to wait after so many attempts: as long as Stytch says, or a
// random part of a growing time, so that rows that failed at one time are not repeated
// at one time.
func pause(ctx context.Context, attempts int, err error) time.Duration {
	wait := backoff.Wait(ctx, firstWait, mostWait, attempts-1)
	if asked, ok := grimoireauth.RetryAfter(err); ok {
		wait = max(wait, asked)
	}
	return wait
}

// sleep waits, and returns false if the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// do makes the calls of a step. Again says that Stytch may have done an earlier
// attempt whose response was lost.
func (r *run) do(ctx context.Context, step Step, again bool) (Result, error) {
	switch step.Action {
	case Add:
		return r.add(ctx, step)
	case Reactivate:
		return r.reactivate(ctx, step)
	case ChangeRole:
		return Done, r.changeRole(ctx, step)
	case Remove:
		err := r.roster.Remove(ctx, r.plan.class, step.Member)
		if errors.Is(err, grimoireauth.ErrNotFound) {
			if again {
				return Done, nil
			}
			return AlreadySo, nil
		}
		return Done, err
	}
	return Done, r.write(ctx, step)
}

// add enrolls a new member. If the address is taken, an earlier attempt may have
// enrolled them, or another program since the roster was read.
func (r *run) add(ctx context.Context, step Step) (Result, error) {
	metadata := grimoireauth.Metadata{SourceKey: sourceText(step.To), ListedKey: step.written.metadata()}
	if len(step.Groups) > 0 {
		metadata[GroupsKey] = step.Groups
	}
	_, err := r.roster.Enroll(ctx, r.plan.class, stytchclient.NewMember{
		Email: step.Email, Name: step.Name, Role: step.To, ExternalID: step.ID, Metadata: metadata,
	})
	if !errors.Is(err, grimoireauth.ErrConflict) {
		return Done, err
	}
	for member, findErr := range r.roster.Find(ctx, stytchclient.MemberQuery{Email: step.Email}, r.plan.class) {
		if findErr != nil {
			return Failed, findErr
		}
		if source, _ := sourceOf(member); source == sourceText(step.To) {
			return Done, nil
		}
		return AlreadySo, nil
	}
	return Failed, err // the number is taken, or the address was retired
}

// reactivate brings a removed member back. Stytch restores their role and metadata, so
// both are written again.
func (r *run) reactivate(ctx context.Context, step Step) (Result, error) {
	member, err := r.roster.Reenroll(ctx, r.plan.class, step.Member)
	if err != nil {
		return Failed, err
	}
	if step.Member = member.Member; member.Role != step.To {
		return Done, r.changeRole(ctx, step)
	}
	return Done, r.write(ctx, step)
}

// changeRole sets the role before it records the role in the metadata. After a crash in
// between, the next import writes what is missing; in the other order it would take the
// old role for a change by hand.
func (r *run) changeRole(ctx context.Context, step Step) error {
	if _, err := r.roster.SetRole(ctx, r.plan.class, step.Member, step.To); err != nil {
		return err
	}
	return r.write(ctx, step)
}

// write changes the details of a step and records what the list said, in one call, so
// that a crash cannot separate the two.
func (r *run) write(ctx context.Context, step Step) error {
	change := stytchclient.MemberChange{Metadata: grimoireauth.Metadata{}}
	if step.Action == Reactivate || step.Action == ChangeRole || step.source {
		change.Metadata[SourceKey] = sourceText(step.To)
	}
	if len(step.written) > 0 {
		change.Metadata[ListedKey] = step.written.metadata()
	}
	if step.changes(FieldName) {
		change.Name = stytchclient.Set(step.Name)
	}
	if step.changes(FieldID) {
		change.ExternalID = stytchclient.Set(step.ID)
	}
	if step.changes(FieldGroups) {
		change.Metadata[GroupsKey] = step.Groups
	}
	_, err := r.roster.Update(ctx, r.plan.class, step.Member, change)
	return err
}

// err returns the error of an import with steps that are not done, or nil.
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

// maxCauses bounds the text of the error; the report has the errors of all rows.
const maxCauses = 10
