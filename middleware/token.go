package middleware

import (
	"bytes"
	"encoding/base64"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/claims"
)

// tokenLike reports whether every byte is one of A-Z a-z 0-9 _ - . = and there are not too
// many. An empty value passes, since it stands for no token.
func tokenLike(value string, most int) bool {
	if len(value) > most {
		return false
	}
	var bad byte
	for len(value) >= 4 { // four at a time take half as long
		bad |= notInToken[value[0]] | notInToken[value[1]] | notInToken[value[2]] | notInToken[value[3]]
		value = value[4:]
	}
	for i := range len(value) {
		bad |= notInToken[value[i]]
	}
	return bad == 0
}

// notInToken is 1 for each byte that tokens do not contain.
var notInToken = func() (table [256]byte) {
	for i := range table {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.=", byte(i)) < 0 {
			table[i] = 1
		}
	}
	return table
}()

// claimsOf returns the claims of a session_jwt, and false if they are not in the form that
// Stytch uses. It verifies no signature: callers use it for a token that an AuthFunc has
// accepted, or to choose the token that an AuthFunc gets.
func claimsOf(jwt string) (claims.Claims, bool) {
	_, rest, _ := strings.Cut(jwt, ".")
	payload, _, _ := strings.Cut(rest, ".")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return claims.Claims{}, false
	}
	c, err := claims.Read(decoded, nil)
	return c, err == nil
}

// tokenDates returns when a session_jwt was issued and when it expires, and false if its
// claims are not in the form that Stytch uses.
func tokenDates(jwt string) (issued, expires time.Time, ok bool) {
	c, ok := claimsOf(jwt)
	if !ok || !c.IssuedAt.Present || !c.Expires.Present {
		return time.Time{}, time.Time{}, false
	}
	return time.Unix(c.IssuedAt.Ceil(), 0), time.Unix(c.Expires.Floor(), 0), true
}

// sameSession reports whether two session_jwts are of one session.
func sameSession(a, b string) bool {
	first, ok := claimsOf(a)
	second, okToo := claimsOf(b)
	return ok && okToo && len(first.SessionID) > 0 && bytes.Equal(first.SessionID, second.SessionID)
}

// older reports whether one session_jwt was certainly issued before another.
func older(jwt, than string) bool {
	issued, _, ok := tokenDates(jwt)
	thanIssued, _, thanOK := tokenDates(than)
	return ok && thanOK && issued.Before(thanIssued)
}

// expired reports whether a session_jwt has expired, or does not say when.
func expired(jwt string) bool {
	_, expires, ok := tokenDates(jwt)
	return !ok || !time.Now().Before(expires)
}
