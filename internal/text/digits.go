package text

import (
	"strings"
	"unicode"
)

// Digits returns the text with the digits of every script as 0 to 9, and whether that
// changed anything. Keyboards of Arabic, Persian and the scripts of India write digits of
// their own, and Chinese and Japanese input writes full-width ones. It knows no separators
// and no signs, so it does not read amounts.
func Digits(s string) (string, bool) {
	if strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return s, false
	}
	changed := false
	out := strings.Map(func(r rune) rune {
		if value, ok := digit(r); ok && r > unicode.MaxASCII {
			changed = true
			return '0' + value
		}
		return r
	}, s)
	return out, changed
}

// digit returns the value of a decimal digit. Unicode encodes digits in runs of ten
// from zero (The Unicode Standard, section 4.6), so every range of the table begins
// with a zero.
func digit(r rune) (rune, bool) {
	for _, block := range unicode.Nd.R16 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return (r - rune(block.Lo)) % 10, true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return (r - rune(block.Lo)) % 10, true
		}
	}
	return 0, false
}
