package grimoireauth_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func ExampleContextWithClientAddress() {
	// A handler of the program's own, before it asks Stytch for a stranger.
	ctx := grimoireauth.ContextWithClientAddress(context.Background(), netip.MustParseAddr("203.0.113.9"))
	fmt.Println(grimoireauth.ClientAddressFromContext(ctx))
	// Output: 203.0.113.9
}
