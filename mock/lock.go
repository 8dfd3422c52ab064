package mock

import (
	"time"
)

// lockLife is how long a lock lasts. Stytch lets a project choose.
const lockLife = time.Hour

// unlocked refuses somebody who is locked out. Nil is nobody.
func (c *call) unlocked(m *member) error {
	if m != nil && !m.LockedAt.IsZero() && c.now.Before(m.LockedAt.Add(lockLife)) {
		return refuse("user_lock_limit_reached")
	}
	return nil
}

// failed counts a wrong password or code, locks the member out if it was one too
// many, and returns the error. What had its day is no guess.
func (c *call) failed(m *member, err error) error {
	if m == nil || c.lockAfter == 0 {
		return err
	}
	switch asRefusal(err).kind {
	case "otp_code_not_found", "unauthorized_credentials", "unable_to_authenticate_totp", "unable_to_authenticate_recovery_code", "password_does_not_match":
		if m.Failures++; m.Failures >= c.lockAfter {
			m.Failures, m.LockedAt = 0, c.now
		}
	}
	return err
}

// window counts the calls in one interval of a rate limit.
type window struct {
	Start time.Time `json:"start"`
	Calls int       `json:"calls"`
}

// limit lets so many calls through per interval. Intervals are aligned to the
// clock and do not slide, and no Retry-After goes with the answer.
// Source: https://stytch.com/docs/b2b/api/rate-limits
func (c *call) limit(name string, calls int, per time.Duration) error {
	if !c.rateLimits {
		return nil
	}
	w := c.db.Windows[name]
	if start := c.now.Truncate(per); !w.Start.Equal(start) {
		w = window{Start: start}
	}
	if w.Calls >= calls {
		return refuse("too_many_requests")
	}
	w.Calls++
	put(&c.db.Windows, name, w)
	return nil
}

// limitMail lets one e-mail per second go to an address.
func (c *call) limitMail(email string) error {
	return c.limit("mail "+foldEmail(email), 1, time.Second)
}

// limitSearch lets 100 searches per minute through. Stytch's pages say per
// minute in one place and per second in another.
func (c *call) limitSearch(what string) error { return c.limit("search "+what, 100, time.Minute) }
