package middleware

import (
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/promptgrimoire/auth/grimoireauth"
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

// checkClientAddress is the code of what a Guard finds about the addresses of clients.
const checkClientAddress = "client-address"

// seenSources is whether the addresses of clients could be told, for [Guard.Diagnose].
type seenSources struct{ known, unknown atomic.Bool }

func (s *seenSources) saw(known bool) {
	seen := &s.unknown
	if known {
		seen = &s.known
	}
	if !seen.Load() { // one write, so that requests do not share a line of the cache for it
		seen.Store(true)
	}
}

// Diagnose says what the Guard has found out about its place in the network, from the
// requests that it has served so far. It completes what doctor.Check finds, for
// example on a page for administrators:
//
//	report := append(doctor.Check(ctx, config, check), guard.Diagnose()...)
//
// Code "client-address" is a warning if requests come from a proxy and Config.ClientAddress
// does not say where they began: then nothing is limited by client address. It makes no call
// and is safe for concurrent use.
func (g *Guard) Diagnose() []grimoireauth.Finding {
	found := grimoireauth.Finding{Code: checkClientAddress}
	switch {
	case g == nil:
		return nil
	case g.sources.unknown.Load() && g.config.ClientAddress == nil:
		found.Severity = grimoireauth.SeverityWarning
		found.Problem = "requests come from a proxy, so the addresses of clients are not known and nothing is limited by them"
		found.Remedy = "Set middleware.Config.ClientAddress, for example to middleware.ForwardedFor()."
	case g.sources.unknown.Load():
		found.Severity = grimoireauth.SeverityWarning
		found.Problem = "Config.ClientAddress does not know the client of some requests, so that nothing is limited by their address"
		found.Remedy = "Look whether each proxy is listed, what it writes into its header, and whether requests reach this server past it."
	case g.sources.known.Load():
		found.Severity = grimoireauth.SeverityOK
		found.Problem = "the addresses of clients are known"
	default:
		found.Problem = "no request has come yet of which the client address was asked for"
		found.Remedy = "Look again when people have signed in."
	}
	return []grimoireauth.Finding{found}
}
