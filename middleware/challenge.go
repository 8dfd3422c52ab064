package middleware

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// challenge tells the client of a 401 what would help (RFC 9110, 11.6.1): a bearer
// token where one is read (RFC 6750, 3), a cookie where those are. No registered
// scheme means "a cookie", and Basic would make browsers ask for a password.
func (g *Guard) challenge(h http.Header, r *http.Request, err error) {
	bearer, cookie := false, true
	if g != nil && g.auth != nil {
		bearer = g.config.Carrier != CookiesOnly
		cookie = g.config.Carrier != BearerOnly && !g.byBearer(r)
	}
	h.Del("WWW-Authenticate")
	parameters := challengeParameters(err)
	if bearer {
		scheme := "Bearer"
		// RFC 6750, 3.1: a client that presented nothing is told no error.
		if parameters == "" && !cookie && !errors.Is(err, grimoireauth.ErrNoCredentials) {
			parameters = `error="invalid_token"`
		}
		if parameters != "" {
			scheme += " " + parameters
		}
		h.Add("WWW-Authenticate", scheme)
	}
	if cookie {
		h.Add("WWW-Authenticate", cookieChallenge(err))
	}
}

func cookieChallenge(err error) string {
	const scheme = `Cookie realm="sign-in"`
	if parameters := challengeParameters(err); parameters != "" {
		return scheme + ", " + parameters
	}
	return scheme
}

// challengeParameters asks for a sign-in that is recent enough (RFC 9470, 3).
func challengeParameters(err error) string {
	if !errors.Is(err, grimoireauth.ErrNotRecent) {
		return ""
	}
	parameters := `error="insufficient_user_authentication", error_description="A more recent sign-in is needed"`
	var wanted *NotRecentError
	if errors.As(err, &wanted) {
		parameters += `, max_age="` + strconv.FormatInt(int64(wanted.MaxAge/time.Second), 10) + `"`
	}
	return parameters
}

// wantsBearer reports whether the only thing that would help is a bearer token, so
// that no sign-in page does.
func wantsBearer(h http.Header) bool {
	lines := h["Www-Authenticate"]
	return len(lines) == 1 && strings.HasPrefix(lines[0], "Bearer")
}
