package forwardauth

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the largest page of a rejection that is kept, in bytes.
const maxBody = 64 << 10

// response records the response of the routes.
type response struct {
	header http.Header // a copy, once the status is written
	status int         // zero: not written yet
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (res *response) Header() http.Header { return res.header }

// WriteHeader implements [http.ResponseWriter]. Informational responses are not passed on.
func (res *response) WriteHeader(status int) {
	if res.status == 0 && status >= 200 {
		res.status, res.header = status, res.header.Clone()
	}
}

// Write implements [http.ResponseWriter].
func (res *response) Write(p []byte) (int, error) {
	res.WriteHeader(http.StatusOK)
	if res.body.Len()+len(p) <= maxBody {
		res.body.Write(p)
	}
	return len(p), nil
}

// proxyStatus returns the status for the proxy. It is zero if the response comes
// neither from [Allow] nor from a rejection.
func (res *response) proxyStatus(allowed bool) int {
	switch status := res.status; {
	case allowed && status == http.StatusNoContent:
		return status
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound,
		status == http.StatusConflict, status == http.StatusServiceUnavailable:
		return status
	case status == http.StatusTooManyRequests:
		// Configurations of proxies have one status for temporary errors.
		return http.StatusServiceUnavailable
	case status == http.StatusMethodNotAllowed:
		return http.StatusNotFound // there is no such route
	case status >= 300 && status < 400 && res.header.Get("Location") != "":
		return http.StatusUnauthorized
	case status >= 400 && status < 500:
		return http.StatusForbidden
	case status >= 500:
		return http.StatusInternalServerError
	}
	return 0
}

// writeHeader writes the headers for the proxy. None of them may be cached, since each
// is about one person at one moment.
func (res *response) writeHeader(h http.Header, status int, detached http.Header, numbered bool) {
	cookies, cacheControl := res.header["Set-Cookie"], res.header.Get("Cache-Control")
	for name, lines := range res.header {
		identity := name == HeaderMember || name == HeaderOrganization || name == HeaderClass || name == HeaderRole
		switch {
		case name == "Set-Cookie", name == "Cache-Control", hopByHop[name], strings.HasPrefix(name, ownPrefix):
		case identity && status != http.StatusNoContent:
		case name == "Location" && status != http.StatusUnauthorized:
		case name == "Www-Authenticate":
			// One line can list several challenges (RFC 9110, section 11.6.1).
			h.Set(name, strings.Join(lines, ", "))
		default:
			h[name] = slices.Clone(lines)
		}
	}
	h.Set("Cache-Control", "no-store")
	putCookies(h, cookies, numbered)
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(res.body.Len()))
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

// putCookies writes the Set-Cookie lines. Lines that set a cookie come before
// deletions, which may be left out.
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
