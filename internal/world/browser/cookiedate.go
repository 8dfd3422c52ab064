package browser

import (
	"strconv"
	"strings"
	"time"
)

// parseCookieDate reads a date as RFC 6265bis, 5.1.1 says: the parts may stand in any
// order and between any delimiters.
func parseCookieDate(s string) (time.Time, bool) {
	var hasTime, hasDay, hasMonth, hasYear bool
	var hour, minute, second, day, month, year int
	for _, token := range strings.FieldsFunc(s, isDateDelimiter) {
		if h, m, s, ok := dateTime(token); ok && !hasTime {
			hasTime, hour, minute, second = true, h, m, s
			continue
		}
		if n, ok := leadingNumber(token, 1, 2); ok && !hasDay {
			hasDay, day = true, n
			continue
		}
		if n := dateMonth(token); n > 0 && !hasMonth {
			hasMonth, month = true, n
			continue
		}
		if n, ok := leadingNumber(token, 2, 4); ok && !hasYear {
			hasYear, year = true, n
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if !hasTime || !hasDay || !hasMonth || !hasYear ||
		day < 1 || day > 31 || year < 1601 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day // the 31st of a shorter month is no date
}

func isDateDelimiter(r rune) bool {
	return r == 0x09 || r >= 0x20 && r <= 0x2f || r >= 0x3b && r <= 0x40 || r >= 0x5b && r <= 0x60 || r >= 0x7b && r <= 0x7e
}

// leadingNumber reads between least and most digits; what follows them must not
// begin with a digit.
func leadingNumber(token string, least, most int) (int, bool) {
	n := 0
	for n < len(token) && token[n] >= '0' && token[n] <= '9' {
		n++
	}
	if n < least || n > most {
		return 0, false
	}
	v, err := strconv.Atoi(token[:n])
	return v, err == nil
}

// dateTime reads hh:mm:ss, of one or two digits each.
func dateTime(token string) (h, m, s int, ok bool) {
	parts := strings.SplitN(token, ":", 3)
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	var v [3]int
	for i, part := range parts {
		n, ok := leadingNumber(part, 1, 2)
		if !ok || i < 2 && strings.Trim(part, "0123456789") != "" {
			return 0, 0, 0, false
		}
		v[i] = n
	}
	return v[0], v[1], v[2], true
}

func dateMonth(token string) int {
	if len(token) < 3 {
		return 0
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(token[:3]))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return i/3 + 1
}
