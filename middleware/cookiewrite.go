package middleware

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// maxCookie is what a browser stores of one cookie, name and attributes
// included (RFC 6265, 6.1). It drops a longer one without a word.
const maxCookie = 4096

// SetCookies gives the browser these credentials in place of any it had: after a
// sign-in, in the response to r. Pass only what [Guard.Authenticate] returned. The cookies last until
// the session ends. A session_jwt that is too long for a cookie is left out, and
// the session_token alone proves the session from then on. The response is kept
// out of caches. Call it before the response is written.
//
// It sets nothing and returns an error that matches [grimoireauth.ErrInvalid] if
// there is nothing that could be set: no credentials, a session that is over.
func (g *Guard) SetCookies(w http.ResponseWriter, r *http.Request, authentication grimoireauth.Authentication) error {
	if g == nil || g.auth == nil {
		return errZeroGuard
	}
	if g.config.Carrier == BearerOnly {
		return fmt.Errorf("%w: this Guard reads no cookies", ErrMisconfigured)
	}
	jwt, token := authentication.JWT.Reveal(), authentication.Token.Reveal()
	if !tokenLike(token, maxToken) || !tokenLike(jwt, maxJWT) {
		return fmt.Errorf("%w: credentials that are no tokens", grimoireauth.ErrInvalid)
	}
	age, ok := maxAge(authentication.ExpiresAt())
	if !ok {
		return fmt.Errorf("%w: the session is over", grimoireauth.ErrInvalid)
	}
	jwt = g.fitting(jwt, age)
	if jwt == "" && token == "" {
		return fmt.Errorf("%w: no credentials that fit a cookie", grimoireauth.ErrInvalid)
	}
	if authentication.IsZero() {
		return fmt.Errorf("%w: nobody was authenticated", grimoireauth.ErrInvalid)
	}
	// An absent one is deleted: it would belong to another session.
	g.write(w, g.cookie.token, token, age)
	g.write(w, g.cookie.jwt, jwt, age)
	uncached(w)
	return nil
}

// ClearCookies deletes both session cookies. The guard calls it when Stytch says
// that the session has ended, and on nothing else; a logout calls it too.
func (g *Guard) ClearCookies(w http.ResponseWriter, r *http.Request) {
	if g == nil || g.auth == nil || g.config.Carrier == BearerOnly {
		return
	}
	g.write(w, g.cookie.token, "", 0)
	g.write(w, g.cookie.jwt, "", 0)
	uncached(w)
}

// renewCookies brings what changed in a refresh to the browser. What the answer
// leaves out may still be good, so it stays. Whoever showed a session_jwt alone
// gets no session_token for it: that would turn five minutes into a session.
func (g *Guard) renewCookies(w http.ResponseWriter, had presented, now grimoireauth.Authentication) {
	jwt, token := now.JWT.Reveal(), now.Token.Reveal()
	if had.token == "" {
		token = ""
	}
	if (jwt == had.jwt || jwt == "") && (token == had.token || token == "") {
		return
	}
	age, ok := maxAge(now.ExpiresAt())
	if !ok || !tokenLike(token, maxToken) || !tokenLike(jwt, maxJWT) {
		return
	}
	// An answer that is older than what the browser has was overtaken by another.
	if jwt != "" && older(jwt, had.jwt) {
		return
	}
	if token != "" && token != had.token {
		g.write(w, g.cookie.token, token, age)
		uncached(w)
	}
	if jwt == "" || jwt == had.jwt {
		return
	}
	// One that does not fit takes the stale one away, once.
	if jwt = g.fitting(jwt, age); jwt != had.jwt {
		g.write(w, g.cookie.jwt, jwt, age)
		uncached(w)
	}
}

// maxAge returns the seconds until the session ends, 0 for a cookie that lasts
// as long as the browser runs since nobody said, and false if it is over.
func maxAge(end time.Time) (int, bool) {
	if end.IsZero() {
		return 0, true
	}
	seconds := int(time.Until(end) / time.Second)
	return seconds, seconds > 0
}

// fitting returns the session_jwt, or "" if a browser would drop its cookie and
// the student would be sent to sign in again and again.
func (g *Guard) fitting(jwt string, age int) string {
	if jwt == "" || len(g.line(g.cookie.jwt, jwt, age)) <= maxCookie {
		return jwt
	}
	g.oversized.Do(func() {
		g.config.logger().Warn("the session_jwt is too long for a cookie, so only the session_token is kept: use fewer custom claims",
			"bytes", len(jwt), "limit", maxCookie)
	})
	return ""
}

// write puts one cookie on the response, in place of one of that name which was
// put there before; an empty value deletes it.
func (g *Guard) write(w http.ResponseWriter, name, value string, age int) {
	h := w.Header()
	kept := make([]string, 0, len(h["Set-Cookie"])+1)
	for _, line := range h["Set-Cookie"] {
		if !strings.HasPrefix(line, name+"=") {
			kept = append(kept, line)
		}
	}
	h["Set-Cookie"] = append(kept, g.line(name, value, age))
}

func (g *Guard) line(name, value string, age int) string {
	cookie := http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		Domain:   g.config.CookieDomain,
		MaxAge:   age,
		Secure:   !g.config.InsecureCookies,
		HttpOnly: true,
		// Strict would lose the session on the way in from the e-mail.
		SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	return cookie.String()
}

// uncached keeps a response that sets cookies to the one browser it is for.
func uncached(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if !varies(h, "Cookie") {
		h.Add("Vary", "Cookie")
	}
}

// varies reports whether Vary names this header already.
func varies(h http.Header, header string) bool {
	for _, line := range h["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, header) {
				return true
			}
		}
	}
	return false
}
