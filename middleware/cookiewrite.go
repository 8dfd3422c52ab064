package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// maxCookie is the length of one cookie that a browser stores, name and attributes
	// included (RFC 6265, 6.1). It drops a longer one silently.
	maxCookie = 4096
	// longestCookie is how long browsers keep a cookie at the most (RFC 6265bis, 5.5).
	longestCookie = 400 * 24 * time.Hour
)

// SetCookies writes the cookies of these credentials, in place of any that the browser had,
// in the response to r, before that response is written: after a sign-in, and after
// switching class. Pass only what [Guard.Authenticate] returned. If r brings the credentials
// of another session, Config.Revoke ends it; a failure to do so is logged and changes
// nothing.
//
// The cookies last as long as the session can: until Session.EndsBy if sessions slide, and
// otherwise for the 400 days that browsers keep a cookie. Only Stytch ends the session. A
// session_jwt that is too long for a cookie is left out; the session_token alone then proves
// the session. The response is kept out of caches.
//
// It sets nothing and returns an error that matches [grimoireauth.ErrInvalid] if there is no
// session_token or the session is over. The error matches [ErrMisconfigured] if this Guard
// sets no cookies, or if the browser would drop them: see [Guard.CheckCookies].
func (g *Guard) SetCookies(w http.ResponseWriter, r *http.Request, authentication grimoireauth.Authentication) error {
	host := ""
	if r != nil {
		host = hostOf(r)
	}
	if err := g.CheckCookies(host); err != nil {
		return err
	}
	jwt, token := authentication.JWT.Reveal(), authentication.Token.Reveal()
	age, live := cookieAge(authentication)
	switch {
	case !tokenLike(token, maxToken) || !tokenLike(jwt, maxJWT) || !tokenLike(string(authentication.ID()), maxToken):
		return fmt.Errorf("%w: credentials that are no tokens", grimoireauth.ErrInvalid)
	case !live:
		return fmt.Errorf("%w: the session is over", grimoireauth.ErrInvalid)
	case authentication.IsZero():
		return fmt.Errorf("%w: no session was authenticated", grimoireauth.ErrInvalid)
	case token == "":
		return fmt.Errorf("%w: without a session_token a session_jwt proves no session in the cookies of this Guard", grimoireauth.ErrInvalid)
	}
	if r != nil {
		g.endEarlier(r, authentication.ID())
	}
	h := w.Header()
	g.cookie.expireVariants(h, r)
	g.expireFormer(h)
	g.expireMoved(h, r)
	mark := g.config.SessionMarks.Mark(authentication.Token, authentication.ID())
	g.cookie.put(h, g.cookie.token, markedTokenValue(token, authentication.ID(), mark), age)
	// An absent session_jwt is deleted: it would belong to another session.
	g.cookie.put(h, g.cookie.jwt, g.jwtThatFits(jwt, age), age)
	setUncached(w)
	return nil
}

// CheckCookies returns why a browser that reaches this host, such as
// "classes.example.edu", would not keep the cookies that [Guard.SetCookies] writes, nil if
// it keeps them. The empty host stands for any. Its error matches [ErrMisconfigured].
func (g *Guard) CheckCookies(host string) error {
	switch {
	case g == nil || g.auth == nil:
		return errZeroGuard
	case g.config.CredentialSource == BearerOnly:
		return fmt.Errorf("%w: this Guard reads no cookies", ErrMisconfigured)
	case g.config.FrontEndCookies:
		return fmt.Errorf("%w: a front end owns the cookies of this Guard (FrontEndCookies), so nothing else may write them", ErrMisconfigured)
	case host != "" && !g.cookie.sharedWith(host):
		return fmt.Errorf("%w: a browser at %.100q drops cookies of the SharedCookieDomain %.100q, which that host is not below", ErrMisconfigured, host, g.cookie.domain)
	}
	return nil
}

// CookieName returns the name of the session_token's cookie without its prefix, as in
// Config.CookieName. Two services on one host have different ones.
func (g *Guard) CookieName() string {
	if g == nil {
		return ""
	}
	return strings.TrimPrefix(g.cookie.token, hostPrefix)
}

// CookieDomain returns the Domain of the cookies that this Guard writes, empty if they
// belong to one host alone.
func (g *Guard) CookieDomain() string {
	if g == nil {
		return ""
	}
	return g.cookie.domain
}

// ClearCookies deletes the session cookies, in the response to r: after a sign-out. While
// former cookies are read, the session_token's cookie stays without a token. The guards
// themselves never call it. It does nothing if this Guard writes no cookies.
func (g *Guard) ClearCookies(w http.ResponseWriter, r *http.Request) {
	if g.CheckCookies("") != nil {
		return
	}
	h := w.Header()
	if r != nil {
		g.cookie.expireForeign(h, r)
	}
	g.cookie.expireVariants(h, r)
	g.expireFormer(h)
	g.expireMoved(h, r)
	if left := g.formerLeft(); left > 0 {
		// A response that moves former cookies may arrive after this one. What it writes is
		// read only if there is no session_token's cookie, so this one stays, without a token.
		g.cookie.put(h, g.cookie.token, signedOut, left)
	} else {
		g.cookie.put(h, g.cookie.token, "", 0)
	}
	g.cookie.put(h, g.cookie.jwt, "", 0)
	setUncached(w)
}

// endEarlier ends the session that the browser had, so that it does not go on at Stytch
// without a cookie. It does so even if the browser closes the connection.
func (g *Guard) endEarlier(r *http.Request, now grimoireauth.SessionID) {
	var rc requestCredentials
	if err := g.readCookies(r, &rc); err != nil || rc.forAuthFunc().IsZero() {
		return
	}
	ctx := context.WithoutCancel(r.Context())
	if r = r.WithContext(ctx); g.byBearer(r) {
		r = r.Clone(ctx)
		r.Header.Del("Authorization") // a program's session, which goes on
	}
	// Not Check, which would also check whether this person may make the request r.
	a := g.requestAuth(r, false)
	earlier, err := a.authentication, a.err
	switch {
	case isUnauthenticated(err), err == nil && earlier.ID() == now:
	case err != nil:
		g.log(ctx, slog.LevelWarn, "", "the earlier session of this browser could not be found out, so it was not ended", "error", logText(err))
	case g.config.Revoke == nil:
		g.unended.Do(func() {
			g.config.logger().WarnContext(ctx, "the earlier session of this browser goes on at Stytch: pass client.Sessions.Revoke as Config.Revoke")
		})
	default:
		if err := g.config.Revoke(ctx, earlier.Session); err != nil {
			g.log(ctx, slog.LevelWarn, "", "the earlier session of this browser could not be ended", "session", earlier.ID(), "error", logText(err))
		}
	}
}

// logText returns the text of an error that holds no secret, and the type of any other.
func logText(err error) string {
	var own *grimoireauth.Error
	if errors.As(err, &own) {
		return own.Error()
	}
	return fmt.Sprintf("%T", err)
}

// renewCookies writes the session_jwt of a refresh, and nothing else. Only
// [Guard.SetCookies] writes the cookie of the session_token, since this response may arrive
// after the next person has signed in on this browser.
func (g *Guard) renewCookies(w http.ResponseWriter, had *requestCredentials, now *grimoireauth.Authentication) {
	jwt := now.JWT.Reveal()
	if g.config.FrontEndCookies || had.former || had.token == "" || jwt == "" || jwt == had.jwt || !tokenLike(jwt, maxJWT) {
		return
	}
	age, live := cookieAge(*now)
	// The browser has a later answer of Stytch already.
	if !live || older(jwt, had.jwt) {
		return
	}
	// One that does not fit takes the stale one away, once.
	if jwt = g.jwtThatFits(jwt, age); jwt != had.jwt {
		g.cookie.put(w.Header(), g.cookie.jwt, jwt, age)
		setUncached(w)
	}
}

// markEnded writes into the session_jwt's cookie that the session has ended, so that the
// next requests are refused without a call to Stytch. The value names the session: it has no
// effect if it arrives after the next person has signed in.
func (g *Guard) markEnded(w http.ResponseWriter, had requestCredentials) {
	if g.config.FrontEndCookies || had.former || had.ended || had.session == "" {
		return
	}
	g.cookie.put(w.Header(), g.cookie.jwt, endedValue(had.session), int(longestCookie/time.Second))
	setUncached(w)
}

// cookieAge returns for how many seconds the cookies of a session are kept, and false if
// the session is over.
func cookieAge(a grimoireauth.Authentication) (int, bool) {
	now, last := time.Now(), a.EndsBy()
	if end := a.ExpiresAt(); !end.IsZero() && !end.After(now) {
		return 0, false
	}
	life := longestCookie
	if !last.IsZero() {
		life = min(life, last.Sub(now))
	}
	return int(life / time.Second), life >= time.Second
}

// jwtThatFits returns the session_jwt, or "" if a browser would drop its cookie and
// the student would be sent to sign in again and again.
func (g *Guard) jwtThatFits(jwt string, age int) string {
	if jwt == "" || len(g.cookie.line(g.cookie.jwt, jwt, age)) <= maxCookie {
		return jwt
	}
	g.oversized.Do(func() {
		g.config.logger().Warn("the session_jwt is too long for a cookie, so only the session_token is kept: use fewer custom claims",
			"bytes", len(jwt), "limit", maxCookie)
	})
	return ""
}

// setUncached keeps a response that sets cookies out of caches, which would hand them to
// other browsers.
func setUncached(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if !listsVary(h["Vary"], "Cookie") {
		h.Add("Vary", "Cookie")
	}
}

// listsVary reports whether Vary names this header already.
func listsVary(lines []string, header string) bool {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, header) {
				return true
			}
		}
	}
	return false
}
