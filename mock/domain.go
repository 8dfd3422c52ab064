package mock

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
)

var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

// commonDomains are public e-mail providers. Whoever allows one of them to join
// allows everybody; Stytch's own list is longer and not published.
var commonDomains = []string{
	"gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
	"icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.de", "mail.com",
}

// checkDomains returns the domains in lower case. The error types say which list
// it is.
func checkDomains(domains []string, invalid, common, duplicate string) ([]string, error) {
	out := make([]string, 0, len(domains))
	for _, domain := range domains {
		domain = strings.ToLower(domain)
		switch {
		case !domainForm.MatchString(domain):
			return nil, refuse(invalid)
		case slices.Contains(commonDomains, domain):
			return nil, refuse(common)
		case slices.Contains(out, domain):
			return nil, refuse(duplicate)
		}
		out = append(out, domain)
	}
	return out, nil
}

// checkEmail refuses what is no plain address.
func checkEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 || !domainForm.MatchString(domainOf(email)) {
		return refuse("invalid_email")
	}
	return nil
}

func domainOf(email string) string {
	return strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
}

// sameEmail compares addresses without regard to the case of ASCII letters: the real
// rule is not published, and two members who differ by case only would be the laxer
// reading. Letters outside ASCII that change into ASCII with their case, such as ſ,
// stay others: the owner of one address must not be taken for that of another.
func sameEmail(a, b string) bool { return foldEmail(a) == foldEmail(b) }
