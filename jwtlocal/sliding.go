package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// SlidingSession keeps sessions alive while they are in use. Each refresh that a request
// causes moves the end of the session to IdleTimeout from then, but never beyond
// AbsoluteTimeout after the sign-in. The zero SlidingSession moves nothing; otherwise all
// fields are required.
//
// An open connection that [Verifier.Watch] or a Guard watches is not a use: see
// [grimoireauth.ContextUnattended].
type SlidingSession struct {
	// Extend exchanges credentials for fresh ones and moves the end of the session, as the
	// client's Sessions.Extend does.
	Extend func(ctx context.Context, credentials grimoireauth.Credentials, by time.Duration) (grimoireauth.Authentication, error)
	// IdleTimeout is how long an unused session lasts: 5 minutes to 366 days.
	IdleTimeout time.Duration
	// AbsoluteTimeout is the longest life of a session that is in use: IdleTimeout to 366
	// days.
	AbsoluteTimeout time.Duration
}

const (
	minIdleTimeout = 5 * time.Minute
	maxTimeout     = maxSessionSeconds * time.Second
)

func (s SlidingSession) enabled() bool { return s.Extend != nil }

func (s SlidingSession) check() error {
	if s.Extend == nil && s.IdleTimeout == 0 && s.AbsoluteTimeout == 0 {
		return nil
	}
	var faults []error
	if s.Extend == nil {
		faults = append(faults, errors.New("SlidingSession.Extend is missing: pass client.Sessions.Extend"))
	}
	if s.IdleTimeout < minIdleTimeout || s.IdleTimeout > maxTimeout {
		faults = append(faults, fmt.Errorf("SlidingSession.IdleTimeout %v is not from 5 minutes to 366 days", s.IdleTimeout))
	}
	if s.AbsoluteTimeout < max(s.IdleTimeout, minIdleTimeout) || s.AbsoluteTimeout > maxTimeout {
		faults = append(faults, fmt.Errorf("SlidingSession.AbsoluteTimeout %v is not from SlidingSession.IdleTimeout to 366 days", s.AbsoluteTimeout))
	}
	return errors.Join(faults...)
}

// extension returns the duration to ask for, in whole minutes as Stytch requires, and false
// if the end of the session stays. Stytch counts from the time of the call. So a duration
// that is too short would bring the end nearer, and one without room for the call would
// pass AbsoluteTimeout.
func (s SlidingSession) extension(session grimoireauth.Session, now time.Time) (time.Duration, bool) {
	started, ends := session.StartedAt(), session.ExpiresAt()
	if !s.enabled() || started.IsZero() || ends.IsZero() {
		return 0, false
	}
	by := min(s.IdleTimeout, started.Add(s.AbsoluteTimeout-refreshDeadline).Sub(now)).Truncate(time.Minute)
	return by, by >= minIdleTimeout && now.Add(by).After(ends)
}

// latestEnd is the latest end that the session can reach. It is zero if the start or the
// end of the session is not known; such a session does not slide.
func (s SlidingSession) latestEnd(started, ends time.Time) time.Time {
	if !s.enabled() || started.IsZero() || ends.IsZero() {
		return time.Time{}
	}
	if last := started.Add(s.AbsoluteTimeout); last.After(ends) {
		return last
	}
	return ends
}

// maxSessionSeconds is the longest session that Stytch makes, 366 days.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
const maxSessionSeconds = 527040 * 60
