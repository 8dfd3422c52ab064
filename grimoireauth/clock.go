package grimoireauth

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// clock compares this machine's clock with Stytch's, by the Date of Stytch's answers
// (RFC 9110, section 6.6.1). The zero clock has compared nothing yet.
type clock struct{ last atomic.Pointer[clockReading] }

// clockReading is one comparison. It is immutable.
type clockReading struct {
	at     time.Time     // when it was made, by our clock
	ahead  time.Duration // how far our clock is ahead at least; negative if it is not
	behind time.Duration // how far it is behind at least; negative if it is not
}

const (
	// clockLife is how long a comparison counts. After that the clock may have been
	// put right.
	clockLife = time.Minute
	// clockStep is by how much the two clocks of package time may differ before the
	// clock counts as having been set since.
	clockStep = 500 * time.Millisecond
)

// read takes a comparison from an answer of Stytch's to a request that was sent then.
// An answer with an Age comes from a cache, and its Date is old.
func (c *clock) read(h http.Header, sent, received time.Time) {
	if c == nil || h.Get("Age") != "" {
		return
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	// The Date has whole seconds, rounded down: Stytch's clock said between date and a
	// second later at some moment between sent and received. The time in between is
	// measured by the clock that is never set.
	now := received.Round(0)
	c.last.Store(&clockReading{
		at:     received,
		ahead:  now.Add(-received.Sub(sent)).Sub(date.Add(time.Second)),
		behind: date.Sub(now),
	})
}

// error returns what [Client.ClockError] does.
func (c *clock) error(now time.Time) (off time.Duration, known bool) {
	last := c.last.Load()
	if last == nil {
		return 0, false
	}
	passed := now.Sub(last.at)
	stepped := now.Round(0).Sub(last.at.Round(0)) - passed
	switch {
	case passed > clockLife, stepped.Abs() > clockStep:
		return 0, false
	case last.ahead > 0:
		return last.ahead, true
	case last.behind > 0:
		return -last.behind, true
	}
	return 0, true
}

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
func (c *Client) ClockError() (off time.Duration, known bool) { return c.clock.error(time.Now()) }

var errNoDate = errors.New("the answer does not say when it was made")

// MeasureClock returns what [Client.ClockError] does, and asks Stytch for the public
// key set first if that knows nothing. Its error matches [ErrUnavailable] or
// [ErrRateLimited]: there is no answer, or none that tells.
// Source: https://stytch.com/docs/b2b/api/get-jwks
func (c *Client) MeasureClock(ctx context.Context) (off time.Duration, err error) {
	const op = "measure the clock"
	if off, known := c.ClockError(); known {
		return off, nil
	}
	ctx, got := withAnswer(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.keysURL, nil)
	if err != nil {
		return 0, &Error{Op: op, Kind: ErrUnavailable, Err: err}
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
	return 0, &Error{Op: op, Kind: ErrUnavailable, Status: res.StatusCode, Err: errNoDate}
}
