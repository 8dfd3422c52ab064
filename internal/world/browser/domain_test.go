package browser

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

func TestRegistrable(t *testing.T) {
	s := newSuffixes(nil)
	for _, row := range []struct{ domain, want string }{
		{"example.edu", "example.edu"},
		{"a.b.example.edu", "example.edu"},
		{"tutor.ox.ac.uk", "ox.ac.uk"},
		{"ac.uk", "ac.uk"},
		{"edu", "edu"},
		{"localhost", "localhost"},
		{"x.unlisted", "x.unlisted"},
		{"y.x.unlisted", "x.unlisted"},
		{"tutor.sydney.edu.au", "sydney.edu.au"},
		{"127.0.0.1", "127.0.0.1"},
		{"::1", "::1"},
		{"", ""},
	} {
		require.Equal(t, row.want, s.registrable(row.domain), row.domain)
	}
}

func TestSameSite(t *testing.T) {
	j := NewJar(JarConfig{})
	for _, row := range []struct {
		a, b           string
		origin, sameAs bool
	}{
		{"https://tutor.example.edu/a", "https://tutor.example.edu:443/b", true, true},
		{"https://tutor.example.edu", "https://tutor.example.edu:8443", false, true},
		{"https://tutor.example.edu", "https://blog.example.edu", false, true},
		{"https://tutor.example.edu", "https://example.edu", false, true},
		{"https://tutor.example.edu", "https://other.edu", false, false},
		{"https://tutor.example.edu", "http://tutor.example.edu", false, false},
		{"https://ox.ac.uk", "https://cam.ac.uk", false, false},
		{"http://127.0.0.1:1", "http://127.0.0.1:2", false, true},
		{"http://localhost", "http://127.0.0.1", false, false},
	} {
		require.Equal(t, row.origin, sameOrigin(mustURL(row.a), mustURL(row.b)), "%s %s", row.a, row.b)
		require.Equal(t, row.sameAs, j.sameSite(mustURL(row.a), mustURL(row.b)), "%s %s", row.a, row.b)
	}
}
