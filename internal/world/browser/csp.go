package browser

import (
	"net/url"
	"strings"
)

// formActionAllows reports whether the page's Content-Security-Policy lets a form
// go to that address. It is asked again for each redirect, as Chromium does.
// https://w3c.github.io/webappsec-csp/#directive-form-action
func formActionAllows(page *Page, u *url.URL) bool {
	if page == nil {
		return true
	}
	for _, header := range page.Header.Values("Content-Security-Policy") {
		for policy := range strings.SplitSeq(header, ",") {
			if sources, ok := directive(policy, "form-action"); ok && !allowsAny(sources, page.Address, u) {
				return false
			}
		}
	}
	return true
}

func directive(policy, name string) ([]string, bool) {
	for d := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(d); len(words) > 0 && strings.EqualFold(words[0], name) {
			return words[1:], true
		}
	}
	return nil, false
}

func allowsAny(sources []string, self, u *url.URL) bool {
	for _, s := range sources {
		if allowsSource(strings.ToLower(s), self, u) {
			return true
		}
	}
	return false
}

func allowsSource(source string, self, u *url.URL) bool {
	switch {
	case source == "'none'":
		return false
	case source == "'self'":
		return sameOrigin(self, u)
	case source == "*":
		return true
	case strings.HasSuffix(source, ":"):
		return u.Scheme+":" == source
	}
	scheme, rest, ok := strings.Cut(source, "://")
	if !ok {
		scheme, rest = self.Scheme, source
	}
	if u.Scheme != scheme && !(scheme == "http" && u.Scheme == "https") {
		return false
	}
	host, path, _ := strings.Cut(rest, "/")
	if path != "" && !strings.HasPrefix(u.Path, "/"+path) {
		return false
	}
	host, port, _ := strings.Cut(host, ":")
	if port != "" && port != "*" && port != u.Port() || port == "" && u.Port() != "" {
		return false
	}
	if below, ok := strings.CutPrefix(host, "*."); ok {
		return strings.HasSuffix(canonicalHost(u), "."+below)
	}
	return canonicalHost(u) == host
}
