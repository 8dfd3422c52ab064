package forwardauth

import (
	"strings"
	"unicode/utf8"
)

// maxTarget is the longest path with its query, in bytes.
const maxTarget = 8 << 10

// hasOneReading reports whether every program parses a request target as the same path:
// the proxy, which decodes it and removes dot segments to find its location, net/http,
// and the service behind the proxy, whatever that decodes, merges or cuts off (RFC
// 3986, section 6.2.2). So the path has no empty segment and no segment of dots alone,
// encodes only what has to be encoded, and contains no encoded character that would
// mean something else if it is decoded twice or too early.
func hasOneReading(target string) bool {
	if len(target) > maxTarget {
		return false
	}
	path, query, _ := strings.Cut(target, "?")
	if !strings.HasPrefix(path, "/") || !isPlainQuery(query) {
		return false
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		if segment == "" && i < len(segments)-1 || segment != "" && strings.Trim(segment, ".") == "" || !isPlainSegment(segment) {
			return false
		}
	}
	return true
}

// isPlainSegment reports whether a path segment has one reading. It may contain
// characters that have to be encoded, as in a title with spaces or accents.
func isPlainSegment(segment string) bool {
	decoded := make([]byte, 0, len(segment))
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		if c != '%' {
			if !isUnreserved(c) && !strings.ContainsRune("!$&'()*+,=:@", rune(c)) {
				return false
			}
			decoded = append(decoded, c)
			continue
		}
		if i+2 >= len(segment) {
			return false
		}
		high, low := hexValue(segment[i+1]), hexValue(segment[i+2])
		if high < 0 || low < 0 {
			return false
		}
		c = byte(high<<4 | low)
		if c < ' ' || c == 0x7f || isUnreserved(c) || strings.ContainsRune(`/\%;?#`, rune(c)) {
			return false
		}
		decoded = append(decoded, c)
		i += 2
	}
	// Programs differ in how they read bytes that are not UTF-8, and white space at the
	// ends.
	text := string(decoded)
	return utf8.ValidString(text) && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, isControl)
}

// isControl reports control characters beyond ASCII (C1).
func isControl(r rune) bool { return r >= 0x80 && r < 0xa0 }

// isPlainQuery reports whether no program takes a part of the query for something else.
func isPlainQuery(query string) bool {
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	return true
}

// isUnreserved reports the characters that are never encoded (RFC 3986, section 2.3).
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// hexValue returns the value of a hexadecimal digit, or -1.
func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
