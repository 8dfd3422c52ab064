package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// excuses reports whether Config.OutageGrace lets this token count while Stytch
// cannot be reached: age is its only fault, not for too long, and its session has
// not ended by its own date, for which no clock is allowed to be slow.
func (v *Verifier) excuses(judged *verdict) bool {
	if v.config.OutageGrace <= 0 || judged.standing != stale {
		return false
	}
	if judged.reason != ReasonExpired && judged.reason != ReasonTooOld {
		return false
	}
	until := time.Unix(judged.times.end, 0).Add(v.config.OutageGrace)
	if ends := judged.session.ExpiresAt(); ends.Before(until) {
		until = ends // also if it is zero: nobody knows when it ends
	}
	return judged.now.Before(until)
}

// excused is the answer for such a token.
func (v *Verifier) excused(ctx context.Context, credentials grimoireauth.Credentials, judged *verdict) grimoireauth.Authentication {
	session := judged.session
	v.observe(ctx, grimoireauth.OutageGraceUsed{Session: session.ID(), Member: session.Member()})
	return answerOf(session, credentials, grimoireauth.SourceOutageGrace)
}

const (
	defaultRefreshAhead = time.Minute
	maxOutageGrace      = 24 * time.Hour
)

func (c Config) refreshAhead() time.Duration { return orDefault(c.RefreshAhead, defaultRefreshAhead) }

// checkRefresh returns every fault of what concerns refreshes.
func (c Config) checkRefresh() error {
	var faults []error
	if c.OutageGrace < 0 || c.OutageGrace > maxOutageGrace {
		faults = append(faults, fmt.Errorf("OutageGrace %v is not from 0 to %v", c.OutageGrace, maxOutageGrace))
	}
	faults = append(faults, c.Slide.check())
	if c.Refresh == nil && (c.OutageGrace > 0 || c.Slide.on()) {
		faults = append(faults, errors.New("OutageGrace and Slide need Refresh"))
	}
	return errors.Join(faults...)
}
