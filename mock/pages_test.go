package mock_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A browser gets a page at every address of the control plane, and a program a sentence.
func TestControlAnswersBrowsersWithPages(t *testing.T) {
	p := newPanel(t, newWire(t).stytch)
	browser := func(r *http.Request) { r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8") }
	for _, tt := range []struct {
		method, path, allow string
		status              int
	}{
		{"GET", "/fake/nothing", "", 404},
		{"GET", "/fake/", "", 404},
		{"GET", "/nothing/at/all", "", 404},
		{"GET", "/fake/login", "POST", 405},
		{"DELETE", "/", "GET, HEAD", 405},
		{"POST", "/fake/outbox", "GET, HEAD", 405},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			page := p.send(tt.method, tt.path, "", browser)
			require.Equal(t, tt.status, page.Code)
			require.Equal(t, tt.allow, page.Header().Get("Allow"))
			isPage(t, page)
			require.Contains(t, page.Body.String(), `href="/"`)
			program := p.send(tt.method, tt.path, "", nil)
			require.Equal(t, tt.status, program.Code)
			require.Equal(t, tt.allow, program.Header().Get("Allow"))
			var said struct{ Error string }
			require.NoError(t, json.Unmarshal(program.Body.Bytes(), &said), program.Body)
			require.NotEmpty(t, said.Error)
		})
	}
	t.Run("a name that is not this machine's", func(t *testing.T) {
		page := p.send("GET", "/", "", func(r *http.Request) { browser(r); r.Host = "evil.example.com" })
		require.Equal(t, http.StatusForbidden, page.Code)
		isPage(t, page)
	})
	t.Run("favicon", func(t *testing.T) {
		icon := p.send("GET", "/favicon.ico", "", nil)
		require.Equal(t, http.StatusOK, icon.Code)
		require.Equal(t, "image/svg+xml", icon.Header().Get("Content-Type"))
		require.True(t, strings.HasPrefix(icon.Body.String(), "<svg "))
	})
}

func isPage(t *testing.T, page *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-store", page.Header().Get("Cache-Control"))
	require.Contains(t, page.Body.String(), "<h1")
	require.Contains(t, page.Body.String(), `<html lang="en">`)
}

// So does the scripted identity provider, where a person comes back to an old tab.
func TestIdentityProviderAnswersBrowsersWithPages(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	old := w.come("/v1/b2b/public/oauth/google/start", map[string]string{"organization_id": class.Slug})
	send := func(method, path string, browser bool) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		if browser {
			r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		}
		out := httptest.NewRecorder()
		w.stytch.ServeHTTP(out, r)
		return out
	}
	require.Equal(t, http.StatusOK, send("GET", old.RequestURI(), true).Code)
	for _, tt := range []struct {
		method, path, allow, kind string
		status                    int
	}{
		{"GET", "/mock/idp", "", "oauth_invalid_state", 400},
		{"GET", "/mock/idp/callback?state=x&persona=ada@example.edu", "", "oauth_invalid_state", 400},
		{"GET", old.RequestURI() + "&persona=", "", "", 200},
		{"GET", strings.Replace(old.RequestURI(), "/mock/idp?", "/mock/idp/callback?persona=ada&", 1), "", "invalid_email", 400},
		{"POST", "/mock/idp", "GET", "method_not_allowed", 405},
		{"GET", "/mock/", "", "", 404},
		{"GET", "/mock/nothing", "", "", 404},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			page := send(tt.method, tt.path, true)
			require.Equal(t, tt.status, page.Code)
			require.Equal(t, tt.allow, page.Header().Get("Allow"))
			isPage(t, page)
			if tt.kind != "" {
				require.Contains(t, page.Body.String(), tt.kind)
				program := send(tt.method, tt.path, false)
				require.Equal(t, tt.status, program.Code)
				require.Contains(t, program.Body.String(), `"error_type":"`+tt.kind+`"`)
			}
		})
	}
}
