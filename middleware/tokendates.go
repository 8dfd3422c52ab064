package middleware

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/claims"
)

// tokenDates returns when a session_jwt was issued and when it expires, and false
// if it does not say so in the form that Stytch uses. It proves nothing: it is
// asked only about a token whose holder an AuthFunc has already vouched for.
func tokenDates(jwt string) (issued, expires time.Time, ok bool) {
	_, rest, _ := strings.Cut(jwt, ".")
	payload, _, _ := strings.Cut(rest, ".")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return time.Time{}, time.Time{}, false
	}
	c, err := claims.Read(decoded, nil)
	if err != nil || !c.IssuedAt.Present || !c.Expires.Present {
		return time.Time{}, time.Time{}, false
	}
	return time.Unix(c.IssuedAt.Ceil(), 0), time.Unix(c.Expires.Floor(), 0), true
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
