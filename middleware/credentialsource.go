package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// CredentialSource is where a [Guard] reads credentials. For each request it reads one
// place: credentials that are rejected there are never replaced by others from elsewhere,
// and the two are never mixed.
type CredentialSource uint8

// The places where a Guard can read credentials.
const (
	// CookiesOnly reads the two session cookies, and no header.
	CookiesOnly CredentialSource = iota
	// BearerOnly reads a session_jwt from the Authorization header (RFC 6750, 2.1), and no
	// cookie, so that no other site can make a browser send credentials. The session_jwt is
	// never refreshed: when it has expired, the client brings another.
	BearerOnly
	// BearerOrCookies reads the Authorization header if there is one, of any scheme, and the
	// cookies only in requests without it.
	BearerOrCookies
)

// headers returns the names of the headers that the guard reads, in the form of Vary.
func (c CredentialSource) headers() string {
	switch c {
	case BearerOnly:
		return "Authorization"
	case BearerOrCookies:
		return "Authorization, Cookie"
	}
	return "Cookie"
}

// requestCredentials are the credentials that a request brings, not yet verified.
type requestCredentials struct {
	jwt, token string
	session    string // the session id in the session_token's cookie; empty if it has none
	mark       string // the mark in the session_token's cookie: see Config.SessionMarks
	signedOut  bool   // by the session_token's cookie this browser has signed out
	ended      bool   // by the session_jwt's cookie this session has ended
	bearer     bool   // read from the Authorization header
	former     bool   // read from cookies of an earlier configuration
	moved      bool   // read from the cookie to which such a one was moved
	several    bool   // chosen from several values
}

// forAuthFunc returns them in the form that an AuthFunc gets.
func (rc requestCredentials) forAuthFunc() grimoireauth.Credentials {
	c := grimoireauth.NewCredentials(rc.jwt, rc.token)
	c.NamedSession = grimoireauth.SessionID(rc.session)
	return c
}

var errBadAuthorization = fmt.Errorf("the Authorization header is no bearer token: %w", grimoireauth.ErrUnauthenticated)

// byBearer reports whether the guard reads the Authorization header of this request.
func (g *Guard) byBearer(r *http.Request) bool {
	switch g.config.CredentialSource {
	case CookiesOnly:
		return false
	case BearerOnly:
		return true
	}
	return len(r.Header["Authorization"]) > 0
}

// read reads the credentials of a request into rc, which is zero. The pointer saves a copy
// at each level of calls.
func (g *Guard) read(r *http.Request, rc *requestCredentials) error {
	if !g.byBearer(r) {
		return g.readCookies(r, rc)
	}
	rc.bearer = true
	var err error
	rc.jwt, err = bearer(r.Header["Authorization"])
	return err
}

// bearer reads the token of an Authorization header, "" if there is no header. The scheme is
// matched in any case (RFC 9110, 11.1). RFC 6750 allows several spaces after it; clients
// send one, and more are rejected. So are two headers, or two tokens in one, since a proxy
// might read the other.
func bearer(lines []string) (string, error) {
	if len(lines) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if len(lines) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" || !tokenLike(token, maxJWT) {
		return "", errBadAuthorization
	}
	return token, nil
}

// Attach writes credentials on a request in the form in which the Guard reads them, in place
// of any that it had: for tests, reverse proxies, and programs that call a guarded service.
// A Guard that reads bearer tokens gets a session_jwt without a session_token as one; with
// both, one that reads cookies gets cookies. The session_token's cookie names its session if
// the credentials do.
//
// It returns an error that matches [grimoireauth.ErrInvalid] if they are no tokens, if the
// Guard reads bearer tokens only and there is no session_jwt, or if the Guard owns its
// cookies and there is no session_token, without which it accepts no session_jwt.
func (g *Guard) Attach(r *http.Request, credentials grimoireauth.Credentials) error {
	if g == nil || g.auth == nil {
		return errZeroGuard
	}
	jwt, token := credentials.JWT.Reveal(), credentials.Token.Reveal()
	if !tokenLike(jwt, maxJWT) || !tokenLike(token, maxToken) || !tokenLike(string(credentials.NamedSession), maxToken) {
		return errors.Join(grimoireauth.ErrInvalid, errBadCredentials)
	}
	if g.config.CredentialSource != CookiesOnly {
		r.Header.Del("Authorization")
	}
	alone := token == "" && jwt != ""
	switch {
	case g.config.CredentialSource == BearerOnly && token != "" && jwt == "":
		return errors.Join(grimoireauth.ErrInvalid, errTokenAsBearer)
	case g.config.CredentialSource == BearerOnly, g.config.CredentialSource == BearerOrCookies && alone:
		g.attachCookies(r.Header, "", "")
		if jwt != "" {
			r.Header.Set("Authorization", "Bearer "+jwt)
		}
		return nil
	case alone && !g.config.FrontEndCookies:
		return errors.Join(grimoireauth.ErrInvalid, errJWTAlone)
	case token != "" && credentials.NamedSession != "" && !g.config.FrontEndCookies:
		token = tokenValue(token, credentials.NamedSession)
	}
	g.attachCookies(r.Header, jwt, token)
	return nil
}

var (
	errBadCredentials = errors.New("credentials that are no tokens")
	errJWTAlone       = errors.New("a session_jwt without a session_token proves no session in the cookies of this Guard")
	errTokenAsBearer  = errors.New("a session_token is no bearer token: this Guard reads a session_jwt")
)

// attachCookies writes the session cookies in place of those that the request has.
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

// attemptCookies begins the names of the cookies in which package signin keeps attempts to
// sign in, if the Guard has the default CookieName.
const attemptCookies = "grimoire_attempt_"

// Detach removes from a request all that this Guard and the pages of package signin read:
// the session cookies, those of earlier configurations, the marks of refused forms and the
// attempts to sign in, and the Authorization header if this Guard reads it. Other cookies
// stay. A proxy calls it before it sends a request to a service that must not see a token. A
// nil or zero Guard, which does not know the names, removes all cookies and the
// Authorization header.
func (g *Guard) Detach(r *http.Request) {
	if g == nil || g.auth == nil {
		r.Header.Del("Cookie")
		r.Header.Del("Authorization")
		return
	}
	if g.config.CredentialSource != CookiesOnly {
		r.Header.Del("Authorization")
	}
	var kept []string
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			name, _, _ := strings.Cut(pair, "=")
			if pair != "" && !g.ownsCookie(strings.TrimRight(name, " \t")) {
				kept = append(kept, pair)
			}
		}
	}
	r.Header.Del("Cookie")
	if len(kept) > 0 {
		r.Header.Set("Cookie", strings.Join(kept, "; "))
	}
}

// ownsCookie reports whether a cookie of this name belongs to the Guard or to the pages of
// package signin. Their names are the base name, or begin with it and "_".
func (g *Guard) ownsCookie(name string) bool {
	name = strings.TrimPrefix(name, hostPrefix)
	if strings.HasPrefix(name, attemptCookies) {
		return true
	}
	bases := []string{g.CookieName(), grimoireauth.SessionTokenCookie}
	for _, former := range g.config.FormerCookies {
		base, _ := cookieNames(former.Name, false)
		bases = append(bases, base)
	}
	for _, base := range bases {
		if rest, ok := strings.CutPrefix(name, base); ok && (rest == "" || rest[0] == '_') {
			return true
		}
	}
	return false
}
