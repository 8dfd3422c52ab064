package stytchhttp

import (
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/internal/limit"
)

// clientShare makes the calls that a client address causes draw on the share of that
// address, each attempt of a call once. Calls of the program's own, and calls about
// credentials that are known to be of a session of this deployment, draw on none.
type clientShare struct {
	next    http.RoundTripper
	sources *limit.Sources
}

// RoundTrip implements [http.RoundTripper].
func (t clientShare) RoundTrip(req *http.Request) (*http.Response, error) {
	if a, ok := asker.From(req.Context()); ok && !a.Known {
		if wait := t.sources.Reserve(a.Address); wait > 0 {
			if req.Body != nil {
				_ = req.Body.Close() // nothing was read, so nothing can be lost
			}
			return nil, &overShare{wait: max(wait, time.Second)}
		}
	}
	return t.next.RoundTrip(req)
}

// overShare says that a call was not made, because the client address that causes it has
// used its share up.
type overShare struct{ wait time.Duration }

func (e *overShare) Error() string {
	return fmt.Sprintf("%v, for %v", limit.ErrOverShare, e.wait)
}

func (e *overShare) Unwrap() error { return limit.ErrOverShare }

// OverShare is the error of a call that is not made, since the share of its client
// address is used up for so long.
func OverShare(op string, wait time.Duration) error {
	refused := &overShare{wait: max(wait, time.Second)}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrOverShare, RetryAfter: refused.wait, Err: refused}
}
