package signin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// A flow comes back out of its cookie as it went in, and under no other kind that
// would mean something else.
func TestFlowCookie(t *testing.T) {
	h := &Handler{config: Config{BaseURL: "https://classes.example.edu"}}
	cookie := func(kind string, f flow) *http.Cookie {
		w := httptest.NewRecorder()
		h.setFlow(w, kind, f)
		return w.Result().Cookies()[0]
	}
	read := func(kind string, c *http.Cookie) (flow, bool) {
		r := httptest.NewRequest("GET", "/auth/callback", nil)
		r.AddCookie(&http.Cookie{Name: "__Host-" + flowName(kind), Value: c.Value})
		return h.readFlow(r, kind)
	}
	of := flow{verifier: grimoireauth.NewVerifier(), class: "laws1100", returnTo: "/classes/1?week=3"}
	without := flow{verifier: grimoireauth.NewVerifier()}
	for _, kind := range []string{kindOAuth, kindSSO} {
		got, ok := read(kind, cookie(kind, of))
		require.True(t, ok)
		require.True(t, got.verifier.Equal(of.verifier))
		require.Equal(t, of.class, got.class)
		require.Equal(t, of.returnTo, got.returnTo)
		_, ok = read(kind, cookie(kindDiscoveryOAuth, without))
		require.False(t, ok, "without a class any would do")
	}
	_, ok := read(kindDiscoveryOAuth, cookie(kindDiscoveryOAuth, without))
	require.True(t, ok)
	_, ok = read(kindDiscoveryOAuth, cookie(kindOAuth, of))
	require.False(t, ok)

	c := cookie(kindSSO, flow{verifier: of.verifier, class: "laws1100", returnTo: "https://evil.example/"})
	got, ok := read(kindSSO, c)
	require.True(t, ok)
	require.Empty(t, got.returnTo, "M14: looked at again")
	require.Equal(t, 600, c.MaxAge)
	require.Equal(t, "/", c.Path)
	require.True(t, c.HttpOnly && c.Secure && strings.HasPrefix(c.Name, "__Host-"))
}
