package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The longest values that are looked at. A session_jwt with all the custom
// claims that Stytch allows has under 8 kB; an opaque token has 44 bytes.
const (
	maxJWT   = 16 << 10
	maxToken = 1 << 10

	// Other versions of this module may make marks of another length.
	minMark, maxMark = 16, 64
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
//
// What is read goes to p, which is zero. It stays zero if there is an error.
func (s *sessionCookies) read(lines []string, rc *requestCredentials) error {
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
				return s.readSeveral(lines, rc)
			}
			if twice {
				return errTwoValues
			}
		}
	}
	if s.frontEnd {
		return s.bare(token, jwt, rc)
	}
	return s.bound(token, jwt, rc)
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
func (s *sessionCookies) bound(token, jwt string, rc *requestCredentials) error {
	switch token {
	case "":
		return nil
	case signedOut:
		rc.signedOut = true
		return nil
	}
	session, mark, ended := "", "", false
	if at := strings.IndexByte(token, nameMark[0]); at >= 0 {
		token, session = token[:at], token[at+1:]
		if at = strings.IndexByte(session, nameMark[0]); at >= 0 {
			session, mark = session[:at], session[at+1:]
			if len(mark) < minMark || len(mark) > maxMark || strings.IndexByte(mark, nameMark[0]) >= 0 {
				return errBadValue
			}
		}
		if token == "" || session == "" || len(session) > maxToken {
			return errBadValue
		}
	}
	if over, ok := strings.CutPrefix(jwt, endedPrefix); ok {
		// A mark about another session arrived late, and says nothing about this one.
		jwt, ended = "", session != "" && over == session
	}
	// The letters of the session_jwt are looked at in ask, and with one there also those of
	// the name, which is then compared with what the session_jwt attests. Those of a mark
	// need no look: one that is not recognised is like none.
	if !tokenLike(token, maxToken) || len(jwt) > maxJWT || jwt == "" && !tokenLike(session, maxToken) {
		return errBadValue
	}
	rc.token, rc.session, rc.mark, rc.jwt, rc.ended = token, session, mark, jwt, ended
	return nil
}

// bare reads the values of cookies that a front end owns.
func (s *sessionCookies) bare(token, jwt string, rc *requestCredentials) error {
	if !tokenLike(token, maxToken) || len(jwt) > maxJWT {
		return errBadValue
	}
	rc.token, rc.jwt = token, jwt
	return nil
}

// readSeveral reads cookies of a front end that came with two values: it writes one with
// a Domain and has written one without, or Stytch's own host writes them as well. The
// guard must not delete either. The youngest session_jwt counts if all name one session;
// which session_token is that session's cannot be told, so none counts unless all are
// equal. What may have been planted names another session, and refuses the request.
func (s *sessionCookies) readSeveral(lines []string, rc *requestCredentials) error {
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
					return errTwoValues
				case older(jwt, value):
					jwt = value
				}
				jwts++
			}
		}
	}
	if tokens > 1 {
		if jwt == "" {
			return errTwoValues
		}
		token = ""
	}
	err := s.bare(token, jwt, rc)
	rc.several = err == nil
	return err
}

// mixture notices that a request brings cookies which something else than this Guard has
// written under names that it uses: settings of a front end and of a Guard that do not go
// together. It logs each kind once a minute at the most.
type cookieConflicts [conflictKinds]atomic.Int64 // when each was logged last, in Unix seconds

const (
	conflictTwoValues = iota
	conflictUnnamed
	conflictNamed
	conflictUnread
	conflictKinds
)

var conflictTexts = [conflictKinds]string{
	conflictTwoValues: "a session cookie came with two values, so neither counts: another host of the site, an earlier SharedCookieDomain or a front end has written one; the cookie that this Guard does not write is deleted if it owns the cookies",
	conflictUnnamed:   "a session_token cookie names no session: an earlier version or a front end has written it; if it is a front end, set FrontEndCookies or another CookieName",
	conflictNamed:     "a session_token cookie was written by a Guard that owns its cookies, and this Guard says that a front end does: set FrontEndCookies on all Guards of these names or on none",
	conflictUnread:    "a request brings Stytch's own session cookies, and this Guard reads others: if a front end owns the cookies, set FrontEndCookies; if an earlier version of this service wrote them, list them as FormerCookies",
}

// readCookies reads the cookies of a request, and notices mixtures.
func (g *Guard) readCookies(r *http.Request, rc *requestCredentials) error {
	lines := r.Header["Cookie"]
	err := g.cookie.read(lines, rc)
	switch {
	case errors.Is(err, errTwoValues), rc.several:
		g.logConflict(r.Context(), conflictTwoValues)
	case err != nil:
		if g.cookie.frontEnd && strings.Contains(strings.Join(lines, ";"), nameMark) {
			g.logConflict(r.Context(), conflictNamed)
		}
	case rc.signedOut:
	case rc.token == "" && rc.jwt == "":
		if moved, ok := g.readMoved(lines); ok {
			*rc = moved
			return nil
		}
		if former, ok := g.readFormer(lines); ok {
			*rc = former
			return nil
		}
		if g.cookie.prefixed() && bringsStytchs(lines) {
			g.logConflict(r.Context(), conflictUnread)
		}
	case rc.session == "" && !g.cookie.frontEnd:
		g.logConflict(r.Context(), conflictUnnamed)
	}
	return err
}

func (g *Guard) logConflict(ctx context.Context, kind int) {
	now := time.Now().Unix()
	last := g.conflicts[kind].Load()
	if last != 0 && now-last < 60 || !g.conflicts[kind].CompareAndSwap(last, now) {
		return
	}
	g.config.logger().WarnContext(ctx, conflictTexts[kind])
}

// bringsStytchs reports whether one of the cookies has a name of Stytch's own.
func bringsStytchs(lines []string) bool {
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(strings.TrimLeft(pair, " "), "=")
			if name == grimoireauth.SessionTokenCookie || name == grimoireauth.SessionJWTCookie {
				return true
			}
		}
	}
	return false
}
