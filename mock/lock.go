package mock

import (
	"time"
)

// lockLife is how long a lock lasts. Stytch lets a project choose.
const lockLife = time.Hour

// unlocked refuses somebody who is locked out. Nil is nobody.
func (c *call) unlocked(m *member) error {
	if m != nil && !m.lockedAt.IsZero() && c.now.Before(m.lockedAt.Add(lockLife)) {
		return refuse("user_lock_limit_reached")
	}
	return nil
}

// failed counts a wrong password or code, locks the member out if it was one too
// many, and returns the error. What had its day is no guess.
func (c *call) failed(m *member, err error) error {
	if m == nil || c.s.LockAfter == 0 {
		return err
	}
	switch asRefusal(err).kind {
	case "otp_code_not_found", "unauthorized_credentials", "unable_to_authenticate_totp", "unable_to_authenticate_recovery_code", "password_does_not_match":
		if m.failures++; m.failures >= c.s.LockAfter {
			m.failures, m.lockedAt = 0, c.now
		}
	}
	return err
}

// window counts the calls in one interval of a rate limit.
type window struct {
	start time.Time
	calls int
}

// limit lets so many calls through per interval. Intervals are aligned to the
// clock and do not slide, and no Retry-After goes with the answer.
// Source: https://stytch.com/docs/b2b/api/rate-limits
func (c *call) limit(name string, calls int, per time.Duration) error {
	if !c.s.RateLimits {
		return nil
	}
	w := c.s.db.windows[name]
	if start := c.now.Truncate(per); !w.start.Equal(start) {
		w = window{start: start}
	}
	if w.calls >= calls {
		return refuse("too_many_requests")
	}
	w.calls++
	put(&c.s.db.windows, name, w)
	return nil
}

// limitMail lets one e-mail per second go to an address.
func (c *call) limitMail(email string) error {
	return c.limit("mail "+foldEmail(email), 1, time.Second)
}

// limitSearch lets 100 searches per minute through. Stytch's pages say per
// minute in one place and per second in another.
func (c *call) limitSearch(what string) error { return c.limit("search "+what, 100, time.Minute) }
