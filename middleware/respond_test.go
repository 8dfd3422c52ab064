package middleware_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
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

// answers says what the world is told about each sentinel of grimoireauth.
var answers = map[string]struct {
	err    error
	status int
	code   string
}{
	"ErrUnauthenticated":        {grimoireauth.ErrUnauthenticated, 401, "sign_in_required"},
	"ErrNoCredentials":          {grimoireauth.ErrNoCredentials, 401, "sign_in_required"},
	"ErrExpired":                {grimoireauth.ErrExpired, 401, "session_expired"},
	"ErrSessionEnded":           {grimoireauth.ErrSessionEnded, 401, "session_ended"},
	"ErrNotRecent":              {grimoireauth.ErrNotRecent, 401, "not_recent"},
	"ErrStepUp":                 {grimoireauth.ErrStepUp, 401, "sign_in_unfinished"},
	"ErrForbidden":              {grimoireauth.ErrForbidden, 403, "forbidden"},
	"ErrMethodNotAllowed":       {grimoireauth.ErrMethodNotAllowed, 403, "sign_in_method_not_allowed"},
	"ErrNotSessionOrganization": {grimoireauth.ErrNotSessionOrganization, 403, "forbidden"},
	"ErrNotInvited":             {grimoireauth.ErrNotInvited, 403, "not_invited"},
	"ErrClassArchived":          {grimoireauth.ErrClassArchived, 403, "class_archived"},
	"ErrSuspended":              {grimoireauth.ErrSuspended, 403, "suspended"},
	"ErrLastInstructor":         {grimoireauth.ErrLastInstructor, 403, "last_instructor"},
	"ErrOtherClass":             {grimoireauth.ErrOtherClass, 403, "other_class"},
	"ErrOtherBrowser":           {grimoireauth.ErrOtherBrowser, 403, "other_browser"},
	"ErrWrongCode":              {grimoireauth.ErrWrongCode, 403, "wrong_code"},
	"ErrWrongPassword":          {grimoireauth.ErrWrongPassword, 403, "wrong_password"},
	"ErrPasswordMustChange":     {grimoireauth.ErrPasswordMustChange, 403, "password_must_change"},
	"ErrWeakPassword":           {grimoireauth.ErrWeakPassword, 422, "weak_password"},
	"ErrNotFound":               {grimoireauth.ErrNotFound, 404, "not_found"},
	"ErrTokenUnknown":           {grimoireauth.ErrTokenUnknown, 404, "link_unknown"},
	"ErrConflict":               {grimoireauth.ErrConflict, 409, "conflict"},
	"ErrTokenSpent":             {grimoireauth.ErrTokenSpent, 410, "link_spent"},
	"ErrSignInExpired":          {grimoireauth.ErrSignInExpired, 410, "sign_in_expired"},
	"ErrInvalid":                {grimoireauth.ErrInvalid, 400, "invalid"},
	"ErrLocked":                 {grimoireauth.ErrLocked, 429, "locked"},
	"ErrRateLimited":            {grimoireauth.ErrRateLimited, 503, "unavailable"},
	"ErrOverShare":              {grimoireauth.ErrOverShare, 429, "too_many_requests"},
	"ErrUnavailable":            {grimoireauth.ErrUnavailable, 503, "unavailable"},
}

// problem is a refusal as a program reads it (RFC 9457).
type problem struct {
	Type, Title, Detail, Code string
	Status                    int
}

func problemOf(t *testing.T, err error) (problem, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	newGuard(t, newSchool(t).Authenticate, middleware.Config{}).Respond(w, request("GET", "/", ""), err)
	var p problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, w.Code, p.Status)
	require.Equal(t, "about:blank", p.Type)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	require.NotContains(t, w.Body.String(), "secret", "L12: no internal text")
	return p, w.Header()
}

// A new sentinel of grimoireauth needs a refusal of its own, or a line in the table above
// which says that its parent's fits.
func TestEverySentinelIsAnswered(t *testing.T) {
	files, err := filepath.Glob("../grimoireauth/*.go")
	require.NoError(t, err)
	var exported []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Err") {
						exported = append(exported, name.Name)
					}
				}
			}
		}
	}
	require.ElementsMatch(t, exported, slices.Collect(maps.Keys(answers)), "give each sentinel its row in respond.go, and its line here")

	sentences := make(map[string]string) // by code
	for name, want := range answers {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{want.err, &grimoireauth.Error{Op: "secret", Kind: want.err, Status: 418}, fmt.Errorf("secret: %w", want.err)} {
				got, h := problemOf(t, err)
				require.Equal(t, want.status, got.Status)
				require.Equal(t, want.code, got.Code)
				require.Equal(t, want.status == 401, h.Get("WWW-Authenticate") != "", "RFC 9110, 11.6.1")
			}
			got, _ := problemOf(t, want.err)
			if earlier, ok := sentences[got.Title+got.Detail]; ok {
				require.Equal(t, earlier, got.Code, "two codes with one sentence")
			}
			sentences[got.Title+got.Detail] = got.Code
		})
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		code   string
		retry  string
	}{
		{"unfinished", &stytchclient.StepUpError{}, 401, "sign_in_unfinished", ""},
		{"not recent", &middleware.NotRecentError{MaxAge: time.Hour}, 401, "not_recent", ""},
		{"outage", grimoireauth.ErrUnavailable, 503, "unavailable", "5"},
		{"rate limit", grimoireauth.ErrRateLimited, 503, "unavailable", "5"},
		{"rate limit that says how long", &grimoireauth.Error{Kind: grimoireauth.ErrRateLimited, RetryAfter: 1500 * time.Millisecond}, 503, "unavailable", "2"},
		{"over its share", grimoireauth.ErrOverShare, 429, "too_many_requests", "5"},
		{"over its share, or nobody could find out", errors.Join(grimoireauth.ErrOverShare, grimoireauth.ErrUnavailable), 503, "unavailable", "5"},
		{"over its share for a while", &grimoireauth.Error{Kind: grimoireauth.ErrOverShare, RetryAfter: 1500 * time.Millisecond}, 429, "too_many_requests", "2"},
		{"outage for a month", &grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, RetryAfter: 30 * 24 * time.Hour}, 503, "unavailable", "3600"},
		{"locked", grimoireauth.ErrLocked, 429, "locked", ""},
		{"locked for a minute", &grimoireauth.Error{Kind: grimoireauth.ErrLocked, RetryAfter: time.Minute}, 429, "locked", "60"},
		{"locked, or nobody could find out", errors.Join(grimoireauth.ErrLocked, grimoireauth.ErrUnavailable), 503, "unavailable", "5"},
		{"ended, or nobody could find out", errors.Join(grimoireauth.ErrSessionEnded, grimoireauth.ErrUnavailable), 503, "unavailable", "5"},
		{"ended because suspended", errors.Join(grimoireauth.ErrSuspended, grimoireauth.ErrSessionEnded), 401, "session_ended", ""},
		{"mistake of the program", middleware.ErrMisconfigured, 500, "server_error", ""},
		{"mistake of the program that is an outage too", errors.Join(grimoireauth.ErrUnavailable, middleware.ErrMisconfigured), 500, "server_error", ""},
		{"unknown error", errors.New("secret-test-abc"), 500, "server_error", ""},
		{"no error", nil, 500, "server_error", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, h := problemOf(t, tt.err)
			require.Equal(t, tt.status, got.Status)
			require.Equal(t, tt.code, got.Code)
			require.Equal(t, tt.retry, h.Get("Retry-After"))
		})
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
	require.Empty(t, res.Cookies())
	r.Header.Del("HX-Request")
	require.Equal(t, http.StatusUnauthorized, serve(guard.Require(whoami), r).StatusCode)
}
