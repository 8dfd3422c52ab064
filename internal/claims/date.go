package claims

import (
	"bytes"
	"strconv"
	"time"
)

// Date is a NumericDate (RFC 7519, 2): seconds since 1970. Of a fraction only its presence
// is kept. The zero Date means that the member is missing.
type Date struct {
	Seconds  int64 // rounded down; 0 to 2^32-1
	Fraction bool  // the fraction was not zero
	Present  bool
}

// Floor is the last whole second before the date: the strict reading of an end.
func (d Date) Floor() int64 { return d.Seconds }

// Ceil is the first whole second after the date: the strict reading of a beginning.
func (d Date) Ceil() int64 {
	if d.Fraction {
		return d.Seconds + 1
	}
	return d.Seconds
}

// Date reads a NumericDate until the year 2106 in plain decimal notation. Some libraries
// also accept exponents, signs and numbers in quotes, which can overflow or be read
// differently by two programs. Stytch writes whole seconds.
func (r *Reader) Date() Date {
	if r.err == nil && (r.peek() < '0' || r.peek() > '9') {
		r.fail(ErrShape)
	}
	text := r.number()
	d := Date{Present: r.err == nil}
	whole := 0
	for whole < len(text) && text[whole] >= '0' && text[whole] <= '9' {
		if whole == 10 {
			r.fail(ErrShape)
			return Date{}
		}
		d.Seconds = d.Seconds*10 + int64(text[whole]-'0')
		whole++
	}
	if d.Seconds >= 1<<32 {
		r.fail(ErrShape)
		return Date{}
	}
	for i, c := range text[whole:] {
		switch {
		case i == 0 && c == '.':
		case i > 0 && c >= '0' && c <= '9':
			d.Fraction = d.Fraction || c != '0'
		default:
			r.fail(ErrShape)
			return Date{}
		}
	}
	return d
}

// number reads a number (RFC 8259, 6) and returns its text. A number that no float64 can
// hold is rejected: some programs read it as infinity, while golang-jwt and encoding/json
// reject the whole text.
func (r *Reader) number() []byte {
	if r.err != nil {
		return nil
	}
	start := r.pos
	if r.here() == '-' {
		r.pos++
	}
	switch {
	case r.here() == '0':
		r.pos++
	case r.digits() == 0:
		r.fail(ErrSyntax)
		return nil
	}
	if r.here() == '.' {
		r.pos++
		if r.digits() == 0 {
			r.fail(ErrSyntax)
			return nil
		}
	}
	c := r.here()
	exponent := c == 'e' || c == 'E'
	if exponent {
		r.pos++
		if c := r.here(); c == '+' || c == '-' {
			r.pos++
		}
		if r.digits() == 0 {
			r.fail(ErrSyntax)
			return nil
		}
	}
	text := r.src[start:r.pos]
	// Below 10^308 nothing overflows without an exponent.
	if exponent || len(text) > 308 {
		if _, err := strconv.ParseFloat(string(text), 64); err != nil {
			r.fail(ErrShape)
			return nil
		}
	}
	return text
}

func (r *Reader) here() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

func (r *Reader) digits() (n int) {
	for r.here() >= '0' && r.here() <= '9' {
		r.pos++
		n++
	}
	return n
}

// Timestamp reads a string with an RFC 3339 time and returns it in UTC. A null is the zero
// time.
func (r *Reader) Timestamp() time.Time {
	if r.Null() || r.err != nil {
		return time.Time{}
	}
	text := r.Text()
	if r.err != nil {
		return time.Time{}
	}
	var t time.Time
	if err := t.UnmarshalText(text); err != nil || !strictTime(text) {
		r.fail(ErrShape)
		return time.Time{}
	}
	return t.UTC()
}

// strictTime rejects what package time accepts beyond RFC 3339, 5.6: a comma before the
// fraction, an hour of one digit, an offset of a day (https://go.dev/issue/54580).
func strictTime(text []byte) bool {
	if len(text) < len("2006-01-02T15:04:05Z") || text[13] != ':' || bytes.IndexByte(text, ',') >= 0 {
		return false
	}
	if text[len(text)-1] == 'Z' {
		return true
	}
	hour, minute := text[len(text)-5:len(text)-3], text[len(text)-2:]
	return string(hour) < "24" && string(minute) < "60"
}
