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
)

// checkClock returns why nothing can be redeemed at the moment: this machine's clock is
// known to be off by so much that the new session_jwt would be refused here. Then a
// one-time link or code would be spent for nothing. A clock that cannot be compared is
// no reason to stop.
func (h *Handler) checkClock(ctx context.Context) error {
	leeway := h.config.ClockLeeway
	switch {
	case leeway < 0 || h.client == nil:
		return nil
	case leeway == 0:
		leeway = defaultLeeway
	}
	off, err := h.client.MeasureClock(ctx)
	side := ""
	switch {
	case err != nil:
		return nil
	case off < -leeway: // valid only from a moment that has not come here
		side = "behind"
	case off > leeway+jwtLife: // over before it arrives
		side = "ahead of"
	default:
		return nil
	}
	return &grimoireauth.Error{
		Op:   fmt.Sprintf("sign in: this server's clock is %v %s Stytch's, so a new session_jwt would be refused; nothing was redeemed", off.Abs().Round(time.Second), side),
		Kind: grimoireauth.ErrUnavailable,
	}
}
