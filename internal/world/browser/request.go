package browser

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What a browser accepts for each kind, as Chromium says it in shorter form.
var accepts = [...]string{
	KindNavigation: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	KindFetch:      "*/*",
	KindStylesheet: "text/css,*/*;q=0.1",
	KindImage:      "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8",
	KindScript:     "*/*",
	KindPreflight:  "*/*",
}

// destinations are the values of Sec-Fetch-Dest.
var destinations = [...]string{
	KindNavigation: "document", KindFetch: "empty", KindStylesheet: "style",
	KindImage: "image", KindScript: "script", KindPreflight: "empty",
}

// newRequest makes a request in the form that a server's handler takes.
func (t *Tab) newRequest(l *load, name string, kind Kind, method string, u *url.URL, body, contentType string) *Request {
	r := &http.Request{
		Method: method, URL: u, Host: u.Host, RequestURI: u.RequestURI(), RemoteAddr: t.browser.config.RemoteAddr,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}
	if u.Scheme == "https" {
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: canonicalHost(u), Version: tls.VersionTLS13}
	}
	if body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	if body != "" || method == "POST" || method == "PUT" {
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("Accept", accepts[kind])
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("User-Agent", t.browser.config.UserAgent)
	return &Request{Request: r.WithContext(l.ctx), Name: name, Tab: t.number, Kind: kind, At: time.Now()}
}

// addCookies puts the cookies of the jar into the request.
func (b *Browser) addCookies(r *Request, a Access) {
	if r.Sent = b.jar.Send(a); len(r.Sent) > 0 {
		r.Header.Set("Cookie", cookieHeader(r.Sent))
	}
}

// navigationRequest is the request for an entry; chain are its addresses so
// far, the last of which is requested now.
func (t *Tab) navigationRequest(l *load, e *entry, chain []*url.URL, policy, name string) (*Request, Access) {
	b := t.browser
	r := t.newRequest(l, name, KindNavigation, e.method, e.url, e.body, e.contentType)
	r.Header.Set("Upgrade-Insecure-Requests", "1")
	a := Access{URL: e.url, Method: e.method, TopLevel: true}
	var initiator *url.URL
	if e.from != nil {
		initiator = e.from.Address
		a.CrossSite = !b.jar.sameSite(initiator, e.url)
		if policy == "" {
			policy = e.from.Document.Referrer
		}
		if !e.noReferrer {
			setReferer(r, policy, initiator)
		}
		if !safeMethod(e.method) {
			r.Header.Set("Origin", formOrigin(policy, initiator, chain, e.noReferrer))
		}
	}
	b.fetchMetadata(r, initiator, chain, "navigate")
	if e.user && r.Header.Get("Sec-Fetch-Site") != "" {
		r.Header.Set("Sec-Fetch-User", "?1")
	}
	b.addCookies(r, a)
	return r, a
}

// fetchMetadata sets Sec-Fetch-Site, -Mode and -Dest. Without an initiator a
// person typed the address. https://w3c.github.io/webappsec-fetch-metadata/
func (b *Browser) fetchMetadata(r *Request, initiator *url.URL, chain []*url.URL, mode string) {
	if !trustworthy(chain[len(chain)-1]) {
		return
	}
	site := "none"
	if initiator != nil {
		site = "same-origin"
		for _, u := range chain {
			switch {
			case sameOrigin(initiator, u):
			case !b.jar.sameSite(initiator, u):
				site = "cross-site"
			case site != "cross-site":
				site = "same-site"
			}
		}
	}
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Sec-Fetch-Mode", mode)
	r.Header.Set("Sec-Fetch-Dest", destinations[r.Kind])
}

// formOrigin is the Origin header of a form that is posted. It is "null" after a redirect
// from another origin to a third one, and where the referrer policy hides the page.
// https://fetch.spec.whatwg.org/#append-a-request-origin-header
func formOrigin(policy string, initiator *url.URL, chain []*url.URL, noReferrer bool) string {
	current := chain[len(chain)-1]
	for i := 1; i < len(chain); i++ {
		if !sameOrigin(chain[i-1], chain[i]) && !sameOrigin(initiator, chain[i-1]) {
			return "null"
		}
	}
	downgrade := initiator.Scheme == "https" && current.Scheme != "https"
	switch policy {
	case "no-referrer":
		return "null"
	case "", "strict-origin", "strict-origin-when-cross-origin", "no-referrer-when-downgrade":
		if downgrade {
			return "null"
		}
	case "same-origin":
		if !sameOrigin(initiator, current) {
			return "null"
		}
	}
	if noReferrer {
		return "null"
	}
	return origin(initiator)
}
