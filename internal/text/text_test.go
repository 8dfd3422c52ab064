package text_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
	"github.com/stretchr/testify/require"
)

func TestName(t *testing.T) {
	for name, row := range map[string]struct{ in, want, says string }{
		"plain":               {"Ada Lovelace", "Ada Lovelace", ""},
		"spaces":              {"\u00a0 Ada \u3000 Lovelace\t", "Ada Lovelace", ""},
		"marks at the ends":   {"\u200f\ufeffעדה\u200e\u200b", "עדה", ""},
		"a mark inside":       {"Ada\u200fX", "", "character 4 is invisible (U+200F RIGHT-TO-LEFT MARK)"},
		"a soft hyphen":       {"Love\u00adlace", "", "U+00AD SOFT HYPHEN"},
		"a NUL":               {"A\x00da", "", "U+0000 NULL"},
		"a NUL at the end":    {"Ada\x00", "", "U+0000 NULL"},
		"a line break":        {"Ada\nB", "", "U+000A LINE FEED"},
		"garbled":             {"Zo\ufffd", "", "garbled"},
		"no UTF-8":            {"Zo\xeb", "", "garbled"},
		"a blank letter":      {"A\u3164B", "", "HANGUL FILLER"},
		"tags":                {"A\U000e0041B", "", "U+E0041"},
		"Persian":             {"می\u200cخواهم", "می\u200cخواهم", ""},
		"an emoji":            {"Ada 👩\u200d🔬", "Ada 👩\u200d🔬", ""},
		"Arabic number signs": {"\u0600123", "\u0600123", ""},
		"at the limit":        {strings.Repeat("é", 200), strings.Repeat("é", 200), ""},
		"beyond it":           {strings.Repeat("é", 201), "", "201 characters"},
		"nothing":             {" \u200b", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := text.Name(row.in)
			require.Equal(t, row.want, got)
			if row.says != "" {
				require.ErrorContains(t, err, row.says)
				return
			}
			require.NoError(t, err)
			again, err := text.Name(got)
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
	composed, err := nfc.Name("Zoe\u0308")
	require.NoError(t, err)
	require.Equal(t, "Zoë", composed)
}

func TestI10_Address(t *testing.T) {
	for in, want := range map[string]string{
		"Ada@Example.EDU": "ada@example.edu", "a+b_c.d'e@x-y.example": "a+b_c.d'e@x-y.example",
		"": "", "ada": "", "@x.edu": "", "a@": "", "a@b@c": "", "a b@x.edu": "", ".a@x.edu": "", "a..b@x.edu": "", "a@x.edu.": "",
		"\u017fam@example.edu": "", "\u212a@example.edu": "", "jos\u00e9@example.edu": "", "a\x00@example.edu": "", "a@example.edu\u200f": "",
		"Ada <a@x.edu>": "", `"a"@x.edu`: "", strings.Repeat("a", 250) + "@x.edu": "",
	} {
		got, err := text.Address(in)
		require.Equal(t, want, got, in)
		require.Equal(t, want == "", err != nil, in)
	}
	require.False(t, text.SameAddress("\u017fam@example.edu", "sam@example.edu"))
	require.False(t, text.SameAddress("\u212a@example.edu", "k@example.edu"))
	require.True(t, text.SameAddress("K@example.edu", "k@EXAMPLE.edu"))
}

// Every digit of Unicode has a value, and ten in a row count from 0 to 9.
func TestI10_Digits(t *testing.T) {
	for in, want := range map[string]string{"٠١٢٣٤٥٦٧٨٩": "0123456789", "۰۱۲۳": "0123", "１２３": "123", "०९": "09", "𝟘𝟙𝟗": "019", "12a": "12a", "½²": "½²"} {
		got, changed := text.Digits(in)
		require.Equal(t, want, got)
		require.Equal(t, in != want, changed)
	}
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Nd, r) {
			got, _ := text.Digits(string(r))
			require.Equal(t, string(rune('0'+n%10)), got, "%U", r)
			n++
		}
	}
	require.Greater(t, n, 600)
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"LAWS1100, 2026 S1": "laws1100-2026-s1", "  --Torts!-- ": "torts", "Études de droit": "etudes-de-droit", "E\u0301tudes": "etudes",
		"Größe": "grosse", "Łódź": "lodz", "Đặng": "dang", "٢٠٢٦": "2026", "": "", "\u200f ": "",
	} {
		require.Equal(t, want, text.Slug(in), in)
	}
	seen := map[string]string{}
	for _, name := range []string{"法律 1100", "物理 1100", "قانون", "Право", "право 2", "!!", "!", "A", "a", strings.Repeat("ab ", 100), strings.Repeat("ab ", 100) + "c"} {
		slug := text.Slug(name)
		require.Regexp(t, `^[a-z0-9][a-z0-9-]{0,126}[a-z0-9]$`, slug, name)
		require.Equal(t, slug, text.Slug(name))
		require.Empty(t, seen[slug], name)
		seen[slug] = name
	}
}
