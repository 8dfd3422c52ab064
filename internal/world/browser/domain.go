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
