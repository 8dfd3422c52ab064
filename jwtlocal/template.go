package jwtlocal

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/promptgrimoire/auth/internal/claims"
	"github.com/promptgrimoire/auth/internal/project"
)

// The alarms about what Stytch's dashboard writes into every session_jwt: the audience and
// the claims of the session JWT template, and the issuer of a custom domain.
const (
	alarmAudience   = "session_jwts are rejected because their aud claim names a custom audience that is not in Config.Audiences: add it there if the JWT template of this project is meant to have it"
	alarmNoAudience = "session_jwts are rejected for their aud claim, and no setting accepts them: the custom audience of the project's JWT template has to stand beside the project id, once"
	alarmIssuer     = "session_jwts are rejected because their issuer is a custom domain: set Config.BaseURL to it, here and in stytchclient, if it is the project's"
	alarmClaims     = "tokens with a good signature are rejected because their claims cannot be read: look at the claims of the project's JWT template"
)

// alarmTemplate raises an alarm if a token that is rejected has a good signature and every
// other mark of a session_jwt of this project that counts now: what is wrong with it is
// then wrong with all of them. Only Stytch can sign such a token, so strangers cause no
// alarm. reason is why the token is rejected, unreadable why its claims cannot be read.
func (v *Verifier) alarmTemplate(ctx context.Context, reason Reason, c *claims.Claims, unreadable error, now time.Time) {
	switch reason {
	case ReasonClaims:
		v.alarmRejected(ctx, alarmClaims, func() error { return unreadable })
		return
	case ReasonIssuer, ReasonAudience:
	default:
		return
	}
	if v.rules.checkKind(c) != 0 || v.rules.checkTimes(timesOf(c), now) != 0 {
		return
	}
	value, listable := v.rules.missingAudience(c)
	switch {
	case reason == ReasonAudience && listable:
		v.alarmRejected(ctx, alarmAudience, func() error { return fmt.Errorf("the audience %.80q is not listed", value) })
	case reason == ReasonAudience:
		v.alarmRejected(ctx, alarmNoAudience, func() error { return nil })
	case listable && v.isCustomDomain(c.Issuer):
		v.alarmRejected(ctx, alarmIssuer, func() error { return fmt.Errorf("the issuer is %.80q", c.Issuer) })
	}
}

// foreignIssuer is an issuer that was looked at, and whether it is a custom domain.
type foreignIssuer struct {
	issuer string
	custom bool
}

// isCustomDomain reports whether an issuer would be accepted if Config.BaseURL named it. Only
// Stytch signs the tokens that get here, so they name few issuers, and the last one is kept.
func (v *Verifier) isCustomDomain(issuer []byte) bool {
	if last := v.foreignIssuer.Load(); last != nil && last.issuer == string(issuer) {
		return last.custom
	}
	p, err := project.Parse(v.rules.project, string(issuer))
	found := &foreignIssuer{issuer: string(issuer), custom: err == nil && p.Custom && p.BaseURL == string(issuer)}
	v.foreignIssuer.Store(found)
	return found.custom
}

// alarmRejected raises an alarm once a minute, also in the log: all users of the project
// are asked to sign in, again and again. The cause is made for an alarm only.
func (v *Verifier) alarmRejected(ctx context.Context, problem string, why func() error) {
	count := v.alarms.Met(problem)
	if count == 0 {
		return
	}
	cause := why()
	attributes := []slog.Attr{slog.String("problem", problem), slog.Int("count", count)}
	if cause != nil {
		attributes = append(attributes, slog.String("cause", cause.Error()))
	}
	v.config.logger().LogAttrs(ctx, slog.LevelWarn, "session_jwts are rejected", attributes...)
	v.observeAlarm(ctx, problem, cause, count)
}
