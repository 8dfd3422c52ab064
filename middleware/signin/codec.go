package signin

import "strings"

// The cookies of this package are lists of fields, written by encode and read by
// decode. A field can hold any bytes; a cookie holds those that RFC 6265, 4.1.1, lets
// stand in a value, and "%" and two hexadecimal digits for each of the others.

const (
	separator = ":"
	hexDigits = "0123456789ABCDEF"
)

// encode returns the value of a cookie with these fields.
func encode(fields []string) string {
	var b strings.Builder
	for i, field := range fields {
		if i > 0 {
			b.WriteString(separator)
		}
		for j := range len(field) {
			c := field[j]
			if standsForItself(c) {
				b.WriteByte(c)
				continue
			}
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// decode returns the n fields of a value, and false for one that encode would not
// write: each list of fields has one spelling.
func decode(value string, n int) ([]string, bool) {
	if strings.Count(value, separator) != n-1 {
		return nil, false
	}
	fields := strings.Split(value, separator)
	for i, field := range fields {
		var b strings.Builder
		for j := 0; j < len(field); j++ {
			c := field[j]
			if c == '%' {
				if j+2 >= len(field) {
					return nil, false
				}
				high, low := strings.IndexByte(hexDigits, field[j+1]), strings.IndexByte(hexDigits, field[j+2])
				if high < 0 || low < 0 {
					return nil, false
				}
				c = byte(high<<4 | low)
				j += 2
			}
			b.WriteByte(c)
		}
		fields[i] = b.String()
	}
	return fields, encode(fields) == value
}

func standsForItself(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.~/@?=&+", c) >= 0
}
