package text

import (
	"errors"
	"net/mail"
	"strings"
)

// MaxAddress is the longest address, in bytes (RFC 5321, section 4.5.3.1).
const MaxAddress = 254

// Why [Address] rejects an address.
var (
	ErrNoAddress   = errors.New("the e-mail address is missing")
	ErrAddressForm = errors.New("the e-mail address is not of the form name@example.edu")
	ErrNotASCII    = errors.New("the e-mail address has a character outside ASCII, which can look like another one")
)

// Address returns an address in the spelling in which addresses are compared, with the
// capital letters of ASCII made small. It trims nothing. It rejects letters outside ASCII:
// they can look like another address, and some of them (ſ, the Kelvin sign) become a letter
// of ASCII when a program changes their case.
func Address(s string) (string, error) {
	if s == "" {
		return "", ErrNoAddress
	}
	if len(s) > MaxAddress {
		return "", ErrAddressForm
	}
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= 0x80 {
			return "", ErrNotASCII
		} else if c <= ' ' || c == 0x7f || strings.IndexByte("\"<>(),;:\\", c) >= 0 {
			return "", ErrAddressForm
		} else if !isAtomText(c) && c != '.' && c != '@' {
			plain = false
		}
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !plain || strings.Contains(domain, "@") || !isDotAtom(local) || !isDotAtom(domain) {
		// net/mail checks the rare forms.
		parsed, err := mail.ParseAddress(s)
		if err != nil || parsed.Address != s {
			return "", ErrAddressForm
		}
	}
	return Fold(s), nil
}

// isDotAtom is dot-atom-text of RFC 5322.
func isDotAtom(s string) bool {
	return s != "" && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// isAtomText is atext of RFC 5322.
func isAtomText(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// Fold makes the capital letters of ASCII small and changes no other character. In
// contrast, [strings.ToLower] and [strings.EqualFold] take the Kelvin sign for a k and ſ
// for an s. Addresses are compared in this form.
func Fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			out := []byte(s)
			for ; i < len(out); i++ {
				if c := out[i]; c >= 'A' && c <= 'Z' {
					out[i] = c + 'a' - 'A'
				}
			}
			return string(out)
		}
	}
	return s
}

// SameAddress reports whether two addresses differ at most in the case of letters of ASCII.
func SameAddress(a, b string) bool { return Fold(a) == Fold(b) }
