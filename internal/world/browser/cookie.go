package browser

import (
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
