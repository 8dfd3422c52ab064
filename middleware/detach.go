package middleware

import (
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// attemptCookies begin the names of the cookies that package signin gives to attempts to
// sign in, beside a Guard with the default CookieName.
const attemptCookies = "grimoire_attempt_"

// Detach removes from a request everything by which this Guard and the pages of package
// signin know a browser: the session cookies, those of earlier configurations, the marks
// of refused forms and the attempts to sign in, and the Authorization header if this Guard
// reads it. Other cookies stay. A proxy calls it before it hands a request to a service
// that must not see a token. A nil or zero Guard, which does not know the names, removes
// all cookies and the Authorization header.
func (g *Guard) Detach(r *http.Request) {
	if g == nil || g.auth == nil {
		r.Header.Del("Cookie")
		r.Header.Del("Authorization")
		return
	}
	if g.config.Carrier != CookiesOnly {
		r.Header.Del("Authorization")
	}
	var kept []string
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			name, _, _ := strings.Cut(pair, "=")
			if pair != "" && !g.knows(strings.TrimRight(name, " \t")) {
				kept = append(kept, pair)
			}
		}
	}
	r.Header.Del("Cookie")
	if len(kept) > 0 {
		r.Header.Set("Cookie", strings.Join(kept, "; "))
	}
}

// knows reports whether a cookie of this name is the Guard's or of the pages of package
// signin. Their names are the base name, or begin with it and "_".
func (g *Guard) knows(name string) bool {
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
