package middleware

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.="

// M04: each of the 256 bytes, at each place, among all others.
func TestM04_Alphabet(t *testing.T) {
	for length := 1; length < 20; length++ {
		value := strings.Repeat(alphabet, 2)[length : 2*length]
		require.True(t, tokenLike(value, length))
		require.False(t, tokenLike(value, length-1), "longer than it may be")
		for at := range length {
			for b := range 256 {
				got := tokenLike(value[:at]+string([]byte{byte(b)})+value[at+1:], length)
				if want := strings.IndexByte(alphabet, byte(b)) >= 0; got != want {
					t.Fatalf("byte %#x at %d of %d: got %t, want %t", b, at, length, got, want)
				}
			}
		}
	}
}

func FuzzAlphabet(f *testing.F) {
	for _, seed := range []string{"", "a.b-c_d=", "a.b c", "0123456\xff89abcde", "\x80\x80\x80\x80\x80\x80\x80\x80", "//////////"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		want := strings.Trim(value, alphabet) == "" && !strings.ContainsFunc(value, func(r rune) bool { return !strings.ContainsRune(alphabet, r) })
		if got := tokenLike(value, len(value)); got != want {
			t.Fatalf("%q: got %t, want %t", value, got, want)
		}
	})
}
