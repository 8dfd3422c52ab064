package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Config configures a [Guard]. The zero Config is the safe one.
type Config struct {
	// Role returns the role of a session in a class. Nil:
	// grimoireauth.DefaultRoleTable().OrgPerClass, where a class is a Stytch Organization.
	Role grimoireauth.RoleFunc
	// Can checks a permission by the project's RBAC policy: client.Can. Nil: the program
	// cannot use [Guard.Can].
	Can grimoireauth.CanFunc
	// Fresh authenticates credentials by a call to Stytch, always: verifier.Refresh or
	// client.Sessions.Authenticate. Only answers of the kind [grimoireauth.SourceRemote]
	// count. Nil: the program cannot use [Guard.Fresh].
	Fresh grimoireauth.AuthFunc

	// CredentialSource is where credentials are read. Zero: in the cookies, and nowhere else.
	CredentialSource CredentialSource

	// Origins are the origins besides the request's own whose pages may open a WebSocket, or
	// another upgraded connection, with the cookies of this Guard: "https://school.edu". A
	// program behind a proxy that ends TLS or rewrites Host lists its own origin here. An
	// http:// origin trusts the network, which can replace its pages. Empty: the page must
	// have the scheme and the host of the request. See [ErrForeignOrigin].
	Origins []string

	// ClientAddress returns the address that a request comes from, so that strangers use up
	// only the share of calls to Stytch of their own address. An IPv6 network of 64 bits
	// counts as one address. Every address that it returns counts, also a private one; the
	// zero Addr means that the address is not known. The Guard calls it for requests that
	// are not verified locally. It must not rely on a header that clients can write: see
	// [ForwardedFor].
	//
	// Nil: the address of the connection's other end. If that is a loopback, private (RFC
	// 1918, RFC 4193), link-local or shared (RFC 6598) address or a Unix socket, it is a
	// proxy's, and the address is not known, which the Guard logs once. Then no limit by
	// client address holds: calls about session_tokens that are not known here share 900 and
	// then ten a second, names of classes that do not exist share 100 and then ten a second,
	// and the limits by e-mail address and class stay.
	ClientAddress func(*http.Request) netip.Addr

	// SessionMarks marks the session_tokens that the Guard writes into cookies, so that it
	// recognises them later without a call to Stytch: client.SessionMarks(). Calls about
	// them do not draw on the shares of strangers, so that strangers cannot use up the calls
	// that members need: on every process, also right after a deployment. The cookie of the
	// session_token is then "<session_token>~<session id>~<mark>". The mark is read when a
	// session_token comes without a usable session_jwt; one that is missing or wrong refuses
	// nothing. Cookies of a front end, former cookies and bearer tokens have none. Zero: no
	// marks, and after a restart a session_token counts as a stranger's until Stytch has
	// answered about it.
	SessionMarks grimoireauth.SessionMarks

	// SignInURL is the path of the sign-in page, such as "/auth/". The Guard redirects a
	// browser there that opens a guarded page without a session, with the page as the
	// parameter return_to. Empty: it answers 401.
	SignInURL string

	// CookieName is the name of the session_token's cookie, without prefix; that of the
	// session_jwt has "_jwt" after it. Cookies know no ports, so two services on one host
	// need two names. Empty: "stytch_session".
	CookieName string
	// PlantableCookieNames leaves out the prefix "__Host-", by which browsers prevent other
	// hosts of the same site, such as blog.school.edu, from writing, replacing or deleting
	// these cookies. False: the names have the prefix, unless one of the next three settings
	// excludes it.
	PlantableCookieNames bool
	// SharedCookieDomain shares the cookies with every host below this domain. Each of
	// them can read the session, and plant another. Empty: the cookies belong to this
	// host alone.
	SharedCookieDomain string
	// InsecureCookies leaves out the Secure attribute, for development on http:// in
	// browsers that keep no Secure cookie there. Every host on the network can read such a
	// cookie. False: Secure, which Chromium and Firefox also keep on http://localhost.
	InsecureCookies bool
	// FrontEndCookies says that a front end owns the cookies: Stytch's browser SDK writes
	// and deletes them by script, under Stytch's names or those of CookieName, and the
	// Guard only reads them. It never writes or deletes one, nothing binds the two to each
	// other, every script on the page can read them, and when a session_jwt has expired
	// each request is refreshed until the front end has renewed it. False: the Guard owns
	// the cookies, and the front end must not write any of these names.
	FrontEndCookies bool
	// FormerCookies are the cookies of earlier configurations, so that changing names or
	// Domain signs no browser out. Empty: none are read.
	FormerCookies []FormerCookies

	// Revoke ends a session: client.Sessions.Revoke. [Guard.SetCookies] calls it for the
	// session that the browser had before. Nil: that session goes on at Stytch, without a
	// cookie, which the Guard logs once.
	Revoke func(context.Context, grimoireauth.Session) error

	// Watch returns a context that ends when a session has ended or something about it was
	// revoked: verifier.Watch. [Guard.Watch] then decides again at once. Nil: a revocation
	// takes effect at the end of WatchEvery.
	Watch func(context.Context, grimoireauth.Authentication) context.Context
	// WatchEvery is how often [Guard.Watch] decides again, at most a minute. Zero: every
	// 10 seconds.
	WatchEvery time.Duration

	// RevealClasses answers 403 instead of 404 to people who are not in the class,
	// and so tells them that it exists.
	RevealClasses bool

	// Respond writes every refusal. Nil: [DefaultRespond] of SignInURL. The
	// sentinels of grimoireauth and [ErrMisconfigured] tell it what happened; the
	// text of the error is for the log, not for the client. Cookies and
	// Cache-Control are set before it is called.
	Respond func(w http.ResponseWriter, r *http.Request, err error)

	// Logger gets the mistakes of the program and of its settings. Nil: slog.Default().
	Logger *slog.Logger
}

// faults returns all that is wrong, in one error.
func (c Config) faults() error {
	var faults []error
	if c.SignInURL != "" {
		if _, ok := ReturnTo(c.SignInURL); !ok || strings.Contains(c.SignInURL, "#") {
			faults = append(faults, fmt.Errorf("SignInURL %.100q is not a path on this host, such as /auth/", c.SignInURL))
		}
	}
	if c.CredentialSource > BearerOrCookies {
		faults = append(faults, fmt.Errorf("CredentialSource %d is none that this package knows", c.CredentialSource))
	}
	if c.CredentialSource == BearerOnly && c.SignInURL != "" {
		faults = append(faults, errors.New("BearerOnly and SignInURL exclude each other: what signing in gives a browser would not be read"))
	}
	faults = append(faults, c.originFaults(), c.watchFaults(), c.cookieFaults())
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
	if c.CredentialSource == BearerOnly && (c.FrontEndCookies || len(c.FormerCookies) > 0) {
		faults = append(faults, errors.New("BearerOnly excludes FrontEndCookies and FormerCookies: the Guard reads no cookie then"))
	}
	for _, f := range c.FormerCookies {
		faults = append(faults, f.faults(cookiesOf(c)))
	}
	return errors.Join(faults...)
}

// validCookieName reports whether a base name makes valid names of cookies. Names that
// differ from a prefix only in case are refused, since some browsers ignore its case.
func validCookieName(base string) bool {
	token, _ := cookieNames(base, false)
	sample := http.Cookie{Name: token, Value: "v"}
	return sample.Valid() == nil && len(token) <= 64 && !strings.HasPrefix(token, "__") && !strings.HasPrefix(token, "$")
}

// domainFault returns why browsers keep no cookie of this Domain. It does not know public
// suffixes, which need a list; package signin checks them.
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
