package forwardauth

import (
	"strings"
	"unicode/utf8"
)

// maxTarget is the longest path with its query that is looked at, in bytes.
const maxTarget = 8 << 10

// oneReading reports whether every program reads the same path in a request target: the
// proxy, which decodes it and removes dot segments to find its location, net/http, and the
// service behind the proxy, whatever that decodes, merges or cuts off (RFC 3986, 6.2.2).
// So it has no empty segments and none of dots alone, nothing is encoded that needs no encoding, and no
// encoded character would mean something else when it is decoded twice or too early.
func oneReading(target string) bool {
	if len(target) > maxTarget {
		return false
	}
	path, query, _ := strings.Cut(target, "?")
	if !strings.HasPrefix(path, "/") || !plainQuery(query) {
		return false
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		if segment == "" && i < len(segments)-1 || segment != "" && strings.Trim(segment, ".") == "" || !plainSegment(segment) {
			return false
		}
	}
	return true
}

// plainSegment reports whether a segment of a path has one reading. It may have characters
// that are encoded since they must be, as in a title with spaces or accents.
func plainSegment(segment string) bool {
	decoded := make([]byte, 0, len(segment))
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		if c != '%' {
			if !unreserved(c) && !strings.ContainsRune("!$&'()*+,=:@", rune(c)) {
				return false
			}
			decoded = append(decoded, c)
			continue
		}
		if i+2 >= len(segment) {
			return false
		}
		high, low := digit(segment[i+1]), digit(segment[i+2])
		if high < 0 || low < 0 {
			return false
		}
		c = byte(high<<4 | low)
		if c < ' ' || c == 0x7f || unreserved(c) || strings.ContainsRune(`/\%;?#`, rune(c)) {
			return false
		}
		decoded = append(decoded, c)
		i += 2
	}
	// Bytes that are no UTF-8 are read differently, and so is whitespace at the ends.
	text := string(decoded)
	return utf8.ValidString(text) && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, control)
}

// control reports the control characters beyond ASCII (C1).
func control(r rune) bool { return r >= 0x80 && r < 0xa0 }

// plainQuery reports whether no program takes a part of the query for something else.
func plainQuery(query string) bool {
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	return true
}

// unreserved reports the characters that are never encoded (RFC 3986, 2.3).
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// digit returns the value of a hexadecimal digit, -1 if it is none.
func digit(c byte) int {
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
