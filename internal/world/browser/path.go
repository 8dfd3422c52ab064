package browser

import (
	"net/url"
	"strings"
)

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
