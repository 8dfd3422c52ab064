package signin_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// restart is the browser after it was closed and opened again, or the phone after a
// visit to the mail application: cookies with a lifetime are there, and the address of
// the tab.
func (b *browser) restart(res answer) *browser {
	b.w.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(b.w.t, err)
	u, err := url.Parse(home)
	require.NoError(b.w.t, err)
	for _, line := range res.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		require.NoError(b.w.t, err)
		if cookie.MaxAge > 0 {
			jar.SetCookies(u, []*http.Cookie{cookie})
		}
	}
	return &browser{w: b.w, jar: jar, attempt: b.attempt}
}

// What was asked for is a page with an address of its own: reloading it sends nothing
// again, and it is there after a restart of the browser.
func TestC08_RedirectAfterPost(t *testing.T) {
	for method, tt := range map[string]struct{ at, says string }{
		"magic_link": {"/auth/sent", "a link is on its way"},
		"reset":      {"/auth/sent", "a link to set a password is on its way"},
		"email_otp":  {"/auth/code", "six digits are on their way"},
	} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				b := w.browser()
				res := b.post("/auth/start", startForm(w.law, method, "/classes/mine"))
				require.Equal(t, http.StatusSeeOther, res.status)
				require.Equal(t, tt.at, res.at)
				location := res.header.Get("Location")
				require.Regexp(t, `^/auth/[a-z]+\?attempt=[A-Z2-7]{26}$`, location, "no address, code or token")
				later := b.restart(res)
				for range 3 {
					page := later.get(tt.at)
					require.Equal(t, http.StatusOK, page.status)
					require.Contains(t, page.body, tt.says)
					require.Contains(t, page.body, "ada@example.edu")
				}
				require.Len(t, w.stytch.Outbox(), 1)

				// "Send another" goes on with the same attempt.
				time.Sleep(31 * time.Second)
				again := later.post("/auth/start", startForm(w.law, method, "/classes/mine"))
				require.Equal(t, location, again.header.Get("Location"))
				require.Len(t, w.stytch.Outbox(), 2)
				require.Len(t, later.kept(), 1)
				switch method {
				case "magic_link":
					require.Equal(t, "/classes/mine", later.post("/auth/callback", later.open(w.callbackAddress(w.newest()))).at)
				case "email_otp":
					require.Equal(t, "/classes/mine", later.post("/auth/code", url.Values{"code": {w.newest().Code}}).at)
				case "reset":
					later.get(w.callbackAddress(w.newest()))
					form := later.newPassword()
					form.Set("password", goodPassword)
					require.Equal(t, "/classes/mine", later.post("/auth/new-password", form).at)
				}
				require.Equal(t, string(w.ada), later.who())
				require.Equal(t, "/", later.get(tt.at).at, "a page that was left open leads on")
			})
		})
	}
}

// The pages after them as well, each with its attempt.
func TestC08_EveryStepHasAnAddress(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	class, _ := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	form := b.open(w.link(class.ID, "ada@example.edu"))
	res := b.press(form)
	require.Equal(t, "/auth/factor", res.at)
	later := b.restart(res)
	require.Contains(t, later.get("/auth/factor").body, "asks for one more step")
	res = later.post("/auth/factor/send", url.Values{})
	require.Equal(t, "/auth/factor", res.at)
	sent := len(w.stytch.Outbox())
	for range 3 {
		require.Equal(t, http.StatusOK, later.restart(res).get("/auth/factor").status)
	}
	require.Len(t, w.stytch.Outbox(), sent)
}

// Reloading the page of a logout signs no person out, and says the same; beside a
// session it redirects. Its address contains one of a few words.
func TestC08_ReloadingTheSignedOutPage(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	at := b.post("/auth/logout", url.Values{"scope": {"everywhere"}}).at
	require.Equal(t, "/auth/signed-out?said=everywhere", at)
	for range 2 {
		require.Contains(t, b.get(at).body, "You are signed out everywhere")
	}
	b.signIn(w.law.ID, "ada@example.edu")
	require.Equal(t, "/auth/logout", b.get(at).at, "the next person is asked")
	require.Equal(t, string(w.ada), b.who())
	for _, query := range []string{"said=%3Cscript%3E", "said=left&left=%3Cb%3E&of=2", "said=left", "said=class&said=left", "said=left&left=-1&of=99999999999", "%zz"} {
		res := w.browser().get("/auth/signed-out?" + query)
		require.Equal(t, http.StatusOK, res.status, query)
		require.NotContains(t, res.body, `role="alert"`, query)
	}
}

// A page whose time is over says so. The class, the address that was typed in and the
// page that was wanted survive, and what it offers works.
func TestC12_EveryPageSaysThatItTookTooLong(t *testing.T) {
	const back = "/classes/mine"
	tests := map[string]struct {
		after time.Duration
		reach func(w *fixture, b *browser) (path string)
		post  url.Values // what the form of the page sends; nil: it has none of its own
	}{
		"sent": {time.Hour, func(w *fixture, b *browser) string {
			b.asks(w.law, back)
			return "/auth/sent"
		}, nil},
		"code": {10 * time.Minute, func(w *fixture, b *browser) string {
			b.ask(startForm(w.law, "email_otp", back))
			return "/auth/code"
		}, url.Values{"code": {"123456"}}},
		"second factor": {10 * time.Minute, func(w *fixture, b *browser) string {
			w.secure, _ = w.strict()
			b.asks(w.secure, back)
			require.Equal(w.t, "/auth/factor", b.post("/auth/callback", b.open(w.callbackAddress(w.newest()))).at)
			return "/auth/factor"
		}, factorForm("sms_otp", "123456")},
		"another way": {10 * time.Minute, func(w *fixture, b *browser) string {
			res := b.get(w.provider(b.leave("/auth/oauth/github?class="+w.law.Slug+"&return_to="+back), "mock_persona", "ada@example.edu"))
			require.Equal(w.t, "/auth/unfinished", res.at)
			return res.at
		}, nil},
		"a link that waits": {10 * time.Minute, func(w *fixture, b *browser) string {
			b.asks(w.law, back)
			return b.get(w.callbackAddress(w.newest())).at
		}, nil},
		"at a provider": {10 * time.Minute, func(w *fixture, b *browser) string {
			return w.provider(b.leave("/auth/oauth/google?class="+string(w.law.ID)+"&return_to="+back), "mock_persona", "ada@example.edu")
		}, nil},
		"a new password": {30 * time.Minute, func(w *fixture, b *browser) string {
			b.ask(startForm(w.law, "reset", back))
			return w.callbackAddress(w.newest())
		}, nil},
		"choose class": {10 * time.Minute, func(w *fixture, b *browser) string {
			b.ask(url.Values{"class": {""}, "email": {"ada@example.edu"}, "return_to": {back}})
			res := b.post("/auth/callback", b.open(w.callbackAddress(w.newest())))
			require.Equal(w.t, "/auth/classes", res.at)
			return res.at
		}, url.Values{"class": {"organization-test-1"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{Discovery: true})
				b := w.browser()
				path := tt.reach(w, b)
				callback := strings.HasPrefix(path, "/auth/callback") // not opened before
				if !callback {
					require.Equal(t, http.StatusOK, b.get(path).status)
				}
				time.Sleep(tt.after + time.Second)
				form := tt.post
				var res answer
				if form == nil {
					res = b.get(path)
				} else {
					res = b.post(path, form)
				}
				if res.at == "/auth/new-password" {
					res = b.get(res.at)
				}
				if callback {
					require.Equal(t, http.StatusForbidden, res.status)
					require.Regexp(t, "too long ago|for half an hour", res.body)
				} else {
					require.Equal(t, http.StatusGone, res.status)
					require.Contains(t, res.body, "That took too long")
				}
				require.Contains(t, res.body, `name="return_to" value="`+back+`"`)
				class := w.law.Slug
				switch name {
				case "at a provider":
					class = string(w.law.ID)
				case "second factor":
					class = w.secure.Slug
				case "choose class":
					class = ""
				}
				require.Contains(t, res.body, `name="class" value="`+class+`"`)
				if name != "another way" && name != "at a provider" {
					require.Contains(t, res.body, `value="ada@example.edu"`)
				}
			})
		})
	}
}

// The server puts nothing that was typed in into a page but the e-mail address, so that
// the next person at the browser cannot send it again.
func TestC12_NothingTypedIsOnAPage(t *testing.T) {
	w := newFixture(t, signin.Config{Limit: unlimited{}})
	class, ada := w.strict()
	codes := w.withApp(class.ID, ada)
	fresh, _ := w.strict()
	typed := map[string]answer{}
	see := func(what string, res answer) {
		require.GreaterOrEqual(t, res.status, 400, what)
		typed[what] = res
	}
	b := w.browser()
	see("a wrong password", b.post("/auth/start", w.passwordForm("ada@example.edu", "a wrong password")))
	b.askCode(w.law.Slug, "ada@example.edu", "")
	see("918273", b.post("/auth/code", url.Values{"code": {"918273"}}))
	b = w.browser()
	w.stytch.Age(2 * time.Second)
	b.begun(class.ID)
	see("918274", b.post("/auth/factor", factorForm("totp", "918274")))
	see("aaaa-bbbb-cccc", b.post("/auth/factor", factorForm("recovery_code", "aaaa-bbbb-cccc")))
	_ = codes
	b = w.browser()
	w.stytch.Age(2 * time.Second)
	b.begun(fresh.ID)
	see("0400 111 222", b.post("/auth/factor/send", url.Values{"phone": {"0400 111 222"}}))
	b = w.browser()
	form := b.resetLink("ada@example.edu")
	form.Set("password", "password1234")
	see("password1234", b.post("/auth/new-password", form))
	for what, res := range typed {
		require.NotContains(t, res.body, what)
	}
	require.Len(t, typed, 6)
	for what := range typed {
		require.False(t, strings.Contains(w.log.String(), what), what)
	}
}
