package keys

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/breaker"
)

// outage is the circuit breaker of the key set. It is separate from the client's: the key
// set can be available while Stytch's API fails, and the other way round.
type outage struct {
	breaker breaker.Breaker
	fetches atomic.Uint64 // numbers the fetches, so that each failure counts by itself
}

const (
	// requestPatience is how long requests wait for a fetch during an outage.
	requestPatience = 500 * time.Millisecond
	// probePause is the least time between the end of one fetch that hung and the next.
	probePause = 500 * time.Millisecond
	// probeDeadline bounds a fetch during an outage. Every third one gets slowProbeDeadline,
	// for a Stytch that is slow. With the pause both stay below five seconds.
	probeDeadline, slowProbeDeadline = 1500 * time.Millisecond, 4 * time.Second
)

// do makes a fetch, and lets the requests that wait for it go on as soon as an outage is
// known.
func (o *outage) do(ctx context.Context, f *inflight, fetch func(context.Context) (Document, error)) (Document, error) {
	n := o.fetches.Add(1)
	flight, refusal := o.breaker.Begin(breaker.Call{Class: breaker.Sessions, Key: n, Release: f.release})
	if refusal != nil {
		patience := time.AfterFunc(requestPatience, f.release)
		defer patience.Stop()
		flight = o.breaker.Probe(breaker.Sessions)
		deadline := probeDeadline
		if n%3 == 0 {
			deadline = slowProbeDeadline
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	d, err := fetch(ctx)
	flight.End(outcomeOf(err))
	return d, err
}

// outcomeOf says what a fetch tells about Stytch. A proxy may have written an answer that
// is not a key set.
func outcomeOf(err error) breaker.Outcome {
	var status *statusError
	switch {
	case err == nil:
		return breaker.Answered
	case errors.As(err, &status) && status.status < 500:
		return breaker.Odd
	case errors.As(err, &status):
		return breaker.Unreached
	case errors.Is(err, ErrNotKeySet), errors.Is(err, ErrNoKeys), errors.Is(err, ErrTooManyKeys), errors.Is(err, ErrTooLong):
		return breaker.Odd
	}
	return breaker.Unreached
}

// outageEvent is what the observer is told when an outage begins or ends.
func outageEvent(state breaker.State) grimoireauth.Event {
	outage := grimoireauth.Outage{Of: grimoireauth.OutageOfKeys, Cause: grimoireauth.CauseNoAnswer, Since: state.Since, Next: state.Next}
	if state.Cause == breaker.Failures {
		outage.Cause = grimoireauth.CauseFailures
	}
	if state.Open {
		return grimoireauth.OutageBegan{Outage: outage}
	}
	reason := grimoireauth.EndAnswered
	if state.Forgotten {
		reason = grimoireauth.EndUnknown
	}
	return grimoireauth.OutageEnded{Outage: outage, Took: time.Since(state.Since), Reason: reason}
}
