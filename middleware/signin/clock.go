package signin

import (
	"context"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	defaultLeeway = 5 * time.Second // that of jwtlocal
	jwtLife       = 5 * time.Minute // of a session_jwt: https://stytch.com/docs/b2b/guides/sessions/using-jwts
	// cutoffLeeway is the minute by which jwtlocal lets clocks differ when it compares a
	// session_jwt with a cutoff.
	cutoffLeeway = time.Minute
)

// checkClock returns why nothing can be redeemed at the moment: this machine's clock is
// known to be off by so much that the new session_jwt would be refused here. Then a
// one-time link or code would be spent for nothing. A clock that cannot be compared is
// no reason to stop.
//
// cuts says that redeeming raises a cutoff of the member. By a clock that is ahead by more
// than cutoffLeeway the new session_jwt seems to have been issued before that cutoff.
func (h *Handler) checkClock(ctx context.Context, cuts bool) error {
	leeway := h.config.ClockLeeway
	switch {
	case leeway < 0 || h.client == nil:
		return nil
	case leeway == 0:
		leeway = defaultLeeway
	}
	ahead := leeway + jwtLife
	if cuts {
		ahead = cutoffLeeway - defaultLeeway // what is measured is a lower bound
	}
	off, err := h.client.MeasureClock(ctx)
	side := ""
	switch {
	case err != nil:
		return nil
	case off < -leeway: // valid only from a moment that has not come here
		side = "behind"
	case off > ahead: // over before it arrives, or older than the cutoff
		side = "ahead of"
	default:
		return nil
	}
	return &grimoireauth.Error{
		Op:   fmt.Sprintf("sign in: this server's clock is %v %s Stytch's, so a new session_jwt would be refused; nothing was redeemed", off.Abs().Round(time.Second), side),
		Kind: grimoireauth.ErrUnavailable,
	}
}
