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

// The longest values that are read. A session_jwt with all the custom claims that Stytch
// allows has under 8 kB; an opaque token has 44 bytes.
const (
	maxJWT   = 16 << 10
	maxToken = 1 << 10

	// A range, since other versions of this module may make marks of another length.
	minMark, maxMark = 16, 64
)

var (
	errTwoValues = fmt.Errorf("a session cookie came with two different values: %w", grimoireauth.ErrUnauthenticated)
	errBadValue  = fmt.Errorf("a session cookie holds what no token holds: %w", grimoireauth.ErrUnauthenticated)
)

// read reads the Cookie headers of a request into rc, which is zero and stays so if there is
// an error. An empty value counts as no cookie, as deleting one can leave it.
//
// It does not use http.Request.Cookie, which costs several times as much as all the rest of
// a warm check, returns the first of two values, which is the planted one (RFC 6265, 5.4:
// longer paths go first), and strips quotes. Here two different values refuse the request,
// and other bytes than those of tokens are rejected, here or by authenticate.
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
		return s.readBare(token, jwt, rc)
	}
	return s.readPair(token, jwt, rc)
}

// valueOf returns the value of a cookie pair, and whether the cookie has this name.
func valueOf(pair, name string) (string, bool) {
	if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
		return pair[len(name)+1:], true
	}
	return "", false
}

// readPair reads the values of cookies that the guard owns. Without a session_token there is
// no session: a session_jwt that is alone arrived after a sign-out. A session_token without
// the id of its session was written by an earlier version, one without a mark by a Guard
// without Config.SessionMarks.
func (s *sessionCookies) readPair(token, jwt string, rc *requestCredentials) error {
	switch token {
	case "":
		return nil
	case signedOut:
		rc.signedOut = true
		return nil
	}
	session, mark, ended := "", "", false
	if at := strings.IndexByte(token, cookieSeparator[0]); at >= 0 {
		token, session = token[:at], token[at+1:]
		if at = strings.IndexByte(session, cookieSeparator[0]); at >= 0 {
			session, mark = session[:at], session[at+1:]
			if len(mark) < minMark || len(mark) > maxMark || strings.IndexByte(mark, cookieSeparator[0]) >= 0 {
				return errBadValue
			}
		}
		if token == "" || session == "" || len(session) > maxToken {
			return errBadValue
		}
	}
	if id, ok := strings.CutPrefix(jwt, endedPrefix); ok {
		// One about another session arrived late and does not concern this one.
		jwt, ended = "", session != "" && id == session
	}
	// authenticate checks the bytes of the session_jwt and of the session id beside one, if
	// the session_jwt was not verified here. Those of a mark need no check: one that is not
	// recognised counts as none.
	if !tokenLike(token, maxToken) || len(jwt) > maxJWT || jwt == "" && !tokenLike(session, maxToken) {
		return errBadValue
	}
	rc.token, rc.session, rc.mark, rc.jwt, rc.ended = token, session, mark, jwt, ended
	return nil
}

// readBare reads the values of cookies that a front end owns.
func (s *sessionCookies) readBare(token, jwt string, rc *requestCredentials) error {
	if !tokenLike(token, maxToken) || len(jwt) > maxJWT {
		return errBadValue
	}
	rc.token, rc.jwt = token, jwt
	return nil
}

// readSeveral reads cookies of a front end that came with two values: the front end writes
// one with a Domain and wrote one without before, or Stytch's own host writes one as well.
// The guard must not delete either. The youngest session_jwt counts if all are of one
// session, and refuses the request otherwise, since one may have been planted. No
// session_token counts unless all are equal, since they do not say whose they are.
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
	err := s.readBare(token, jwt, rc)
	rc.several = err == nil
	return err
}

// cookieConflicts limits the log lines about cookies that something else than this Guard has
// written under the names that it uses, because settings of a front end and of a Guard
// contradict each other. Each kind is logged once a minute at the most.
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

// readCookies reads the cookies of a request, or those that former cookies were moved to, or
// former ones. It logs conflicts.
func (g *Guard) readCookies(r *http.Request, rc *requestCredentials) error {
	lines := r.Header["Cookie"]
	err := g.cookie.read(lines, rc)
	switch {
	case errors.Is(err, errTwoValues), rc.several:
		g.logConflict(r.Context(), conflictTwoValues)
	case err != nil:
		if g.cookie.frontEnd && strings.Contains(strings.Join(lines, ";"), cookieSeparator) {
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
		if g.cookie.prefixed() && hasStytchNames(lines) {
			g.logConflict(r.Context(), conflictUnread)
		}
	case rc.session == "" && !g.cookie.frontEnd:
		g.logConflict(r.Context(), conflictUnnamed)
	}
	return err
}

// logConflict logs a conflict unless it was logged within the last minute.
func (g *Guard) logConflict(ctx context.Context, kind int) {
	now := time.Now().Unix()
	last := g.conflicts[kind].Load()
	if last != 0 && now-last < 60 || !g.conflicts[kind].CompareAndSwap(last, now) {
		return
	}
	g.config.logger().WarnContext(ctx, conflictTexts[kind])
}

// hasStytchNames reports whether one of the cookies has one of the names that Stytch's SDKs
// give to session cookies.
func hasStytchNames(lines []string) bool {
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
