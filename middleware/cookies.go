package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// sessionCookies are the two session cookies of one configuration: their names, and
// the attributes that decide which cookies of a browser they are.
//
// Invariant: the cookie of the session_token names its session, "<session_token>~<session
// id>", and the cookie of the session_jwt counts only for that session. So each response
// may write the cookie of the session_jwt, however late it arrives: beside the
// session_token of another session it has no effect. A "~" is in no token, no JWT, no mark
// and no id of Stytch's. A mark may follow the session id: see Config.SessionMarks.
type sessionCookies struct {
	token, jwt string // names
	domain     string // the Domain attribute; empty: this host alone
	secure     bool
	frontEnd   bool // a front end owns them: they hold bare tokens, and are only read
}

const (
	hostPrefix  = "__Host-"
	nameMark    = "~"
	signedOut   = nameMark           // the session_token cookie's value after a sign-out, where former cookies are read
	endedPrefix = "ended" + nameMark // of the session_jwt cookie's value, before the id of the session that has ended
)

// cookiesOf returns the cookies of a configuration.
func cookiesOf(c Config) sessionCookies {
	s := sessionCookies{domain: strings.TrimPrefix(c.SharedCookieDomain, "."), secure: !c.InsecureCookies, frontEnd: c.FrontEndCookies}
	s.token, s.jwt = cookieNames(c.CookieName, !c.PlantableCookieNames && !c.InsecureCookies && !c.FrontEndCookies && s.domain == "")
	return s
}

// cookieNames returns the names of the cookies of the session_token and the session_jwt.
func cookieNames(base string, prefixed bool) (token, jwt string) {
	if base == "" {
		base = grimoireauth.SessionTokenCookie
	}
	if prefixed {
		base = hostPrefix + base
	}
	return base, base + "_jwt"
}

// prefixed reports whether browsers see to it that no other host can write these
// cookies, and that there is one of each name only (RFC 6265bis, 4.1.3.2).
func (s sessionCookies) prefixed() bool { return strings.HasPrefix(s.token, hostPrefix) }

// moved returns the cookies of a browser whose former cookies were replaced: see moveFormer.
// That of the session_jwt is the same, since it counts only for the session that the other
// one names.
func (s sessionCookies) moved() sessionCookies {
	s.token += "_moved"
	return s
}

// marked returns the value of the session_token's cookie, with the mark if there is one.
func marked(token string, session grimoireauth.SessionID, mark string) string {
	if mark == "" {
		return named(token, session)
	}
	return named(token, session) + nameMark + mark
}

// named returns the value of the session_token's cookie without a mark.
func named(token string, session grimoireauth.SessionID) string {
	return token + nameMark + string(session)
}

// ended returns the value of the session_jwt's cookie that says that a session is over.
func ended(session string) string { return endedPrefix + session }

// sharedWith reports whether a browser that reaches this host keeps cookies of this
// Domain (RFC 6265, 5.1.3). Without a Domain every host's are kept.
func (s sessionCookies) sharedWith(host string) bool {
	return s.domain == "" || strings.EqualFold(host, s.domain) || len(host) > len(s.domain) &&
		strings.EqualFold(host[len(host)-len(s.domain)-1:], "."+s.domain)
}

// line returns the Set-Cookie line of one cookie. An empty value deletes it. Age is in
// seconds; zero lasts as long as the browser runs.
func (s sessionCookies) line(name, value string, age int) string {
	cookie := http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		Domain:   s.domain,
		MaxAge:   age,
		Secure:   s.secure,
		HttpOnly: true,
		// Strict would lose the session on the way in from the e-mail.
		SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	return cookie.String()
}

// put writes one cookie on the response, in place of one of that name, Domain and path
// that was put there before.
func (s sessionCookies) put(h http.Header, name, value string, age int) {
	kept := make([]string, 0, len(h["Set-Cookie"])+1)
	for _, line := range h["Set-Cookie"] {
		if !strings.HasPrefix(line, name+"=") || !s.owns(line) {
			kept = append(kept, line)
		}
	}
	h["Set-Cookie"] = append(kept, s.line(name, value, age))
}

// owns reports whether a Set-Cookie line of one of the names is about the very cookie
// that this configuration writes.
func (s sessionCookies) owns(line string) bool {
	cookie, err := http.ParseSetCookie(line)
	return err != nil || cookie.Path == "/" && strings.EqualFold(cookie.Domain, s.domain)
}

// expireVariants deletes the cookies of the same names that this configuration does not
// write, and that a browser would send as well: written by an earlier configuration with
// another Domain, or planted by another host of the site. The name alone does not tell
// them apart, so their two values refuse a request. Call it before the response writes or
// deletes the cookies of this configuration, or use expireForeign.
func (s sessionCookies) expireVariants(h http.Header, r *http.Request) {
	s.expire(h, r, []string{"/"}, func(string, string) bool { return false })
}

// expireForeign deletes such cookies in a response that writes none, also those with a
// longer path than ours, as far as the path of this request goes. It deletes no cookie
// that this configuration writes, so it does no harm in a response that arrives late. A
// Domain that is the host itself is left alone: RFC 6265 takes that cookie for the one
// without a Domain, where RFC 6265bis and browsers do not.
func (s sessionCookies) expireForeign(h http.Header, r *http.Request) {
	ours := s.domain
	if ours == "" {
		ours = hostOf(r)
	}
	s.expire(h, r, append([]string{"/"}, ancestors(r)...), func(domain, path string) bool {
		if domain == "" {
			domain = hostOf(r)
		}
		return path == "/" && strings.EqualFold(domain, ours)
	})
}

func (s sessionCookies) expire(h http.Header, r *http.Request, paths []string, spares func(domain, path string) bool) {
	if r == nil || s.prefixed() {
		return
	}
	// The shortest paths first, in all domains.
	left := maxDeletions
	for _, path := range paths {
		for _, domain := range append([]string{""}, domainsOf(hostOf(r))...) {
			if path == "/" && strings.EqualFold(domain, s.domain) || spares(domain, path) {
				continue
			}
			for _, name := range []string{s.token, s.jwt} {
				// Nothing besides what says which cookie it is, and Secure: without it,
				// browsers delete no Secure cookie over http://localhost.
				variant := http.Cookie{Name: name, Path: path, Domain: domain, MaxAge: -1, Secure: s.secure}
				line := variant.String()
				if left -= len(line) + len("Set-Cookie: \r\n"); left < 0 {
					return
				}
				h.Add("Set-Cookie", line)
			}
		}
	}
}

// maxDeletions bounds the bytes of response headers that delete cookies which are not
// this configuration's. A proxy takes 4 kB of headers as a rule, and answers 502 to more:
// a cookie that another host planted must not bring that about. What does not fit is
// refused on, by a response that arrives.
const maxDeletions = 2500

// hostOf returns the host that the browser has in its address bar, as far as the request
// tells, without the port.
func hostOf(r *http.Request) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// domainsOf returns the values that Domain can have in a cookie for this host. The last
// ones may be public suffixes, for which browsers ignore the cookie.
func domainsOf(host string) []string {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || (&http.Cookie{Name: "n", Domain: host}).Valid() != nil {
		return nil
	}
	var domains []string
	for strings.Contains(host, ".") {
		domains = append(domains, host)
		_, host, _ = strings.Cut(host, ".")
	}
	return domains
}

// maxVariantPaths bounds for how many folders of a path variants are deleted.
const maxVariantPaths = 4

// ancestors returns the paths but "/" that a cookie can have to be sent with this
// request, shortest first.
func ancestors(r *http.Request) []string {
	path, _, _ := strings.Cut(addressOf(r), "?")
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, ";, ") {
		return nil
	}
	var paths []string
	for i := 1; i < len(path) && len(paths) < 2*maxVariantPaths; i++ {
		if path[i] == '/' {
			paths = append(paths, path[:i], path[:i+1])
		}
	}
	if path != "/" && !strings.HasSuffix(path, "/") {
		paths = append(paths, path)
	}
	return paths
}

// addressOf returns the path and query that the browser has in its address bar. URL may
// have lost a prefix to http.StripPrefix.
func addressOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // RFC 9112, 3.2.2: the absolute form
}
