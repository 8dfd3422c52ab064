package stytchhttp

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// passed counts the requests that a transport below would send.
type passed struct{ n int }

func (p *passed) RoundTrip(*http.Request) (*http.Response, error) {
	p.n++
	return nil, errors.New("nothing is sent in this test")
}

// Nothing goes out on behalf of a member that Stytch would not check, however
// the path is written.
func TestNothingUnenforcedIsSent(t *testing.T) {
	tests := map[string]struct {
		method, path string
		want         bool
	}{
		"search members":            {"POST", "/v1/b2b/organizations/members/search", true},
		"create member":             {"POST", "/v1/b2b/organizations/org-1/members", true},
		"id with a slash in it":     {"DELETE", "/v1/b2b/organizations/a%2Fb/members/m", true},
		"get class":                 {"GET", "/v1/b2b/organizations/org-1", false},
		"get member":                {"GET", "/v1/b2b/organizations/org-1/member", false},
		"dangerously get":           {"GET", "/v1/b2b/organizations/members/dangerously_get/m", false},
		"create class":              {"POST", "/v1/b2b/organizations", false},
		"search classes":            {"POST", "/v1/b2b/organizations/search", false},
		"send link":                 {"POST", "/v1/b2b/magic_links/email/login_or_signup", false},
		"list sessions":             {"GET", "/v1/b2b/sessions", false},
		"no organization":           {"POST", "/v1/b2b/organizations//members", false},
		"organization of two dots":  {"POST", "/v1/b2b/organizations/../members", false},
		"organization of one dot":   {"DELETE", "/v1/b2b/organizations/.", false},
		"double slash":              {"POST", "//v1/b2b/organizations/members/search", false},
		"slash at the end":          {"POST", "/v1/b2b/organizations/members/search/", false},
		"method in the wrong case":  {"post", "/v1/b2b/organizations/members/search", false},
		"another method":            {"GET", "/v1/b2b/organizations/members/search", false},
		"path in the wrong case":    {"POST", "/v1/b2b/Organizations/members/search", false},
		"escaped to look different": {"POST", "/v1/b2b/organizations%2Fmembers/search", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			below := new(passed)
			ctx := WithMember(t.Context(), grimoireauth.Credentials{Token: grimoireauth.NewSecret("t")})
			req, err := http.NewRequestWithContext(ctx, test.method, "https://test.stytch.com"+test.path, strings.NewReader("{}"))
			require.NoError(t, err)
			_, err = memberTransport{below}.RoundTrip(req)
			require.Error(t, err)
			require.Equal(t, !test.want, errors.Is(err, errNotEnforced))
			require.Equal(t, test.want, below.n == 1)
			require.Empty(t, req.Header, "the request of the caller is left alone")
		})
	}
	t.Run("without a session", func(t *testing.T) {
		below := new(passed)
		req, err := http.NewRequestWithContext(WithMember(t.Context(), grimoireauth.Credentials{}), "POST", "https://test.stytch.com/v1/b2b/organizations/members/search", nil)
		require.NoError(t, err)
		_, err = memberTransport{below}.RoundTrip(req)
		require.ErrorIs(t, err, errNotEnforced)
		require.Zero(t, below.n)
	})
}
