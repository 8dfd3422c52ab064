package mock

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// newID returns an id of Stytch's form, "<kind>-<env>-<uuid>".
func (s *server) newID(kind string) string { return kind + "-" + s.env + "-" + s.newUUID(kind) }

// newUUID returns the next UUID of a kind.
func (s *server) newUUID(kind string) string { return uuidOf(s.random.bytes(kind, 16)) }

// uuidOf makes a random UUID (RFC 9562, version 4) of 16 random bytes.
func uuidOf(b []byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// randomText returns the next n bytes of a kind in base64url without padding.
func (s *server) randomText(kind string, n int) string {
	return base64.RawURLEncoding.EncodeToString(s.random.bytes(kind, n))
}

// newSessionToken returns 44 characters without padding, and newOneTimeToken 44
// with padding: the two forms that Stytch's samples show.
func (s *server) newSessionToken() string { return s.randomText("session_token", 33) }

func (s *server) newOneTimeToken(kind string) string {
	return base64.URLEncoding.EncodeToString(s.random.bytes(kind, 32))
}

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

// newCode returns the next six random digits of a kind of code.
func (s *server) newCode(kind string) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(s.random.bytes("code "+kind, 8))%1_000_000)
}
