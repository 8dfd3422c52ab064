package browser

import (
	"strconv"
	"strings"
	"time"
)

// SDK does with cookies what Stytch's browser SDK does by document.cookie:
// it writes, reads and deletes stytch_session and stytch_session_jwt, which are
// not HttpOnly.
// https://stytch.com/docs/b2b/sdks/installation (cookieOptions)
type SDK struct {
	Script Script

	TokenName, JWTName    string // empty: stytch_session, stytch_session_jwt
	Path                  string // empty: "/"
	AvailableToSubdomains bool   // writes a Domain attribute: the page's host
	Domain                string // of that attribute, if it is another one
	Insecure              bool   // leaves Secure out, as the SDK does on http://localhost
}

// Write writes both cookies for the given life, as after a sign-in or a refresh. An empty
// jwt leaves the second as it is. It returns why the browser refused the first
// of them that it refused.
func (s SDK) Write(token, jwt string, life time.Duration) error {
	err := s.set(s.tokenName(), token, int64(life/time.Second))
	if jwt != "" {
		if e := s.set(s.jwtName(), jwt, int64(life/time.Second)); err == nil {
			err = e
		}
	}
	return err
}

// Read returns the values of the cookies that a script can read, and "" for others.
func (s SDK) Read() (token, jwt string) {
	token, _ = s.Script.Cookie(s.tokenName())
	jwt, _ = s.Script.Cookie(s.jwtName())
	return token, jwt
}

// Delete deletes both cookies, as far as a script can, as when signing out.
func (s SDK) Delete() error {
	err := s.set(s.tokenName(), "", 0)
	if e := s.set(s.jwtName(), "", 0); err == nil {
		err = e
	}
	return err
}

func (s SDK) set(name, value string, maxAge int64) error {
	var b strings.Builder
	b.WriteString(name + "=" + value + "; path=" + s.path())
	if domain := s.domain(); domain != "" {
		b.WriteString("; domain=" + domain)
	}
	b.WriteString("; max-age=" + strconv.FormatInt(maxAge, 10))
	if !s.Insecure {
		b.WriteString("; secure")
	}
	b.WriteString("; samesite=lax")
	return s.Script.SetCookie(b.String())
}

func (s SDK) domain() string {
	if page := s.Script.tab.Page(); s.AvailableToSubdomains && s.Domain == "" && page != nil {
		return page.Address.Hostname()
	}
	return s.Domain
}

func (s SDK) path() string {
	if s.Path == "" {
		return "/"
	}
	return s.Path
}

func (s SDK) tokenName() string {
	if s.TokenName == "" {
		return "stytch_session"
	}
	return s.TokenName
}

func (s SDK) jwtName() string {
	if s.JWTName == "" {
		return "stytch_session_jwt"
	}
	return s.JWTName
}
