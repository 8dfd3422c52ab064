package middleware_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

const chrome = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// M26: who gets a redirect, a page or a problem in JSON.
func TestM26_WhoGetsWhat(t *testing.T) {
	tests := []struct {
		name, method, accept, mode string
		signIn                     string
		status                     int
		contentType, location      string
	}{
		{"program", "GET", "", "", "/auth/", 401, "application/problem+json", ""},
		{"curl", "GET", "*/*", "", "/auth/", 401, "application/problem+json", ""},
		{"script in a page", "GET", chrome, "cors", "/auth/", 401, "application/problem+json", ""},
		{"image", "GET", "image/avif,*/*", "no-cors", "/auth/", 401, "application/problem+json", ""},
		{"WebSocket", "GET", "", "websocket", "/auth/", 401, "application/problem+json", ""},
		{"browser", "GET", chrome, "navigate", "/auth/", 303, "", "/auth/?return_to=%2Fme%3Fa%3Db"},
		{"old browser", "GET", chrome, "", "/auth/", 303, "", "/auth/?return_to=%2Fme%3Fa%3Db"},
		{"browser, HEAD", "HEAD", chrome, "navigate", "/auth/", 303, "", "/auth/?return_to=%2Fme%3Fa%3Db"},
		{"sign-in page with a query", "GET", chrome, "navigate", "/auth/?class=law", 303, "", "/auth/?class=law&return_to=%2Fme%3Fa%3Db"},
		{"browser, form posted", "POST", chrome, "navigate", "/auth/", 401, "text/html; charset=utf-8", ""},
		{"browser, no sign-in page", "GET", chrome, "navigate", "", 401, "text/html; charset=utf-8", ""},
		{"browser, the sign-in page itself is closed", "GET", chrome, "navigate", "/me", 401, "text/html; charset=utf-8", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{SignInURL: tt.signIn})
			r := request(tt.method, "/me?a=b", "")
			r.Header.Set("Accept", tt.accept)
			if tt.mode != "" {
				r.Header.Set("Sec-Fetch-Mode", tt.mode)
			}
			res := serve(guard.Require(whoami), r)
			require.Equal(t, tt.status, res.StatusCode)
			require.Equal(t, tt.contentType, res.Header.Get("Content-Type"))
			require.Equal(t, tt.location, res.Header.Get("Location"))
			require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
			if tt.status == 401 {
				require.NotEmpty(t, res.Header.Get("WWW-Authenticate"), "RFC 9110, 11.6.1")
			}
			if strings.HasPrefix(tt.contentType, "text/html") {
				require.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'")
				require.Contains(t, body(t, res), "<h1>Please sign in</h1>")
			}
		})
	}
}

// The address that is handed on must be safe when it comes back.
func TestM14_RedirectCarriesOnlySafeAddresses(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{SignInURL: "/auth/"})
	for target, want := range map[string]string{
		"/me":                           "/me",
		"//evil.example/x":              "",
		"/%5cevil.example":              "",
		"http://evil.example/x":         "",
		"/" + strings.Repeat("a", 3000): "",
	} {
		r := request("GET", "/", "")
		r.RequestURI = target
		r.Header.Set("Accept", chrome)
		location, err := url.Parse(serve(guard.Require(whoami), r).Header.Get("Location"))
		require.NoError(t, err)
		require.Empty(t, location.Host)
		require.Equal(t, "/auth/", location.Path)
		require.Equal(t, want, location.Query().Get("return_to"))
	}

	stripped := http.StripPrefix("/app", guard.Require(whoami))
	r := request("GET", "/app/me", "")
	r.Header.Set("Accept", chrome)
	require.Equal(t, "/auth/?return_to=%2Fapp%2Fme", serve(stripped, r).Header.Get("Location"))
}

func TestProblems(t *testing.T) {
	tests := []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{grimoireauth.ErrNoCredentials, 401, "sign_in_required", ""},
		{grimoireauth.ErrUnauthenticated, 401, "sign_in_required", ""},
		{grimoireauth.ErrExpired, 401, "session_expired", ""},
		{grimoireauth.ErrSessionEnded, 401, "session_ended", ""},
		{grimoireauth.ErrForbidden, 403, "forbidden", ""},
		{grimoireauth.ErrNotInvited, 403, "forbidden", ""},
		{grimoireauth.ErrNotFound, 404, "not_found", ""},
		{grimoireauth.ErrConflict, 409, "conflict", ""},
		{grimoireauth.ErrInvalid, 400, "invalid", ""},
		{grimoireauth.ErrTokenSpent, 400, "link_spent", ""},
		{grimoireauth.ErrTokenUnknown, 400, "link_unknown", ""},
		{&grimoireauth.StepUpError{}, 401, "sign_in_unfinished", ""},
		{grimoireauth.ErrUnavailable, 503, "unavailable", "5"},
		{grimoireauth.ErrRateLimited, 503, "unavailable", "5"},
		{&grimoireauth.Error{Kind: grimoireauth.ErrRateLimited, RetryAfter: 1500 * time.Millisecond}, 503, "unavailable", "2"},
		{&grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, RetryAfter: 30 * 24 * time.Hour}, 503, "unavailable", "3600"},
		{errors.Join(grimoireauth.ErrSessionEnded, grimoireauth.ErrUnavailable), 503, "unavailable", "5"},
		{middleware.ErrMisconfigured, 500, "server_error", ""},
		{errors.New("secret-test-abc"), 500, "server_error", ""},
		{nil, 500, "server_error", ""},
	}
	for _, tt := range tests {
		guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
		w := httptest.NewRecorder()
		guard.Respond(w, request("GET", "/", ""), tt.err)
		require.Equal(t, tt.status, w.Code, "%v", tt.err)
		require.Equal(t, tt.retry, w.Header().Get("Retry-After"))
		var problem struct {
			Type, Title, Detail, Code string
			Status                    int
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
		require.Equal(t, tt.code, problem.Code)
		require.Equal(t, tt.status, problem.Status)
		require.Equal(t, "about:blank", problem.Type)
		require.NotEmpty(t, problem.Title)
		require.NotContains(t, w.Body.String(), "secret", "L12: no internal text")
	}
}

func TestOutagePage(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{SignInURL: "/auth/"})
	r := request("GET", "/me", "jwt.down.x")
	r.Header.Set("Accept", chrome)
	res := serve(guard.Require(whoami), r)
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode, "an outage sends nobody to sign in")
	require.Equal(t, "90", res.Header.Get("Retry-After"))
	require.Empty(t, res.Cookies())
	require.Contains(t, body(t, res), "You are not signed out")

	r.Method = http.MethodHead
	w := httptest.NewRecorder()
	guard.Require(whoami).ServeHTTP(w, r)
	require.Zero(t, w.Body.Len())
	require.NotEmpty(t, w.Header().Get("Content-Length"))
}

func TestOwnRespond(t *testing.T) {
	standard := middleware.DefaultRespond("/auth/")
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Respond: func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, grimoireauth.ErrUnauthenticated) && r.Header.Get("HX-Request") == "true" {
			w.Header().Set("HX-Redirect", "/auth/")
			return
		}
		standard(w, r, err)
	}})
	r := request("GET", "/", "jwt.ended.x")
	r.Header.Set("HX-Request", "true")
	res := serve(guard.Require(whoami), r)
	require.Equal(t, "/auth/", res.Header.Get("HX-Redirect"))
	require.Len(t, res.Cookies(), 2, "the end of a session deletes cookies whoever writes the response")
	r.Header.Del("HX-Request")
	require.Equal(t, http.StatusUnauthorized, serve(guard.Require(whoami), r).StatusCode)
}
