package browser

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestMailScanner lets a program open the link before the person does: scanners
// and previews send GET and HEAD, follow redirects, and press no button.
func TestMailScanner(t *testing.T) {
	sam := arrive(t)
	sam.sendLink("sam@example.edu", contracts)
	link := sam.link("sam@example.edu")
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodGet} {
		r, err := http.NewRequestWithContext(t.Context(), method, link, nil)
		require.NoError(t, err)
		r.Header.Set("Accept", "text/html")
		scanner := &http.Client{}
		res, err := scanner.Do(r)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
	}
	sam.redeem(link)
	sam.isInside(contractsName)

	t.Log("the same link once more, in the browser that it has signed in, leads on")
	sam.open(link)
	sam.follow("Sign in")
	require.NotEmpty(t, sam.cookies()["stytch_session"])

	t.Log("in another browser it is used up, and the page says what to do")
	stranger := arrive(t)
	stranger.open(link)
	stranger.follow("Sign in")
	require.Contains(t, stranger.text(".notice"), "Ask for a new one")
	stranger.picture("link-spent")
}

// TestDoubleClick presses the button twice, as many people do with every button: the
// browser ignores the first response, which has the session in it.
func TestDoubleClick(t *testing.T) {
	sam, behind := arrive(t), arrive(t)
	sam.sendLink("sam@example.edu", contracts)
	sam.open(sam.link("sam@example.edu"))
	behind.open("/stytch")
	behind.follow("Make it slow") // so that the second click comes before the first response
	var at [2]float64             // the button may be gone before the second click looks for it
	sam.sees("main button")
	sam.do(chromedp.Evaluate(`(b => [b.left + b.width / 2, b.top + b.height / 2])(document.querySelector("main button").getBoundingClientRect())`, &at))
	press := chromedp.MouseClickXY(at[0], at[1])
	sam.do(press, press, chromedp.WaitVisible("#class-name, .notice", chromedp.ByQuery))
	behind.follow("Put it right")
	require.Eventually(t, func() bool { return sam.has("#class-name") }, 10*time.Second, 20*time.Millisecond, "the second click loads the page again")
	sam.isInside(contractsName)
}

// back presses the back button, and waits until the page is another one. For a page from
// the browser's back/forward cache there is no response to wait for.
func (p *person) back() {
	p.t.Helper()
	left := p.path()
	p.do(chromedp.Evaluate(`history.back()`, nil))
	require.Eventually(p.t, func() bool {
		var ready bool
		p.do(chromedp.Evaluate(`document.readyState === 'complete'`, &ready))
		return ready && p.path() != left
	}, 10*time.Second, 20*time.Millisecond)
}

// TestBackAfterSigningOut presses the back button on a shared computer.
func TestBackAfterSigningOut(t *testing.T) {
	sam := arrive(t)
	sam.signIn("sam@example.edu", contracts)
	sam.isInside(contractsName)
	sam.click("#sign-out")
	require.Contains(t, sam.text("main"), "You are signed out")
	sam.picture("signed-out")
	sam.back()
	require.False(t, sam.has("#class-name"), "the class is still there: %s", sam.page())
	require.Contains(t, sam.path(), "/auth/?", "it asks to sign in")
}

// TestTwoTabs loads two pages at the same moment, in both of which the session_jwt
// has expired.
func TestTwoTabs(t *testing.T) {
	sam := arrive(t)
	sam.signIn("sam@example.edu", contracts)
	inside := sam.isInside(contractsName)
	res := sam.asProgram(http.MethodPost, "/stytch/stale", url.Values{"return_to": {inside}}.Encode())
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	for _, cookie := range res.Cookies() {
		sam.plant(cookie.Name, cookie.Value)
	}
	tabs := []*person{sam, sam.secondTab()}
	behind := arrive(t)
	behind.open("/stytch")
	behind.follow("Make it slow") // so that neither page is there before the other is asked for
	before, _ := asked(t)
	var together sync.WaitGroup
	failures := make([]error, len(tabs))
	for i, tab := range tabs {
		together.Go(func() { failures[i] = chromedp.Run(tab.ctx, chromedp.Navigate(home+inside+"?tab="+strconv.Itoa(i))) })
	}
	together.Wait()
	behind.follow("Put it right")
	for i, tab := range tabs {
		require.NoError(t, failures[i])
		tab.isInside(contractsName)
		require.Equal(t, "refreshed", tab.attribute("#source", "data-source"))
	}
	after, newest := asked(t)
	require.Equal(t, 1, after-before, "both tabs wait for one refresh")
	require.Equal(t, "POST /v1/b2b/sessions/authenticate", newest)
	require.Equal(t, tabs[0].text("#fingerprint"), tabs[1].text("#fingerprint"))
	for _, tab := range tabs {
		tab.open(inside)
		require.Equal(t, "local", tab.attribute("#source", "data-source"))
	}
}

// TestOldLink comes back to a link after lunch.
func TestOldLink(t *testing.T) {
	sam := arrive(t)
	sam.sendLink("sam@example.edu", contracts)
	link := sam.link("sam@example.edu")
	behind := sam.secondTab()
	behind.open("/stytch")
	behind.click("#pass-time")
	sam.redeem(link)
	require.Contains(t, sam.text(".notice"), "used already, or is too old")
	require.Empty(t, sam.cookies()["stytch_session"])
	sam.types("email", "sam@example.edu")
	sam.follow("E-mail me a link")
	sam.redeem(sam.link("sam@example.edu"))
	require.NotEmpty(t, sam.cookies()["stytch_session"])
}

// TestStytchDown switches Stytch off: signed-in people are served, others see a page with
// advice, and all sessions are kept.
func TestStytchDown(t *testing.T) {
	iris, sam := arrive(t), arrive(t)
	iris.signIn("iris@example.edu", contracts)
	inside := iris.isInside(contractsName)
	cookies := iris.cookies()
	sam.sendLink("sam@example.edu", contracts)
	sam.open(sam.link("sam@example.edu"))

	behind := arrive(t)
	behind.open("/stytch")
	behind.follow("Switch Stytch off")
	t.Cleanup(func() {
		if behind.has("#power-on") {
			behind.click("#power-on")
		}
	})
	behind.picture("behind-the-scenes")

	require.EqualValues(t, 200, iris.open(inside))
	iris.isInside(contractsName)
	require.EqualValues(t, 503, iris.click("#roster"))
	require.Contains(t, iris.text("#refused"), "You are not signed out")
	iris.picture("stytch-down")
	iris.phonePicture("stytch-down-phone")

	t.Log("a session_jwt that expires now cannot be refreshed, and nothing is deleted")
	res := iris.asProgram(http.MethodPost, "/stytch/stale", url.Values{"return_to": {inside}}.Encode())
	for _, cookie := range res.Cookies() {
		iris.plant(cookie.Name, cookie.Value)
	}
	require.EqualValues(t, 503, iris.open(inside))
	require.Equal(t, cookies["stytch_session"].Value, iris.cookies()["stytch_session"].Value)
	require.NotEmpty(t, iris.cookies()["stytch_session_jwt"])

	t.Log("a link that is open is not lost, and a new one cannot be had")
	require.EqualValues(t, 503, sam.follow("Sign in"))
	require.Contains(t, sam.text(".notice"), "Nothing is lost")
	stranger := arrive(t)
	stranger.atSignIn(contracts)
	stranger.types("email", "priya@example.edu")
	require.EqualValues(t, 503, stranger.follow("E-mail me a link"))
	require.Contains(t, stranger.text(".notice"), "does not work at the moment")

	behind.click("#power-on")
	sam.follow("Try again")
	sam.isInside(contractsName)
	// No call to Stytch is made at once after a failure; the page says to try again.
	require.Eventually(t, func() bool { return iris.open(inside) == http.StatusOK }, 10*time.Second, 200*time.Millisecond)
	iris.isInside(contractsName)
}
