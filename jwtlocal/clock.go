package jwtlocal

import (
	"context"
	"fmt"
	"log/slog"
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

// signed is the error with the sign of Client.ClockError: positive if the clock is ahead.
func (e *clockError) signed() time.Duration {
	if e.behind {
		return -e.off
	}
	return e.off
}

func newClockError(off time.Duration, behind bool) *clockError {
	if off > time.Second {
		off = off.Truncate(time.Second)
	}
	return &clockError{off: off, behind: behind}
}

const alarmClock = "this machine's clock is off, and genuine session_jwts cannot be used: everybody is told that the service is unavailable; set the clock by NTP"

// clockIsOff tells the operator, once a minute, by the worst that was measured since.
func (v *Verifier) clockIsOff(ctx context.Context, off *clockError) {
	count, worst := v.alarms.Measured(alarmClock, off.signed())
	if count == 0 {
		return
	}
	off = newClockError(worst.Abs(), worst < 0)
	v.config.logger().WarnContext(ctx, "session_jwts cannot be used", slog.String("reason", off.Error()), slog.Int("count", count), slog.String("do", "set the clock by NTP"))
	v.observeBehind(ctx, grimoireauth.OperatorAlarm{Problem: alarmClock, Err: off, Count: count, ClockError: worst})
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
