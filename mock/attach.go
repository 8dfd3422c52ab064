package mock

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Cookies puts credentials into cookies: under the names that a Guard of package
// middleware gives them by default, where the session_token's cookie names its session,
// and under Stytch's own names, as Stytch's browser SDK writes them. Its error is always
// nil.
func Cookies(r *http.Request, credentials grimoireauth.Credentials) error {
	const guards = "__Host-"
	if token := credentials.Token.Reveal(); token != "" {
		r.AddCookie(&http.Cookie{Name: grimoireauth.SessionTokenCookie, Value: token})
		if credentials.NamedSession != "" {
			token += "~" + string(credentials.NamedSession)
		}
		r.AddCookie(&http.Cookie{Name: guards + grimoireauth.SessionTokenCookie, Value: token})
	}
	if jwt := credentials.JWT.Reveal(); jwt != "" {
		r.AddCookie(&http.Cookie{Name: grimoireauth.SessionJWTCookie, Value: jwt})
		r.AddCookie(&http.Cookie{Name: guards + grimoireauth.SessionJWTCookie, Value: jwt})
	}
	return nil
}

// Bearer puts the session_jwt into the Authorization header, as a program that is
// no browser does. Its error is always nil.
func Bearer(r *http.Request, credentials grimoireauth.Credentials) error {
	if !credentials.JWT.IsZero() {
		r.Header.Set("Authorization", "Bearer "+credentials.JWT.Reveal())
	}
	return nil
}
