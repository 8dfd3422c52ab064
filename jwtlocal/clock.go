package jwtlocal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// clockError says that this machine's clock is off by more than Config.Leeway. Only
// what Stytch has signed tells: a session_jwt that is not valid yet, or one that
// Stytch has issued a moment ago and that has expired already.
type clockError struct {
	off    time.Duration // at least
	behind bool          // or ahead
}

func (e *clockError) Error() string {
	direction := "ahead of"
	if e.behind {
		direction = "behind"
	}
	return fmt.Sprintf("this machine's clock is at least %v %s Stytch's", e.off, direction)
}

func newClockError(off time.Duration, behind bool) *clockError {
	if off > time.Second {
		off = off.Truncate(time.Second)
	}
	return &clockError{off: off, behind: behind}
}

const alarmClock = "this machine's clock is off, and genuine session_jwts cannot be used: everybody is told that the service is unavailable; set the clock by NTP"

// clockAlarmEvery is the least time between two alarms about the clock.
const clockAlarmEvery = time.Minute

// clockAlarm lets one alarm pass in a while. The zero clockAlarm has let none pass.
type clockAlarm struct {
	mu   sync.Mutex // guards last
	last time.Time
}

func (c *clockAlarm) due(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	// The time since the last one is not read off the clock that is off.
	if !c.last.IsZero() && now.Sub(c.last) < clockAlarmEvery {
		return false
	}
	c.last = now
	return true
}

// clockIsOff tells the operator, once a minute.
func (v *Verifier) clockIsOff(ctx context.Context, off *clockError) {
	if !v.clockAlarm.due(time.Now()) {
		return
	}
	v.config.logger().WarnContext(ctx, "session_jwts cannot be used", slog.String("reason", off.Error()), slog.String("do", "set the clock by NTP"))
	v.alarm(ctx, alarmClock, off)
}

// early is the verdict about a genuine token that is not valid yet. Stytch has issued
// it, so the fault is this machine's.
func (v *Verifier) early(ctx context.Context, session grimoireauth.Session, t times, now time.Time) verdict {
	left := time.Unix(t.notBefore, 0).Sub(now.Round(0))
	off := newClockError(left, true)
	v.clockIsOff(ctx, off)
	wait := min(max(left-v.rules.leeway, firstPause), lastPause)
	return v.settle(ctx, verdict{standing: unknowable, reason: ReasonNotYet, session: session, times: t, now: now,
		err: unavailable("verify session_jwt", off, wait)})
}

// clockAhead returns by how much this machine's clock is ahead at least, if a
// session_jwt that Stytch has issued after began had expired by then; zero if not.
func (v *Verifier) clockAhead(judged *verdict, began time.Time) time.Duration {
	end := time.Unix(judged.times.end, 0)
	switch {
	case judged.standing == stale && judged.reason == ReasonExpired:
	case judged.standing == stale && judged.reason == ReasonTooOld:
		end = time.Unix(judged.times.issued, 0).Add(v.rules.maxAge)
	default:
		return 0
	}
	return max(began.Round(0).Sub(end), 0)
}

// refusedByClock is the failure of a refresh whose answer is genuine and of no use by
// this machine's clock. It is no outage of Stytch's, and speaks against no token.
func refusedByClock(err error) *failure { return &failure{kind: wrongClock, err: err} }
