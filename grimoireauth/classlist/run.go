package classlist

import (
	"context"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
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
