package text

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Slug makes "laws1100-2026-s1" of "LAWS1100, 2026 S1": letters and digits of ASCII with
// hyphens between them, 2 to 128 characters. A Latin letter loses its accent. If other
// letters are lost, a hash of the whole name is appended ("1100-k3v9q2mp"): names that
// differ only in those letters get two slugs, and the same name always gets the same. A
// name without visible characters has an empty slug.
func Slug(name string) string {
	name = Trim(name)
	if name == "" {
		return ""
	}
	var b strings.Builder
	lost, gap := false, false
	for _, r := range name {
		text := ""
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			text = string(r)
		case r >= 'A' && r <= 'Z':
			text = string(r + 'a' - 'A')
		case unicode.Is(unicode.Mn, r) && !gap && b.Len() > 0:
			continue // an accent of the letter before it
		default:
			if value, ok := digit(r); ok {
				text = string('0' + value)
			} else {
				text = plainLetters[unicode.ToLower(r)]
			}
		}
		if text == "" {
			lost = lost || unicode.IsLetter(r) || unicode.IsNumber(r)
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteString(text)
	}
	slug := b.String()
	if lost || len(slug) < 2 || len(slug) > maxSlug {
		sum := sha256.Sum256([]byte(name))
		ending := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
		if slug == "" {
			slug = "class"
		}
		slug = strings.Trim(slug[:min(len(slug), maxSlug-1-len(ending))], "-") + "-" + ending
	}
	return slug
}

// maxSlug is the longest slug. Source: https://stytch.com/docs/b2b/api/create-organization
const maxSlug = 128

// plainLetters are Latin letters outside ASCII without their accents.
var plainLetters = func() map[rune]string {
	out := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ĳ': "ij"}
	for plain, letters := range map[string]string{
		"a": "àáâãäåāăąǎạảấầẩẫậắằẳẵặ", "c": "çćĉċč", "d": "ďđð", "e": "èéêëēĕėęěẹẻẽếềểễệ", "g": "ĝğġģ", "h": "ĥħ",
		"i": "ìíîïĩīĭįıǐỉị", "j": "ĵ", "k": "ķ", "l": "ĺļľŀł", "n": "ñńņňŋ", "o": "òóôõöøōŏőơǒọỏốồổỗộớờởỡợ", "r": "ŕŗř",
		"s": "śŝşšș", "t": "ţťŧț", "u": "ùúûüũūŭůűųưǔụủứừửữự", "w": "ŵ", "y": "ýÿŷỳỵỷỹ", "z": "źżž",
	} {
		for _, letter := range letters {
			out[letter] = plain
		}
	}
	return out
}()

var (
	slugForm      = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)
	slugSubstance = regexp.MustCompile(`[A-Za-z0-9]`)
)

// CheckSlug rejects what Stytch does not accept as a slug.
func CheckSlug(slug string) error {
	if !slugForm.MatchString(slug) || !slugSubstance.MatchString(slug) {
		return fmt.Errorf(`Slug %.140q is not 2 to 128 letters, digits and "-._~"`, slug)
	}
	return nil
}
