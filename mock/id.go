package mock

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// newID returns an id of Stytch's form, "<kind>-<env>-<uuid>".
func (s *Stytch) newID(kind string) string { return kind + "-" + s.env + "-" + newUUID() }

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	b := randomBytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// randomText returns n random bytes in base64url without padding.
func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails: crypto/rand ends the program first
	return b
}

// newSessionToken returns 44 characters without padding, and newOneTimeToken 44
// with padding: the two forms that Stytch's samples show.
func newSessionToken() string { return randomText(33) }

func newOneTimeToken() string { return base64.URLEncoding.EncodeToString(randomBytes(32)) }

// wellFormed reports whether a token could be one of Stytch's: base64url, with
// or without padding, of 32 to 64 bytes. The real rule is not published;
// "invalid-token-for-test" is known to be refused as malformed, and it decodes.
func wellFormed(token string) bool {
	encoding := base64.RawURLEncoding
	if len(token) > 0 && token[len(token)-1] == '=' {
		encoding = base64.URLEncoding
	}
	b, err := decodeText(encoding, token)
	return err == nil && len(b) >= 32 && len(b) <= 64
}

// decodeText decodes base64 and takes one spelling only. Go's decoder skips line
// breaks even when it is strict.
func decodeText(encoding *base64.Encoding, text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("line break in base64")
	}
	return encoding.Strict().DecodeString(text)
}

// newCode returns six random digits.
func newCode() string {
	b := randomBytes(8)
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return fmt.Sprintf("%06d", n%1_000_000)
}
