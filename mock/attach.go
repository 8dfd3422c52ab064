package mock

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Attach puts credentials on a request as the application under test expects
// them. The Attach method of a Guard of package middleware is one, with the
// guard's own cookie names; [Cookies] and [Bearer] are others.
type Attach func(*http.Request, grimoireauth.Credentials) error

// Cookies puts credentials into cookies of Stytch's own names. Its error is
// always nil.
func Cookies(r *http.Request, credentials grimoireauth.Credentials) error {
	for _, cookie := range []struct {
		name   string
		secret grimoireauth.Secret
	}{
		{grimoireauth.SessionJWTCookie, credentials.JWT},
		{grimoireauth.SessionTokenCookie, credentials.Token},
	} {
		if !cookie.secret.IsZero() {
			r.AddCookie(&http.Cookie{Name: cookie.name, Value: cookie.secret.Reveal()})
		}
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
