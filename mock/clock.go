package mock

import (
	"context"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Clock is a Stytch as a machine sees it whose own clock is wrong: what Stytch dates
// by its clock differs by a fixed amount from the machine's time. It implements
// [http.RoundTripper] and [http.Handler], as [Stytch] does.
//
// Moved are iat, nbf and exp of a session_jwt, the dates of sessions and of their
// factors, in answers and in claims, and the header Date, also of the key set. A
// session_jwt in a request is read by the moved clock. Nothing that Stytch keeps is
// moved: machines with different clocks can share one Stytch, and for each of them
// sessions, links and codes end when they end for the others. The dates of other
// records, such as created_at of a member, are not moved.
//
// A Clock is immutable and safe for concurrent use. The zero Clock is of no use.
type Clock struct {
	stytch *Stytch
	ahead  time.Duration
}

// ClockAhead returns this Stytch as a machine sees it whose clock is behind Stytch's by
// this much or, if negative, ahead of it. It makes no call and starts nothing.
func (s *Stytch) ClockAhead(by time.Duration) Clock { return Clock{s, by} }

// RoundTrip is [Stytch.RoundTrip] by this clock.
func (k Clock) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := k.stytch.RoundTrip(req.WithContext(k.with(req.Context())))
	if res != nil {
		res.Request = req
	}
	return res, err
}

// ServeHTTP is [Stytch.ServeHTTP] by this clock.
func (k Clock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", core.DateHeader(k.ahead))
	k.stytch.ServeHTTP(w, r.WithContext(k.with(r.Context())))
}

// JWT returns the same session_jwt with all its dates moved as this clock moves them,
// signed again by the key that it names. By whole seconds: a fraction is dropped. It is for session_jwts that pass between
// machines whose clocks differ: a token that one of them was given is, for another
// one, dated by that one's clock. What no published key of this Stytch has signed is
// returned as it is.
func (k Clock) JWT(jwt grimoireauth.Secret) grimoireauth.Secret {
	moved := jwt
	k.stytch.arrange("JWT", func(c *core.Request) error {
		if text, ok := c.Redate(jwt.Reveal(), k.ahead); ok {
			moved = grimoireauth.NewSecret(text)
		}
		return nil
	})
	return moved
}

// String names the project, as that of Stytch does.
func (k Clock) String() string { return k.stytch.String() }

func (k Clock) with(ctx context.Context) context.Context {
	return core.WithAhead(ctx, k.ahead)
}
