// Package cookie writes a struct into the value of a cookie and reads it back.
//
// A [Codec] names the fields of the struct once, and both directions follow from that
// list. The value is a version and the fields, with ":" between them. A field can hold
// any bytes: those that RFC 6265, section 4.1.1, does not allow in a cookie, and those
// that separate fields and words, are written as "%" and two hexadecimal digits.
//
// A value has one spelling: Decode accepts only what Encode writes. A value of another
// version is rejected as any other that cannot be read, so that a cookie outlives no
// change of its fields.
package cookie

import (
	"strings"
)

const (
	separator = ":"
	hexDigits = "0123456789ABCDEF"
)

// A Codec is the form of a cookie that holds a T. It is safe for concurrent use.
type Codec[T any] struct {
	Version string // the first field of each value; change it when Fields change
	Max     int    // bytes of the longest value that is read
	Fields  []Field[T]
}

// Encode returns the value of a cookie with v. It can be longer than Max: see Fits.
func (c Codec[T]) Encode(v T) string {
	var b strings.Builder
	escape(&b, c.Version)
	for _, field := range c.Fields {
		b.WriteString(separator)
		escape(&b, field.write(&v))
	}
	return b.String()
}

// Decode returns what a value holds, and false if Encode would not have written it.
func (c Codec[T]) Decode(value string) (T, bool) {
	var v, none T
	if len(value) > c.Max || strings.Count(value, separator) != len(c.Fields) {
		return none, false
	}
	version, rest, _ := strings.Cut(value, separator)
	if version != c.Version {
		return none, false
	}
	for _, field := range c.Fields {
		var text string
		text, rest, _ = strings.Cut(rest, separator)
		text, ok := unescape(text)
		if !ok || !field.read(&v, text) {
			return none, false
		}
	}
	if c.Encode(v) != value {
		return none, false
	}
	return v, true
}

// Fits reports whether Decode would take the value of v, as far as its length goes.
func (c Codec[T]) Fits(v T) bool { return len(c.Encode(v)) <= c.Max }

// escape writes a field as it stands in a value.
func escape(b *strings.Builder, field string) {
	for i := range len(field) {
		c := field[i]
		if isPlain(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
}

// unescape returns the field, and false for a "%" without two digits. It accepts
// needless escapes: Decode compares the spelling.
func unescape(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) {
				return "", false
			}
			high, low := strings.IndexByte(hexDigits, text[i+1]), strings.IndexByte(hexDigits, text[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			c = byte(high<<4 | low)
			i += 2
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

// isPlain reports whether a byte stands in a value as it is.
func isPlain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.~/@?=&+", c) >= 0
}
