package stytchclient

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// ClockError returns how far this machine's clock is off, by the Date of Stytch's
// last answer: positive if it is ahead of Stytch's clock, negative if it is behind.
// It is a lower bound, since the Date has whole seconds and the answer took its time;
// zero means that no error can be seen. known is false if no answer of the last
// minute says anything, or if the clock has been set since.
//
// It makes no network call and is safe for concurrent use. A clock that is off by
// more than [jwtlocal.Config].Leeway makes genuine session_jwts useless: ask before a
// one-time link or code is spent, by [Client.MeasureClock] if nothing is known.
//
// [jwtlocal.Config]: https://pkg.go.dev/github.com/promptgrimoire/auth/jwtlocal#Config
func (c *Client) ClockError() (off time.Duration, known bool) { return c.clock.Off(time.Now()) }

var errNoDate = errors.New("the answer does not say when it was made")

// MeasureClock returns what [Client.ClockError] does, and asks Stytch for the public
// key set first if that knows nothing. Its error matches [grimoireauth.ErrUnavailable] or
// [grimoireauth.ErrRateLimited]: there is no answer, or none that tells.
// Source: https://stytch.com/docs/b2b/api/get-jwks
func (c *Client) MeasureClock(ctx context.Context) (off time.Duration, err error) {
	const op = "measure the clock"
	if off, known := c.ClockError(); known {
		return off, nil
	}
	ctx, got := stytchhttp.WithAnswer(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.keysURL, nil)
	if err != nil {
		return 0, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: err}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, c.failure(ctx, op, err, got)
	}
	// The transport has read the whole body, so there is nothing to close it for.
	defer func() { _ = res.Body.Close() }()
	if off, known := c.ClockError(); known {
		return off, nil // whatever else the answer says
	}
	return 0, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Status: res.StatusCode, Err: errNoDate}
}
