package browser

import (
	"net/netip"
	"net/url"
	"strings"
)

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
