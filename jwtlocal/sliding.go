package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Slide keeps sessions alive while they are in use. Each refresh that a request causes
// moves the end of the session to By from then, but never beyond Cap after the sign-in. The
// zero Slide moves nothing; otherwise all fields are required.
//
// An open connection that [Verifier.Watch] or a Guard watches is not a use: see
// [grimoireauth.ContextUnattended].
type Slide struct {
	// Extend asks Stytch for fresh credentials and moves the end of the session, as
	// the client's Sessions.Extend does.
	Extend func(ctx context.Context, credentials grimoireauth.Credentials, by time.Duration) (grimoireauth.Authentication, error)
	// By is how long an unused session lasts: 5 minutes to 366 days.
	By time.Duration
	// Cap is the longest life of a session that is in use. At least By, at most 366 days.
	Cap time.Duration
}

const (
	minIdleTimeout = 5 * time.Minute
	maxTimeout     = maxSessionSeconds * time.Second
)

func (s Slide) enabled() bool { return s.Extend != nil }

func (s Slide) check() error {
	if s.Extend == nil && s.By == 0 && s.Cap == 0 {
		return nil
	}
	var faults []error
	if s.Extend == nil {
		faults = append(faults, errors.New("Slide.Extend is missing: pass client.Sessions.Extend"))
	}
	if s.By < minIdleTimeout || s.By > maxTimeout {
		faults = append(faults, fmt.Errorf("Slide.By %v is not from 5 minutes to 366 days", s.By))
	}
	if s.Cap < max(s.By, minIdleTimeout) || s.Cap > maxTimeout {
		faults = append(faults, fmt.Errorf("Slide.Cap %v is not from Slide.By to 366 days", s.Cap))
	}
	return errors.Join(faults...)
}

// extension returns the duration to ask for, in whole minutes as Stytch requires, and false
// if the end of the session stays. Stytch counts from the time of the call. So a duration
// that is too short would bring the end nearer, and one without room for the call would
// pass the cap.
func (s Slide) extension(session grimoireauth.Session, now time.Time) (time.Duration, bool) {
	started, ends := session.StartedAt(), session.ExpiresAt()
	if !s.enabled() || started.IsZero() || ends.IsZero() {
		return 0, false
	}
	by := min(s.By, started.Add(s.Cap-refreshDeadline).Sub(now)).Truncate(time.Minute)
	return by, by >= minIdleTimeout && now.Add(by).After(ends)
}

// latestEnd is the latest end that the session can reach. It is zero if the start or the
// end of the session is not known; such a session does not slide.
func (s Slide) latestEnd(started, ends time.Time) time.Time {
	if !s.enabled() || started.IsZero() || ends.IsZero() {
		return time.Time{}
	}
	if last := started.Add(s.Cap); last.After(ends) {
		return last
	}
	return ends
}

// maxSessionSeconds is the longest session that Stytch makes, 366 days.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
const maxSessionSeconds = 527040 * 60
