package middleware

import (
	"net/http"
	"net/netip"
)

// ClientAddress returns the address that a request comes from, by Config.ClientAddress:
// an IPv4 address is never in its IPv6 form, and there is no zone. It is the zero Addr if
// the address is not known. A nil Guard knows none.
func (g *Guard) ClientAddress(r *http.Request) netip.Addr {
	switch {
	case g == nil || r == nil:
		return netip.Addr{}
	case g.config.ClientAddress != nil:
		addr := g.config.ClientAddress(r).Unmap().WithZone("")
		g.sources.saw(addr.IsValid())
		if !addr.IsValid() {
			g.proxied.Do(func() {
				g.config.logger().WarnContext(r.Context(), "Config.ClientAddress does not know where a request comes from, so nothing is limited by its address: is each proxy listed, and does each write the header?",
					"setting", "ClientAddress", "peer", r.RemoteAddr)
			})
		}
		return addr
	}
	addr := peerOf(r)
	if !addr.IsValid() || local(addr) {
		g.sources.saw(false)
		g.proxied.Do(func() {
			g.config.logger().WarnContext(r.Context(), "requests come from a proxy, so the addresses of clients are not known and nothing is limited by address: set Config.ClientAddress, for example to middleware.ForwardedFor()",
				"setting", "ClientAddress", "peer", r.RemoteAddr)
		})
		return netip.Addr{}
	}
	g.sources.saw(true)
	return addr
}

// peerOf returns the address of the other end of the connection, zero if that has none,
// as a Unix socket. Some middlewares write an address without a port.
func peerOf(r *http.Request) netip.Addr { return parseHop(r.RemoteAddr) }

// parseHop reads an address with or without a port, zero if it is none.
func parseHop(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	if len(text) > 1 && text[0] == '[' && text[len(text)-1] == ']' {
		text = text[1 : len(text)-1]
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// local reports whether an address is one that is not reached from the internet, so that
// a peer with it is a proxy.
func local(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || addr.IsMulticast() ||
		sharedSpace.Contains(addr)
}

// sharedSpace is the address space of carriers and clouds: RFC 6598.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
