package classlist

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

// run is one application of a plan.
type run struct {
	plan   Plan
	roster grimoireauth.Roster
	by     *actor         // nil: the program itself
	place  map[string]int // where the report has the step of an address

	mu      sync.Mutex // guards everything below
	report  Report
	queue   []Step // what is left of the phase
	ended   int    // changes that are finished
	failed  int    // of them
	inARow  int    // rows since the last clear answer that nothing came of
	refused error  // why the actor may not go on
	panicV  any    // what a worker panicked with
}

// newRun begins with what an earlier run has done already.
func newRun(plan, now Plan, roster grimoireauth.Roster, by *actor) *run {
	r := &run{plan: plan, roster: roster, by: by, place: make(map[string]int), report: plan.untouched()}
	left := make(map[string]bool)
	for _, step := range now.Changes() {
		left[step.Email] = true
	}
	for i, outcome := range r.report.Outcomes {
		r.place[outcome.Step.Email] = i
		if !left[outcome.Step.Email] {
			r.report.Outcomes[i].Result = AlreadySo
			r.ended++
		}
	}
	return r
}

// phases returns what gives and then what takes.
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

// work does these steps, several at a time, and returns when no worker is left.
// A panic in a worker, such as one of the transport, goes on in the caller.
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
					r.panicV = v
					cancel()
				}
			}()
			for step, ok := r.next(ctx); ok; step, ok = r.next(ctx) {
				r.finish(r.try(ctx, step))
			}
		})
	}
	workers.Wait()
	if r.panicV != nil {
		panic(r.panicV)
	}
}

// next returns the step to do, and false if there is none or no sense in it: when
// Stytch had no answer for as many rows in a row as are worked on at a time, it
// has none for the next one either.
func (r *run) next(ctx context.Context) (Step, bool) {
	refused := r.by.may(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if refused != nil {
		r.refused = refused
		return Step{}, false
	}
	if len(r.queue) == 0 || ctx.Err() != nil || r.inARow >= max(3, orDefault(r.plan.config.Concurrency, defaultConcurrency)) {
		return Step{}, false
	}
	step := r.queue[0]
	r.queue = r.queue[1:]
	return step, true
}

// finish notes an outcome and tells about the progress, in one order for all.
func (r *run) finish(outcome Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.place[outcome.Step.Email]
	switch {
	case outcome.Result == NotTried:
		return // the context ended while it waited for its turn
	case outcome.Result == Failed && passing(outcome.Err):
		r.inARow++
	default:
		r.inARow = 0
	}
	if !ok {
		// Only the record was missing, which is no change: a failure is, though,
		// since the next import would read it.
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

// How long a row waits before it is tried again, if Stytch does not say: about
// half a second, then twice as long each time, up to half a minute.
const (
	firstWait = 500 * time.Millisecond
	mostWait  = 30 * time.Second
)

// try does a step, and again while Stytch is busy or does not answer. Every step
// may be repeated: what a lost answer has done already is found out and counts.
func (r *run) try(ctx context.Context, step Step) Outcome {
	out := Outcome{Step: step}
	for {
		out.Attempts++
		out.Result, out.Err = r.do(ctx, step, out.Attempts > 1)
		switch {
		case out.Err == nil:
			return out
		case ctx.Err() != nil:
			// The import was stopped. This call may have come through or not; the next run
			// compares again.
			return Outcome{Step: step}
		}
		out.Result = Failed
		if !passing(out.Err) || out.Attempts >= orDefault(r.plan.config.Attempts, defaultAttempts) || !rest(ctx, pause(ctx, out.Attempts, out.Err)) {
			return out
		}
	}
}

// passing reports whether an error may pass by itself.
func passing(err error) bool {
	return errors.Is(err, grimoireauth.ErrRateLimited) || errors.Is(err, grimoireauth.ErrUnavailable)
}

// pause returns how long to wait after so many attempts: as long as Stytch asks,
// or a random part of a growing time, so that rows that failed together do not
// come back together.
func pause(ctx context.Context, attempts int, err error) time.Duration {
	wait := backoff.Wait(ctx, firstWait, mostWait, attempts-1)
	if asked, ok := grimoireauth.RetryAfter(err); ok {
		wait = max(wait, asked)
	}
	return wait
}

// rest waits, and reports whether the context let it.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// do makes the calls of a step. Again says that an earlier attempt may have been
// carried out although its answer was lost.
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

// add enrolls a new member. An address that is taken may be the work of an earlier
// attempt, or of another program since the roster was read.
func (r *run) add(ctx context.Context, step Step) (Result, error) {
	metadata := grimoireauth.Metadata{SourceKey: sourceText(step.To), ListedKey: step.marks.metadata()}
	if len(step.Groups) > 0 {
		metadata[GroupsKey] = step.Groups
	}
	_, err := r.roster.Enroll(ctx, r.plan.class, grimoireauth.NewMember{
		Email: step.Email, Name: step.Name, Role: step.To, ExternalID: step.ID, Metadata: metadata,
	})
	if !errors.Is(err, grimoireauth.ErrConflict) {
		return Done, err
	}
	for member, findErr := range r.roster.Find(ctx, grimoireauth.MemberQuery{Email: step.Email}, r.plan.class) {
		if findErr != nil {
			return Failed, findErr
		}
		if source, _ := sourceOf(member); source == sourceText(step.To) {
			return Done, nil
		}
		return AlreadySo, nil
	}
	return Failed, err // it is the number that is taken, or an address that was retired
}

// reactivate brings a removed member back. They come with the role and the metadata that
// they had, so both are written anew.
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

// changeRole sets the role first: a record that is missing after a crash is made
// up for by the next import, and a wrong one would read as a change by hand.
func (r *run) changeRole(ctx context.Context, step Step) error {
	if _, err := r.roster.SetRole(ctx, r.plan.class, step.Member, step.To); err != nil {
		return err
	}
	return r.write(ctx, step)
}

// write changes the details of a step and records what the list said, both in one
// call, so that a crash cannot come in between.
func (r *run) write(ctx context.Context, step Step) error {
	change := grimoireauth.MemberChange{Metadata: grimoireauth.Metadata{}}
	if step.Action == Reactivate || step.Action == ChangeRole || step.source {
		change.Metadata[SourceKey] = sourceText(step.To)
	}
	if len(step.marks) > 0 {
		change.Metadata[ListedKey] = step.marks.metadata()
	}
	if step.changes(FieldName) {
		change.Name = grimoireauth.Set(step.Name)
	}
	if step.changes(FieldID) {
		change.ExternalID = grimoireauth.Set(step.ID)
	}
	if step.changes(FieldGroups) {
		change.Metadata[GroupsKey] = step.Groups
	}
	_, err := r.roster.Update(ctx, r.plan.class, step.Member, change)
	return err
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
