package steps

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// After how many rounds of 429, each after the repetitions of the client, no call is made any
// more, and how long to wait between them. Stytch documents no Retry-After, and its intervals
// are a second or a minute long, so that the waits together exceed a minute, and two at most.
const (
	mostRounds = 7
	firstWait  = 5 * time.Second
	mostWait   = 30 * time.Second
)

// mostUnanswered is how many calls may fail one after another without an answer that counts.
// The breaker of the client ends most outages earlier; it makes calls while other endpoints
// of Stytch answer.
const mostUnanswered = 16

// Pace makes concurrent calls wait together: while one of them waits because Stytch has
// answered 429, no other is made. The zero Pace makes the first call at once. It is safe for
// concurrent use.
type Pace struct {
	mu         sync.Mutex // guards what follows
	until      time.Time  // no call is made before
	rounds     int        // waits since the last answer that was no 429
	unanswered int        // calls that failed since the last answer
	stopped    error      // the error after which no call is made any more
}

// Do makes a call when it may be made, and makes it again after a 429 when that may be. It
// gives up if Stytch asks to wait for more than half a minute or beyond the deadline of the
// context, if it answers nothing but 429 for seven rounds, and after 16 calls one after
// another that got no answer. After that, Do makes no call, and returns that error for each.
// If the context ends while Do waits, the call is made with the ended context, so that its
// error is that of any call.
func (p *Pace) Do(ctx context.Context, call func(context.Context) error) error {
	for {
		if err := p.wait(ctx); err != nil {
			return fmt.Errorf("no call was made after an earlier one had failed: %w", err)
		}
		err := call(ctx)
		if !p.again(ctx, err) {
			return err
		}
	}
}

// throttled reports whether Stytch's own limit refused a call. A call that an earlier attempt
// may have carried out is not made again here: its caller has to know.
func throttled(err error) bool {
	return errors.Is(err, grimoireauth.ErrRateLimited) && !errors.Is(err, grimoireauth.ErrOverShare) && !stytchhttp.MayBeDone(err)
}

// wait waits until a call may be made. Its error is the one after which none may be.
func (p *Pace) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		left, stopped := time.Until(p.until), p.stopped
		p.mu.Unlock()
		if stopped != nil || left <= 0 || ctx.Err() != nil {
			return stopped
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C: // another call may have made it longer
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// again notes the outcome of a call, and reports whether it is to be made again.
func (p *Pace) again(ctx context.Context, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case throttled(err):
		p.unanswered = 0
		return p.slow(ctx, err)
	case ctx.Err() != nil:
	case !errors.Is(err, grimoireauth.ErrUnavailable):
		p.unanswered, p.rounds = 0, 0
	default:
		if p.unanswered++; p.unanswered == mostUnanswered {
			p.stop(err)
		}
	}
	return false
}

// slow makes all calls wait after a 429, and reports whether the call is to be made again.
// Calls that were in flight together are one round. mu is held.
func (p *Pace) slow(ctx context.Context, err error) bool {
	now := time.Now()
	wait, _ := grimoireauth.RetryAfter(err) // zero if Stytch names no time
	if !p.until.After(now) {
		p.rounds++
		wait = max(wait, backoff.Wait(ctx, firstWait, mostWait, p.rounds-1))
	}
	at := now.Add(wait)
	if at.Before(p.until) {
		at = p.until
	}
	if deadline, ok := ctx.Deadline(); p.rounds == mostRounds || wait > mostWait || ok && !at.Before(deadline) {
		p.stop(err)
		return false
	}
	p.until = at
	return true
}

// stop ends the calls. mu is held.
func (p *Pace) stop(err error) {
	if p.stopped == nil {
		p.stopped = err
	}
}
