package signin

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/limit"
)

// limitError says which limit of these pages refused a use. The Error around it matches
// [grimoireauth.ErrRateLimited].
type limitError struct {
	action  Action
	pending bool
	member  bool // the use is about a second factor, which no link can replace
}

func (e *limitError) Error() string { return "too many of " + string(e.action) }

// limitedHere reports whether a call was refused by a limit of this process and not by
// Stytch. If it was a limit of these pages it returns that one; for the client's limit
// per client address it returns nil.
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

// earlierMessage reports whether a message was refused because an earlier one can still
// be used.
func earlierMessage(err error) bool {
	limited, _ := limitedHere(err)
	return limited != nil && limited.pending
}

// source returns the client address in the context, normalised for limits. See
// withClientAddress.
func source(ctx context.Context) netip.Addr {
	return limit.Source(grimoireauth.ClientAddressFromContext(ctx))
}

// reserve reserves a use. Its error contains a [limitError], or is temporary if the
// application's Limiter failed.
func (h *Handler) reserve(ctx context.Context, use Use) error {
	// If the client would refuse the call, nothing is reserved: otherwise the next
	// request for a message would be told that one is on its way.
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

// shortWait is how long a page waits for a limit before it shows an error.
const shortWait = 2 * time.Second

// reserveSoon reserves a message, and waits if a short wait is enough. So a person who
// requests a link and then a code sees no error.
func (h *Handler) reserveSoon(ctx context.Context, use Use) error {
	err := h.reserve(ctx, use)
	limited, _ := limitedHere(err)
	wait, _ := grimoireauth.RetryAfter(err)
	if limited == nil || limited.pending || wait > shortWait {
		return err
	}
	select {
	case <-time.After(wait):
		return h.reserve(ctx, use)
	case <-ctx.Done():
		return err
	}
}

// noClass is the prefix of a Use.Class that does not exist, since its name can look
// like an organization_id.
const noClass = "no class "

// limitGuesses returns work with a limit: it reserves the use before work, and releases
// it unless wrong reports that the error counts as a wrong guess.
func (h *Handler) limitGuesses(use Use, wrong func(error) bool, work signInFunc) signInFunc {
	return func(ctx context.Context) (stytchclient.SignedIn, error) {
		if err := h.reserve(ctx, use); err != nil {
			return stytchclient.SignedIn{}, err
		}
		signedIn, err := work(ctx)
		if !wrong(err) {
			h.limit.Release(ctx, use)
		}
		return signedIn, err
	}
}

// wrongGuess reports whether a code or a password counts as a wrong guess. Every answer
// of Stytch but that to a right one counts, since a difference would show which guess
// is right. A temporary error is no answer.
func wrongGuess(err error) bool {
	switch {
	case err == nil, isTemporary(err):
		return false
	case errors.Is(err, grimoireauth.ErrStepUp), errors.Is(err, grimoireauth.ErrPasswordMustChange):
		return false
	}
	_, answered := stytchErrorType(err)
	return answered
}

// releaseAfter returns work that releases the message after it was used: another
// message invalidates nothing any more.
func (h *Handler) releaseAfter(action Action, work signInFunc) signInFunc {
	return func(ctx context.Context) (stytchclient.SignedIn, error) {
		signedIn, err := work(ctx)
		use := Use{Action: action, Class: string(signedIn.Class.ID), Address: signedIn.Member.Email, Source: source(ctx)}
		if err != nil {
			pending, email, ok := pendingAfter(err)
			if !ok {
				return signedIn, err
			}
			use.Class, use.Address = string(pending.class), email
		}
		if use.Address = lowerASCII(use.Address); use.Address != "" {
			h.limit.Release(ctx, use)
		}
		return signedIn, err
	}
}
