package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Carrier is where a [Guard] reads credentials. Whichever place the guard reads
// for a request decides it: credentials that are bad there are never replaced by
// others from elsewhere, and the two are never mixed.
type Carrier uint8

// The places where credentials can be.
const (
	// CookiesOnly reads the two session cookies, and no header.
	CookiesOnly Carrier = iota
	// BearerOnly reads a session_jwt from the Authorization header (RFC 6750,
	// 2.1), and no cookie, so that no other site can make a browser present
	// anything. It is never refreshed: when it has expired, the client brings
	// another.
	BearerOnly
	// BearerOrCookies reads the Authorization header if there is one, of whatever
	// scheme, and the cookies only of requests without it.
	BearerOrCookies
)

// headers returns the names of the headers that are read, as Vary lists them.
func (c Carrier) headers() string {
	switch c {
	case BearerOnly:
		return "Authorization"
	case BearerOrCookies:
		return "Authorization, Cookie"
	}
	return "Cookie"
}

// presented is what a request says of itself, unproved.
type presented struct {
	jwt, token string
	session    string // what the session_token's cookie says to be its session; empty if it names none
	mark       string // what the session_token's cookie has for a mark, unproved: see Config.SessionMarks
	out        bool   // the session_token's cookie says that this browser has signed out
	ended      bool   // the other cookie says that this session is over
	bearer     bool   // it came in the Authorization header
	former     bool   // it came in cookies of an earlier configuration
	moved      bool   // it came in the cookie that took the place of such a one
	several    bool   // it was picked from several values
}

func (p presented) credentials() grimoireauth.Credentials {
	c := grimoireauth.NewCredentials(p.jwt, p.token)
	c.NamedSession = grimoireauth.SessionID(p.session)
	return c
}

var errBadAuthorization = fmt.Errorf("the Authorization header is no bearer token: %w", grimoireauth.ErrUnauthenticated)

// byBearer reports whether the Authorization header is what decides a request.
func (g *Guard) byBearer(r *http.Request) bool {
	switch g.config.Carrier {
	case CookiesOnly:
		return false
	case BearerOnly:
		return true
	}
	return len(r.Header["Authorization"]) > 0
}

// read reads into p, which is zero, what the request presents where this guard looks. The
// pointer saves copies of what is read, one for each level.
func (g *Guard) read(r *http.Request, p *presented) error {
	if !g.byBearer(r) {
		return g.readCookies(r, p)
	}
	p.bearer = true
	var err error
	p.jwt, err = bearer(r.Header["Authorization"])
	return err
}

// bearer reads the token of an Authorization header, "" if there is no header.
// The scheme is matched in any case (RFC 9110, 11.1). RFC 6750 allows several
// spaces after it; nobody sends them, and one request should have one spelling.
// Of two headers, or two tokens in one, a proxy might read the other.
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
