package middleware

import (
	"net/http"
	"net/netip"
	"strings"
)

// ForwardedFor returns a Config.ClientAddress for a server behind proxies that append the
// address of their client to X-Forwarded-For, as nginx, HAProxy, Caddy and the load
// balancers of the clouds do. It reads the header from its end, where the nearest proxy
// wrote, and returns the first address that is none of the trusted ones: what stands
// before that, the client itself may have written.
//
// Trusted are the addresses of the proxies, besides loopback addresses and Unix sockets,
// which are always trusted. List no network in which clients are: they could choose the
// address that they seem to come from. A request whose peer is not trusted comes from
// that peer, whatever its header says. The address is not known (the zero Addr) if there
// is no header, if it names trusted addresses only, if what counts in it is no address,
// and if an address of a private network that is not trusted sends the header: that is a
// proxy which is missing in the list, and all its clients would seem to be one. A line in
// the log and [Guard.Diagnose] tell of it.
//
// ForwardedFor panics if a prefix is not valid or holds all addresses.
//
// It reads neither Forwarded (RFC 7239) nor X-Real-IP. For proxies that write another
// header, such as CF-Connecting-IP, Config.ClientAddress is a function of the program's
// own, which must look at the peer first.
func ForwardedFor(trusted ...netip.Prefix) func(*http.Request) netip.Addr {
	var proxies []netip.Prefix
	for _, p := range trusted {
		if !p.IsValid() || p.Bits() == 0 {
			panic("middleware: ForwardedFor trusts " + p.String() + ", which is no list of proxies")
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		proxies = append(proxies, p)
	}
	isProxy := func(addr netip.Addr) bool {
		if addr.IsLoopback() {
			return true
		}
		for _, p := range proxies {
			if p.Contains(addr) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) netip.Addr {
		peer := peerOf(r)
		switch {
		case peer.IsValid() && !isProxy(peer):
			if local(peer) && len(r.Header["X-Forwarded-For"]) > 0 {
				return netip.Addr{}
			}
			return peer
		case !peer.IsValid() && !unixSocket(r.RemoteAddr):
			return netip.Addr{}
		}
		// Several headers of one name are one list (RFC 9110, 5.3).
		lines := r.Header["X-Forwarded-For"]
		for i := len(lines) - 1; i >= 0; i-- {
			for rest, more := lines[i], true; more; {
				at := strings.LastIndexByte(rest, ',')
				hop := parseHop(strings.Trim(rest[at+1:], " \t"))
				if !hop.IsValid() || !isProxy(hop) {
					return hop
				}
				if more = at >= 0; more {
					rest = rest[:at]
				}
			}
		}
		return netip.Addr{}
	}
}

// unixSocket reports whether net/http writes this as the RemoteAddr of a connection by a
// Unix socket: "@" or nothing for a client without a name of its own.
func unixSocket(remote string) bool {
	return remote == "" || remote[0] == '@' || remote[0] == '/'
}
