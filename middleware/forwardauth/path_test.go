package forwardauth_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
	"github.com/stretchr/testify/require"
)

func TestF02_OnePathHasOneReading(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	for _, path := range []string{
		"classes", "//", "/classes//{class}/notes", "//classes/{class}/notes", "/classes/{class}/./notes", "/classes/{class}/notes/..", "/.", "/..", "/...", "/x/.../y",
		"/%63lasses/{class}/notes", "/classes/{class}%2fnotes", "/classes/{class}%2Fnotes", "/classes/{class}/notes%2f", "/classes/%2e%2e/notes", "/x%5cy",
		"/classes\\{class}", "/classes/{class};a=b/notes", "/classes/{class}%3Ba/notes", "/x%3fy", "/x%23y", "/x#y", "/x?y#z", "/x%25", "/x%252e", "/x%00", "/x%0d%0a", "/x%7f",
		"/x%", "/x%2", "/x%zz", "/x%20", "/%20x", "/x%c0%ae", "/x%ff", "/x%c2%85", "/x\u00e4", "/x y", "/x\ty", "/x?a b", "http://school.example/x", "*", "/x|y", "/" + strings.Repeat("x", 9<<10),
	} {
		require.Equal(t, 404, s.answer(s.authRequest(s.instructor, "GET", path)).StatusCode, "%q", path)
	}
	everything, err := forwardauth.New(s.guard, forwardauth.Allow(), forwardauth.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(secret)}})
	require.NoError(t, err)
	s.handler = everything
	for _, path := range []string{"/", "/x", "/x/", "/x?", "/x?a=b&c=%2f..%2f//", "/a%20title%20with%20%c3%a4", "/a:b@c,d=e+f", "/.well-known/x", "/a..b", "/x.y~z_-", "/100%E2%82%AC", "/%22quoted%22"} {
		require.Equal(t, 204, s.answer(s.authRequest(s.student, "GET", path)).StatusCode, "%q", path)
	}
}

// Every accepted path is read in one way by programs that decode it, clean it, or do
// both in either order, once or twice.
func FuzzF02_Readings(f *testing.F) {
	for _, seed := range []string{"/classes/a/notes", "/a%20b/c", "/%2e%2e/x", "/a;b", "/%c3%a4", "/a//b", "/%252e"} {
		f.Add(seed)
	}
	guard, err := middleware.New(nobody, middleware.Config{})
	require.NoError(f, err)
	handler, err := forwardauth.New(guard, forwardauth.Allow(), forwardauth.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(secret)}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, target string) {
		s := &school{t: t, guard: guard, handler: handler}
		if s.answer(s.authRequest(grimoireauth.Credentials{}, "GET", target)).StatusCode != 204 {
			return
		}
		raw, _, _ := strings.Cut(target, "?")
		once, err := url.PathUnescape(raw)
		require.NoError(t, err)
		twice, err := url.PathUnescape(once)
		require.NoError(t, err)
		clean := func(p string) string {
			if cleaned := path.Clean(p); cleaned != "/" && strings.HasSuffix(p, "/") {
				return cleaned + "/"
			} else {
				return cleaned
			}
		}
		require.Equal(t, once, twice)
		require.Equal(t, raw, clean(raw))
		require.Equal(t, once, clean(once))
		require.Equal(t, strings.Count(raw, "/"), strings.Count(once, "/"))
		require.False(t, strings.ContainsAny(once, "\\;?#%\x00\r\n"))
	})
}
