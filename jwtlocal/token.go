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
	// maxToken bounds a token. Stytch's have two kilobytes, and at most four more
	// of custom claims.
	maxToken = 16 << 10
	// maxHeader bounds the encoded header; Stytch's have 108 bytes.
	maxHeader = 1 << 10
)

// headerOf returns the first of the three segments of a JWS in compact
// serialization (RFC 7515, 7.1), still encoded. It looks no further than a header
// can reach, so that garbage costs nothing.
func headerOf(token string) (header string, ok bool) {
	end := strings.IndexByte(token[:min(len(token), maxHeader+1)], '.')
	return token[:max(end, 0)], end > 0
}

// parts are the other two segments, still encoded, and what the signature covers.
// They are parts of the token.
type parts struct{ payload, signature, signed string }

// split cuts off a signature of a known length: that of the key, in characters. A
// dot in the payload is refused when it is decoded.
func split(token, header string, length int) (p parts, ok bool) {
	dot := len(token) - length - 1
	if dot <= len(header)+1 || token[dot] != '.' {
		return parts{}, false
	}
	return parts{payload: token[len(header)+1 : dot], signature: token[dot+1:], signed: token[:dot]}, true
}

// hasLineBreak finds what encoding/base64 skips, even if strict. A token must have
// one spelling only, or it could be remembered, and cut off, under another.
func hasLineBreak(s string) bool {
	return strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0
}

// decode appends the octets of a segment to dst. It accepts one spelling: the
// base64url alphabet without padding (RFC 7515, 2), line breaks or stray bits in
// the last character (RFC 4648, 3.5).
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

// keyID returns the id of the key that signed the token, as its header says.
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

// hasTokenForm reports whether a secret can be a session_token: base64url, with or
// without padding, of the thirty-two random bytes or more that Stytch's opaque
// tokens have. Whatever cannot be one is not worth a call.
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

// digest names a token by all of its bytes, signature included. Only digests are
// kept, so a heap dump holds no token. It is SHA-256 in full: two tokens with one
// digest would be one person taken for another.
type digest [sha256.Size]byte

// digestOf hashes by way of a buffer on the stack: a conversion of the whole token
// would be a copy on the heap for every request.
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

// maxLifetime bounds exp - iat. Stytch's tokens live five minutes; one that lives
// for more than an hour was not made by Stytch, or not to be a session_jwt.
const maxLifetime = time.Hour
