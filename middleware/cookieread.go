package middleware

import (
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

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
func (s *sessionCookies) read(lines []string) (presented, error) {
	var token, jwt string
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
			if value, ok := valueOf(pair, s.token); ok {
				twice = seenToken && value != token
				token, seenToken = value, true
			} else if value, ok := valueOf(pair, s.jwt); ok {
				twice = seenJWT && value != jwt
				jwt, seenJWT = value, true
			}
			if twice && s.frontEnd {
				return s.readSeveral(lines)
			}
			if twice {
				return presented{}, errTwoValues
			}
		}
	}
	if s.frontEnd {
		return s.bare(token, jwt)
	}
	return s.bound(token, jwt)
}

func valueOf(pair, name string) (string, bool) {
	if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
		return pair[len(name)+1:], true
	}
	return "", false
}

// bound reads the values of cookies that the guard owns. Without a session_token there is
// no session: a session_jwt that is alone came late, after a sign-out. A session_token
// without a name is from before the guard wrote names, one without a mark from a Guard
// that makes none.
func (s *sessionCookies) bound(token, jwt string) (presented, error) {
	switch token {
	case "":
		return presented{}, nil
	case signedOut:
		return presented{out: true}, nil
	}
	p := presented{token: token, jwt: jwt}
	if at := strings.IndexByte(token, nameMark[0]); at >= 0 {
		p.token, p.session = token[:at], token[at+1:]
		if at = strings.IndexByte(p.session, nameMark[0]); at >= 0 {
			p.session, p.mark = p.session[:at], p.session[at+1:]
			if !markLike(p.mark) {
				return presented{}, errBadValue
			}
		}
		if p.token == "" || p.session == "" || len(p.session) > maxToken || !tokenLike(p.session, maxToken) {
			return presented{}, errBadValue
		}
	}
	if over, ok := strings.CutPrefix(jwt, endedPrefix); ok {
		// A mark about another session arrived late, and says nothing about this one.
		p.jwt, p.ended = "", p.session != "" && over == p.session
	}
	// The letters of the session_jwt are looked at in ask.
	if !tokenLike(p.token, maxToken) || len(p.jwt) > maxJWT {
		return presented{}, errBadValue
	}
	return p, nil
}

// markLike reports whether a text has the form of a mark: base64url, of a length that also
// other versions of this module may use. What it is worth is found out when it matters:
// a mark that is not recognised is like none.
func markLike(text string) bool {
	return len(text) >= 16 && len(text) <= 64 && tokenLike(text, maxToken) && !strings.ContainsAny(text, ".=")
}

// bare reads the values of cookies that a front end owns.
func (s *sessionCookies) bare(token, jwt string) (presented, error) {
	if !tokenLike(token, maxToken) || len(jwt) > maxJWT {
		return presented{}, errBadValue
	}
	return presented{token: token, jwt: jwt}, nil
}

// readSeveral reads cookies of a front end that came with two values: it writes one with
// a Domain and has written one without, or Stytch's own host writes them as well. The
// guard must not delete either. The youngest session_jwt counts if all name one session;
// which session_token is that session's cannot be told, so none counts unless all are
// equal. What may have been planted names another session, and refuses the request.
func (s *sessionCookies) readSeveral(lines []string) (presented, error) {
	var token, jwt string
	var tokens, jwts int
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimLeft(pair, " ")
			if value, ok := valueOf(pair, s.token); ok {
				if tokens == 0 || value != token {
					tokens++
				}
				token = value
			} else if value, ok := valueOf(pair, s.jwt); ok {
				switch {
				case jwts == 0:
					jwt = value
				case value != jwt && !sameSession(value, jwt):
					return presented{}, errTwoValues
				case older(jwt, value):
					jwt = value
				}
				jwts++
			}
		}
	}
	if tokens > 1 {
		if jwt == "" {
			return presented{}, errTwoValues
		}
		token = ""
	}
	p, err := s.bare(token, jwt)
	p.several = err == nil
	return p, err
}
