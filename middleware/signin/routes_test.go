package signin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// Every address below the prefix answers every method with a page that leads on.
func TestC16_NothingAnswersWithoutAPage(t *testing.T) {
	w := newFixture(t, signin.Config{})
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/auth/nothing", http.StatusNotFound, ""},
		{"GET", "/auth/favicon.ico", http.StatusNotFound, ""},
		{"GET", "/auth/oauth/", http.StatusNotFound, ""},
		{"POST", "/auth/nothing", http.StatusNotFound, ""},
		{"GET", "/auth/start", http.StatusOK, ""},
		{"GET", "/auth/factor/send", http.StatusSeeOther, ""},
		{"GET", "/auth/factor/enrol", http.StatusSeeOther, ""},
		{"POST", "/auth/", http.StatusMethodNotAllowed, "GET, HEAD"},
		{"POST", "/auth/confirm", http.StatusMethodNotAllowed, "GET, HEAD"},
		{"POST", "/auth/session", http.StatusMethodNotAllowed, "GET, HEAD"},
		{"PUT", "/auth/start", http.StatusMethodNotAllowed, "GET, HEAD, POST"},
		{"DELETE", "/auth/logout", http.StatusMethodNotAllowed, "GET, HEAD, POST"},
		{"OPTIONS", "/auth/callback", http.StatusMethodNotAllowed, "GET, HEAD, POST"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			r := w.browser().request(tt.method, tt.path, nil)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			res := w.browser().send(r)
			require.Equal(t, tt.status, res.status)
			require.Equal(t, tt.allow, res.header.Get("Allow"))
			if tt.status == http.StatusSeeOther {
				require.True(t, strings.HasPrefix(res.at, "/auth/"), res.at)
				return
			}
			require.Equal(t, "text/html; charset=utf-8", res.header.Get("Content-Type"))
			require.Contains(t, res.body, "<h1>")
			require.True(t, strings.Contains(res.body, `href="/auth/"`) || strings.Contains(res.body, "<form"), "it leads on")
			require.Equal(t, "no-store", res.header.Get("Cache-Control"))
			require.NotEmpty(t, res.header.Get("Content-Security-Policy"))
		})
	}
}
