package browser

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// JarConfig describes a jar. The zero value is a browser as it is shipped.
type JarConfig struct {
	// PublicSuffixes are the domains below which every person can register a name.
	// Empty: DefaultPublicSuffixes. A domain of one label is always one.
	PublicSuffixes []string
	// SecureLocalhost treats http://localhost, http://*.localhost and the loopback
	// addresses as secure, as Chromium does for Secure cookies and __Host- names.
	SecureLocalhost bool
	// Nameless stores a cookie without a name, as RFC 6265bis allows. The
	// default rejects it, since the server would read a name from its value.
	Nameless bool
}

// Limits of a jar. Those of a single cookie are in RFC 6265bis, 5.6 and 5.7;
// the number of cookies is Chromium's for a registrable domain, and the
// smallest that the RFC allows for a jar.
const (
	maxPair      = 4096 // bytes of name and value
	maxAttribute = 1024 // bytes of an attribute's value
	maxLife      = 400 * 24 * time.Hour
	maxPerDomain = 180
	maxPerJar    = 3000
)

// Why a jar refuses a cookie.
var (
	ErrControlCharacter = errors.New("cookie refused: a control character")
	ErrTooLarge         = errors.New("cookie refused: name and value are longer than 4096 bytes")
	ErrNameless         = errors.New("cookie refused: no name")
	ErrPublicSuffix     = errors.New("cookie refused: Domain is a public suffix")
	ErrDomain           = errors.New("cookie refused: Domain does not match the host")
	ErrInsecure         = errors.New("cookie refused: Secure from an insecure address")
	ErrSecureExists     = errors.New("cookie refused: a Secure cookie of that name exists")
	ErrHTTPOnly         = errors.New("cookie refused: HttpOnly, and a script wrote it")
	ErrCrossSite        = errors.New("cookie refused: SameSite, from a cross-site request")
	ErrNoneInsecure     = errors.New("cookie refused: SameSite=None without Secure")
	ErrPrefix           = errors.New("cookie refused: the name's prefix demands other attributes")
)

// Access describes the request, the response or the script that reads or writes cookies.
type Access struct {
	URL       *url.URL
	Method    string // of the request
	CrossSite bool   // the request is not same-site (RFC 6265bis, 5.2)
	TopLevel  bool   // the request navigates a tab
	Script    bool   // document.cookie instead of HTTP
}

// Jar holds the cookies of a browser (RFC 6265bis). Its clock is time.Now. It is
// safe for concurrent use.
type Jar struct {
	config   JarConfig
	suffixes suffixes

	mu      sync.Mutex // guards all below
	cookies []*Cookie  // Invariant: in the order of creation, one of each identity
	created int        // cookies ever created
}

// NewJar returns an empty jar.
func NewJar(config JarConfig) *Jar {
	return &Jar{config: config, suffixes: newSuffixes(config.PublicSuffixes)}
}

// Receive stores the cookie of one Set-Cookie line, or of one assignment to
// document.cookie. The error says why the jar refused it; the cookie is what was
// read of the line so far. A cookie whose time is over deletes the one of its
// identity and is no error.
func (j *Jar) Receive(a Access, line string) (Cookie, error) {
	now := time.Now()
	set, err := parseSetCookie(line, now)
	if err != nil {
		return set.Cookie, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.evictExpired(now)
	c := set.Cookie
	if err := j.admit(a, set, &c); err != nil {
		return c, err
	}
	c.Created, c.LastAccess = now, now
	old := slices.IndexFunc(j.cookies, func(o *Cookie) bool { return o.sameIdentity(&c) })
	switch {
	case old >= 0 && a.Script && j.cookies[old].HttpOnly:
		return c, ErrHTTPOnly
	case old >= 0:
		c.Created, c.order = j.cookies[old].Created, j.cookies[old].order
		j.cookies[old] = &c
	default:
		j.created++
		c.order = j.created
		j.cookies = append(j.cookies, &c)
	}
	j.evictExpired(now)
	j.evictExcess(c.site)
	return c, nil
}

// Send returns the cookies for a request, or for a script that reads
// document.cookie, in the order in which they are sent: longer paths first,
// then those created earlier.
func (j *Jar) Send(a Access) []Cookie {
	now := time.Now()
	host, secure, path := canonicalHost(a.URL), j.secure(a.URL), requestPath(a.URL)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.evictExpired(now)
	var sent []Cookie
	for _, c := range j.cookies {
		switch {
		case c.HostOnly && c.Domain != host, !c.HostOnly && !domainMatch(host, c.Domain):
		case !pathMatch(path, c.Path):
		case c.Secure && !secure:
		case c.HttpOnly && a.Script:
		case a.CrossSite && !c.crosses(a):
		default:
			c.LastAccess = now
			sent = append(sent, *c)
		}
	}
	slices.SortStableFunc(sent, func(c, d Cookie) int {
		return cmp.Or(cmp.Compare(len(d.Path), len(c.Path)), c.Created.Compare(d.Created), cmp.Compare(c.order, d.order))
	})
	return sent
}

// crosses reports whether the cookie is sent on that cross-site request.
func (c *Cookie) crosses(a Access) bool {
	switch c.SameSite {
	case SameSiteNone:
		return true
	case SameSiteLax, SameSiteDefault:
		return a.TopLevel && !a.Script && safeMethod(a.Method)
	default:
		return false
	}
}

// safeMethod reports whether the method is safe (RFC 9110, 9.2.1).
func safeMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE"
}

// Cookies returns all cookies that have not expired, in the order of creation.
func (j *Jar) Cookies() []Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.evictExpired(time.Now())
	all := make([]Cookie, len(j.cookies))
	for i, c := range j.cookies {
		all[i] = *c
	}
	return all
}

// EndSession deletes the cookies without an expiry date, as a browser does when it restarts.
func (j *Jar) EndSession() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = slices.DeleteFunc(j.cookies, func(c *Cookie) bool { return c.Expires.IsZero() })
}

// Clear deletes all cookies, as a person can.
func (j *Jar) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = nil
}

// cookieHeader is the Cookie header of these cookies.
func cookieHeader(cookies []Cookie) string {
	pairs := make([]string, len(cookies))
	for i, c := range cookies {
		pairs[i] = c.Value
		if c.Name != "" {
			pairs[i] = c.Name + "=" + c.Value
		}
	}
	return strings.Join(pairs, "; ")
}
