package middleware

import (
	"errors"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Attach writes credentials on a request the way the Guard reads them, in place
// of any it had: for tests, reverse proxies, and programs that call a guarded
// service. Where only a bearer token is read the session_jwt goes alone, and where
// both are read, both go as cookies. It returns an error that matches
// [grimoireauth.ErrInvalid] if they are no tokens, or if there is no session_jwt
// for a Guard that reads nothing else.
func (g *Guard) Attach(r *http.Request, credentials grimoireauth.Credentials) error {
	if g == nil || g.auth == nil {
		return errZeroGuard
	}
	jwt, token := credentials.JWT.Reveal(), credentials.Token.Reveal()
	if !tokenLike(jwt, maxJWT) || !tokenLike(token, maxToken) {
		return errors.Join(grimoireauth.ErrInvalid, errBadCredentials)
	}
	if g.config.Carrier != CookiesOnly {
		r.Header.Del("Authorization")
	}
	if g.config.Carrier != BearerOnly {
		g.attachCookies(r.Header, jwt, token)
		return nil
	}
	switch {
	case jwt != "":
		r.Header.Set("Authorization", "Bearer "+jwt)
	case token != "":
		return errors.Join(grimoireauth.ErrInvalid, errTokenAsBearer)
	}
	return nil
}

var (
	errBadCredentials = errors.New("credentials that are no tokens")
	errTokenAsBearer  = errors.New("a session_token is no bearer token: this Guard reads a session_jwt")
)

func (g *Guard) attachCookies(h http.Header, jwt, token string) {
	var pairs []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimLeft(pair, " ")
			_, isToken := valueOf(pair, g.cookie.token)
			_, isJWT := valueOf(pair, g.cookie.jwt)
			if pair != "" && !isToken && !isJWT {
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
