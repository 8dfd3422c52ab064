package browser

import (
	"net/netip"
	"net/url"
	"strings"
)

// DefaultPublicSuffixes returns the public suffixes that a jar knows if none
// are configured: a few of https://publicsuffix.org/list/.
func DefaultPublicSuffixes() []string {
	return []string{
		"com", "edu", "org", "net", "io", "dev", "app", "example", "test", "invalid", "localhost",
		"au", "com.au", "edu.au", "nsw.edu.au", "uk", "co.uk", "ac.uk", "github.io", "de", "nz", "ac.nz",
	}
}

// suffixes are public suffixes.
type suffixes struct{ listed map[string]bool }

func newSuffixes(list []string) suffixes {
	if len(list) == 0 {
		list = DefaultPublicSuffixes()
	}
	listed := make(map[string]bool, len(list))
	for _, s := range list {
		listed[strings.ToLower(strings.Trim(s, "."))] = true
	}
	return suffixes{listed}
}

// isPublic reports whether every person can register names below the domain. A
// single label always is, which is the list's rule "*".
func (s suffixes) isPublic(domain string) bool {
	return s.listed[domain] || !strings.Contains(domain, ".") && !isAddress(domain)
}

// registrable returns the domain's part that belongs to one owner: one label
// more than its public suffix. An IP address and a public suffix are their own.
func (s suffixes) registrable(domain string) string {
	if isAddress(domain) {
		return domain
	}
	for rest := domain; ; {
		_, parent, found := strings.Cut(rest, ".")
		if !found || s.isPublic(rest) {
			return domain
		}
		if s.isPublic(parent) {
			return rest
		}
		rest = parent
	}
}

// canonicalHost returns the host of an address, without a port, in lower case.
func canonicalHost(u *url.URL) string {
	return strings.ToLower(u.Hostname())
}

// domainMatch is RFC 6265bis, 5.1.3: the host is the domain, or a name below it.
func domainMatch(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain) && !isAddress(host)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// origin returns scheme, host and port, as in an Origin header.
func origin(u *url.URL) string {
	host := canonicalHost(u)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && !(u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80") {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}

func sameOrigin(a, b *url.URL) bool { return origin(a) == origin(b) }

// sameSite is HTML's "same site", which compares schemes as well: an http page is
// another site than the https page of the same host.
// https://html.spec.whatwg.org/multipage/browsers.html#same-site
func (j *Jar) sameSite(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && j.suffixes.registrable(canonicalHost(a)) == j.suffixes.registrable(canonicalHost(b))
}

// secure reports whether the address counts as secure for cookies.
func (j *Jar) secure(u *url.URL) bool {
	return u.Scheme == "https" || j.config.SecureLocalhost && isLoopback(canonicalHost(u))
}

// trustworthy reports whether an address gets the Sec-Fetch headers.
// https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
func trustworthy(u *url.URL) bool {
	return u.Scheme == "https" || isLoopback(canonicalHost(u))
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// requestPath is the path that is sent to the server.
func requestPath(u *url.URL) string {
	if p := u.EscapedPath(); strings.HasPrefix(p, "/") {
		return p
	}
	return "/"
}

// defaultPath is the path of a cookie that names none (RFC 6265bis, 5.1.4): the
// folder of the request's path.
func defaultPath(u *url.URL) string {
	p := requestPath(u)
	if i := strings.LastIndexByte(p, '/'); i > 0 {
		return p[:i]
	}
	return "/"
}

// pathMatch is RFC 6265bis, 5.1.4: the request's path is the cookie's, or lies below it.
func pathMatch(request, cookie string) bool {
	if !strings.HasPrefix(request, cookie) {
		return false
	}
	return len(request) == len(cookie) || strings.HasSuffix(cookie, "/") || request[len(cookie)] == '/'
}
