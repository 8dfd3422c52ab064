package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
	return g.wrap(guarded{must: true, fresh: true}, next)
}

// CheckFresh decides as [Guard.Fresh] does, without a response: what it returns is
// an answer of Stytch that came within the last second, on this request, or that
// Stytch is asked for now. What the guards around the handler have decided on older
// answers is decided again, as by [Guard.Check]. If the credentials it returns differ from those presented, [Guard.SetCookies] brings them to the
// browser. Its errors are those of [Guard.Check].
func (g *Guard) CheckFresh(r *http.Request) (grimoireauth.Authentication, error) {
	f, _, err := g.decide(r, true, nil)
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return f.authentication, nil
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
		return grimoireauth.Authentication{}, outdated("ask Stytch")
	case authentication.Source != grimoireauth.SourceRemote:
		return grimoireauth.Authentication{}, fmt.Errorf("%w: Config.Fresh gave an answer of the kind %q, which is not Stytch's", ErrMisconfigured, authentication.Source)
	}
	return authentication, nil
}

// outdated refuses an outage grace where it does not count.
func outdated(op string) error {
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: errGrace}
}
