package wire

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// domainForm is that of a domain in lower case. An ending with other letters than ASCII is
// written as xn--.
var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--([a-z0-9-]{0,57}[a-z0-9]))$`)

// commonNames are public e-mail providers, whose addresses end in their name and a public
// ending such as com or co.uk. The last line is ours; the others are those that Stytch
// documents.
// Source: jit-provision-members and invite-members of https://stytch.com/docs
var commonNames = []string{
	"gmail", "aol", "yahoo", "icloud", "hotmail", "msn", "comcast", "live", "outlook", "att", "earthlink", "me", "mac",
	"sbcglobal", "verizon", "ig", "mail", "hey", "laposte", "wanadoo", "googlemail", "orange", "rediffmail", "uol", "bol",
	"proton", "protonmail", "gmx",
}

// IsCommonDomain reports whether a domain, in lower case, is that of a public e-mail
// provider: an organization that admits one of them admits everyone.
func IsCommonDomain(domain string) bool {
	ending, public := publicsuffix.PublicSuffix(domain)
	name, ok := strings.CutSuffix(domain, "."+ending)
	return ok && public && slices.Contains(commonNames, name)
}

// CheckDomains returns the domains, folded as FoldEmail does. The error types say which
// list it is.
func CheckDomains(domains []string, invalid, common, duplicate string) ([]string, error) {
	out := make([]string, 0, len(domains))
	for _, domain := range domains {
		domain = FoldEmail(domain)
		switch {
		case !domainForm.MatchString(domain):
			return nil, Error(invalid)
		case IsCommonDomain(domain):
			return nil, Error(common)
		case slices.Contains(out, domain):
			return nil, Error(duplicate)
		}
		out = append(out, domain)
	}
	return out, nil
}

// CheckEmail returns an error for a text that is not a plain address.
func CheckEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 || !domainForm.MatchString(DomainOf(email)) {
		return Error("invalid_email")
	}
	return nil
}

// DomainOf returns the domain of an address, folded as FoldEmail does.
func DomainOf(email string) string {
	return FoldEmail(email[strings.LastIndexByte(email, '@')+1:])
}

// SameEmail compares addresses without regard to the case of ASCII letters: the real
// rule is not published, and two members who differ by case only would be the laxer
// reading. Letters outside ASCII that change into ASCII with their case, such as ſ,
// stay others: the owner of one address must not be taken for that of another.
func SameEmail(a, b string) bool { return FoldEmail(a) == FoldEmail(b) }

// FoldEmail makes addresses equal that SameEmail calls so, and their domains.
func FoldEmail(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}

// IsWebURL reports whether a text is an http or https URL with a host.
func IsWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Fragment == ""
}
