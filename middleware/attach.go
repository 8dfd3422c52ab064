package middleware

import (
	"errors"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Attach writes credentials on a request the way the Guard reads them, in place
// of any it had: for tests, reverse proxies, and programs that call a guarded
// service. Where a bearer token is read, a session_jwt that is alone goes as one, and two
// credentials go as cookies where those are read; the session_token's cookie names its session if
// the credentials do. It returns an error that matches [grimoireauth.ErrInvalid] if they
// are no tokens, if there is no session_jwt for a Guard that reads nothing else, or no
// session_token for one that owns its cookies, where a session_jwt alone proves nothing.
func (g *Guard) Attach(r *http.Request, credentials grimoireauth.Credentials) error {
	if g == nil || g.auth == nil {
		return errZeroGuard
	}
	jwt, token := credentials.JWT.Reveal(), credentials.Token.Reveal()
	if !tokenLike(jwt, maxJWT) || !tokenLike(token, maxToken) || !tokenLike(string(credentials.NamedSession), maxToken) {
		return errors.Join(grimoireauth.ErrInvalid, errBadCredentials)
	}
	if g.config.Carrier != CookiesOnly {
		r.Header.Del("Authorization")
	}
	alone := token == "" && jwt != ""
	switch {
	case g.config.Carrier == BearerOnly && token != "" && jwt == "":
		return errors.Join(grimoireauth.ErrInvalid, errTokenAsBearer)
	case g.config.Carrier == BearerOnly, g.config.Carrier == BearerOrCookies && alone:
		g.attachCookies(r.Header, "", "")
		if jwt != "" {
			r.Header.Set("Authorization", "Bearer "+jwt)
		}
		return nil
	case alone && !g.config.FrontEndCookies:
		return errors.Join(grimoireauth.ErrInvalid, errJWTAlone)
	case token != "" && credentials.NamedSession != "" && !g.config.FrontEndCookies:
		token = named(token, credentials.NamedSession)
	}
	g.attachCookies(r.Header, jwt, token)
	return nil
}

var (
	errBadCredentials = errors.New("credentials that are no tokens")
	errJWTAlone       = errors.New("a session_jwt without a session_token proves no session in the cookies of this Guard")
	errTokenAsBearer  = errors.New("a session_token is no bearer token: this Guard reads a session_jwt")
)

func (g *Guard) attachCookies(h http.Header, jwt, token string) {
	var pairs []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimLeft(pair, " ")
			_, isToken := valueOf(pair, g.cookie.token)
			_, isJWT := valueOf(pair, g.cookie.jwt)
			_, isMoved := valueOf(pair, g.moved.token)
			if pair != "" && !isToken && !isJWT && !isMoved {
				pairs = append(pairs, pair)
			}
		}
	}
	if token != "" {
		pairs = append(pairs, g.cookie.token+"="+token)
	}
	if jwt != "" {
		pairs = append(pairs, g.cookie.jwt+"="+jwt)
	}
	h.Del("Cookie")
	if len(pairs) > 0 {
		h.Set("Cookie", strings.Join(pairs, "; "))
	}
}
