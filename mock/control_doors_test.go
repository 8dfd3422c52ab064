package mock_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// Whoever reaches the control plane can sign in as anybody, so a page on the web
// must not reach it through the browser of a developer.
func TestControlKeepsOtherSitesOut(t *testing.T) {
	stytch := new(mock.Stytch)
	stytch.AddClass("LAWS1100")
	p := newPanel(t, stytch)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tt := range []struct {
		name, method, path string
		change             func(*http.Request)
		want               int
	}{
		{"a form", "POST", "/fake/reset", set("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType},
		{"a form of plain text", "POST", "/fake/reset", set("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		{"a body without a type", "POST", "/fake/reset", func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType},
		{"a script, by its origin", "POST", "/fake/reset", set("Origin", "https://evil.example"), http.StatusForbidden},
		{"a script, by what the browser says", "POST", "/fake/reset", set("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"a script that clears faults", "DELETE", "/fake/faults", set("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"an image", "GET", "/fake/state", set("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"another port of this machine", "GET", "/fake/outbox", set("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		{"a name that resolves to this machine", "GET", "/fake/state", func(r *http.Request) { r.Host = "evil.example:4010" }, http.StatusForbidden},
		{"the same, for the page", "GET", "/", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, http.StatusForbidden},
		{"localhost is this machine", "GET", "/fake/outbox", func(r *http.Request) { r.Host = "localhost:4010" }, http.StatusOK},
		{"so is ::1", "GET", "/fake/outbox", func(r *http.Request) { r.Host = "[::1]:4010" }, http.StatusOK},
		{"a script of the page's own", "POST", "/fake/reset", set("Sec-Fetch-Site", "same-origin"), http.StatusOK},
		{"a charset does no harm", "POST", "/fake/reset", set("Content-Type", "application/json; charset=utf-8"), http.StatusOK},
		{"there is nothing else", "GET", "/fake/secrets", nil, http.StatusNotFound},
		{"the methods are fixed", "PUT", "/fake/reset", nil, http.StatusMethodNotAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, p.send(tt.method, tt.path, "", tt.change).Code)
		})
	}
	t.Run("another machine", func(t *testing.T) {
		outside := func(r *http.Request) {
			at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4010}
			*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, at))
		}
		p.refused(http.StatusForbidden, "GET", "/fake/state", "", outside)
	})
}

func TestControlReadsStrictly(t *testing.T) {
	p := newPanel(t, new(mock.Stytch))
	for _, tt := range []struct{ name, path, body, want string }{
		{"an unknown name", "/fake/age", `{"by":"1m","for":1}`, "the fields are by"},
		{"a name in capitals", "/fake/age", `{"By":"1m"}`, `"By" is unknown`},
		{"a name twice", "/fake/age", `{"by":"1m","by":"2m"}`, "twice"},
		{"no object", "/fake/age", `["1m"]`, "no JSON object"},
		{"half an object", "/fake/age", `{"by":`, "no JSON"},
		{"two objects", "/fake/age", `{"by":"1m"}{}`, "no JSON"},
		{"a name for a call without any", "/fake/reset", `{"all":true}`, "takes none"},
		{"a number", "/fake/age", `{"by":6}`, "by should not be a JSON number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, p.refused(http.StatusBadRequest, "POST", tt.path, tt.body, nil), tt.want)
		})
	}
	t.Run("a body without an end", func(t *testing.T) {
		p.refused(http.StatusRequestEntityTooLarge, "POST", "/fake/age", `{"by":"`+strings.Repeat("1", 2<<20)+`"}`, nil)
	})
}
