package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// begun is a browser that comes back from a provider, and where it arrives.
type begun struct {
	b        *browser
	callback string
	kind     string
}

// beginnings are the ways to come back, one for each kind of token that is bound to
// the browser.
func (w *fixture) beginnings() map[string]func() begun {
	connection := w.stytch.AddSSO(w.law.ID, "saml", nil)
	begin := func(path, kind string) func() begun {
		return func() begun {
			b := w.browser()
			return begun{b, w.provider(b.leave(path), "mock_persona", "ada@example.edu"), kind}
		}
	}
	return map[string]func() begun{
		"oauth":           begin("/auth/oauth/google?class="+w.law.Slug, "oauth"),
		"sso":             begin("/auth/sso/"+connection+"?class="+w.law.Slug, "sso"),
		"discovery_oauth": begin("/auth/oauth/google", "discovery_oauth"),
	}
}

// used counts the tokens that Stytch was shown.
func (w *fixture) used() int {
	return w.calls(oauthRedeemed) + w.calls(ssoRedeemed) + w.calls("POST /v1/b2b/oauth/discovery/authenticate") + w.calls(redeemed)
}

// Login CSRF by a token that an attacker got for themselves, and every other way in
// which what a browser brings back does not belong to what it left with.
func TestL02_ProviderState(t *testing.T) {
	tests := map[string]struct {
		change func(w *fixture, s begun) *browser // returns who arrives
		asked  int
	}{
		"L01 nothing began here": {func(w *fixture, _ begun) *browser { return w.browser() }, 0},
		"of another browser": {func(w *fixture, s begun) *browser {
			other := w.browser()
			other.copies(w.beginnings()[s.kind]().b)
			return other
		}, 1}, // Stytch compares the verifier
		"cut off": {func(_ *fixture, s begun) *browser {
			name, value := s.b.only()
			s.b.plant(name, value[:len(value)-len(value)/2])
			return s.b
		}, 0},
		"one part more": {func(_ *fixture, s begun) *browser {
			name, value := s.b.only()
			s.b.plant(name, value+":x")
			return s.b
		}, 0},
		"L03 no verifier": {func(_ *fixture, s begun) *browser {
			s.b.change(func(fields []string) { fields[fieldVerifier] = "" })
			return s.b
		}, 0},
		"L03 the challenge as the verifier": {func(_ *fixture, s begun) *browser {
			s.b.change(func(fields []string) { fields[fieldVerifier] = strings.Repeat("A", 43) })
			return s.b
		}, 1},
		"begun in the future": {func(_ *fixture, s begun) *browser {
			s.b.change(func(fields []string) { fields[fieldUntil] = "9999999999" })
			return s.b
		}, 0},
		"no time": {func(_ *fixture, s begun) *browser {
			s.b.change(func(fields []string) { fields[fieldUntil] = "" })
			return s.b
		}, 0},
		"the cookie of another kind": {func(w *fixture, s begun) *browser {
			b := w.browser()
			for kind, begin := range w.beginnings() {
				if kind != s.kind {
					b.copies(begin().b)
				}
			}
			return b
		}, 0},
	}
	for name, tt := range tests {
		for _, kind := range []string{"oauth", "sso", "discovery_oauth"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				w := newFixture(t, signin.Config{Discovery: true})
				s := w.beginnings()[kind]()
				b := tt.change(w, s)
				res := b.get(s.callback)
				require.Equal(t, http.StatusForbidden, res.status)
				require.Contains(t, res.body, "began in another browser")
				require.Empty(t, b.cookie("__Host-stytch_session"))
				for _, value := range b.kept() {
					require.NotContains(t, value, ":factor:")
					require.NotContains(t, value, ":class:")
				}
				require.Equal(t, tt.asked, w.used())
			})
		}
	}
}

// An attacker who leaves the challenge out gets a token that needs no verifier. It
// counts for nothing in a browser that has begun with one.
func TestL03_TokenBegunWithoutAChallenge(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	for name, path := range map[string]string{
		"oauth": "/auth/oauth/google?class=" + w.law.Slug, "discovery": "/auth/oauth/google",
		"sso": "/auth/sso/" + w.stytch.AddSSO(w.law.ID, "saml", nil) + "?class=" + w.law.Slug,
	} {
		t.Run(name, func(t *testing.T) {
			start, err := url.Parse(w.browser().leave(path))
			require.NoError(t, err)
			query := start.Query()
			require.NotEmpty(t, query.Get("pkce_code_challenge"))
			query.Del("pkce_code_challenge")
			start.RawQuery = query.Encode()
			callback := w.provider(start.String(), "mock_persona", "ada@example.edu")
			victim := w.browser()
			victim.leave(path)
			res := victim.get(callback)
			require.Equal(t, http.StatusForbidden, res.status)
			require.Contains(t, res.body, "began in another browser")
			require.Empty(t, victim.cookie(sessionAt))
			require.Empty(t, victim.field(fieldOwed))
			require.NotContains(t, w.log.String(), "level=ERROR", "it is no fault of the server")
		})
	}
}

func TestL02_ProviderStateIsOldAfterTenMinutes(t *testing.T) {
	for _, kind := range []string{"oauth", "sso", "discovery_oauth"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{Discovery: true})
				s := w.beginnings()[kind]()
				time.Sleep(10*time.Minute + time.Second)
				require.NotEmpty(t, s.b.kept())
				require.Equal(t, http.StatusForbidden, s.b.get(s.callback).status)
				require.Zero(t, w.used())
			})
		})
	}
}

// A token of one kind under the name of another.
func TestL07_KindConfusion(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true, Impersonation: true})
	for from, begin := range w.beginnings() {
		for _, to := range []string{"oauth", "sso", "discovery_oauth", "discovery", "multi_tenant_magic_links", "multi_tenant_passwords", "multi_tenant_impersonation"} {
			if from == to {
				continue
			}
			s := begin()
			for kind, begin := range w.beginnings() {
				if kind == to { // even so
					verifier := s.b.field(fieldVerifier)
					s.b.copies(begin().b)
					s.b.change(func(fields []string) { fields[fieldVerifier] = verifier })
				}
			}
			u, err := url.Parse(s.callback)
			require.NoError(t, err)
			query := u.Query()
			query.Set("stytch_token_type", to)
			res := s.b.get("/auth/callback?" + query.Encode())
			if res.at == "/auth/confirm" {
				res = s.b.post("/auth/callback", s.b.button())
				require.Contains(t, []int{http.StatusNotFound, http.StatusGone}, res.status, "%s as %s", from, to)
			}
			require.Empty(t, s.b.cookie("__Host-stytch_session"), "%s as %s", from, to)
		}
	}
}

// The challenge is the SHA-256 of the verifier, and there is no place to ask for
// anything else.
func TestL03_PKCE(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	start, err := url.Parse(b.leave("/auth/oauth/google?class=" + w.law.Slug + "&pkce_code_challenge=x&code_challenge_method=plain"))
	require.NoError(t, err)
	verifier := b.field(fieldVerifier)
	challenge := start.Query()["pkce_code_challenge"]
	require.Len(t, challenge, 1)
	require.Len(t, challenge[0], 43)
	require.NotEqual(t, verifier, challenge[0])
	require.NotContains(t, start.String(), verifier)
	require.NotContains(t, start.String(), "plain")
	again := w.browser()
	again.leave("/auth/oauth/google?class=" + w.law.Slug)
	require.NotEqual(t, verifier, again.field(fieldVerifier))
}

// L11: the class that the person named is not the class that they were signed in to.
func TestL11_ConnectionOfAnotherClass(t *testing.T) {
	w := newFixture(t, signin.Config{})
	connection := w.stytch.AddSSO(w.art.ID, "saml", nil)
	b := w.browser()
	res := b.get(w.provider(b.leave("/auth/sso/"+connection+"?class="+w.law.Slug), "mock_persona", "ada@example.edu"))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "another class")
	require.Empty(t, b.cookie("__Host-stytch_session"))
	require.Equal(t, 1, w.calls(revoked), "and the session does not live on")
}

// The class in the cookie is compared with that of the answer.
func TestL11_ClassChangedOnTheWay(t *testing.T) {
	for _, kind := range []string{"oauth", "sso"} {
		w := newFixture(t, signin.Config{})
		s := w.beginnings()[kind]()
		s.b.change(func(fields []string) { fields[fieldClass] = w.art.Slug })
		res := s.b.get(s.callback)
		require.Equal(t, http.StatusForbidden, res.status)
		require.Contains(t, res.body, "another class")
		require.Empty(t, s.b.cookie("__Host-stytch_session"))
		require.Equal(t, 1, w.calls(revoked))
	}
}

// A browser that only went to a provider has requested no e-mail: a link from another
// person needs a confirmation.
func TestL01_LinkAfterAProvider(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.get(w.provider(b.leave("/auth/oauth/github?class="+w.law.Slug+"&return_to=/week3"), "mock_persona", "ada@example.edu"))
	require.NotEmpty(t, b.kept(), "where to go in the end is kept")
	w.stytch.AddStudent(w.law.ID, "eve@example.edu")
	b.open(w.link(w.law.ID, "eve@example.edu"))
	require.Contains(t, b.get("/auth/confirm").body, "This browser has not asked for this link")
}
