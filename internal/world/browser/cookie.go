package browser

import (
	"strconv"
	"strings"
	"time"
)

// SameSite says on which cross-site requests a cookie is sent.
type SameSite int8

// The values of the SameSite attribute. A cookie without the attribute, or with
// an unknown value, has SameSiteDefault, which is enforced as Lax. The two
// minutes in which Chromium lets a default cookie come with a cross-site POST
// are not modelled.
const (
	SameSiteDefault SameSite = iota
	SameSiteLax
	SameSiteStrict
	SameSiteNone
)

// String returns the attribute's value, and "" for SameSiteDefault.
func (s SameSite) String() string {
	return [...]string{"", "Lax", "Strict", "None"}[s]
}

// Cookie is a cookie as a [Jar] keeps it. Name, Domain, HostOnly and Path
// together are its identity: a jar holds at most one cookie of each identity
// (RFC 6265bis, 5.7).
type Cookie struct {
	Name, Value string
	Domain      string // lower case, no leading dot
	HostOnly    bool   // sent to exactly Domain, not to the hosts below it
	Path        string
	Secure      bool
	HttpOnly    bool
	SameSite    SameSite
	Expires     time.Time // zero: the cookie lasts until the browser restarts
	Created     time.Time // kept when a cookie of the same identity replaces it
	LastAccess  time.Time

	order int    // of creation, which decides between equal times
	site  string // the registrable domain of Domain
}

// String describes the cookie without its value, which may be a secret.
func (c Cookie) String() string {
	var b strings.Builder
	b.WriteString(c.Name + "=…; Path=" + c.Path)
	if c.HostOnly {
		b.WriteString("; host " + c.Domain)
	} else {
		b.WriteString("; Domain=" + c.Domain)
	}
	if !c.Expires.IsZero() {
		b.WriteString("; Expires=" + c.Expires.UTC().Format(time.RFC3339))
	}
	if c.Secure {
		b.WriteString("; Secure")
	}
	if c.HttpOnly {
		b.WriteString("; HttpOnly")
	}
	if c.SameSite != SameSiteDefault {
		b.WriteString("; SameSite=" + c.SameSite.String())
	}
	return b.String()
}

// GoString is String, so that %#v prints no value either.
func (c Cookie) GoString() string { return c.String() }

func (c *Cookie) sameIdentity(d *Cookie) bool {
	return c.Name == d.Name && c.Domain == d.Domain && c.HostOnly == d.HostOnly && c.Path == d.Path
}

// expired reports whether the cookie's time is over. A cookie that expires now
// is expired, so that Max-Age counts whole seconds.
func (c *Cookie) expired(now time.Time) bool {
	return !c.Expires.IsZero() && !c.Expires.After(now)
}

// setCookie is a parsed Set-Cookie line. Domain and Path of its Cookie are not
// yet known, since they depend on the request.
type setCookie struct {
	Cookie
	domain string // of the last Domain attribute; empty: none
	path   string // of the last Path attribute that is a path; empty: none
}

const wsp = " \t"

// parseSetCookie reads a line as RFC 6265bis, 5.6 says. An attribute that is too long or
// makes no sense is left out; only what concerns the whole cookie is an error.
func parseSetCookie(line string, now time.Time) (setCookie, error) {
	var s setCookie
	for i := range len(line) {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7f {
			return s, ErrControlCharacter
		}
	}
	pair, attributes, more := strings.Cut(line, ";")
	name, value, named := strings.Cut(pair, "=")
	if !named {
		name, value = "", pair
	}
	s.Name, s.Value = strings.Trim(name, wsp), strings.Trim(value, wsp)
	if len(s.Name)+len(s.Value) > maxPair {
		return s, ErrTooLarge
	}
	if s.Name == "" && s.Value == "" {
		return s, ErrNameless
	}
	var expires, maxAge time.Time
	for more {
		var attribute string
		attribute, attributes, more = strings.Cut(attributes, ";")
		key, value, _ := strings.Cut(attribute, "=")
		key, value = strings.ToLower(strings.Trim(key, wsp)), strings.Trim(value, wsp)
		if len(value) > maxAttribute {
			continue
		}
		switch key {
		case "expires":
			if t, ok := parseCookieDate(value); ok {
				expires = capped(t, now)
			}
		case "max-age":
			if t, ok := parseMaxAge(value, now); ok {
				maxAge = t
			}
		case "domain":
			s.domain = strings.ToLower(strings.TrimPrefix(value, "."))
		case "path":
			s.path = ""
			if strings.HasPrefix(value, "/") {
				s.path = value
			}
		case "secure":
			s.Secure = true
		case "httponly":
			s.HttpOnly = true
		case "samesite":
			s.SameSite = parseSameSite(value)
		}
	}
	s.Expires = expires
	if !maxAge.IsZero() { // whatever the order, Max-Age wins over Expires
		s.Expires = maxAge
	}
	return s, nil
}

func parseSameSite(value string) SameSite {
	switch strings.ToLower(value) {
	case "lax":
		return SameSiteLax
	case "strict":
		return SameSiteStrict
	case "none":
		return SameSiteNone
	default:
		return SameSiteDefault
	}
}

// longAgo is the expiry of a cookie that is to be deleted. It is not the zero
// time, which means that a cookie has no expiry.
var longAgo = time.Unix(0, 0).UTC()

// parseMaxAge reads the Max-Age attribute: digits, with or without a minus sign.
func parseMaxAge(value string, now time.Time) (time.Time, bool) {
	digits := strings.TrimPrefix(value, "-")
	if value == "" || strings.Trim(digits, "0123456789") != "" {
		return time.Time{}, false
	}
	if strings.HasPrefix(value, "-") || strings.Trim(digits, "0") == "" {
		return longAgo, true
	}
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if limit := int64(maxLife / time.Second); err != nil || seconds > limit { // an error is an overflow
		seconds = limit
	}
	return now.Add(time.Duration(seconds) * time.Second), true
}

// capped is the time, at most 400 days from now. A time from before 1970 is
// longAgo, so that no time is taken for "none".
func capped(t, now time.Time) time.Time {
	if t.Before(longAgo) {
		return longAgo
	}
	if limit := now.Add(maxLife); t.After(limit) {
		return limit
	}
	return t
}
