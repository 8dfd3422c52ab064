// Package text is the one rule for names, addresses and numbers that people type: what is
// trimmed, what is rejected, and when two spellings are equal. Every package of this module
// that takes a name or an address uses it, so all of them accept the same input.
//
// It imports the standard library only, since package grimoireauth and the guards import it.
// Composing letters ("e" and an accent to "é", Unicode's form NFC) needs tables, so that is
// package text/nfc.
//
// The mock has rules of its own, so that a mistake in this package is found by its tests.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest name, in characters.
const MaxName = 200

// CharError says that a text has a character that cannot be seen, or that changes how the
// rest of the text looks.
type CharError struct {
	Char rune
	At   int // the position of the character, from 1
}

// Error names the character and quotes nothing else of the text.
func (e *CharError) Error() string {
	if e.Char == utf8.RuneError {
		return fmt.Sprintf("character %d was garbled on the way (%s)", e.At, CharName(e.Char))
	}
	return fmt.Sprintf("character %d is invisible (%s)", e.At, CharName(e.Char))
}

// LengthError says that a name has more than [MaxName] characters.
type LengthError struct{ Chars int }

// Error says how long the name is and how long it may be.
func (e *LengthError) Error() string {
	return fmt.Sprintf("it has %d characters, more than %d", e.Chars, MaxName)
}

// Name returns a name as it is stored: without spaces and invisible characters at its ends,
// and with single spaces inside. Its error is a [CharError] for an invisible character
// inside, or a [LengthError]. It does not compose letters.
func Name(s string) (string, error) {
	s = Trim(s)
	at, spaces, other := 0, 0, false
	for _, r := range s {
		at++
		switch {
		case r == ' ' || unicode.Is(unicode.Zs, r):
			spaces++
			other = other || r != ' ' || spaces > 1
			continue
		case Invisible(r):
			return "", &CharError{Char: r, At: at}
		}
		spaces = 0
	}
	if other {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.Is(unicode.Zs, r) }), " ")
		at = utf8.RuneCountInString(s)
	}
	if at > MaxName {
		return "", &LengthError{Chars: at}
	}
	return s, nil
}

// Trim removes spaces and invisible characters at both ends, where programs leave marks of
// direction and byte order. A garbled character stays, since it stands for one that was
// lost.
func Trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == zeroWidthNonJoiner || r == zeroWidthJoiner || r != utf8.RuneError && r != 0 && Invisible(r)
	})
}

// The two joiners are parts of words in Persian, in the scripts of India and in emoji, so
// only Trim treats them as invisible.
const (
	zeroWidthNonJoiner = 0x200c
	zeroWidthJoiner    = 0x200d
)

// Invisible reports whether a character cannot be seen in a line of text, or changes how
// its neighbours look: controls, line breaks, marks of direction and other formats, blank
// letters, and the replacement character. Spaces are not invisible.
func Invisible(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7f:
		return false
	case r < ' ', r >= 0x7f && r < 0xa0:
		return true
	case r == zeroWidthNonJoiner || r == zeroWidthJoiner:
		return false
	case r == utf8.RuneError, r == 0x2028, r == 0x2029:
		return true
	case unicode.Is(unicode.Cf, r):
		return !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
	}
	_, blank := blanks[r]
	return blank
}

// blanks are letters and marks without a glyph that Unicode does not class as formats.
var blanks = map[rune]string{
	0x034f: "COMBINING GRAPHEME JOINER",
	0x115f: "HANGUL CHOSEONG FILLER",
	0x1160: "HANGUL JUNGSEONG FILLER",
	0x17b4: "KHMER VOWEL INHERENT AQ",
	0x17b5: "KHMER VOWEL INHERENT AA",
	0x2800: "BRAILLE PATTERN BLANK",
	0x3164: "HANGUL FILLER",
	0xffa0: "HALFWIDTH HANGUL FILLER",
}

// charNames are the names of invisible characters that occur in real class lists.
var charNames = map[rune]string{
	0x00: "NULL", 0x09: "TAB", 0x0a: "LINE FEED", 0x0b: "LINE TABULATION", 0x0d: "CARRIAGE RETURN", 0x1b: "ESCAPE", 0x7f: "DELETE",
	0x85: "NEXT LINE", 0xad: "SOFT HYPHEN", 0x061c: "ARABIC LETTER MARK", 0x180e: "MONGOLIAN VOWEL SEPARATOR",
	0x200b: "ZERO WIDTH SPACE", 0x200c: "ZERO WIDTH NON-JOINER", 0x200d: "ZERO WIDTH JOINER",
	0x200e: "LEFT-TO-RIGHT MARK", 0x200f: "RIGHT-TO-LEFT MARK", 0x2028: "LINE SEPARATOR", 0x2029: "PARAGRAPH SEPARATOR",
	0x202a: "LEFT-TO-RIGHT EMBEDDING", 0x202b: "RIGHT-TO-LEFT EMBEDDING", 0x202c: "POP DIRECTIONAL FORMATTING",
	0x202d: "LEFT-TO-RIGHT OVERRIDE", 0x202e: "RIGHT-TO-LEFT OVERRIDE", 0x2060: "WORD JOINER",
	0x2066: "LEFT-TO-RIGHT ISOLATE", 0x2067: "RIGHT-TO-LEFT ISOLATE", 0x2068: "FIRST STRONG ISOLATE", 0x2069: "POP DIRECTIONAL ISOLATE",
	0xfeff: "BYTE ORDER MARK", 0xfffd: "REPLACEMENT CHARACTER",
}

// CharName returns "U+200F RIGHT-TO-LEFT MARK", or the number alone for rare characters.
func CharName(r rune) string {
	name := charNames[r]
	if name == "" {
		name = blanks[r]
	}
	if name == "" {
		return fmt.Sprintf("%U", r)
	}
	return fmt.Sprintf("%U %s", r, name)
}
