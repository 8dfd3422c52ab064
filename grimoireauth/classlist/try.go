package classlist

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

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
			// The import was stopped. Nobody knows whether this call came through; the
			// next run will see.
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
		return Done, r.changeRole(ctx, step.Member, step.To)
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
	return Done, r.record(ctx, step.Member, step.To)
}

// add enrolls somebody. An address that is taken may be the work of an earlier
// attempt, or of somebody else since the roster was read.
func (r *run) add(ctx context.Context, step Step) (Result, error) {
	_, err := r.roster.Enroll(ctx, r.plan.class, grimoireauth.NewMember{
		Email:      step.Email,
		Name:       step.Name,
		Role:       step.To,
		ExternalID: step.ID,
		Metadata:   grimoireauth.Metadata{SourceKey: sourceText(step.To)},
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

// reactivate brings somebody back. They come with the role and the metadata that
// they had, so both are written anew.
func (r *run) reactivate(ctx context.Context, step Step) (Result, error) {
	member, err := r.roster.Reenroll(ctx, r.plan.class, step.Member)
	if err != nil {
		return Failed, err
	}
	if member.Role != step.To {
		return Done, r.changeRole(ctx, member.Member, step.To)
	}
	return Done, r.record(ctx, member.Member, step.To)
}

// changeRole sets the role first: a record that is missing after a crash is made
// up for by the next import, and a wrong one would read as a change by hand.
func (r *run) changeRole(ctx context.Context, member grimoireauth.MemberID, role grimoireauth.Role) error {
	if _, err := r.roster.SetRole(ctx, r.plan.class, member, role); err != nil {
		return err
	}
	return r.record(ctx, member, role)
}

func (r *run) record(ctx context.Context, member grimoireauth.MemberID, role grimoireauth.Role) error {
	_, err := r.roster.Update(ctx, r.plan.class, member, grimoireauth.MemberChange{
		Metadata: grimoireauth.Metadata{SourceKey: sourceText(role)},
	})
	return err
}
