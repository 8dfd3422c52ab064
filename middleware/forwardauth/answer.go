package forwardauth

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody is how much of a refusal's page is kept.
const maxBody = 64 << 10

// answer holds what the routes answer, until it is known what the proxy is told.
type answer struct {
	header http.Header // until the status is written, and of it afterwards
	status int         // zero: not written yet
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter]. Informational responses are not passed on.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.header = status, a.header.Clone()
	}
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.body.Len()+len(p) <= maxBody {
		a.body.Write(p)
	}
	return len(p), nil
}

// told is the status that the proxy is told, zero for an answer that no route of [Allow]
// and no refusal has written.
func (a *answer) told(allowed bool) int {
	switch status := a.status; {
	case allowed && status == http.StatusNoContent:
		return status
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound,
		status == http.StatusConflict, status == http.StatusServiceUnavailable:
		return status
	case status == http.StatusTooManyRequests:
		// Configurations of proxies know one status for what could not be found out.
		return http.StatusServiceUnavailable
	case status == http.StatusMethodNotAllowed:
		return http.StatusNotFound // there is no such route
	case status >= 300 && status < 400 && a.header.Get("Location") != "":
		return http.StatusUnauthorized
	case status >= 400 && status < 500:
		return http.StatusForbidden
	case status >= 500:
		return http.StatusInternalServerError
	}
	return 0
}

// writeHeader writes what the proxy is told beside the status. Everything in an answer is
// about one person at one moment.
func (a *answer) writeHeader(h http.Header, status int, detached http.Header, numbered bool) {
	cookies, cacheControl := a.header["Set-Cookie"], a.header.Get("Cache-Control")
	for name, lines := range a.header {
		identity := name == HeaderMember || name == HeaderOrganization || name == HeaderClass || name == HeaderRole
		switch {
		case name == "Set-Cookie", name == "Cache-Control", hopByHop[name], strings.HasPrefix(name, ownPrefix):
		case identity && status != http.StatusNoContent:
		case name == "Location" && status != http.StatusUnauthorized:
		case name == "Www-Authenticate":
			// One line is a list of several (RFC 9110, 11.6.1).
			h.Set(name, strings.Join(lines, ", "))
		default:
			h[name] = slices.Clone(lines)
		}
	}
	h.Set("Cache-Control", "no-store")
	putCookies(h, cookies, numbered)
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(a.body.Len()))
		return
	}
	if cacheControl != "" || len(cookies) > 0 {
		h.Set(HeaderCacheControl, "no-store")
	}
	set(h, HeaderUpstreamCookie, detached.Get("Cookie"))
	set(h, HeaderUpstreamAuthorization, detached.Get("Authorization"))
}

func set(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// putCookies writes the Set-Cookie lines. What sets something stands before deletions,
// which may be left out.
func putCookies(h http.Header, lines []string, numbered bool) {
	if !numbered {
		if len(lines) > 0 {
			h["Set-Cookie"] = lines
		}
		return
	}
	deletes := func(line string) bool { return strings.Contains(line, "; Max-Age=0") }
	ordered := slices.Concat(slices.DeleteFunc(slices.Clone(lines), deletes),
		slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !deletes(line) }))
	for i, line := range ordered[:min(len(ordered), MaxNumbered)] {
		h.Set(HeaderSetCookie+strconv.Itoa(i+1), line)
	}
}
