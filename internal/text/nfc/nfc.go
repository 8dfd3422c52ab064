// Package nfc applies the rule of package text to names with their letters composed
// (Unicode's form NFC): an "e" with an accent after it equals an "é", so the name of one
// person from two programs is one name.
//
// It needs golang.org/x/text, which package grimoireauth and the guards must not link, so it
// is a package of its own.
package nfc

import (
	"golang.org/x/text/unicode/norm"

	"github.com/promptgrimoire/auth/internal/text"
)

// Name is [text.Name] with the letters composed.
func Name(s string) (string, error) { return text.Name(String(s)) }

// String returns a text with its letters composed.
func String(s string) string {
	if norm.NFC.IsNormalString(s) {
		return s
	}
	return norm.NFC.String(s)
}
