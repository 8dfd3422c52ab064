package grimoireauth

import (
	"context"
	"errors"
	"time"
)

// raise tells [Config.Cut] about a cutoff that begins now. Its error says that
// the cutoff may not be in force everywhere.
func (c *Client) raise(ctx context.Context, op string, cutoff Cutoff) error {
	if c.cut == nil {
		return nil
	}
	cutoff.At = time.Now()
	// Also for a caller who has gone away: what it asked for may be done at Stytch.
	if err := c.cut(context.WithoutCancel(ctx), cutoff); err != nil {
		return &Error{Op: op, Kind: ErrUnavailable, Err: err}
	}
	return nil
}

// cutAround does something that takes something away from a member or a class.
// It raises their cutoff before, so that nobody is served from an old session_jwt
// if the call never returns, and again after, because a session_jwt refreshed in
// between tells of what was true before. The second one is raised even if the
// call fails: an answer that was lost may have been a yes. Its error is that of
// the cutoffs, beside that of what it did.
func (c *Client) cutAround(ctx context.Context, op string, cutoff Cutoff, do func() error) (err, notCut error) {
	before := c.raise(ctx, op, cutoff)
	defer func() { notCut = errors.Join(before, c.raise(ctx, op, cutoff)) }()
	return do(), nil
}
