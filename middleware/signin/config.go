package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/project"
	"github.com/promptgrimoire/auth/middleware"
	"golang.org/x/net/publicsuffix"
)

// Config configures a [Handler].
type Config struct {
	// BaseURL is where browsers reach this server, such as https://classes.example.edu.
	// Required: a link in an e-mail must not depend on the Host header of a request.
	// Plain http is accepted only for a loopback address.
	BaseURL string

	// Prefix is the path under which the Handler is mounted. Empty: "/auth/".
	Prefix string
	// Home is the path to go to after signing in if no other page was requested. It
	// must not be below Prefix. Empty: "/".
	Home string
	// Class returns the class that a request for the form, or the form itself, is
	// about. If the id is empty, the page asks for the class. Nil: the parameter
	// "class", an organization_id or a slug.
	Class middleware.ClassOf
	// Methods are the sign-in methods that are offered where the class allows them.
	// OAuth and SSO need a Client with a PublicToken. Nil: all methods that the Client
	// can use.
	Methods []grimoireauth.SignInMethod
	// LinkExpires is how long a link works, as in [stytchclient.MagicLink]. Zero:
	// Stytch's 60 minutes.
	LinkExpires time.Duration

	// ClockLeeway is [jwtlocal.Config].Leeway of the verifier behind the guard. If this
	// machine's clock is known to be off by more, no token is redeemed, since the new
	// session_jwt would be rejected. Zero: 5 seconds, as there. Negative: the clock is
	// not compared, which is right if no JWT is verified here.
	//
	// [jwtlocal.Config]:
	// https://pkg.go.dev/github.com/promptgrimoire/auth/jwtlocal#Config
	ClockLeeway time.Duration

	// Discovery lets people who do not know their class sign in first and choose a
	// class afterwards. False: a class has to be named.
	Discovery bool
	// Impersonation accepts the links by which an administrator, in the Stytch
	// dashboard, opens the class as another member. False: they are rejected.
	Impersonation bool

	// Limit bounds the messages, guesses and class look-ups of strangers. The built-in
	// Limiter counts in memory, so each process allows as much; replicas can share one
	// over Redis, that of package signinlimits. Nil: the built-in one, which
	// docs/security.md describes.
	Limit Limiter
	// Redemptions lets two clicks at the same moment, on two replicas, both end signed in,
	// as two on one process do: those of package signinlimits. Nil: on another replica the
	// second one finds the link used.
	Redemptions Redemptions

	// OnSignIn is called after a person has proved who they are and before any cookie
	// is set, for instance to write a row about them. If it returns an error, the
	// person is not signed in: ErrForbidden ends the new session; after any other error
	// the same form works again until its page expires, on every replica that has the same
	// project secret, so OnSignIn can be called twice for one sign-in. The whole text of the
	// error is logged, and none of it is shown on a page. Nil: not called.
	OnSignIn func(ctx context.Context, signedIn stytchclient.SignedIn) error

	// ClassName returns the name that the pages show for a class, an id or a slug, or ""
	// if it has none. It is called for every page and should not block. With it the
	// pages tell strangers which classes there are and what they are called. Nil: the
	// pages show the slug, until the person has signed in.
	ClassName func(class string) string

	// Pages replaces the pages: a template for each of the names in [PageNames],
	// executed with a [Page]. Begin with [DefaultPages]. The Content-Security-Policy of
	// the pages allows styles, images and fonts of this host and no script. Nil: the
	// built-in pages.
	Pages *template.Template

	// Logger gets messages for the operator: ids and kinds of errors, no address and no
	// token, and the text of errors that the application itself returned. Nil:
	// slog.Default().
	Logger *slog.Logger
}

const (
	defaultPrefix = "/auth/"
	defaultHome   = "/"
	linkLife      = time.Hour // Stytch's
)

func (c Config) prefix() string { return cmp.Or(c.Prefix, defaultPrefix) }

func (c Config) home() string { return cmp.Or(c.Home, defaultHome) }

func (c Config) logger() *slog.Logger { return cmp.Or(c.Logger, slog.Default()) }

func (c Config) pages() *template.Template { return cmp.Or(c.Pages, builtIn) }

func (c Config) linkLife() time.Duration { return cmp.Or(c.LinkExpires, linkLife) }

func (c Config) limiter() Limiter {
	if c.Limit == nil {
		return NewLimiter()
	}
	return c.Limit
}

// secure reports whether browsers use https, so that cookies can be Secure.
func (c Config) secure() bool { return strings.HasPrefix(c.BaseURL, "https:") }

// everyMethod lists the methods that this package supports.
var everyMethod = []grimoireauth.SignInMethod{
	grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword, grimoireauth.MethodSSO,
	grimoireauth.MethodGoogle, grimoireauth.MethodMicrosoft, grimoireauth.MethodGitHub, grimoireauth.MethodSlack, grimoireauth.MethodHubSpot,
}

// byBrowser reports whether a method redirects the browser to another host, for which
// the client needs a public token.
func byBrowser(method grimoireauth.SignInMethod) bool {
	switch method {
	case grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword:
		return false
	}
	return true
}

// faults returns all mistakes in the configuration as one error.
func (c Config) faults() error {
	var faults []error
	if err := checkBase(c.BaseURL); err != nil {
		faults = append(faults, err)
	}
	if prefix := c.prefix(); !isPath(prefix) || !strings.HasSuffix(prefix, "/") || strings.ContainsAny(prefix, "{}") {
		faults = append(faults, fmt.Errorf("the Prefix %.100q is not a path that ends in a slash, such as /auth/", c.Prefix))
	}
	if !isPath(c.home()) {
		faults = append(faults, fmt.Errorf("the Home %.100q is not a path on this host", c.Home))
	}
	if strings.HasPrefix(c.home(), c.prefix()) {
		faults = append(faults, fmt.Errorf("the Home %.100q is one of these pages, so signing in would lead in a circle", c.home()))
	}
	if d := c.LinkExpires; d != 0 && (d < 5*time.Minute || d > 7*24*time.Hour || d%time.Minute != 0) {
		faults = append(faults, fmt.Errorf("LinkExpires %v is not a whole number of minutes from 5 minutes to 7 days", d))
	}
	for _, method := range c.Methods {
		if !slices.Contains(everyMethod, method) {
			faults = append(faults, fmt.Errorf("Methods has %.50q, which is no sign-in method", method))
		}
	}
	if c.Methods != nil && len(c.Methods) == 0 {
		faults = append(faults, errors.New("Methods is empty, so no person could sign in: nil stands for all"))
	}
	for _, name := range PageNames() {
		if c.pages().Lookup(name) == nil {
			faults = append(faults, fmt.Errorf("the Pages have no template %q", name))
		}
	}
	return errors.Join(faults...)
}

func isPath(address string) bool {
	_, ok := middleware.ReturnTo(address)
	return ok && !strings.ContainsAny(address, "?#")
}

func checkBase(base string) error {
	if base == "" {
		return errors.New("BaseURL is missing: where do browsers reach this server?")
	}
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("BaseURL %.100q is not a URL with a host, such as https://classes.example.edu", base)
	}
	// url.Parse also accepts other spellings of a scheme and an empty query or
	// fragment, to which no path can be appended.
	if base != u.Scheme+"://"+u.Host {
		return fmt.Errorf("BaseURL %.100q is not just a scheme, in lower case, and a host", u.Redacted())
	}
	if u.Scheme == "http" && !project.IsLoopback(u.Hostname()) {
		return fmt.Errorf("BaseURL %.100q is plain http: anybody on the way could take the link", base)
	}
	return nil
}

// guardFaults compares the settings of the Guard's cookies with the BaseURL. A browser
// silently drops a cookie that it must not keep, and then each sign-in leads back to
// the sign-in page.
func guardFaults(guard *middleware.Guard, baseURL string) error {
	if guard == nil {
		return errors.New("the Guard is missing: pass what middleware.New returned")
	}
	host, secure := "", false
	if base, err := url.Parse(baseURL); err == nil {
		host, secure = base.Hostname(), base.Scheme == "https"
	}
	if err := guard.CheckCookies(host); err != nil {
		if guard.CookieDomain() != "" {
			return fmt.Errorf("the BaseURL %.100q and the SharedCookieDomain of the Guard exclude each other: %w", baseURL, err)
		}
		return fmt.Errorf("the Guard cannot hold anybody who signs in here: %w", err)
	}
	var faults []error
	domain := strings.ToLower(strings.TrimPrefix(guard.CookieDomain(), "."))
	if suffix, _ := publicsuffix.PublicSuffix(domain); domain != "" && suffix == domain {
		faults = append(faults, fmt.Errorf(
			"the SharedCookieDomain %.100q of the Guard is a public suffix (https://publicsuffix.org), so a browser at the BaseURL %.100q drops its cookies: name a domain below it", domain, baseURL))
	}
	if secure && plainCookies(guard, baseURL) {
		faults = append(faults, fmt.Errorf(
			"the BaseURL %.100q is https and the Guard has InsecureCookies: its cookies would go over plain http as well", baseURL))
	}
	return errors.Join(faults...)
}

// plainCookies reports whether the Guard writes cookies without the attribute Secure.
// It reads the headers with which the Guard deletes them.
func plainCookies(guard *middleware.Guard, baseURL string) bool {
	r, err := http.NewRequest(http.MethodGet, baseURL, nil)
	if err != nil {
		return false
	}
	w := headers{}
	guard.ClearCookies(w, r)
	for _, line := range http.Header(w)["Set-Cookie"] {
		if cookie, err := http.ParseSetCookie(line); err == nil && cookie.Secure {
			return false
		}
	}
	return len(http.Header(w)["Set-Cookie"]) > 0
}

// headers is an http.ResponseWriter that keeps the headers only.
type headers http.Header

func (h headers) Header() http.Header { return http.Header(h) }

func (headers) Write(p []byte) (int, error) { return len(p), nil }

func (headers) WriteHeader(int) {}
