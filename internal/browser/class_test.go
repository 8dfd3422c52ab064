package browser

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The classes of the demonstration, by slug, with their names.
const (
	contracts, contractsName = "laws1100-s1", "Contracts, semester 1"
	prompts, promptsName     = "prompt-writing", "Prompt writing for lawyers"
)

// atSignIn goes from the front page to the sign-in page of a class.
func (p *person) atSignIn(class string) {
	p.t.Helper()
	p.open("/")
	p.click(`a.button[data-class="` + class + `"]`)
}

// outbox opens the outbox in another tab and returns an attribute or the text of the last
// message to an address.
func (p *person) outbox(to, selector, attribute string) string {
	p.t.Helper()
	tab := p.secondTab()
	defer tab.leave()
	tab.open("/outbox")
	selector = `.mail[data-to="` + to + `"] ` + selector
	if attribute == "" {
		return tab.text(selector)
	}
	return tab.attribute(selector, attribute)
}

func (p *person) link(to string) string { p.t.Helper(); return p.outbox(to, "a.button", "href") }
func (p *person) code(to string) string { p.t.Helper(); return p.outbox(to, ".digits", "") }

// sendLink asks for a link on the front page.
func (p *person) sendLink(email, class string) {
	p.t.Helper()
	p.open("/")
	p.click(`button[data-email="` + email + `"][data-class="` + class + `"]`)
	require.Contains(p.t, p.text("main"), email)
}

// redeem opens a link from an e-mail and presses the button behind it.
func (p *person) redeem(link string) int64 {
	p.t.Helper()
	p.open(link)
	require.Equal(p.t, "/auth/confirm", p.step(), "the token has to leave the address at once")
	return p.follow("Sign in")
}

// redeemUnasked does so in a browser that has not asked for the link. It gets a page that
// names the account, and continues as this person.
func (p *person) redeemUnasked(link, email string) {
	p.t.Helper()
	p.redeem(link)
	require.Equal(p.t, "/auth/account", p.step())
	require.Empty(p.t, p.cookies()["stytch_session"], "a question is no sign-in")
	require.Contains(p.t, p.text("main"), "This link signs you in as "+email)
	p.follow("Continue as " + email)
}

// signIn goes the shortest way in: a link from the front page.
func (p *person) signIn(email, class string) {
	p.t.Helper()
	p.sendLink(email, class)
	p.redeem(p.link(email))
}

// isInside fails unless the page is that of a class, and returns its path.
func (p *person) isInside(name string) string {
	p.t.Helper()
	require.Equal(p.t, name, p.text("#class-name"))
	return p.path()
}

// asked returns the number of requests to Stytch so far, and the newest of them.
func asked(t *testing.T) (count int, newest string) {
	t.Helper()
	res, err := http.Get(home + "/stytch")
	require.NoError(t, err)
	page, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	found := regexp.MustCompile(`id="asked">(\d+)<(?s:.*?)<code>(.+?)</code>`).FindSubmatch(page)
	require.NotNil(t, found, "%s", page)
	count, err = strconv.Atoi(string(found[1]))
	require.NoError(t, err)
	return count, strings.ReplaceAll(string(found[2]), "<wbr>", "")
}

func TestInstructorAndStudent(t *testing.T) {
	iris := arrive(t)
	iris.open("/")
	iris.picture("home")
	iris.phonePicture("home-phone")
	require.EqualValues(t, 200, iris.open("/classes/organization-test-00000000-0000-4000-8000-000000000000"))
	require.Contains(t, iris.path(), "/auth/", "strangers are sent to sign in")

	iris.signIn("iris@example.edu", contracts)
	inside := iris.isInside(contractsName)
	require.Equal(t, "instructor", iris.text("#role"))
	iris.click("#roster")
	require.Contains(t, iris.text("table"), "Sam Lindqvist")
	iris.types("name", "Noor Haddad", "email", "noor@example.edu")
	iris.click("#invite")
	require.Contains(t, iris.text("#invited"), "noor@example.edu")
	require.Contains(t, iris.text("table"), "Noor Haddad")
	iris.picture("roster")
	iris.types("email", "sam@example.edu")
	iris.click("#invite")
	require.Contains(t, iris.text("#problem"), "in the class already")

	t.Log("the invited student follows the link, sees the class and is refused the roster")
	noor := arrive(t)
	noor.redeemUnasked(noor.link("noor@example.edu"), "noor@example.edu")
	noor.click("#my-class")
	require.Equal(t, "student", noor.text("#role"))
	noor.phonePicture("class-phone")
	require.EqualValues(t, 403, noor.click("#roster"))
	require.Contains(t, noor.text("main"), "Your role in this class does not include this")
	require.True(t, noor.has("#sign-out"), "a person who is refused is still signed in, and sees it")
	noor.phonePicture("refused-phone")

	t.Log("an expired session_jwt is refreshed without a visible change, and the cookie changes")
	iris.open(inside)
	require.Equal(t, "local", iris.attribute("#source", "data-source"))
	before := iris.text("#fingerprint")
	cookieBefore := iris.cookies()["stytch_session_jwt"].Value
	iris.click("#make-stale")
	require.Equal(t, inside, iris.path())
	require.Equal(t, "refreshed", iris.attribute("#source", "data-source"))
	require.NotEqual(t, before, iris.text("#fingerprint"))
	require.NotEqual(t, cookieBefore, iris.cookies()["stytch_session_jwt"].Value)
	iris.picture("refreshed")
	iris.open(inside)
	require.Equal(t, "local", iris.attribute("#source", "data-source"))

	t.Log("signing out ends the session: the copied cookies are worth nothing")
	stolen := iris.cookies()
	iris.click("#sign-out")
	require.Contains(t, iris.text("main"), "You are signed out")
	require.Empty(t, iris.cookies()["stytch_session"])
	iris.plant("stytch_session", stolen["stytch_session"].Value)
	iris.plant("stytch_session_jwt", stolen["stytch_session_jwt"].Value)
	iris.open(inside)
	require.Contains(t, iris.path(), "/auth/")
}
