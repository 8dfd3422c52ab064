package browser

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// simple reports whether a fetch goes to another origin without a preflight.
// https://fetch.spec.whatwg.org/#cors-preflight-fetch
func (f *fetching) simple() bool {
	if m := f.ask.Method; m != "GET" && m != "HEAD" && m != "POST" {
		return false
	}
	kind, _, _ := strings.Cut(f.ask.ContentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
	default:
		return false
	}
	return len(f.unsafeHeaders()) == 0
}

// unsafeHeaders are the headers that need a permission, in lower case and sorted.
func (f *fetching) unsafeHeaders() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(f.ask.Header)) {
		name = strings.ToLower(name)
		if !forbidden(name) && name != "accept" && name != "accept-language" && name != "content-language" {
			names = append(names, name)
		}
	}
	return names
}

// preflight asks another origin whether the fetch is allowed; no cookies come
// with the question.
func (f *fetching) preflight(u *url.URL, name string) error {
	r := f.tab.newRequest(f.load, name, KindPreflight, "OPTIONS", u, "", "")
	r.Header.Set("Origin", f.origin())
	r.Header.Set("Access-Control-Request-Method", f.ask.Method)
	names := f.unsafeHeaders()
	if f.ask.ContentType != "" {
		names = append(names, "content-type")
	}
	if len(names) > 0 {
		r.Header.Set("Access-Control-Request-Headers", strings.Join(names, ","))
	}
	f.tab.browser.fetchMetadata(r, f.page.Address, f.chain, ModeCORS.String())
	reply, err := f.tab.browser.exchange(f.load, r, Access{URL: u, Method: "OPTIONS", CrossSite: true}, false)
	if err != nil {
		return err
	}
	if reply.Status < 200 || reply.Status > 299 || !f.allowed(reply.Header) ||
		!f.lists(reply.Header, "Access-Control-Allow-Methods", f.ask.Method) && f.ask.Method != "POST" && f.ask.Method != "GET" && f.ask.Method != "HEAD" {
		return fmt.Errorf("%w: the CORS preflight was refused", ErrBlocked)
	}
	for _, name := range names {
		if !f.lists(reply.Header, "Access-Control-Allow-Headers", name) {
			return fmt.Errorf("%w: the CORS preflight does not allow %s", ErrBlocked, name)
		}
	}
	return nil
}

func (f *fetching) lists(h http.Header, header, want string) bool {
	for v := range strings.SplitSeq(strings.Join(h.Values(header), ","), ",") {
		if v = strings.TrimSpace(v); strings.EqualFold(v, want) || v == "*" && f.ask.Credentials != Include {
			return true
		}
	}
	return false
}

// allowed is the CORS check. https://fetch.spec.whatwg.org/#cors-check
func (f *fetching) allowed(h http.Header) bool {
	allow := h.Get("Access-Control-Allow-Origin")
	if f.ask.Credentials != Include {
		return allow == "*" || allow == f.origin()
	}
	return allow == f.origin() && h.Get("Access-Control-Allow-Credentials") == "true"
}
