package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/middleware"
	"golang.org/x/net/publicsuffix"
)

// guardFaults compares what the Guard says about its cookies with the BaseURL: a
// browser drops a cookie that it may not keep without a word, and what follows is a
// sign-in that leads back to the sign-in page.
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

// addressed returns the request with the host that the browser has in its address bar. A
// proxy may not pass it on; then it is that of the BaseURL.
func (h *Handler) addressed(r *http.Request) *http.Request {
	if here, err := url.Parse("//" + r.Host); err == nil && h.guard.CheckCookies(here.Hostname()) == nil {
		return r
	}
	base, err := url.Parse(h.config.BaseURL)
	if err != nil {
		return r
	}
	r = r.WithContext(r.Context())
	r.Host = base.Host
	return r
}

// plainCookies reports whether the Guard writes cookies without the attribute Secure,
// by the lines with which it deletes them.
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

// headers is a response of which only the headers are of interest.
type headers http.Header

func (h headers) Header() http.Header       { return http.Header(h) }
func (headers) Write(p []byte) (int, error) { return len(p), nil }
func (headers) WriteHeader(int)             {}
