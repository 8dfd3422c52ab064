package middleware

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// mixture notices that a request brings cookies which something else than this Guard has
// written under names that it uses: settings of a front end and of a Guard that do not go
// together. It logs each kind once a minute at the most.
type mixture [mixtures]atomic.Int64 // when each was logged last, in Unix seconds

const (
	mixedTwoValues = iota
	mixedUnnamed
	mixedNamed
	mixedUnread
	mixtures
)

var mixtureTexts = [mixtures]string{
	mixedTwoValues: "a session cookie came with two values, so neither counts: another host of the site, an earlier SharedCookieDomain or a front end has written one; the cookie that this Guard does not write is deleted if it owns the cookies",
	mixedUnnamed:   "a session_token cookie names no session: an earlier version or a front end has written it; if it is a front end, set FrontEndCookies or another CookieName",
	mixedNamed:     "a session_token cookie was written by a Guard that owns its cookies, and this Guard says that a front end does: set FrontEndCookies on all Guards of these names or on none",
	mixedUnread:    "a request brings Stytch's own session cookies, and this Guard reads others: if a front end owns the cookies, set FrontEndCookies; if an earlier version of this service wrote them, list them as FormerCookies",
}

// readCookies reads the cookies of a request, and notices mixtures.
func (g *Guard) readCookies(r *http.Request, p *presented) error {
	lines := r.Header["Cookie"]
	err := g.cookie.read(lines, p)
	switch {
	case errors.Is(err, errTwoValues), p.several:
		g.noteMixture(r.Context(), mixedTwoValues)
	case err != nil:
		if g.cookie.frontEnd && strings.Contains(strings.Join(lines, ";"), nameMark) {
			g.noteMixture(r.Context(), mixedNamed)
		}
	case p.out:
	case p.token == "" && p.jwt == "":
		if moved, ok := g.readMoved(lines); ok {
			*p = moved
			return nil
		}
		if former, ok := g.readFormer(lines); ok {
			*p = former
			return nil
		}
		if g.cookie.prefixed() && bringsStytchs(lines) {
			g.noteMixture(r.Context(), mixedUnread)
		}
	case p.session == "" && !g.cookie.frontEnd:
		g.noteMixture(r.Context(), mixedUnnamed)
	}
	return err
}

func (g *Guard) noteMixture(ctx context.Context, kind int) {
	now := time.Now().Unix()
	last := g.mixture[kind].Load()
	if last != 0 && now-last < 60 || !g.mixture[kind].CompareAndSwap(last, now) {
		return
	}
	g.config.logger().WarnContext(ctx, mixtureTexts[kind])
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
