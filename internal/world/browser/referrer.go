package browser

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var policies = []string{
	"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
	"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
}

// lastPolicy returns the last policy in the Referrer-Policy header that the
// browser knows. https://w3c.github.io/webappsec-referrer-policy/
func lastPolicy(h http.Header) string {
	known := ""
	for _, line := range h.Values("Referrer-Policy") {
		for p := range strings.SplitSeq(line, ",") {
			if p = strings.ToLower(strings.TrimSpace(p)); slices.Contains(policies, p) {
				known = p
			}
		}
	}
	return known
}

// setReferer sets the Referer header of a request that a page makes.
func setReferer(r *Request, policy string, page *url.URL) {
	same := sameOrigin(page, r.URL)
	downgrade := page.Scheme == "https" && r.URL.Scheme != "https"
	full, short := refererOf(page), origin(page)+"/"
	referer := ""
	switch policy {
	case "no-referrer":
	case "unsafe-url":
		referer = full
	case "origin":
		referer = short
	case "strict-origin":
		if !downgrade {
			referer = short
		}
	case "same-origin":
		if same {
			referer = full
		}
	case "origin-when-cross-origin":
		if referer = short; same {
			referer = full
		}
	case "no-referrer-when-downgrade":
		if !downgrade {
			referer = full
		}
	default: // strict-origin-when-cross-origin
		switch {
		case same:
			referer = full
		case !downgrade:
			referer = short
		}
	}
	if referer != "" {
		r.Header.Set("Referer", referer)
	}
}

func refererOf(page *url.URL) string {
	u := *page
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}
