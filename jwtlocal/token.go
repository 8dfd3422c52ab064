package jwtlocal

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/claims"
)

const (
	// maxToken bounds a token. Stytch's tokens have two kilobytes and at most four more of
	// custom claims.
	maxToken = 16 << 10
	// maxHeader bounds the encoded header. Stytch's headers have 108 bytes.
	maxHeader = 1 << 10
)

// headerOf returns the first of the three segments of a JWS in compact serialization (RFC
// 7515, 7.1), still encoded. It searches only as far as a header can reach, so garbage
// costs nothing.
func headerOf(token string) (header string, ok bool) {
	end := strings.IndexByte(token[:min(len(token), maxHeader+1)], '.')
	return token[:max(end, 0)], end > 0
}

// parts are the other two segments, still encoded, and the text that the signature covers.
// They share the memory of the token.
type parts struct{ payload, signature, signed string }

// split separates the signature, whose length in characters follows from the key. A dot in
// the payload is rejected by decode.
func split(token, header string, length int) (p parts, ok bool) {
	dot := len(token) - length - 1
	if dot <= len(header)+1 || token[dot] != '.' {
		return parts{}, false
	}
	return parts{payload: token[len(header)+1 : dot], signature: token[dot+1:], signed: token[:dot]}, true
}

// hasLineBreak finds the characters that encoding/base64 skips even in strict mode. A
// second spelling of a token would have another digest, and so another place in the cache.
func hasLineBreak(s string) bool {
	return strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0
}

// decode appends the octets of a segment to dst. It accepts one spelling: base64url without
// padding (RFC 7515, 2), without line breaks and without stray bits in the last character
// (RFC 4648, 3.5).
func decode(dst []byte, segment string) ([]byte, bool) {
	if hasLineBreak(segment) {
		return nil, false
	}
	n := base64.RawURLEncoding.DecodedLen(len(segment))
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	n, err := strict.Decode(dst[:n], []byte(segment))
	return dst[:n], err == nil
}

// keyID returns the key id that the header names.
func keyID(header string) (string, Reason) {
	var buffer [maxHeader]byte
	octets, ok := decode(buffer[:0], header)
	if !ok {
		return "", ReasonMalformed
	}
	h, err := claims.ReadHeader(octets)
	switch err {
	case nil:
		return h.KeyID, 0
	case claims.ErrAlgorithm:
		return "", ReasonAlgorithm
	}
	return "", ReasonHeader
}

// hasTokenForm reports whether a secret can be a session_token: base64url, with or without
// padding, of at least the thirty-two random bytes of Stytch's opaque tokens. Stytch is not
// asked about anything else.
func hasTokenForm(token grimoireauth.Secret) bool {
	text := token.Reveal()
	if len(text) > maxSessionToken || hasLineBreak(text) {
		return false
	}
	encoding := strict
	if len(text) > 0 && text[len(text)-1] == '=' {
		encoding = strictPadded
	}
	var buffer [maxSessionToken]byte
	n, err := encoding.Decode(buffer[:], []byte(text))
	return err == nil && n >= minSessionTokenBytes
}

const minSessionTokenBytes, maxSessionToken = 32, 512

var strict = base64.RawURLEncoding.Strict()

var strictPadded = base64.URLEncoding.Strict()

// digest identifies a token by all of its bytes, the signature included. Only digests are
// kept, so a heap dump holds no token. It is the whole SHA-256: with a shorter one two
// tokens could collide, and one person would get another's session.
type digest [sha256.Size]byte

// digestOf hashes through a buffer on the stack. Converting the whole token to a slice
// would allocate a copy for every request.
func digestOf(token string) (d digest) {
	h := sha256.New()
	var buffer [512]byte
	for len(token) > 0 {
		n := copy(buffer[:], token)
		h.Write(buffer[:n])
		token = token[n:]
	}
	h.Sum(d[:0])
	return d
}

// The longest times that this package allows for.
const (
	// maxLifetime bounds exp - iat. Stytch's session_jwts live five minutes.
	maxLifetime = time.Hour
	// maxLeeway bounds Config.Leeway.
	maxLeeway = time.Minute
	// maxOutageGrace bounds Config.OutageGrace.
	maxOutageGrace = 24 * time.Hour
)
