package grimoireauth

import (
	"context"
	"net/netip"

	"github.com/promptgrimoire/auth/internal/asker"
)

// ContextWithClientAddress says from which address the request came that causes what is
// asked with this context, so that its calls to Stytch draw on the share of that
// address: see stytchclient.Client. The zero Addr says that the address is not known, and draws on
// none. Packages middleware and signin call it; a program that serves strangers by
// itself does so too, with an address that the client cannot choose.
func ContextWithClientAddress(ctx context.Context, addr netip.Addr) context.Context {
	return asker.With(ctx, asker.Asker{Address: addr})
}

// ClientAddressFromContext returns what [ContextWithClientAddress] said, or the zero
// Addr. A limiter of the program's own reads it.
func ClientAddressFromContext(ctx context.Context) netip.Addr {
	a, _ := asker.From(ctx)
	return a.Address
}
