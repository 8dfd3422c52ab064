package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// sessionCookies are the two session cookies of one configuration: their names, and the
// attributes that tell them apart from other cookies of a browser.
//
// Invariant: the cookie of the session_token names its session, "<session_token>~<session
// id>", and the cookie of the session_jwt counts only for that session. So each response
// may write the cookie of the session_jwt, however late it arrives: beside the
// session_token of another session it has no effect. Tokens, JWTs, marks and Stytch's ids
// contain no "~". A mark may follow the session id: see Config.SessionMarks.
type sessionCookies struct {
	token, jwt string // names
	domain     string // the Domain attribute; empty: this host alone
	secure     bool
	frontEnd   bool // a front end owns them: they hold bare tokens, and are only read
}

const (
	hostPrefix      = "__Host-"
	cookieSeparator = "~"
	signedOut       = cookieSeparator           // the session_token cookie's value after a sign-out, if former cookies are read
	endedPrefix     = "ended" + cookieSeparator // begins the session_jwt cookie's value after the end of a session; its id follows
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

// prefixed reports whether the names have the prefix by which browsers ensure that no other
// host can write these cookies and that each name exists once (RFC 6265bis, 4.1.3.2).
func (s sessionCookies) prefixed() bool { return strings.HasPrefix(s.token, hostPrefix) }

// moved returns the cookies to which former cookies are moved: see moveFormer. The name of
// the session_jwt's cookie stays the same, since it counts only for the session that the
// session_token's cookie names.
func (s sessionCookies) moved() sessionCookies {
	s.token += "_moved"
	return s
}

// markedTokenValue returns the value of the session_token's cookie, with the mark if there
// is one.
func markedTokenValue(token string, session grimoireauth.SessionID, mark string) string {
	if mark == "" {
		return tokenValue(token, session)
	}
	return tokenValue(token, session) + cookieSeparator + mark
}

// tokenValue returns the value of the session_token's cookie without a mark.
func tokenValue(token string, session grimoireauth.SessionID) string {
	return token + cookieSeparator + string(session)
}

// endedValue returns the value of the session_jwt's cookie after the end of a session.
func endedValue(session string) string { return endedPrefix + session }

// sharedWith reports whether a browser keeps cookies of this Domain from this host (RFC
// 6265, 5.1.3). Without a Domain it keeps those of every host.
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

// put writes one cookie on the response. It replaces one of the same name, Domain and path
// that was written on this response before.
func (s sessionCookies) put(h http.Header, name, value string, age int) {
	kept := make([]string, 0, len(h["Set-Cookie"])+1)
	for _, line := range h["Set-Cookie"] {
		if !strings.HasPrefix(line, name+"=") || !s.owns(line) {
			kept = append(kept, line)
		}
	}
	h["Set-Cookie"] = append(kept, s.line(name, value, age))
}

// owns reports whether a Set-Cookie line of one of the names is about the cookie that this
// configuration writes, and not about a variant of it.
func (s sessionCookies) owns(line string) bool {
	cookie, err := http.ParseSetCookie(line)
	return err != nil || cookie.Path == "/" && strings.EqualFold(cookie.Domain, s.domain)
}

// expireVariants deletes cookies of the same names that this configuration does not write
// and that a browser would send as well: an earlier configuration with another Domain wrote
// them, or another host of the site planted them. A request that brings both is refused,
// since the name does not tell them apart. Call it before the response writes or deletes
// the cookies of this configuration; in other responses use expireForeign.
func (s sessionCookies) expireVariants(h http.Header, r *http.Request) {
	s.expire(h, r, []string{"/"}, func(string, string) bool { return false })
}

// expireForeign deletes such cookies in a response that writes none, also those with a
// longer path, as far as the path of this request goes. It deletes no cookie that this
// configuration writes, so it does no harm in a response that arrives late. It deletes none
// whose Domain is the host itself: by RFC 6265, unlike RFC 6265bis and browsers, that is
// the same cookie as the one without a Domain.
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

// maxDeletions bounds the bytes of response headers that delete such cookies. Proxies
// usually accept 4 kB of headers and answer 502 to more, which a planted cookie must not
// cause. Cookies whose deletion does not fit go on refusing requests.
const maxDeletions = 2500

// hostOf returns the host of the request without the port, as the browser shows it.
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

// addressOf returns the path and query that the browser shows. http.StripPrefix may have
// removed a prefix from URL.
func addressOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // RFC 9112, 3.2.2: the absolute form
}
