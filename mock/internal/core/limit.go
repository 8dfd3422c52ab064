package core

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// CheckLock returns an error if the member is locked out. A nil member is not.
func (c *Request) CheckLock(m *state.Member) error {
	if m != nil && !m.LockedAt.IsZero() && c.Now.Before(m.LockedAt.Add(state.LockLife)) {
		return wire.Error("user_lock_limit_reached")
	}
	return nil
}

// CountFailure counts a wrong password or code, locks the member out if it was one too
// many, and returns the error. An expired or used code does not count.
func (c *Request) CountFailure(m *state.Member, err error) error {
	if m == nil || c.LockAfter == 0 {
		return err
	}
	switch wire.AsError(err).Type {
	case "otp_code_not_found", "unauthorized_credentials", "unable_to_authenticate_totp", "unable_to_authenticate_recovery_code", "password_does_not_match":
		if m.Failures++; m.Failures >= c.LockAfter {
			m.Failures, m.LockedAt = 0, c.Now
		}
	}
	return err
}

// Limit lets so many calls through per interval. Intervals are aligned to the
// clock and do not slide, and no Retry-After goes with the answer.
// Source: https://stytch.com/docs/b2b/api/rate-limits
func (c *Request) Limit(name string, calls int, per time.Duration) error {
	if !c.RateLimits {
		return nil
	}
	w := c.State.RateLimits[name]
	if start := c.Now.Truncate(per); !w.Start.Equal(start) {
		w = state.Window{Start: start}
	}
	if w.Calls >= calls {
		return wire.Error("too_many_requests")
	}
	w.Calls++
	state.Put(&c.State.RateLimits, name, w)
	return nil
}

// LimitMail lets one e-mail per second go to an address.
func (c *Request) LimitMail(email string) error {
	return c.Limit("mail "+wire.FoldEmail(email), 1, time.Second)
}

// LimitSearch lets 100 searches per minute through. Stytch's pages say per
// minute in one place and per second in another.
func (c *Request) LimitSearch(what string) error { return c.Limit("search "+what, 100, time.Minute) }
