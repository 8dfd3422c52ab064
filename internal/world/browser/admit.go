package browser

import (
	"cmp"
	"slices"
	"strings"
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
