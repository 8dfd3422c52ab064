package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// cookieFaults returns what is wrong with the settings of the cookies.
func (c Config) cookieFaults() error {
	var faults []error
	if !validCookieName(c.CookieName) {
		faults = append(faults, fmt.Errorf("CookieName %.100q is no name of a cookie, or has a prefix that is not its own to choose", c.CookieName))
	}
	if err := domainFault("SharedCookieDomain", c.SharedCookieDomain); err != nil {
		faults = append(faults, err)
	}
	if c.FrontEndCookies {
		for name, set := range map[string]bool{
			"SharedCookieDomain":   c.SharedCookieDomain != "",
			"InsecureCookies":      c.InsecureCookies,
			"PlantableCookieNames": c.PlantableCookieNames,
			"FormerCookies":        len(c.FormerCookies) > 0,
		} {
			if set {
				faults = append(faults, fmt.Errorf("FrontEndCookies and %s exclude each other: the Guard writes no cookie then", name))
			}
		}
	}
	if c.Carrier == BearerOnly && (c.FrontEndCookies || len(c.FormerCookies) > 0) {
		faults = append(faults, errors.New("BearerOnly excludes FrontEndCookies and FormerCookies: the Guard reads no cookie then"))
	}
	for _, f := range c.FormerCookies {
		faults = append(faults, f.faults(cookiesOf(c)))
	}
	return errors.Join(faults...)
}

// validCookieName reports whether a base name makes names of cookies. Names that differ
// from a prefix only in case are refused, since some browsers look at them without it.
func validCookieName(base string) bool {
	token, _ := cookieNames(base, false)
	sample := http.Cookie{Name: token, Value: "v"}
	return sample.Valid() == nil && len(token) <= 64 && !strings.HasPrefix(token, "__") && !strings.HasPrefix(token, "$")
}

// domainFault returns why browsers keep no cookie of this Domain. Which domains are public
// suffixes, only a list knows; package signin looks.
func domainFault(setting, domain string) error {
	if domain == "" {
		return nil
	}
	bare := strings.TrimPrefix(domain, ".")
	sample := http.Cookie{Name: "n", Value: "v", Domain: domain}
	_, address := netip.ParseAddr(strings.Trim(bare, "[]"))
	if sample.Valid() != nil || !strings.Contains(strings.Trim(bare, "."), ".") || strings.HasSuffix(bare, ".") || address == nil {
		return fmt.Errorf("%s %.100q is not a domain that browsers accept: it is that of a host and of the hosts below it, such as school.edu", setting, domain)
	}
	return nil
}
