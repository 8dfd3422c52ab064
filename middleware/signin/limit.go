package signin

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/limit"
)

// limitError is why a use was refused here. It matches [grimoireauth.ErrRateLimited]
// by the Error around it.
type limitError struct {
	action  Action
	pending bool
	member  bool // it is about a second factor, for which no link takes the place of a code
}

func (e *limitError) Error() string { return "too many of " + string(e.action) }

// ours returns why a call was refused here: by a limit of these pages, or by the
// client's of the calls of one client address. Otherwise it returns nil and false:
// also if Stytch refused it.
func limitedHere(err error) (*limitError, bool) {
	var own *applicationError
	var explained *grimoireauth.Error
	if !errors.Is(err, grimoireauth.ErrRateLimited) || errors.Is(err, grimoireauth.ErrLocked) || errors.As(err, &own) ||
		!errors.As(err, &explained) || explained.Status != 0 {
		return nil, false
	}
	var limited *limitError
	errors.As(err, &limited)
	return limited, true
}

// source returns the client address that a context says, as far as it counts as one.
// The Handler has put it there (see stranger).
func source(ctx context.Context) netip.Addr {
	return limit.Source(grimoireauth.ClientAddressFromContext(ctx))
}

// reserve reserves a use. Its error is one of a [limitError], or that of an outage if
// the application's Limiter failed.
func (h *Handler) reserve(ctx context.Context, use Use) error {
	// Nothing is reserved for a call that the client will not make: the next one to ask
	// for a message would be told that it is on its way.
	if err := h.client.ClientShare(ctx); err != nil {
		return err
	}
	grant, err := h.limit.Reserve(ctx, use)
	switch {
	case err != nil:
		return &grimoireauth.Error{Op: "sign in: limit", Kind: grimoireauth.ErrUnavailable, Err: &applicationError{"Limit", err}}
	case grant.Wait > 0:
		return &grimoireauth.Error{
			Op: "sign in: limit " + string(use.Action), Kind: grimoireauth.ErrRateLimited, RetryAfter: grant.Wait,
			Err: &limitError{use.Action, grant.Pending, memberIDForm.MatchString(use.Address)},
		}
	}
	return nil
}

// shortWait is how long a page waits for a limit instead of telling a person to.
const shortWait = 2 * time.Second

// reserveSoon reserves a message, and waits if that takes a moment only: a person who
// asks for a link and then for a code is told nothing about limits.
func (h *Handler) reserveSoon(ctx context.Context, use Use) error {
	err := h.reserve(ctx, use)
	limited, own := limitedHere(err)
	wait, _ := grimoireauth.RetryAfter(err)
	if !own || limited == nil || limited.pending || wait > shortWait {
		return err
	}
	select {
	case <-time.After(wait):
		return h.reserve(ctx, use)
	case <-ctx.Done():
		return err
	}
}

// noClass stands in a Use before the name of a class that does not exist, which can be of
// the form of an organization_id.
const noClass = "no class "

// guess returns work that checks a code or a password, as a use that counts unless it
// was right. Wrong says what counts.
func (h *Handler) limitGuesses(use Use, wrong func(error) bool, work func(context.Context) (grimoireauth.SignedIn, error)) func(context.Context) (grimoireauth.SignedIn, error) {
	return func(ctx context.Context) (grimoireauth.SignedIn, error) {
		if err := h.reserve(ctx, use); err != nil {
			return grimoireauth.SignedIn{}, err
		}
		signedIn, err := work(ctx)
		if !wrong(err) {
			h.limit.Release(ctx, use)
		}
		return signedIn, err
	}
}

// wrongGuess reports whether a code or a password counts as a wrong guess, which is
// all that an answer of Stytch's may be but a right one: what else there is could tell
// a right guess apart. An outage is no answer.
func wrongGuess(err error) bool {
	switch {
	case err == nil, isTemporary(err):
		return false
	case errors.Is(err, grimoireauth.ErrStepUp), errors.Is(err, grimoireauth.ErrPasswordMustChange):
		return false
	}
	_, asked := stytchErrorType(err)
	return asked
}

// used returns work that signs in by a message, which can be superseded after that.
func (h *Handler) releaseAfter(action Action, work func(context.Context) (grimoireauth.SignedIn, error)) func(context.Context) (grimoireauth.SignedIn, error) {
	return func(ctx context.Context) (grimoireauth.SignedIn, error) {
		signedIn, err := work(ctx)
		use := Use{Action: action, Class: string(signedIn.Class.ID), Address: signedIn.Member.Email, Source: source(ctx)}
		var stepUp *grimoireauth.StepUpError
		switch {
		case err == nil:
		case !errors.As(err, &stepUp):
			return signedIn, err
		case stepUp.Discovery != nil:
			use.Class, use.Address = "", stepUp.Discovery.Email
		default:
			use.Class, use.Address = string(stepUp.Class.ID), stepUp.Member.Email
		}
		if use.Address = lowerASCII(use.Address); use.Address != "" {
			h.limit.Release(ctx, use)
		}
		return signedIn, err
	}
}
