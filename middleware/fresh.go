package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Fresh calls next for those of whom Stytch says, while they wait, that they are
// signed in: for what must not rest on a session_jwt that may be five minutes old,
// such as releasing grades or deleting a class. It needs Config.Fresh.
//
// The other decisions about the request, wherever they stand, are made on that
// answer: inside or around [Guard.InClass], somebody who was an instructor until a
// moment ago is refused. While Stytch cannot be reached everybody is, with 503; no
// outage grace counts here.
func (g *Guard) Fresh(next http.Handler) http.Handler {
	if g != nil && g.auth != nil && g.config.Fresh == nil {
		panic("middleware: Fresh without Config.Fresh: pass verifier.Refresh or client.Sessions.Authenticate there")
	}
	return g.wrap(guardedHandler{must: true, fresh: true}, next)
}

// CheckFresh decides as [Guard.Fresh] does, without a response: what it returns is
// an answer of Stytch that came within the last second, on this request, or that
// Stytch is asked for now. What the guards around the handler have decided on older
// answers is decided again, as by [Guard.Check]. If the credentials it returns differ from those presented, [Guard.SetCookies] brings them to the
// browser. Its errors are those of [Guard.Check].
func (g *Guard) CheckFresh(r *http.Request) (grimoireauth.Authentication, error) {
	a, _, err := g.decide(r, true, nil)
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return a.authentication, nil
}

var errGrace = errors.New("this asks for what is true now, and an outage grace says only what was")

// askStytch asks Config.Fresh, and takes nothing for an answer but Stytch's own.
func (g *Guard) askStytch(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if g.config.Fresh == nil {
		return grimoireauth.Authentication{}, fmt.Errorf("%w: Config.Fresh is missing", ErrMisconfigured)
	}
	authentication, err := g.ask(ctx, g.config.Fresh, credentials)
	switch {
	case err != nil:
		return grimoireauth.Authentication{}, err
	case authentication.Source == grimoireauth.SourceOutageGrace:
		return grimoireauth.Authentication{}, graceError("ask Stytch")
	case authentication.Source != grimoireauth.SourceRemote:
		return grimoireauth.Authentication{}, fmt.Errorf("%w: Config.Fresh gave an answer of the kind %q, which is not Stytch's", ErrMisconfigured, authentication.Source)
	}
	return authentication, nil
}

// outdated refuses an outage grace where it does not count.
func graceError(op string) error {
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: errGrace}
}

// NotRecentError says how recently somebody must have signed in. It matches
// [grimoireauth.ErrNotRecent]. It is answered with 401 and the challenge of RFC
// 9470, which tells a client to send the person through sign-in again, or with a
// redirect there.
type NotRecentError struct {
	MaxAge  time.Duration
	Factors []string // Stytch's names; empty: any factor
}

// Error returns one line that may be shown.
func (e *NotRecentError) Error() string {
	if len(e.Factors) == 0 {
		return fmt.Sprintf("this needs a sign-in within the last %v", e.MaxAge)
	}
	return fmt.Sprintf("this needs %s within the last %v", strings.Join(e.Factors, " and "), e.MaxAge)
}

// Unwrap returns [grimoireauth.ErrNotRecent].
func (e *NotRecentError) Unwrap() error { return grimoireauth.ErrNotRecent }

// Recent calls next for those who have signed in within maxAge: by each of the
// factors, if any are named, or else by at least one. Factors have Stytch's names:
// "magic_link", "email_otp", "otp" (an SMS), "totp", "password", "oauth", "sso".
// A factor whose time is unknown, or lies in the future, is not recent.
//
// It looks at when the person proved who they are, where [Guard.Fresh] looks at
// whether the session still stands; a dangerous action deserves both. Like Fresh
// it is closed, with 503, to a session that stands only by an outage grace.
//
// It panics if maxAge is not positive or a factor has no name.
// Sources: https://stytch.com/docs/b2b/api/session-object, RFC 9470.
func (g *Guard) Recent(maxAge time.Duration, factors ...string) func(http.Handler) http.Handler {
	if err := recentFault(maxAge, factors); err != nil {
		panic("middleware: " + err.Error())
	}
	checks := []check{recent(&NotRecentError{maxAge, slices.Clone(factors)})}
	return func(next http.Handler) http.Handler {
		return g.wrap(guardedHandler{must: true, checks: checks}, next)
	}
}

// CheckRecent decides as [Guard.Recent] does, without a response, on an answer that
// is at most a second old. Its errors are those of [Guard.Check], and a
// [*NotRecentError].
func (g *Guard) CheckRecent(r *http.Request, maxAge time.Duration, factors ...string) (grimoireauth.Authentication, error) {
	if err := recentFault(maxAge, factors); err != nil {
		return grimoireauth.Authentication{}, err
	}
	a, _, err := g.decide(r, false, []check{recent(&NotRecentError{maxAge, slices.Clone(factors)})})
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return a.authentication, nil
}

func recentFault(maxAge time.Duration, factors []string) error {
	if maxAge <= 0 || slices.Contains(factors, "") {
		return fmt.Errorf("%w: Recent with the age %v and the factors %q", ErrMisconfigured, maxAge, factors)
	}
	return nil
}

// recent is the check of Recent; refusal says what it asks for.
func recent(refusal *NotRecentError) check {
	return func(_ context.Context, _ *http.Request, a *requestAuth, in classRole) (classRole, error) {
		if a.authentication.Source == grimoireauth.SourceOutageGrace {
			return classRole{}, graceError("look at the factors")
		}
		now, given := time.Now(), a.authentication.Factors()
		given = slices.DeleteFunc(given, func(factor grimoireauth.Factor) bool {
			return !within(now, factor.LastAuthenticatedAt, refusal.MaxAge)
		})
		if len(refusal.Factors) == 0 && !slices.ContainsFunc(given, proves) {
			return classRole{}, refusal
		}
		for _, wanted := range refusal.Factors {
			if !slices.ContainsFunc(given, func(factor grimoireauth.Factor) bool { return factor.Type == wanted }) {
				return classRole{}, refusal
			}
		}
		return in, nil
	}
}

// proves reports whether the person gave the factor. Somebody at Stytch's
// dashboard who acts in their name did not ask them, and neither did an import.
func proves(factor grimoireauth.Factor) bool {
	return factor.Type != "" && factor.Type != "impersonated" && factor.Type != "imported"
}

// ahead is how far Stytch's clock may be ahead of ours.
const clockSkew = 5 * time.Second

func within(now, at time.Time, maxAge time.Duration) bool {
	age := now.Sub(at)
	return !at.IsZero() && age <= maxAge && age >= -clockSkew
}
