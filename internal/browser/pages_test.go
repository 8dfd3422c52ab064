package browser

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Names and addresses that break pages: without a space, as long as they may be, written
// from right to left, and with emoji.
var (
	longAddress = strings.Repeat("a", 40) + "." + strings.Repeat("b", 18) + "@example.edu" // 71 characters
	longName    = strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 3)[:80]
)

var uncommon = []struct{ name, email string }{
	{longName, longAddress},
	{"مريم عبد الرحمن الفارسي", "maryam@example.edu"},
	{"Zoë 👩🏽‍⚖️ O’Neill 🇦🇺", "zoe@example.edu"},
}

// invites adds the people to the class that the person teaches.
func (p *person) invites(inside string) {
	p.t.Helper()
	for _, one := range uncommon {
		res := p.asProgram(http.MethodPost, inside+"/invitations", url.Values{"name": {one.name}, "email": {one.email}, "role": {"student"}}.Encode())
		require.Equal(p.t, http.StatusSeeOther, res.StatusCode)
	}
}

// TestEveryPage opens every page of the classroom, with people in it whose names are
// uncommon. On every screen, light and dark, axe-core finds nothing, no page is wider than
// the screen, and the console is empty.
func TestEveryPage(t *testing.T) {
	address, stop, err := startClassroom()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	come := func() *person {
		p := arriveAt(t, address, 150*time.Second)
		c := p.listen()
		t.Cleanup(func() { c.isEmpty(t) })
		return p
	}

	iris := come()
	iris.open("/")
	iris.looks("home")
	iris.open("/outbox")
	iris.looks("outbox-empty")
	iris.open("/auth/")
	iris.looks("which-class")
	iris.signIn("iris@example.edu", contracts)
	inside := iris.isInside(contractsName)
	iris.invites(inside)
	iris.looks("class-instructor")
	iris.click("#roster")
	iris.looks("roster")
	iris.types("email", longAddress)
	iris.click("#invite")
	iris.looks("roster-problem")
	require.EqualValues(t, http.StatusNotFound, iris.open("/no-such-page"))
	iris.looks("not-found")
	require.EqualValues(t, http.StatusMethodNotAllowed, iris.open("/stytch/power"))
	iris.looks("not-allowed")
	require.EqualValues(t, http.StatusNotFound, iris.open("/auth/no-such-page"))
	iris.looks("auth-not-found")
	stranger := come()
	stranger.open("/stytch")
	stranger.do(chromedp.Evaluate(`document.querySelector('#pass-time').form.action = '/stytch/stale'; 0`, nil))
	require.EqualValues(t, http.StatusUnauthorized, stranger.click("#pass-time"))
	stranger.looks("form-signed-out")
	iris.open("/auth/switch")
	iris.looks("switch")
	iris.open("/auth/logout")
	iris.looks("sign-out")

	bao := come()
	bao.atSignIn(prompts)
	bao.openPassword()
	bao.typesPassword("bao@example.edu", "carbolic-smoke-ball-1893")
	bao.follow("Sign in")
	bao.looks("factor-app")
	bao.types("code", bao.app("Bao Tran, Prompt writing for lawyers"))
	bao.follow("Sign in")
	bao.invites(bao.isInside(promptsName))

	long := come()
	long.atSignIn(contracts)
	long.looks("sign-in")
	long.continueWith("Continue with Google")
	long.looks("provider")
	long.open("/")
	long.atSignIn(contracts)
	long.openPassword()
	long.typesPassword(longAddress, "not-the-one")
	long.follow("Sign in")
	long.looks("wrong-password")
	long.follow("Forgotten, or no password yet?")
	long.looks("sent-reset")
	long.open(long.link(longAddress))
	long.looks("new-password")
	long.types("password", "password")
	long.follow("Set it and sign in")
	long.looks("weak-password")
	long.atSignIn(contracts)
	long.types("email", longAddress)
	long.follow("E-mail me a link")
	long.looks("sent-link")
	long.open(long.link(longAddress))
	long.looks("confirm")
	elsewhere := come()
	elsewhere.open(long.link(longAddress))
	elsewhere.looks("confirm-elsewhere")
	elsewhere.follow("Sign in")
	elsewhere.looks("account")
	long.open("/")
	long.click("#find-classes")
	long.types("email", longAddress)
	long.follow("E-mail me a code")
	long.looks("code")
	long.types("code", "000000")
	long.follow("Sign in")
	long.looks("wrong-code")
	long.types("code", long.code(longAddress))
	long.follow("Sign in")
	long.looks("choose-class")
	long.follow(promptsName)
	long.looks("factor")
	long.follow("Set up an authenticator app")
	long.looks("enrol")
	key := long.text("span.typed")
	phone := come()
	phone.open("/authenticator?add")
	phone.looks("authenticator-add")
	phone.types("key", "no key", "name", longName)
	phone.click("#add")
	phone.looks("authenticator-problem")
	phone.types("key", key, "name", longName)
	phone.click("#add")
	phone.looks("authenticator")
	long.types("code", long.app(longName))
	long.follow("Sign in")
	long.click("#my-class")
	long.isInside(promptsName)
	long.looks("class-student")
	require.EqualValues(t, http.StatusForbidden, long.click("#roster"))
	long.looks("refused")
	long.open("/")
	long.looks("home-signed-in")
	long.open("/outbox")
	long.looks("outbox")

	texts := come()
	texts.atSignIn(prompts)
	texts.continueWith("Continue with Google")
	texts.as("iris@example.edu")
	texts.looks("factor-text")

	phone.open("/stytch")
	phone.looks("stytch")
	phone.follow("Switch Stytch off")
	phone.looks("stytch-off")
	require.EqualValues(t, http.StatusServiceUnavailable, iris.open(inside+"/roster"))
	iris.looks("outage")
	texts.types("code", "123456")
	texts.follow("Sign in")
	texts.looks("factor-outage")
	phone.click("#power-on")
	require.Eventually(t, func() bool { return iris.open(inside) == http.StatusOK }, 10*time.Second, 200*time.Millisecond)
	iris.click("#sign-out")
	iris.looks("signed-out")
}
