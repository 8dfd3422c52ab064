package middleware

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ErrForeignOrigin: a request opens a connection with the cookies of this browser and comes
// from a page of another origin, or has no Origin. The Guard answers 403 before any handler
// runs. It matches [grimoireauth.ErrForbidden].
//
// A browser sends the cookies with a WebSocket whatever page opens it, with SameSite=Lax for
// pages of all hosts of the same site. CORS does not apply to a WebSocket, and
// http.CrossOriginProtection lets every GET pass, so the guard compares the Origin itself
// (RFC 6455, 10.2). To server-sent events CORS applies.
var ErrForeignOrigin error = fmt.Errorf("a connection is opened with cookies, by a page of another origin: %w", grimoireauth.ErrForbidden)

// opensConnection reports whether a request asks for a connection of another protocol: by an
// upgrade (RFC 9110, 7.8) or by CONNECT, which with a :protocol is the same for HTTP/2 and
// HTTP/3 (RFC 8441, RFC 9220).
func opensConnection(r *http.Request) bool {
	for _, protocol := range r.Header["Upgrade"] {
		if strings.TrimSpace(protocol) != "" {
			return true
		}
	}
	return r.Method == http.MethodConnect
}

// checkOrigin returns ErrForeignOrigin if a request opens a connection with cookies and does
// not come from a page of its own host or of Config.Origins.
func (g *Guard) checkOrigin(r *http.Request, rc *requestCredentials) error {
	if !opensConnection(r) || rc.bearer || *rc == (requestCredentials{}) {
		return nil
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if lines := r.Header["Origin"]; len(lines) == 1 {
		origin, ok := originOf(lines[0])
		if ok && (origin == normalOrigin(scheme, r.Host) || slices.Contains(g.origins, origin)) {
			return nil
		}
		g.foreignOrigin.Do(func() {
			g.config.logger().WarnContext(r.Context(), "a connection with cookies was refused since a page of another origin opened it; if that page is your own, because a proxy ends TLS or rewrites Host, list it in Config.Origins",
				"origin", fmt.Sprintf("%.100s", lines[0]), "here", fmt.Sprintf("%.100s", normalOrigin(scheme, r.Host)))
		})
	}
	return ErrForeignOrigin
}

// originOf returns an origin as this package compares it (RFC 6454, 4 and 5), and false if
// the text is not a scheme and a host.
func originOf(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(u.Host, "*,") ||
		!strings.EqualFold(text, u.Scheme+"://"+u.Host) {
		return "", false
	}
	return normalOrigin(u.Scheme, u.Host), true
}

// normalOrigin leaves out the default port of the scheme, as browsers do.
func normalOrigin(scheme, host string) string {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return scheme + "://" + strings.ToLower(strings.TrimSuffix(host, port))
}

// originFaults returns what is wrong with Origins.
func (c Config) originFaults() error {
	for _, origin := range c.Origins {
		if _, ok := originOf(origin); !ok {
			return fmt.Errorf("Origins has %.100q, which is not a scheme and a host, such as https://school.edu", origin)
		}
	}
	if c.CredentialSource == BearerOnly && len(c.Origins) > 0 {
		return fmt.Errorf("BearerOnly and Origins exclude each other: Origins is about cookies")
	}
	return nil
}

// origins returns Config.Origins as they are compared.
func (c Config) origins() []string {
	var all []string
	for _, text := range c.Origins {
		if origin, ok := originOf(text); ok {
			all = append(all, origin)
		}
	}
	return all
}
