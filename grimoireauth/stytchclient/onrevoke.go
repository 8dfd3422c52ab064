package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/quiet"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// announce tells [Config.OnRevoke] about a revocation that begins now. Its error says that
// the revocation may not be in force everywhere.
func (c *Client) announce(ctx context.Context, op string, revocation grimoireauth.Revocation) error {
	if c.onRevoke == nil {
		return nil
	}
	revocation.At = time.Now()
	// Also for a caller who has gone away: what it asked for may be done at Stytch.
	if err := c.onRevoke(context.WithoutCancel(ctx), revocation); err != nil {
		return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: quiet.Wrap(err, fmt.Sprintf("OnRevoke returned a %T", err))}
	}
	return nil
}

// revokeAfter makes the call that takes something away from a member or a class, and
// records their revocation after every outcome but a definite no of Stytch: a lost
// answer may have been a yes. One revocation after the call is enough, because a
// session_jwt refreshed while the call was under way is stale by it as well. Look
// the member up and check what can be checked before: do is the change alone. The
// second error is that of the revocation, beside that of the change.
func (c *Client) revokeAfter(ctx context.Context, op string, revocation grimoireauth.Revocation, do func(context.Context) error) (err, notAnnounced error) {
	ctx, cancel := steady(ctx)
	defer cancel()
	refused := false
	// Deferred, because a transport that panics may have sent the request.
	defer func() {
		if !refused {
			notAnnounced = c.announce(ctx, op, revocation)
		}
	}()
	err = do(ctx)
	refused = err != nil && !stytchhttp.MayBeDone(err)
	return err, nil
}

// revokeAround is revokeAfter for a change that Stytch does not refuse once the member
// or the class has been found. It records the revocation before the call as well, so
// that the old session_jwts are stale while a slow Stytch is waited for. On behalf
// of a member Stytch can still refuse, so then there is no revocation before its
// answer.
func (c *Client) revokeAround(ctx context.Context, op string, revocation grimoireauth.Revocation, do func(context.Context) error) (err, notAnnounced error) {
	if _, ok := stytchhttp.OnBehalf(ctx); ok {
		return c.revokeAfter(ctx, op, revocation, do)
	}
	before := c.announce(ctx, op, revocation)
	err, notAnnounced = c.revokeAfter(ctx, op, revocation, do)
	return err, errors.Join(before, notAnnounced)
}

// steady returns the context for a change. On behalf of a member it is not
// cancelled with the request: a member who hangs up would otherwise turn Stytch's
// no into an answer that was lost, and so record the revocation of a member they may not
// touch. The client's Timeout and the caller's deadline still end it.
func steady(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := stytchhttp.OnBehalf(ctx); !ok {
		return ctx, func() {}
	}
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), deadline)
	}
	return context.WithoutCancel(ctx), func() {}
}
