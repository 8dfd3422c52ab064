package stytchhttp

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Clock compares this machine's clock with Stytch's, by the Date of Stytch's answers
// (RFC 9110, section 6.6.1). The zero clock has compared nothing yet.
type Clock struct{ last atomic.Pointer[clockReading] }

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
func (c *Clock) read(h http.Header, sent, received time.Time) {
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

// Off returns what [stytchclient.Client.ClockError] does.
func (c *Clock) Off(now time.Time) (off time.Duration, known bool) {
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
