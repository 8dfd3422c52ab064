package control

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
)

// guard keeps out other machines and other sites.
func (p Plane) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, errOtherSite)
	}))
	next = crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		switch {
		case !p.Server.Remote && core.IsRemote(r):
			refuse(w, r, http.StatusForbidden, errOtherMachine)
		case !p.Server.Remote && !namesLoopback(r.Host):
			// A page under a foreign name that resolves to 127.0.0.1 would be of one origin
			// with this one.
			refuse(w, r, http.StatusForbidden, fmt.Errorf("the control plane is not called %.100q: use 127.0.0.1 or localhost", r.Host))
		case fromOtherSite(r) && strings.HasPrefix(r.URL.Path, "/fake/"):
			refuse(w, r, http.StatusForbidden, errOtherSite)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// namesLoopback reports whether the Host header can only mean this machine.
func namesLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761, 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// fromOtherSite reports whether a browser says that a page of another origin
// made the request. CrossOriginProtection lets such a GET pass; here also what
// can be read signs a member in.
// Source: https://www.w3.org/TR/fetch-metadata/
func fromOtherSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}
