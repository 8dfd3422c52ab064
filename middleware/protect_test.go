package middleware_test

import (
	"net/http"
	"testing"

	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

func TestProtect(t *testing.T) {
	school := newSchool(t)
	guard := newGuard(t, school.Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	for _, pattern := range []string{"GET /{$}", "/auth/", "GET /files/{name}", "GET /me", "POST /open", "GET /open", "/dir/", "public.example/"} {
		mux.Handle(pattern, whoami)
	}
	app := guard.Protect(mux, "GET /{$}", "/auth/", "GET /open", "public.example/")
	tests := []struct {
		name, method, target, jwt string
		want                      int
	}{
		{"public page", "GET", "/", "", 200},
		{"public page in an outage", "GET", "/", "jwt.down.x", 200},
		{"public tree", "POST", "/auth/callback", "", 200},
		{"redirect into the public tree", "GET", "/auth", "", 307},
		{"public for GET", "GET", "/open", "", 200},
		{"public for GET only", "POST", "/open", "", 401},
		{"public host", "GET", "http://public.example/anything", "", 200},
		{"closed route", "GET", "/me", "", 401},
		{"closed route, signed in", "GET", "/me", "jwt.ada.x", 200},
		{"closed route, outage", "GET", "/me", "jwt.down.x", 503},
		{"a route nobody thought of", "GET", "/files/x", "", 401},
		{"no such route: learn nothing", "GET", "/nothing", "", 401},
		{"no such route, signed in", "GET", "/nothing", "jwt.ada.x", 404},
		{"wrong method: learn nothing", "DELETE", "/me", "", 401},
		{"wrong method, signed in", "DELETE", "/me", "jwt.ada.x", 405},
		{"redirect to a closed tree: learn nothing", "GET", "/dir", "", 401},
		{"redirect, signed in", "GET", "/dir", "jwt.ada.x", 307},
		{"cleaned path", "GET", "//me", "", 401},
		{"dots out of the public tree", "GET", "/auth/../me", "", 401},
		{"CONNECT is not cleaned", "CONNECT", "/me", "", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, serve(app, request(tt.method, tt.target, tt.jwt)).StatusCode)
		})
	}
}

func TestProtectKnowsItsRoutes(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	all := []string{
		"/", "GET /{$}", "/auth/", "GET /auth/{$}", "GET /x", "/x", "POST /x", "/a/{b}/c", "GET /a/{b}/c", "/r/{rest...}", "/r/fixed",
		"host.example/", "GET host.example/x", "/caf%C3%A9", "GET /b/{x}/{$}", "OPTIONS /x", "CONNECT /tunnel",
	}
	for _, pattern := range all {
		mux.Handle(pattern, whoami)
	}
	require.NotPanics(t, func() { guard.Protect(mux, all...) })
	for name, pattern := range map[string]string{
		"the pattern of requests without a route": "",
		"misspelt":                 "GET /ath/",
		"another method":           "PUT /x/",
		"the same in other words":  "GET /auth/{$} ",
		"another wildcard's name":  "/a/{c}/c",
		"a path, not a pattern":    "/r/fixed/more",
		"another host":             "other.example/y",
		"no path":                  "GET",
		"a path that cannot be":    "/%zz",
		"less than it looks":       "GET /",
		"control characters in it": "/\x00",
	} {
		t.Run(name, func(t *testing.T) {
			require.Panics(t, func() { guard.Protect(mux, "/auth/", pattern) })
		})
	}
	require.Panics(t, func() { guard.Protect(nil) })
}

func TestProtectLeavesAWayIn(t *testing.T) {
	for name, row := range map[string]struct {
		signIn string
		routes []string
		public []string
		want   string // in the panic; empty: none
	}{
		"listed":                            {"/auth/", []string{"/auth/", "/me"}, []string{"/auth/"}, ""},
		"forgotten":                         {"/auth/", []string{"/auth/", "/me"}, nil, `pattern "/auth/", which is not among the public ones`},
		"forgotten, with a query":           {"/login?x=1", []string{"GET /login"}, nil, `pattern "GET /login"`},
		"another pattern is the page's":     {"/auth/", []string{"GET /auth/{$}", "/auth/"}, []string{"/auth/"}, `pattern "GET /auth/{$}"`},
		"served elsewhere":                  {"/auth/", []string{"/me"}, nil, ""},
		"served elsewhere, a route for all": {"/auth/", []string{"/"}, nil, ""},
		"nobody is sent anywhere":           {"", []string{"/auth/"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{SignInURL: row.signIn})
			mux := http.NewServeMux()
			for _, pattern := range row.routes {
				mux.Handle(pattern, whoami)
			}
			protect := func() { guard.Protect(mux, row.public...) }
			if row.want == "" {
				require.NotPanics(t, protect)
				return
			}
			defer func() { require.Contains(t, recover(), row.want) }()
			protect()
			t.Fatal("nobody can sign in, and nobody says so")
		})
	}
}
