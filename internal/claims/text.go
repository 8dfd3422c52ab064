package claims

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string and returns its decoded bytes. Without escapes they are a part of the
// Reader's text.
func (r *Reader) Text() []byte {
	if r.err != nil {
		return nil
	}
	if r.peek() != '"' {
		r.fail(ErrShape)
		return nil
	}
	start, end, escaped := r.scanString()
	return r.text(name{uint32(start), uint32(end), escaped})
}

// scanString reads a string and returns the position of its contents.
func (r *Reader) scanString() (start, end int, escaped bool) {
	start = r.pos + 1
	if r.plain {
		n := bytes.IndexByte(r.src[start:], '"')
		if n < 0 {
			r.fail(ErrSyntax)
			return 0, 0, false
		}
		r.pos = start + n + 1
		return start, start + n, false
	}
	for i := start; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '"':
			r.pos = i + 1
			return start, i, escaped
		case c == '\\':
			escaped = true
			i++ // unescape checks the character after it
		case c < 0x20: // RFC 8259, 7: control characters must be escaped
			r.fail(ErrSyntax)
			return 0, 0, false
		}
	}
	r.fail(ErrSyntax)
	return 0, 0, false
}

// plain reports whether a text has neither a backslash nor a control character. Stytch's
// texts have none, and then bytes.IndexByte finds the ends of strings. It checks eight
// bytes at a time: a byte b is below n exactly if b-n borrows from its top bit and b does
// not have that bit itself.
func plain(src []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(src); i += 8 {
		b := binary.LittleEndian.Uint64(src[i:])
		escape := b ^ ones*'\\'
		if ((b-ones*0x20)&^b|(escape-ones)&^escape)&tops != 0 {
			return false
		}
	}
	for _, c := range src[i:] {
		if c < 0x20 || c == '\\' {
			return false
		}
	}
	return true
}

// text decodes the contents of a string.
func (r *Reader) text(n name) []byte {
	inside := r.src[n.start:n.end:n.end]
	if !n.escaped {
		return inside
	}
	decoded, ok := unescape(inside)
	if !ok {
		r.fail(ErrSyntax)
		return nil
	}
	return decoded
}

// unescape decodes the escapes of RFC 8259, 7. A lone surrogate is rejected: it is no
// character, and programs read it differently.
func unescape(s []byte) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) {
			return nil, false
		}
		switch s[i] {
		case '"', '\\', '/':
			out = append(out, s[i])
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			c, ok := hex4(s[i+1:])
			if !ok {
				return nil, false
			}
			i += 4
			if utf16.IsSurrogate(c) {
				if len(s) < i+7 || s[i+1] != '\\' || s[i+2] != 'u' {
					return nil, false
				}
				low, ok := hex4(s[i+3:])
				if c = utf16.DecodeRune(c, low); !ok || c == unicode.ReplacementChar {
					return nil, false
				}
				i += 6
			}
			out = utf8.AppendRune(out, c)
		default:
			return nil, false
		}
	}
	return out, true
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var c rune
	for _, d := range s[:4] {
		switch {
		case '0' <= d && d <= '9':
			c = c<<4 | rune(d-'0')
		case 'a' <= d && d <= 'f':
			c = c<<4 | rune(d-'a'+10)
		case 'A' <= d && d <= 'F':
			c = c<<4 | rune(d-'A'+10)
		default:
			return 0, false
		}
	}
	return c, true
}

// Printable reports whether s consists of visible characters: no controls, and no format
// characters (Unicode category Cf, such as the bidirectional overrides), which can make one
// name look like another.
func Printable(s []byte) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < 0x20 || c == 0x7f {
				return false
			}
			i++
			continue
		}
		c, size := utf8.DecodeRune(s[i:])
		if c == utf8.RuneError || unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
			return false
		}
		i += size
	}
	return true
}
