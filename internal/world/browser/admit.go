package browser

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// admit completes the cookie and checks it as RFC 6265bis, 5.7 does, in its order.
func (j *Jar) admit(a Access, set setCookie, c *Cookie) error {
	host := canonicalHost(a.URL)
	secure := j.secure(a.URL)
	if c.Name == "" && !j.config.Nameless {
		return ErrNameless
	}
	domain := set.domain
	if domain != "" && j.suffixes.isPublic(domain) {
		if domain != host {
			return ErrPublicSuffix
		}
		domain = ""
	}
	if domain != "" && !domainMatch(host, domain) {
		return ErrDomain
	}
	c.Domain, c.HostOnly = cmp.Or(domain, host), domain == ""
	c.site = j.suffixes.registrable(c.Domain)
	c.Path = cmp.Or(set.path, defaultPath(a.URL))
	switch {
	case c.Secure && !secure:
		return ErrInsecure
	case c.HttpOnly && a.Script:
		return ErrHTTPOnly
	case !c.Secure && !secure && j.secureExists(c):
		return ErrSecureExists
	case c.SameSite != SameSiteNone && a.CrossSite && (a.Script || !a.TopLevel):
		return ErrCrossSite
	case c.SameSite == SameSiteNone && !c.Secure:
		return ErrNoneInsecure
	}
	return checkPrefix(c, set.path != "")
}

// checkPrefix checks the rules of a name's prefix, in any case, since servers that ignore
// case would otherwise treat __host- as __Host-. A nameless cookie must not look like one
// with a prefix when it is sent back.
func checkPrefix(c *Cookie, hasPath bool) error {
	name := c.Name
	if name == "" {
		if hasPrefixFold(c.Value, "__Host-") || hasPrefixFold(c.Value, "__Secure-") {
			return ErrPrefix
		}
		return nil
	}
	if hasPrefixFold(name, "__Secure-") && !c.Secure {
		return ErrPrefix
	}
	if hasPrefixFold(name, "__Host-") && (!c.Secure || !c.HostOnly || !hasPath || c.Path != "/") {
		return ErrPrefix
	}
	return nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// secureExists reports whether a Secure cookie is there that the new one would overlay
// ("leave secure cookies alone").
func (j *Jar) secureExists(c *Cookie) bool {
	return slices.ContainsFunc(j.cookies, func(o *Cookie) bool {
		return o.Secure && o.Name == c.Name && pathMatch(c.Path, o.Path) &&
			(domainMatch(o.Domain, c.Domain) || domainMatch(c.Domain, o.Domain))
	})
}

// evictExpired deletes the cookies whose time is over.
func (j *Jar) evictExpired(now time.Time) {
	j.cookies = slices.DeleteFunc(j.cookies, func(c *Cookie) bool { return c.expired(now) })
}

// evictExcess keeps the limits after a cookie of that registrable domain was
// stored: first the domain's, counted over all hosts of its registrable domain as Chromium
// does, so that a sibling host can push a cookie out; then the jar's. The order is
// RFC 6265bis, 5.7: of a domain with too many, cookies that are not Secure
// first; among equals, those that were not used for the longest time.
func (j *Jar) evictExcess(site string) {
	ofSite := func(c *Cookie) bool { return c.site == site }
	for j.count(ofSite) > maxPerDomain {
		insecure := func(c *Cookie) bool { return ofSite(c) && !c.Secure }
		if !j.evictOldest(insecure) {
			j.evictOldest(ofSite)
		}
	}
	for len(j.cookies) > maxPerJar {
		j.evictOldest(func(*Cookie) bool { return true })
	}
}

func (j *Jar) count(of func(*Cookie) bool) int {
	n := 0
	for _, c := range j.cookies {
		if of(c) {
			n++
		}
	}
	return n
}

// evictOldest deletes the cookie with the earliest last access among those, the
// one created first if several were last used at the same instant.
func (j *Jar) evictOldest(among func(*Cookie) bool) bool {
	oldest := -1
	for i, c := range j.cookies {
		if among(c) && (oldest < 0 || c.LastAccess.Before(j.cookies[oldest].LastAccess)) {
			oldest = i
		}
	}
	if oldest < 0 {
		return false
	}
	j.cookies = slices.Delete(j.cookies, oldest, oldest+1)
	return true
}
