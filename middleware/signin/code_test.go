package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	codeChecked = "POST /v1/b2b/otps/email/authenticate"
	codeSent    = "POST /v1/b2b/otps/email/login_or_signup"
)

// askCode goes up to the form for the code.
func (b *browser) askCode(class, email, returnTo string) url.Values {
	b.w.t.Helper()
	form := url.Values{"class": {class}, "email": {email}, "return_to": {returnTo}, "method": {"email_otp"}}
	res := b.ask(form)
	require.Equal(b.w.t, http.StatusOK, res.status)
	require.Contains(b.w.t, res.body, `action="/auth/code"`)
	require.Contains(b.w.t, res.body, `inputmode="numeric" autocomplete="one-time-code"`)
	form.Del("method")
	return form
}

func TestCodeWholeWay(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.askCode(w.law.Slug, "ada@example.edu", "/classes/1")
	code := w.newest().Code
	form.Set("code", "000000")
	if code == "000000" {
		form.Set("code", "000001")
	}
	res := b.post("/auth/code", form)
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "not right")
	require.Contains(t, res.body, `name="email" value="ada@example.edu"`, "the address stays")
	require.Contains(t, res.body, `name="return_to" value="/classes/1"`)
	require.NotContains(t, res.body, form.Get("code"), "what was typed is not shown again")
	require.Empty(t, b.cookie("__Host-stytch_session"))

	form.Set("code", " "+code[:3]+" "+code[3:]+" ")
	res = b.post("/auth/code", form)
	require.Equal(t, http.StatusSeeOther, res.status, res.body)
	require.Equal(t, "/classes/1", res.at)
	require.Equal(t, string(w.ada), b.who())
	require.Empty(t, b.kept())
	require.NotContains(t, w.log.String(), code)
}

// A second click while the first is under way, and a reload after: one call. Another
// browser with the same code gets nothing.
func TestL13_CodeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		form := b.askCode(w.law.Slug, "ada@example.edu", "")
		form.Set("code", w.newest().Code)
		w.stytch.Fail(mock.Fault{Endpoint: codeChecked, Latency: time.Second})
		var group sync.WaitGroup
		results := make([]answer, 2)
		for i := range results {
			first := w.browser()
			first.copies(b)
			group.Go(func() { results[i] = first.post("/auth/code", form) })
		}
		group.Wait()
		for _, res := range results {
			require.Equal(t, http.StatusSeeOther, res.status)
		}
		require.Equal(t, 1, w.calls(codeChecked))

		other := w.browser()
		// It has a nonce, too: its own.
		other.post("/auth/start", url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "method": {"magic_link"}})
		require.NotEmpty(t, other.kept())
		res := other.post("/auth/code", form)
		require.Equal(t, http.StatusGone, res.status)
		require.Contains(t, res.body, "used already")
		require.Contains(t, res.body, `value="ada@example.edu"`)
		require.Empty(t, other.cookie("__Host-stytch_session"))
	})
}

func TestCodeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		form := b.askCode(w.law.Slug, "ada@example.edu", "")
		form.Set("code", w.newest().Code)
		time.Sleep(11 * time.Minute)
		res := b.post("/auth/code", form)
		require.Equal(t, http.StatusGone, res.status)
		require.Contains(t, res.body, "E-mail me a code", "and here is a new one")
	})
}

func TestCodeThatCannotBe(t *testing.T) {
	w := newFixture(t, signin.Config{})
	for name, codes := range map[string][]string{
		"none": nil, "empty": {""}, "two": {"123456", "123456"}, "short": {"12345"}, "long": {"1234567"}, "letters": {"12345a"}, "markup": {"<b>123"}, "signs that count no more than digits": {"①②③④⑤⑥"},
	} {
		t.Run(name, func(t *testing.T) {
			res := w.browser().post("/auth/code", url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "code": codes})
			require.Equal(t, http.StatusBadRequest, res.status)
			require.Contains(t, res.body, "six digits")
			require.NotContains(t, res.body, "<b>")
		})
	}
	require.Equal(t, http.StatusBadRequest, w.browser().post("/auth/code", url.Values{"class": {w.law.Slug}, "email": {"ada"}, "code": {"123456"}}).status)
	query := w.browser().post("/auth/code?class="+w.law.Slug+"&email=ada@example.edu&code=123456", url.Values{})
	require.Equal(t, http.StatusBadRequest, query.status, "only the body counts")
	require.Zero(t, w.calls(codeChecked))
}

// Typed input does not show who is in a class, or which classes there are.
func TestTypedSaysTheSameToEverybody(t *testing.T) {
	strangers := map[string]struct{ class, email string }{
		"not in the class": {"", "eve@example.edu"},
		"no such class":    {"organization-test-00000000-0000-0000-0000-000000000000", "ada@example.edu"},
		"no such slug":     {"no-such-class", "ada@example.edu"},
	}
	for kind, tt := range map[string]struct {
		path string
		form url.Values
	}{
		"asks for a code":     {"/auth/start", url.Values{"method": {"email_otp"}}},
		"asks for a reset":    {"/auth/start", url.Values{"method": {"reset"}}},
		"types a code":        {"/auth/code", url.Values{"code": {"000000"}}},
		"types a password":    {"/auth/start", url.Values{"method": {"password"}, "password": {"a wrong password"}}},
		"asks for a link":     {"/auth/start", url.Values{"method": {"magic_link"}}},
		"asks, as of old":     {"/auth/start", url.Values{}},
		"asks for two things": {"/auth/start", url.Values{"method": {"magic_link", "email_otp"}}},
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				ask := func(class, email string) (answer, string) {
					tt.form.Set("class", class)
					tt.form.Set("email", email)
					b := w.browser()
					res := b.post(tt.path, tt.form)
					same := strings.NewReplacer(email, "EMAIL", class, "CLASS", "this class", "CLASS")
					res.header["Set-Cookie"] = []string{same.Replace(strings.Join(res.header["Set-Cookie"], "\n"))}
					page := res
					if res.status == http.StatusSeeOther {
						page = b.get(res.at)
					}
					return res, random.ReplaceAllString(same.Replace(page.body), "RANDOM")
				}
				known, page := ask(w.law.Slug, "ada@example.edu")
				for name, who := range strangers {
					if who.class == "" {
						who.class = string(w.law.ID)
					}
					got, gotPage := ask(who.class, who.email)
					require.Equal(t, known.status, got.status, name)
					require.Equal(t, sameCookies(known, strings.NewReplacer()), sameCookies(got, strings.NewReplacer()), name)
					if strings.HasPrefix(who.class, "organization-") {
						continue // such a page has no title
					}
					require.Equal(t, page, gotPage, name)
				}
			})
		})
	}
}

func TestCodeInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		form := b.askCode(w.law.Slug, "ada@example.edu", "")
		form.Set("code", w.newest().Code)
		w.stytch.Fail(mock.Fault{Endpoint: codeChecked, Status: 500})
		res := b.post("/auth/code", form)
		require.Equal(t, http.StatusServiceUnavailable, res.status)
		require.NotEmpty(t, res.header.Get("Retry-After"))
		require.Empty(t, res.header.Values("Set-Cookie"))
		require.Contains(t, res.body, `action="/auth/code"`)
		w.stytch.ClearFaults()
		require.Equal(t, http.StatusSeeOther, b.post("/auth/code", form).status)
		require.Equal(t, string(w.ada), b.who())

		w.stytch.Fail(mock.Fault{Endpoint: codeSent, Status: 500})
		form.Set("method", "email_otp")
		res = b.post("/auth/start", form)
		require.Equal(t, http.StatusServiceUnavailable, res.status)
		require.Contains(t, res.body, `value="ada@example.edu"`)
		require.Equal(t, string(w.ada), b.who())
	})
}

// Only a member can be locked. So the page looks like that for a wrong code, which
// always says what to do when locked.
func TestLockedOut(t *testing.T) {
	for name, tt := range map[string]struct {
		path, endpoint string
		form           url.Values
	}{
		"code":     {"/auth/code", codeChecked, url.Values{"code": {"123456"}}},
		"password": {"/auth/start", passwordChecked, url.Values{"method": {"password"}, "password": {"a wrong password"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, signin.Config{})
			tt.form.Set("class", w.law.Slug)
			tt.form.Set("email", "eve@example.edu")
			stranger := w.browser().post(tt.path, tt.form)
			require.Equal(t, http.StatusForbidden, stranger.status)
			require.Contains(t, stranger.body, "for an hour")
			w.stytch.Fail(mock.Fault{Endpoint: tt.endpoint, Status: 429, ErrorType: "user_lock_limit_reached", RetryAfter: time.Hour})
			locked := w.browser().post(tt.path, tt.form)
			require.Equal(t, stranger.status, locked.status)
			require.Equal(t, stranger.body, locked.body)
			require.Equal(t, stranger.header, locked.header)
		})
	}
}

// In a discovery people prove their address first. They get no session by that.
func TestDiscovery(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	b := w.browser()
	page := b.get("/auth/?return_to=/week3")
	require.Contains(t, page.body, "find my classes")
	require.Equal(t, "link code Google Microsoft GitHub Slack HubSpot", strings.Join(offered(page.body), " "))
	form := url.Values{"class": {""}, "email": {"ada@example.edu"}, "return_to": {"/week3"}, "method": {"magic_link"}}

	t.Run("by link", func(t *testing.T) {
		b := w.browser()
		require.Contains(t, b.ask(form).body, "somebody in a class")
		require.Equal(t, "discovery", w.newest().Kind)
		callback := w.callbackAddress(w.newest())
		scanner := w.browser()
		scanner.get(callback)
		require.Zero(t, w.calls("POST /v1/b2b/magic_links/discovery/authenticate"), "L05")
		button := b.open(callback)
		res := b.post("/auth/callback", button)
		require.Equal(t, "/auth/classes", res.at)
		require.Equal(t, 1, w.calls("POST /v1/b2b/magic_links/discovery/authenticate"))
		require.Empty(t, b.cookie("__Host-stytch_session"), "L08")
		require.Empty(t, b.field(fieldToken))
		require.Empty(t, b.who())
	})
	t.Run("by code", func(t *testing.T) {
		b := w.browser()
		form := b.askCode("", "bob@example.edu", "/week3")
		form.Set("code", w.newest().Code)
		require.Equal(t, "/auth/classes", b.post("/auth/code", form).at)
		require.Equal(t, 1, w.calls("POST /v1/b2b/otps/email/discovery/authenticate"))
		require.Empty(t, b.cookie("__Host-stytch_session"))
	})
	t.Run("by provider", func(t *testing.T) {
		b := w.browser()
		require.Equal(t, "/auth/classes", b.get(w.provider(b.leave("/auth/oauth/google?return_to=/week3"), "mock_persona", "ada@example.edu")).at)
		require.Equal(t, 1, w.calls("POST /v1/b2b/oauth/discovery/authenticate"))
		require.Empty(t, b.cookie("__Host-stytch_session"))
	})
	t.Run("not by password", func(t *testing.T) {
		form.Set("method", "password")
		form.Set("password", "x")
		require.Equal(t, http.StatusBadRequest, b.post("/auth/start", form).status)
		form.Set("method", "reset")
		require.Equal(t, http.StatusBadRequest, b.post("/auth/start", form).status)
	})
	t.Run("a class that cannot be is not no class", func(t *testing.T) {
		for _, class := range [][]string{{"<b>"}, {"a1", "b1"}, {"", ""}} {
			res := b.post("/auth/start", url.Values{"class": class, "email": {"ada@example.edu"}})
			require.Equal(t, http.StatusBadRequest, res.status, "%q", class)
			require.Equal(t, http.StatusBadRequest, b.get("/auth/oauth/google?"+url.Values{"class": class}.Encode()).status, "%q", class)
		}
	})
}

func TestDiscoveryIsOffByDefault(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	require.NotContains(t, b.get("/auth/").body, "find my classes")
	require.Equal(t, http.StatusBadRequest, b.post("/auth/start", url.Values{"class": {""}, "email": {"ada@example.edu"}}).status)
	require.NoError(t, w.client.Discovery.SendLink(t.Context(), stytchclient.MagicLink{Email: "ada@example.edu"}))
	require.Equal(t, http.StatusBadRequest, b.get(w.callbackAddress(w.newest())).status)
}

// A code is typed in the digits of the person's keyboard, and an address is pasted with
// marks of direction at its ends.
func TestI10_CodesInDigitsOfOtherScripts(t *testing.T) {
	for _, zero := range []rune{'٠', '۰', '０'} {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		form := b.askCode(w.law.Slug, "\u200eada@example.edu\u200f", "/classes/1")
		form.Set("code", "\u200f"+strings.Map(func(r rune) rune { return r - '0' + zero }, w.newest().Code))
		res := b.post("/auth/code", form)
		require.Equal(t, http.StatusSeeOther, res.status, res.body)
		require.Equal(t, string(w.ada), b.who())
	}
}
