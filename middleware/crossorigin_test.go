package middleware_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// M09: net/http's own protection stands outside the guard, and cookies alone never
// carry a form that another site has posted.
func TestM09_CrossOriginProtection(t *testing.T) {
	school := newSchool(t)
	posted := 0
	save := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posted++ })
	wire := func(source middleware.CredentialSource) http.Handler {
		guard := newGuard(t, school.Authenticate, middleware.Config{CredentialSource: source})
		mux := http.NewServeMux()
		mux.Handle("POST /marks", guard.Require(save))
		mux.Handle("GET /marks", guard.Require(whoami))
		return http.NewCrossOriginProtection().Handler(guard.Protect(mux))
	}
	cookies, bearer := wire(middleware.CookiesOnly), wire(middleware.BearerOnly)
	tests := []struct {
		name   string
		app    http.Handler
		method string
		header map[string]string
		want   int
	}{
		{"our own form", cookies, "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"typed in", cookies, "POST", map[string]string{"Sec-Fetch-Site": "none"}, 200},
		{"another site's form", cookies, "POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"a sibling's form, which SameSite cookies come with", cookies, "POST", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"another site's form, old browser", cookies, "POST", map[string]string{"Origin": "https://evil.example"}, 403},
		{"our own form, old browser", cookies, "POST", map[string]string{"Origin": "https://example.com"}, 200},
		{"a form of nowhere", cookies, "POST", map[string]string{"Origin": "null"}, 403},
		{"another site's link", cookies, "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
		{"no browser", cookies, "POST", nil, 200},
		{"cookies where a bearer token is read", bearer, "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			posted = 0
			r := request(tt.method, "/marks", "jwt.ivy.x")
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			require.Equal(t, tt.want, serve(tt.app, r).StatusCode)
			require.Equal(t, tt.method == "POST" && tt.want == 200, posted == 1)
		})
	}
}

// M10: a bypass pattern of CrossOriginProtection let more requests through than it
// matched (CVE-2025-47910). Requests without cookies need no protection, so no code of this
// repository sets one.
func TestM10_NoBypassPattern(t *testing.T) {
	const forbidden = "Add" + "InsecureBypassPattern"
	read := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		require.NotContains(t, string(source), forbidden, path)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, read, 100, "the walk has missed the module")
}
