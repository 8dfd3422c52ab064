package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// M15: a provider leads back to where the configuration says.
func TestM15_ProvidersLeadHome(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	connection := w.stytch.AddSSO(w.law.ID, "oidc", nil)
	for _, path := range []string{"oauth/google?class=" + w.law.Slug, "oauth/google", "sso/" + connection + "?class=" + w.law.Slug} {
		r := w.browser().request("GET", "/auth/"+path, nil)
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		res := w.browser().send(r)
		require.Equal(t, http.StatusSeeOther, res.status)
		require.NotContains(t, res.at, "evil")
		require.Contains(t, res.at, url.QueryEscape(home+"/auth/callback"))
	}
}

// Only a click on these pages, or an address that was typed, begins anything.
func TestNothingBeginsByItself(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	connection := w.stytch.AddSSO(w.law.ID, "oidc", nil)
	for _, path := range []string{"/auth/oauth/google?class=" + w.law.Slug, "/auth/oauth/google", "/auth/sso/" + connection + "?class=" + w.law.Slug} {
		for site, want := range map[string]int{"cross-site": 200, "same-site": 200, "nonsense": 200, "same-origin": 303, "none": 303, "": 303} {
			r := w.browser().request("GET", path, nil)
			r.Header.Set("Sec-Fetch-Site", site)
			res := w.browser().send(r)
			require.Equal(t, want, res.status, "%s from %q", path, site)
			require.Equal(t, want == 303, len(res.header.Values("Set-Cookie")) == 1)
			require.Equal(t, want == 200, strings.Contains(res.body, "<form"), "a click more")
		}
		for name, value := range map[string]string{"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"} {
			r := w.browser().request("GET", path, nil)
			r.Header.Set(name, value)
			res := w.browser().send(r)
			require.Equal(t, http.StatusServiceUnavailable, res.status)
			require.Empty(t, res.header.Values("Set-Cookie"))
			require.Empty(t, res.at)
		}
		head := w.browser().send(w.browser().request("HEAD", path, nil))
		require.Equal(t, http.StatusOK, head.status)
		require.Empty(t, head.header.Values("Set-Cookie"))
	}
}

func TestStartsThatCannotBe(t *testing.T) {
	w := newFixture(t, signin.Config{})
	for path, want := range map[string]int{
		"/auth/oauth/google":                                    http.StatusBadRequest, // no class, and no discovery
		"/auth/oauth/myspace?class=" + w.law.Slug:               http.StatusNotFound,
		"/auth/oauth/google_oauth?class=" + w.law.Slug:          http.StatusNotFound,
		"/auth/oauth/google?class=a1&class=b1":                  http.StatusBadRequest,
		"/auth/oauth/google?class=%3Cb%3E":                      http.StatusBadRequest,
		"/auth/oauth/google?class=%zz":                          http.StatusBadRequest,
		"/auth/sso/saml-connection-test-1":                      http.StatusBadRequest,
		"/auth/sso/%3Cscript%3E?class=" + w.law.Slug:            http.StatusNotFound,
		"/auth/sso/" + strings.Repeat("a", 200) + "?class=law1": http.StatusNotFound,
	} {
		res := w.browser().get(path)
		require.Equal(t, want, res.status, path)
		require.Empty(t, res.header.Values("Set-Cookie"))
		require.NotContains(t, res.body, "<script")
	}
}

// HEAD and prefetching redeem no token, of any kind.
func TestL05_PrefetchedCallbacks(t *testing.T) {
	for _, kind := range []string{"oauth", "sso", "discovery_oauth"} {
		t.Run(kind, func(t *testing.T) {
			w := newFixture(t, signin.Config{Discovery: true})
			s := w.beginnings()[kind]()
			for name, value := range map[string]string{"Sec-Purpose": "prefetch", "Purpose": "prefetch", "X-Moz": "prefetch"} {
				r := s.b.request("GET", s.callback, nil)
				r.Header.Set(name, value)
				res := s.b.send(r)
				require.Equal(t, http.StatusServiceUnavailable, res.status)
				require.Empty(t, res.header.Values("Set-Cookie"))
			}
			head := s.b.send(s.b.request("HEAD", s.callback, nil))
			require.Empty(t, head.header.Values("Set-Cookie"))
			require.Zero(t, w.used())

			s.b.get(s.callback)
			require.Equal(t, 1, w.used(), "it still works")
			require.Equal(t, kind != "discovery_oauth", s.b.who() == string(w.ada))
		})
	}
}

// The provider's text about a failure is not shown.
func TestL12_ErrorsOfProviders(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	callback := w.provider(b.leave("/auth/oauth/google?class="+w.law.Slug+"&return_to=/classes/1"), "mock_error", "access_denied")
	for _, query := range []string{
		strings.TrimPrefix(callback, "/auth/callback?"),
		"error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=Call+0900-EVIL",
		"error=x%0D%0ASet-Cookie:+a=b&error_uri=https://evil.example",
		"error=a&error=b",
	} {
		res := b.get("/auth/callback?" + query)
		require.Equal(t, http.StatusForbidden, res.status)
		require.Contains(t, res.body, "You were not signed in there")
		require.Contains(t, res.body, `value="`+w.law.Slug+`"`, "the page of the class that it was about")
		require.Contains(t, res.body, `name="return_to" value="/classes/1"`)
		for _, word := range []string{"access_denied", "script", "0900", "evil", "identity provider did not"} {
			require.NotContains(t, res.body, word)
		}
		require.Empty(t, res.header.Values("Set-Cookie"))
		require.Equal(t, "no-referrer", res.header.Get("Referrer-Policy"))
	}
	other := w.browser().get("/auth/callback?error=access_denied")
	require.Contains(t, other.body, "Which class?")
}

// A double click on the provider's page: one call, and the browser is signed in. The
// same address does not work in another browser.
func TestL13_ProviderTwice(t *testing.T) {
	for _, kind := range []string{"oauth", "sso"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				s := w.beginnings()[kind]()
				w.stytch.Fail(mock.Fault{Endpoint: oauthRedeemed, Latency: time.Second})
				w.stytch.Fail(mock.Fault{Endpoint: ssoRedeemed, Latency: time.Second})
				var group sync.WaitGroup
				results := make([]answer, 3)
				for i := range results {
					b := w.browser()
					b.copies(s.b)
					if i == 2 {
						b = w.browser() // a browser that only has the address
					}
					group.Go(func() { results[i] = b.get(s.callback) })
				}
				group.Wait()
				require.Equal(t, http.StatusSeeOther, results[0].status)
				require.Equal(t, http.StatusSeeOther, results[1].status)
				require.Equal(t, results[0].header.Values("Set-Cookie")[:1], results[1].header.Values("Set-Cookie")[:1])
				require.Equal(t, http.StatusForbidden, results[2].status)
				require.Equal(t, 1, w.used())
			})
		})
	}
}

// Reloaded, or gone back to, after signing in: on to the application.
func TestComingBackAgainContinues(t *testing.T) {
	w := newFixture(t, signin.Config{})
	for _, kind := range []string{"oauth", "sso"} {
		s := w.beginnings()[kind]()
		require.Equal(t, http.StatusSeeOther, s.b.get(s.callback).status)
		session := s.b.cookie("__Host-stytch_session")
		require.Equal(t, "/", s.b.get(s.callback).at)
		require.Equal(t, session, s.b.cookie("__Host-stytch_session"))
		// One of another class is not what the person is signed in to.
		require.Equal(t, http.StatusForbidden, s.b.get(strings.Replace(s.callback, w.law.Slug, w.art.Slug, 1)).status)
	}
}

// Stytch is down when the browser comes back. The token leaves the URL, nothing is
// lost, and a button tries again.
func TestProviderInAnOutage(t *testing.T) {
	for _, kind := range []string{"oauth", "sso"} {
		t.Run(kind, func(t *testing.T) {
			w := newFixture(t, signin.Config{})
			s := w.beginnings()[kind]()
			earlier := w.stytch.SignIn(w.stytch.AddStudent(w.art.ID, "grace@example.edu"))
			s.b.plant("__Host-stytch_session", earlier.Token.Reveal())
			s.b.plant("__Host-stytch_session_jwt", earlier.JWT.Reveal())
			w.stytch.Fail(mock.Fault{Endpoint: oauthRedeemed, Status: 502, Body: "<html>"})
			w.stytch.Fail(mock.Fault{Endpoint: ssoRedeemed, Status: 503})
			res := s.b.get(s.callback)
			require.Equal(t, http.StatusSeeOther, res.status)
			require.Equal(t, "/auth/confirm", res.at)
			require.NotEmpty(t, s.b.field(fieldVerifier), "the verifier stays")

			page := s.b.get("/auth/confirm")
			require.Equal(t, http.StatusServiceUnavailable, page.status)
			require.NotEmpty(t, page.header.Get("Retry-After"))
			require.Contains(t, page.body, "Try again")
			form := url.Values{"attempt": {attemptField.FindStringSubmatch(page.body)[1]}}
			res = s.b.post("/auth/callback", form)
			require.Equal(t, http.StatusServiceUnavailable, res.status)
			require.Empty(t, res.header.Values("Set-Cookie"), "an outage signs nobody out")
			require.Equal(t, earlier.Token.Reveal(), s.b.cookie("__Host-stytch_session"))

			w.stytch.ClearFaults()
			without := w.browser()
			without.copies(s.b)
			without.change(func(fields []string) { fields[fieldAsks], fields[fieldVerifier] = "", "" })
			require.Equal(t, http.StatusForbidden, without.post("/auth/callback", form).status, "not without the verifier")
			require.Equal(t, http.StatusBadRequest, w.browser().post("/auth/callback", form).status)

			require.Equal(t, "/", s.b.post("/auth/callback", form).at)
			require.Equal(t, string(w.ada), s.b.who())
			require.Empty(t, s.b.kept())
		})
	}
}

// GitHub does not vouch for the address: a link proves it, and goes on from what was
// proven. If Stytch does not know that any more, the next try begins anew.
func TestGoingOnFromAProvider(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	begin := func() url.Values {
		require.Equal(t, "/auth/unfinished", b.get(w.provider(b.leave("/auth/oauth/github?class="+w.law.Slug+"&return_to=/week3"), "mock_persona", "ada@example.edu")).at)
		b.post("/auth/start", url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "method": {"magic_link"}, "return_to": {"/week3"}})
		return b.open(w.callbackAddress(w.newest()))
	}
	form := begin()
	w.stytch.Fail(mock.Fault{Endpoint: redeemed, Status: 404, ErrorType: "intermediate_session_not_found", Times: 1})
	require.Equal(t, http.StatusGone, b.post("/auth/callback", form).status)
	require.Empty(t, b.kept())
	w.stytch.Age(2 * time.Second) // one e-mail a second
	res := b.post("/auth/callback", begin())
	require.Equal(t, "/week3", res.at, res.body)
	require.Equal(t, string(w.ada), b.who())
}

// L04: the token is in no address, body or log after its callback.
func TestL04_ProviderTokenLeavesTheURL(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	for kind, begin := range w.beginnings() {
		s := begin()
		u, err := url.Parse(s.callback)
		require.NoError(t, err)
		token := u.Query().Get("token")
		verifier := s.b.field(fieldVerifier)
		res := s.b.get(s.callback)
		for _, secret := range []string{token, verifier} {
			require.NotEmpty(t, secret)
			require.NotContains(t, res.at+res.body, secret, kind)
			require.NotContains(t, w.log.String(), secret, kind)
		}
		require.Equal(t, "no-referrer", res.header.Get("Referrer-Policy"))
		require.Equal(t, "no-store", res.header.Get("Cache-Control"))
	}
}
