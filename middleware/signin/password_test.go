package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	passwordChecked = "POST /v1/b2b/passwords/authenticate"
	passwordSet     = "POST /v1/b2b/passwords/email/reset"

	goodPassword  = "correct horse battery staple 7"
	otherPassword = "eleven purple violins at dusk"
)

func (w *fixture) passwordForm(email, password string) url.Values {
	return url.Values{"class": {w.law.Slug}, "email": {email}, "return_to": {"/classes/1"}, "method": {"password"}, "password": {password}}
}

// resetLink asks for a link and goes to the form behind it.
func (b *browser) resetLink(email string) url.Values {
	b.w.t.Helper()
	res := b.ask(url.Values{"class": {b.w.law.Slug}, "email": {email}, "return_to": {"/classes/1"}, "method": {"reset"}})
	require.Equal(b.w.t, http.StatusOK, res.status, res.body)
	require.Contains(b.w.t, res.body, "a link to set a password is on its way")
	require.Equal(b.w.t, "/auth/new-password", b.get(b.w.callbackAddress(b.w.newest())).at)
	return b.newPassword()
}

func (b *browser) newPassword() url.Values {
	b.w.t.Helper()
	page := b.get("/auth/new-password")
	require.Equal(b.w.t, http.StatusOK, page.status)
	require.Contains(b.w.t, page.body, `autocomplete="new-password"`)
	return url.Values{"attempt": {attemptField.FindStringSubmatch(page.body)[1]}}
}

// hasPassword gives ada a password by the pages themselves.
func (w *fixture) hasPassword(password string) {
	w.t.Helper()
	b := w.browser()
	form := b.resetLink("ada@example.edu")
	form.Set("password", password)
	res := b.post("/auth/new-password", form)
	require.Equal(w.t, http.StatusSeeOther, res.status, res.body)
}

// From "I have none" to a password, and in with it.
func TestPasswordWholeWay(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.ask(url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "return_to": {"/classes/1"}, "method": {"reset"}})
	token, verifier := w.newest().Token, b.field(fieldVerifier)
	require.NotEmpty(t, verifier)
	b.get(w.callbackAddress(w.newest()))
	form := b.newPassword()

	form.Set("password", "password")
	res := b.post("/auth/new-password", form)
	require.Equal(t, http.StatusUnprocessableEntity, res.status)
	require.Contains(t, res.body, "choose another password")
	require.Contains(t, res.body, "<li>", "and what would help")
	require.NotContains(t, res.body, `"password">`)
	require.Empty(t, b.cookie("__Host-stytch_session"))

	form.Set("password", goodPassword)
	res = b.post("/auth/new-password", form)
	require.Equal(t, http.StatusSeeOther, res.status, res.body)
	require.Equal(t, "/classes/1", res.at)
	require.Equal(t, string(w.ada), b.who())
	require.Empty(t, b.kept())

	other := w.browser()
	wrong := other.post("/auth/start", w.passwordForm("ada@example.edu", otherPassword))
	require.Equal(t, http.StatusForbidden, wrong.status)
	require.Contains(t, wrong.body, "The e-mail address or the password is not right")
	require.Contains(t, wrong.body, `autocomplete="username" value="ada@example.edu"`)
	require.Equal(t, 1, strings.Count(wrong.body, "<form"), "this form alone")
	require.Less(t, strings.Index(wrong.body, "current-password"), strings.Index(wrong.body, "<details"), "open and first")
	require.NotContains(t, wrong.body, otherPassword)
	require.Empty(t, wrong.header.Values("Set-Cookie"))
	res = other.post("/auth/start", w.passwordForm("ada@example.edu", goodPassword))
	require.Equal(t, http.StatusSeeOther, res.status)
	require.Equal(t, "/classes/1", res.at)
	require.Equal(t, string(w.ada), other.who())

	for _, secret := range []string{token, verifier, goodPassword, otherPassword} {
		require.NotContains(t, w.log.String(), secret)
	}
}

func TestPasswordIsReadFromTheBody(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.hasPassword(goodPassword)
	form := w.passwordForm("ada@example.edu", goodPassword)
	b := w.browser()
	require.Equal(t, http.StatusBadRequest, b.post("/auth/start?"+form.Encode(), url.Values{}).status)
	require.NotContains(t, b.get("/auth/start?"+form.Encode()).body, goodPassword)
	form["password"] = []string{goodPassword, goodPassword}
	require.Equal(t, http.StatusBadRequest, b.post("/auth/start", form).status)
	form["password"] = []string{""}
	require.Equal(t, http.StatusBadRequest, b.post("/auth/start", form).status)
	forged := b.request("POST", "/auth/start", w.passwordForm("ada@example.edu", goodPassword))
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, b.send(forged).status, "L01: nobody is signed in by another site")
	require.Zero(t, w.calls(passwordChecked))
}

func TestPasswordEndings(t *testing.T) {
	tests := map[string]struct {
		fault  mock.Fault
		status int
		says   string
	}{
		"must change": {mock.Fault{Status: 400, ErrorType: "member_reset_password"}, http.StatusForbidden, "Ask for a link to set a new one"},
		"locked":      {mock.Fault{Status: 429, ErrorType: "user_lock_limit_reached"}, http.StatusForbidden, "too many wrong attempts"},
		"down":        {mock.Fault{Status: 502, Body: "<html>"}, http.StatusServiceUnavailable, "Nothing is lost"},
		"rate limit":  {mock.Fault{Status: 429}, http.StatusServiceUnavailable, "Nothing is lost"},
		"a word of tomorrow": {mock.Fault{Status: 401, ErrorType: "password_on_holiday"},
			http.StatusServiceUnavailable, "Nothing is lost"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, signin.Config{})
			w.hasPassword(goodPassword)
			b := w.browser()
			b.signIn(w.art.ID, "ada@example.edu")
			before := b.cookie("__Host-stytch_session")
			tt.fault.Endpoint = passwordChecked
			w.stytch.Fail(tt.fault)
			res := b.post("/auth/start", w.passwordForm("ada@example.edu", goodPassword))
			require.Equal(t, tt.status, res.status)
			require.Contains(t, res.body, tt.says)
			require.Contains(t, res.body, `value="reset"`, "and the way out")
			require.Contains(t, res.body, `value="ada@example.edu"`)
			require.Equal(t, tt.status >= 429, res.header.Get("Retry-After") != "")
			require.Empty(t, res.header.Values("Set-Cookie"))
			require.Equal(t, before, b.cookie("__Host-stytch_session"))
		})
	}
}

// The e-mail alone or the cookie alone sets no password, and trying does not use the
// link up.
func TestL02_ResetState(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.resetLink("ada@example.edu")
	form.Set("password", goodPassword)
	link := attemptAt + form.Get("attempt")
	asked, good := "", ""
	for name, value := range b.kept() {
		if name != link {
			asked, good = name, value
		}
	}
	changed := func(n int, value string) string {
		parts := strings.Split(good, ":")
		parts[n] = value
		return strings.Join(parts, ":")
	}
	tests := map[string]string{
		"no cookie":      "",
		"cut off":        good[:len(good)/2],
		"no verifier":    changed(fieldVerifier, ""),
		"one part more":  good + ":x",
		"a short one":    changed(fieldVerifier, strings.Repeat("v", 42)),
		"asks for less":  changed(fieldAsks, "link"),
		"something else": "x",
	}
	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			other := w.browser()
			other.plant(link, b.kept()[link])
			if value != "" {
				other.plant(asked, value)
			}
			for _, res := range []answer{other.get("/auth/new-password?attempt=" + form.Get("attempt")), other.post("/auth/new-password", form)} {
				require.Equal(t, http.StatusForbidden, res.status)
				require.Contains(t, res.body, "works only in the browser that asked for it")
				require.Contains(t, res.body, `value="reset"`, "begin again here")
			}
		})
	}
	alone := w.browser()
	alone.plant(asked, good)
	require.Equal(t, http.StatusBadRequest, alone.post("/auth/new-password", form).status, "no link")
	require.Zero(t, w.calls(passwordSet))

	require.Equal(t, http.StatusBadRequest, b.post("/auth/new-password", url.Values{"attempt": {"x"}, "password": {goodPassword}}).status, "another page than the one that was read")
	require.Equal(t, http.StatusSeeOther, b.post("/auth/new-password", form).status)
	require.Equal(t, string(w.ada), b.who())
}

// The verifier of an attacker's reset beside the link of a victim's: Stytch compares.
func TestL03_ResetOfAnotherBrowser(t *testing.T) {
	w := newFixture(t, signin.Config{})
	victim, eve := w.browser(), w.browser()
	w.stytch.AddStudent(w.law.ID, "eve@example.edu")
	eve.resetLink("eve@example.edu")
	victim.resetLink("ada@example.edu")
	eve.attempt = victim.attempt
	eve.plant(attemptAt+victim.attempt, victim.kept()[attemptAt+victim.attempt])
	form := eve.newPassword()
	form.Set("password", goodPassword)
	res := eve.post("/auth/new-password", form)
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "began in another browser")
	require.Empty(t, eve.cookie("__Host-stytch_session"))
	require.NotContains(t, eve.kept(), attemptAt+form.Get("attempt"))
}

func TestL02_ResetIsOldAfterHalfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		b.resetLink("ada@example.edu")
		link := w.newest()
		time.Sleep(31 * time.Minute)
		b.get(w.callbackAddress(link))
		require.Equal(t, http.StatusForbidden, b.get("/auth/new-password").status)
	})
}

// HEAD, prefetching and mail scanners use no reset up.
func TestL05_ResetLinkOpenedByAScanner(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.resetLink("ada@example.edu")
	scanner := w.browser()
	callback := w.callbackAddress(w.newest())
	require.Empty(t, scanner.send(scanner.request("HEAD", callback, nil)).header.Values("Set-Cookie"))
	scanner.get(callback)
	scanner.get("/auth/new-password")
	require.Zero(t, w.calls(passwordSet))
	form.Set("password", goodPassword)
	require.Equal(t, http.StatusSeeOther, b.post("/auth/new-password", form).status)
}

// L13: sent twice, set once; and the same link a day later says so.
func TestL13_ResetTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		form := b.resetLink("ada@example.edu")
		form.Set("password", goodPassword)
		for range 2 {
			again := w.browser()
			again.copies(b)
			require.Equal(t, http.StatusSeeOther, again.post("/auth/new-password", form).status)
		}
		require.Equal(t, 1, w.calls(passwordSet))
		time.Sleep(2 * time.Minute)
		res := b.post("/auth/new-password", form)
		require.Equal(t, http.StatusGone, res.status)
		require.NotContains(t, b.kept(), attemptAt+form.Get("attempt"))
	})
}

func TestResetInAnOutage(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.resetLink("ada@example.edu")
	form.Set("password", goodPassword)
	w.stytch.Fail(mock.Fault{Endpoint: passwordSet, Status: 503, RetryAfter: 9 * time.Second})
	res := b.post("/auth/new-password", form)
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Equal(t, "9", res.header.Get("Retry-After"))
	require.Contains(t, res.body, `action="/auth/new-password"`)
	require.NotContains(t, res.body, goodPassword)
	require.Empty(t, res.header.Values("Set-Cookie"))
	w.stytch.ClearFaults()
	require.Equal(t, http.StatusSeeOther, b.post("/auth/new-password", form).status)
}

// The e-mail's other button signs in without a password.
func TestResetEmailWithoutPassword(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.get(w.link(w.law.ID, "ada@example.edu"))
	require.Equal(t, http.StatusBadRequest, b.get("/auth/new-password").status, "another kind of link")
	b.resetLink("ada@example.edu")
	require.Equal(t, "/auth/new-password", b.get("/auth/confirm").at)
	require.Equal(t, http.StatusBadRequest, b.post("/auth/callback", url.Values{"attempt": {"x"}}).status)
	require.Equal(t, "/auth/new-password", b.post("/auth/callback", b.newPassword()).at, "not by the other form")
	require.Zero(t, w.calls(redeemed))
}

// A password that was typed while another tab used the link up, or signed in, is not
// saved, and the person is told so instead of being sent on as if it were.
func TestC07_APasswordThatWasNotSaved(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.resetLink("ada@example.edu")
	form.Set("password", goodPassword)
	require.Equal(t, http.StatusSeeOther, b.post("/auth/new-password", form).status)
	calls := w.calls(passwordSet)
	form.Set("password", otherPassword)
	res := b.post("/auth/new-password", form)
	require.Equal(t, http.StatusGone, res.status)
	require.Contains(t, res.body, "this password was not saved")
	require.Contains(t, res.body, `action="/auth/"`, "a new link can be asked for")
	require.Equal(t, string(w.ada), b.who())
	require.Equal(t, calls, w.calls(passwordSet))
	require.Equal(t, http.StatusSeeOther, b.send(b.request("GET", "/auth/new-password?attempt="+form.Get("attempt"), nil)).status, "to look at the form again is to go on")
}
