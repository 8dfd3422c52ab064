package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// ClientShare returns the error with which a call with this context would be refused
// because its client address has used its share up: [grimoireauth.ErrOverShare], with when the next
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
	return stytchhttp.OverShare("look at the share of a client address", wait)
}
