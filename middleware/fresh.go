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

// Fresh calls Stytch during the request, and calls next if Stytch authenticates the session:
// for what must not rest on a session_jwt that may be five minutes old, such as releasing
// grades or deleting a class. It needs Config.Fresh.
//
// The other guards of the request, inside or around Fresh, decide on that answer: a member
// who was an instructor until a moment ago does not pass [Guard.InClass]. While Stytch
// cannot be reached every request is refused with 503; no outage grace counts here.
func (g *Guard) Fresh(next http.Handler) http.Handler {
	if g != nil && g.auth != nil && g.config.Fresh == nil {
		panic("middleware: Fresh without Config.Fresh: pass verifier.Refresh or client.Sessions.Authenticate there")
	}
	return g.wrap(guardedHandler{must: true, fresh: true}, next)
}

// CheckFresh decides as [Guard.Fresh] does, and writes no response. It returns an answer of
// Stytch that came within the last second on this request, or calls Stytch now. It makes
// again the checks of the guards around the handler, as [Guard.Check] does. If it returns
// other credentials than the request's, pass them to [Guard.SetCookies]. Its errors are
// those of [Guard.Check].
func (g *Guard) CheckFresh(r *http.Request) (grimoireauth.Authentication, error) {
	a, _, err := g.decide(r, true, nil)
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return a.authentication, nil
}

var errGrace = errors.New("this needs the present state of the session, and an outage grace rests on an earlier one")

// askStytch calls Config.Fresh, and accepts only answers of Stytch.
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

// graceError is the error of a session that counts only by an outage grace.
func graceError(op string) error {
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: errGrace}
}

// NotRecentError says how recent a sign-in must be. It matches
// [grimoireauth.ErrNotRecent]. The guard answers 401 with the challenge of RFC 9470, which
// tells a client to let the person sign in again, or redirects to the sign-in page.
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

// Recent calls next for members who have signed in within maxAge: by each of the named
// factors, or by any if none is named. Factors have Stytch's names: "magic_link",
// "email_otp", "otp" (an SMS), "totp", "password", "oauth", "sso". A factor whose time is
// unknown or in the future is not recent.
//
// Recent checks when the person signed in, [Guard.Fresh] whether the session still exists; a
// dangerous action deserves both. Like Fresh it answers 503 to a session that counts only by
// an outage grace.
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

// CheckRecent decides as [Guard.Recent] does, on a result that is at most a second old, and
// writes no response. Its errors are those of [Guard.Check], and a [*NotRecentError].
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

// recentFault returns what is wrong with the arguments of Recent.
func recentFault(maxAge time.Duration, factors []string) error {
	if maxAge <= 0 || slices.Contains(factors, "") {
		return fmt.Errorf("%w: Recent with the age %v and the factors %q", ErrMisconfigured, maxAge, factors)
	}
	return nil
}

// recent returns the check of Recent. The refusal holds its arguments.
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

// proves reports whether the person gave the factor. An administrator who impersonates them
// at Stytch's dashboard, or an import, leaves a factor that they did not give.
func proves(factor grimoireauth.Factor) bool {
	return factor.Type != "" && factor.Type != "impersonated" && factor.Type != "imported"
}

// clockSkew is how far Stytch's clock may be ahead of ours.
const clockSkew = 5 * time.Second

func within(now, at time.Time, maxAge time.Duration) bool {
	age := now.Sub(at)
	return !at.IsZero() && age <= maxAge && age >= -clockSkew
}
