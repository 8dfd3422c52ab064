package grimoireauth

import (
	"context"
	"fmt"
	"net/http"
	"time"

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

// ClientShare returns the error with which a call with this context would be refused
// because its client address has used its share up: [ErrOverShare], with when the next
// one may be made. It is nil if there is a share left, and if the context says no address;
// it takes nothing. A program asks before it reserves something of its own for a call that
// a stranger causes, such as the one message that an address gets in a while, so that
// nothing is reserved for a call that is not made.
func (c *Client) ClientShare(ctx context.Context) error {
	a, ok := asker.From(ctx)
	if !ok || a.Known {
		return nil
	}
	wait := c.sources.Wait(a.Address)
	if wait == 0 {
		return nil
	}
	refused := &overShare{wait: max(wait, time.Second)}
	return &Error{Op: "look at the share of a client address", Kind: ErrOverShare, RetryAfter: refused.wait, Err: refused}
}

// overShare says that a call was not made, because the client address that causes it has
// used its share up.
type overShare struct{ wait time.Duration }

func (e *overShare) Error() string {
	return fmt.Sprintf("%v, for %v", limit.ErrOverShare, e.wait)
}

func (e *overShare) Unwrap() error { return limit.ErrOverShare }
