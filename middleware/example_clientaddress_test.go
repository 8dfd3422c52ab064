package middleware_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"

	"github.com/promptgrimoire/auth/middleware"
)

// The proxy appends the address of its client. What stands before, the client wrote.
func ExampleForwardedFor() {
	clientAddress := middleware.ForwardedFor(netip.MustParsePrefix("10.0.0.5/32"))
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.5:40112"
	r.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
	fmt.Println(clientAddress(r))
	// Output: 203.0.113.9
}
