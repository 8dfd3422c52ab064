package jwtlocal

import (
	"encoding/base64"
	"strings"

	"github.com/promptgrimoire/auth/internal/claims"
)

const (
	// maxToken bounds a token. Stytch's have two kilobytes, and at most four more
	// of custom claims.
	maxToken = 16 << 10
	// maxHeader bounds the encoded header; Stytch's have 108 bytes.
	maxHeader = 1 << 10
)

// parts are the three segments of a JWS in compact serialization (RFC 7515, 7.1),
// still encoded. They are parts of the token.
type parts struct{ header, payload, signature, signed string }

// split cuts a token at its two dots. A third one is refused when the signature is
// decoded, so that no cost depends on the number of dots.
func split(token string) (p parts, ok bool) {
	first := strings.IndexByte(token[:min(len(token), maxHeader+1)], '.')
	if first <= 0 {
		return parts{}, false
	}
	second := strings.IndexByte(token[first+1:], '.')
	if second <= 0 {
		return parts{}, false
	}
	second += first + 1
	p = parts{header: token[:first], payload: token[first+1 : second], signature: token[second+1:], signed: token[:second]}
	return p, p.signature != ""
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
