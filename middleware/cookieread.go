package middleware

import (
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// cookieNames are the names of the two session cookies.
type cookieNames struct{ token, jwt string }

func namesFor(hostPrefix bool) cookieNames {
	if hostPrefix {
		return cookieNames{"__Host-" + grimoireauth.SessionTokenCookie, "__Host-" + grimoireauth.SessionJWTCookie}
	}
	return cookieNames{grimoireauth.SessionTokenCookie, grimoireauth.SessionJWTCookie}
}

// The longest values that are looked at. A session_jwt with all the custom
// claims that Stytch allows has under 8 kB; an opaque token has 44 bytes.
const (
	maxJWT   = 16 << 10
	maxToken = 1 << 10
)

var (
	errTwoValues = fmt.Errorf("a session cookie came with two different values: %w", grimoireauth.ErrUnauthenticated)
	errBadValue  = fmt.Errorf("a session cookie holds what no token holds: %w", grimoireauth.ErrUnauthenticated)
)

// read scans the Cookie headers of a request. http.Request.Cookie costs several
// times as much as all the rest of a warm check, takes the first of two values,
// which is the planted one (RFC 6265, 5.4: longer paths go first), and strips
// quotes. Here two different values refuse the request, values are taken as
// they are, and nothing but a token's alphabet passes, here or in ask. An empty
// value is a cookie that was cleared, like none.
func (n cookieNames) read(lines []string) (presented, error) {
	var p presented
	var seenToken, seenJWT bool
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			// RFC 6265, 4.2.1 separates pairs by "; ". Only spaces are skipped: any
			// other byte before the name belongs to another name.
			for pair != "" && pair[0] == ' ' {
				pair = pair[1:]
			}
			var twice bool
			if value, ok := valueOf(pair, n.token); ok {
				twice = seenToken && value != p.token
				p.token, seenToken = value, true
			} else if value, ok := valueOf(pair, n.jwt); ok {
				twice = seenJWT && value != p.jwt
				p.jwt, seenJWT = value, true
			}
			if twice {
				return presented{}, errTwoValues
			}
		}
	}
	// The letters of the session_jwt are looked at in ask.
	if !tokenLike(p.token, maxToken) || len(p.jwt) > maxJWT {
		return presented{}, errBadValue
	}
	return p, nil
}

func valueOf(pair, name string) (string, bool) {
	if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
		return pair[len(name)+1:], true
	}
	return "", false
}
