package middleware

import (
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ClientAddress returns the address that a request comes from, by Config.ClientAddress. It
// unmaps IPv4 addresses in IPv6 form and removes zones. It returns the zero Addr if the
// address is not known. A nil Guard knows none.
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
	if !addr.IsValid() || isLocal(addr) {
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

// peerOf returns the address of the other end of the connection, zero for a Unix socket.
// Some middlewares write an address without a port.
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

// isLocal reports whether an address is not reachable from the internet, so that a peer with
// it is a proxy.
func isLocal(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || addr.IsMulticast() ||
		sharedSpace.Contains(addr)
}

// sharedSpace is the address space of carriers and clouds: RFC 6598.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// ForwardedFor returns a Config.ClientAddress for a server behind proxies that append the
// address of their client to X-Forwarded-For, as nginx, HAProxy, Caddy and the load
// balancers of the clouds do. It reads the header from its end, where the nearest proxy
// appends, and returns the first address that is not trusted: the client itself may have
// written those before it.
//
// Trusted are the addresses of the proxies. Loopback addresses and Unix sockets are always
// trusted. List no network in which clients are: they could choose the address that they
// seem to come from. For a request whose peer is not trusted it returns the peer, whatever
// the header says. It returns the zero Addr, so that the address is not known, if there is
// no header, if the header has trusted addresses only, if the entry that counts is no
// address, and if a private address that is not trusted sends the header: that is a proxy
// which is missing in the list, and all its clients would seem to be one. A line in the log
// and [Guard.Diagnose] report it.
//
// ForwardedFor panics if a prefix is not valid or contains all addresses.
//
// It reads neither Forwarded (RFC 7239) nor X-Real-IP. For proxies that write another
// header, such as CF-Connecting-IP, write a function of your own, which must check the peer
// first.
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
			if isLocal(peer) && len(r.Header["X-Forwarded-For"]) > 0 {
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
// Unix socket: a path, or "@" or nothing for a client whose socket has no path.
func unixSocket(remote string) bool {
	return remote == "" || remote[0] == '@' || remote[0] == '/'
}

// checkClientAddress is the code of the Guard's finding about the addresses of clients.
const checkClientAddress = "client-address"

// seenSources records whether the addresses of clients were known, for [Guard.Diagnose].
type seenSources struct{ known, unknown atomic.Bool }

func (s *seenSources) saw(known bool) {
	seen := &s.unknown
	if known {
		seen = &s.known
	}
	if !seen.Load() { // written once, so that processors do not contend for the cache line
		seen.Store(true)
	}
}

// Diagnose returns findings about the proxies in front of the Guard, from the requests that
// it has served so far. They complete those of doctor.Check, for example on a page for
// administrators:
//
//	report := append(doctor.Check(ctx, config, check), guard.Diagnose()...)
//
// The finding "client-address" is a warning if requests come from a proxy and
// Config.ClientAddress does not return their clients: then no limit by client address holds.
// Diagnose makes no network call and is safe for concurrent use.
func (g *Guard) Diagnose() []grimoireauth.Finding {
	finding := grimoireauth.Finding{Code: checkClientAddress}
	switch {
	case g == nil:
		return nil
	case g.sources.unknown.Load() && g.config.ClientAddress == nil:
		finding.Severity = grimoireauth.SeverityWarning
		finding.Problem = "requests come from a proxy, so the addresses of clients are not known and nothing is limited by them"
		finding.Remedy = "Set middleware.Config.ClientAddress, for example to middleware.ForwardedFor()."
	case g.sources.unknown.Load():
		finding.Severity = grimoireauth.SeverityWarning
		finding.Problem = "Config.ClientAddress does not know the client of some requests, so that nothing is limited by their address"
		finding.Remedy = "Look whether each proxy is listed, what it writes into its header, and whether requests reach this server past it."
	case g.sources.known.Load():
		finding.Severity = grimoireauth.SeverityOK
		finding.Problem = "the addresses of clients are known"
	default:
		finding.Problem = "no request has come yet of which the client address was asked for"
		finding.Remedy = "Look again when people have signed in."
	}
	return []grimoireauth.Finding{finding}
}
