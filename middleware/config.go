package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Config is what a [Guard] can be told. The zero Config is the safe one.
type Config struct {
	// Role says what a session is in a class. Nil:
	// grimoireauth.DefaultRoleTable().OrgPerClass, where a class is a Stytch
	// Organization.
	Role grimoireauth.RoleFunc
	// Can says what the project's RBAC policy permits: client.Can. Nil: the program
	// cannot use [Guard.Can].
	Can grimoireauth.CanFunc
	// Fresh asks Stytch whose credentials these are, always: verifier.Refresh or
	// client.Sessions.Authenticate. Only answers of the kind
	// [grimoireauth.SourceRemote] count. Nil: the program cannot use [Guard.Fresh].
	Fresh grimoireauth.AuthFunc

	// Carrier is where credentials are read. Zero: in the cookies, and nowhere else.
	Carrier Carrier

	// SignInURL is the path of the sign-in page, such as "/auth/". A browser that
	// navigates to a guarded page without being signed in is sent there, with the
	// page it wanted as the parameter return_to. Empty: nobody is redirected.
	SignInURL string

	// HostPrefix puts "__Host-" before the names of the cookies, so that no other
	// host of the same site, such as blog.school.edu, can plant one. Stytch's own
	// front-end SDKs do not know those names. False: Stytch's names.
	HostPrefix bool
	// CookieDomain shares the cookies with every host below it. Empty: the cookies
	// belong to this host alone.
	CookieDomain string
	// InsecureCookies leaves out the Secure attribute, for development on
	// http://localhost. Anybody on the network can read such a cookie.
	InsecureCookies bool

	// RevealClasses answers 403 instead of 404 to people who are not in the class,
	// and so tells them that it exists.
	RevealClasses bool

	// Respond writes every refusal. Nil: [DefaultRespond] of SignInURL. The
	// sentinels of grimoireauth and [ErrMisconfigured] tell it what happened; the
	// text of the error is for the log, not for the client. Cookies and
	// Cache-Control are set before it is called.
	Respond func(w http.ResponseWriter, r *http.Request, err error)

	// Logger gets the faults that only a programmer can put right. Nil:
	// slog.Default().
	Logger *slog.Logger
}

// faults returns everything that is wrong, in one error.
func (c Config) faults() error {
	var faults []error
	if c.SignInURL != "" {
		if _, ok := ReturnTo(c.SignInURL); !ok || strings.Contains(c.SignInURL, "#") {
			faults = append(faults, fmt.Errorf("SignInURL %.100q is not a path on this host, such as /auth/", c.SignInURL))
		}
	}
	if c.Carrier > BearerOrCookies {
		faults = append(faults, fmt.Errorf("Carrier %d is none that this package knows", c.Carrier))
	}
	if c.Carrier == BearerOnly && c.SignInURL != "" {
		faults = append(faults, errors.New("BearerOnly and SignInURL exclude each other: what signing in gives a browser would not be read"))
	}
	// RFC 6265bis, 4.1.3.2: a browser drops a __Host- cookie that has a Domain or
	// lacks Secure, and nobody could ever sign in. http.Cookie.Valid does not look.
	if c.HostPrefix && c.CookieDomain != "" {
		faults = append(faults, errors.New("HostPrefix and CookieDomain exclude each other: a __Host- cookie has no Domain"))
	}
	if c.HostPrefix && c.InsecureCookies {
		faults = append(faults, errors.New("HostPrefix and InsecureCookies exclude each other: a __Host- cookie is Secure"))
	}
	if c.CookieDomain != "" {
		sample := http.Cookie{Name: "n", Value: "v", Domain: c.CookieDomain}
		if sample.Valid() != nil || !strings.Contains(strings.Trim(c.CookieDomain, "."), ".") {
			faults = append(faults, fmt.Errorf("CookieDomain %.100q is not a domain that browsers accept", c.CookieDomain))
		}
	}
	return errors.Join(faults...)
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}

func (c Config) role() grimoireauth.RoleFunc {
	if c.Role == nil {
		return orgPerClass
	}
	return c.Role
}

var orgPerClass grimoireauth.RoleFunc = grimoireauth.DefaultRoleTable().OrgPerClass
