package middleware

import (
	"net/url"
	"strings"
)

// maxReturn bounds a return address, so that it fits a cookie with room to spare.
const maxReturn = 2048

// ReturnTo returns the address if a browser may be sent there after signing in,
// and "" and false otherwise: only a path on this very host, with an optional
// query and fragment. Refused are other schemes and hosts, "//host" and "/\host"
// in any spelling that a browser, a proxy or a second decoding would take for
// one, dot segments, control characters, spaces and everything outside ASCII
// (a browser sends those percent-encoded).
//
// http.Redirect passes "//evil.example" on unchanged, so whatever comes from a
// request goes through here first. See CWE-601 and
// https://url.spec.whatwg.org/#url-parsing.
func ReturnTo(address string) (string, bool) {
	if len(address) > maxReturn || !strings.HasPrefix(address, "/") || !plain(address) {
		return "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Opaque != "" || u.Host != "" || u.User != nil {
		return "", false
	}
	path, _, _ := strings.Cut(address, "#")
	path, _, _ = strings.Cut(path, "?")
	if !safePath(path) {
		return "", false
	}
	return address, true
}

// plain reports whether all is printable ASCII without a backslash: WHATWG URLs
// treat "\" as "/" and drop tabs and line breaks anywhere.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	return true
}

// safePath looks at the path as it is and as each further decoding would make
// it: what comes behind us may decode once more than we do.
func safePath(path string) bool {
	for range 4 {
		if strings.Contains(path, "//") {
			return false
		}
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				return false
			}
		}
		for i := range len(path) {
			if path[i] < ' ' || path[i] == 0x7f || path[i] == '\\' {
				return false
			}
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path {
			// "/100%25" decodes to "/100%", which decodes no further.
			return true
		}
		path = decoded
	}
	return false
}
