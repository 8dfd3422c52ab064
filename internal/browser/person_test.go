package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The sizes of screens.
const (
	desktopWidth, desktopHeight = 1100, 820
	phoneWidth, phoneHeight     = 390, 844
)

// person is a browser with a profile of its own, and so without other people's cookies.
type person struct {
	t       *testing.T
	home    string        // the address of the classroom
	lasting time.Duration // how long its tabs are open at most
	profile cdp.BrowserContextID
	ctx     context.Context // of the tab
	leave   func()          // closes the tab
}

// arrive opens a browser with an empty profile.
func arrive(t *testing.T) *person {
	t.Helper()
	return arriveAt(t, home, time.Minute)
}

// arriveAt opens one for the classroom at an address, for a length of time.
func arriveAt(t *testing.T, home string, lasting time.Duration) *person {
	t.Helper()
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(program())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, target.DisposeBrowserContext(profile).Do(program())) })
	return (&person{t: t, profile: profile, home: home, lasting: lasting}).tab(true)
}

// secondTab opens another tab of the same browser.
func (p *person) secondTab() *person {
	p.t.Helper()
	return p.tab(false)
}

func (p *person) tab(window bool) *person {
	p.t.Helper()
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(p.profile).WithNewWindow(window).Do(program())
	require.NoError(p.t, err)
	tab, closeTab := chromedp.NewContext(chromium, chromedp.WithTargetID(id))
	ctx, cancel := context.WithTimeout(tab, p.lasting)
	leave := func() { cancel(); closeTab() }
	p.t.Cleanup(leave)
	tabbed := &person{t: p.t, profile: p.profile, home: p.home, lasting: p.lasting, ctx: ctx, leave: leave}
	tabbed.do(chromedp.EmulateViewport(desktopWidth, desktopHeight))
	return tabbed
}

// program returns a context for what concerns the browser program as a whole.
func program() context.Context {
	return cdp.WithExecutor(chromium, chromedp.FromContext(chromium).Browser)
}

func (p *person) do(actions ...chromedp.Action) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Run(p.ctx, actions...))
}

// open goes to a page and returns the status of the last response.
func (p *person) open(path string) int64 {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.home + path
	}
	response, err := chromedp.RunResponse(p.ctx, chromedp.Navigate(path))
	require.NoError(p.t, err)
	return response.Status
}

// click presses the element of the selector and waits for the page that follows.
func (p *person) click(selector string) int64 {
	p.t.Helper()
	p.sees(selector)
	response, err := chromedp.RunResponse(p.ctx, chromedp.Click(selector, chromedp.ByQuery))
	require.NoError(p.t, err, "click %s", selector)
	return response.Status
}

// follow clicks the link or button with this text or, if there is none, the one
// that begins with it.
func (p *person) follow(text string) int64 {
	p.t.Helper()
	var marked int
	p.do(chromedp.Evaluate(`(() => {
		const seen = [...document.querySelectorAll('main a, main button')].filter(e => e.checkVisibility());
		let all = seen.filter(e => e.textContent.trim() === `+quoted(text)+`);
		if (all.length === 0) all = seen.filter(e => e.textContent.trim().startsWith(`+quoted(text)+`));
		if (all.length === 1) all[0].setAttribute('data-chosen', '');
		return all.length;
	})()`, &marked))
	require.Equal(p.t, 1, marked, "links and buttons with the text %q on %s:\n%s", text, p.path(), p.page())
	return p.click("[data-chosen]")
}

// types fills fields in: pairs of a field's name and what is typed.
func (p *person) types(pairs ...string) {
	p.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p.fill(`main [name="`+pairs[i]+`"]:not([type=hidden])`, pairs[i+1])
	}
}

// fill puts a text into a field.
func (p *person) fill(selector, text string) {
	p.t.Helper()
	p.sees(selector)
	p.do(chromedp.SetValue(selector, text, chromedp.ByQuery))
}

// unfold opens the part of the page that is folded under this text.
func (p *person) unfold(summary string) {
	p.t.Helper()
	var found bool
	p.do(chromedp.Evaluate(`(() => {
		const all = [...document.querySelectorAll('main summary')].filter(e => e.checkVisibility() && e.textContent.trim().startsWith(`+quoted(summary)+`));
		all.forEach(e => e.setAttribute('data-fold', ''));
		return all.length === 1;
	})()`, &found))
	require.True(p.t, found, "one %q on %s:\n%s", summary, p.path(), p.page())
	p.do(chromedp.Click("[data-fold]", chromedp.ByQuery), chromedp.WaitVisible("[data-fold] ~ *", chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelector('[data-fold]').removeAttribute('data-fold')`, nil))
}

// folds reports whether the page has a part that can be unfolded under this text.
func (p *person) folds(summary string) bool {
	p.t.Helper()
	var found bool
	p.do(chromedp.Evaluate(`[...document.querySelectorAll('main summary')].some(e => e.textContent.trim().startsWith(`+quoted(summary)+`))`, &found))
	return found
}

// sees fails at once if no element fits the selector, instead of waiting for one.
func (p *person) sees(selector string) {
	p.t.Helper()
	require.True(p.t, p.has(selector), "no %s on %s:\n%s", selector, p.path(), p.page())
}

// quoted writes a string as JavaScript does.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(out)
}

func (p *person) has(selector string) bool {
	p.t.Helper()
	var found bool
	p.do(chromedp.Evaluate(`document.querySelector(`+quoted(selector)+`) !== null`, &found))
	return found
}

func (p *person) page() string {
	p.t.Helper()
	var text string
	p.do(chromedp.Evaluate(`document.body.innerText`, &text))
	return text
}

func (p *person) text(selector string) string {
	p.t.Helper()
	p.sees(selector)
	var text string
	p.do(chromedp.Text(selector, &text, chromedp.ByQuery, chromedp.NodeVisible))
	return strings.TrimSpace(text)
}

func (p *person) attribute(selector, name string) string {
	p.t.Helper()
	p.sees(selector)
	var value string
	var ok bool
	p.do(chromedp.AttributeValue(selector, name, &value, &ok, chromedp.ByQuery))
	require.True(p.t, ok, "%s has no %s", selector, name)
	return value
}

// path returns the address without the host; the whole of it elsewhere.
func (p *person) path() string {
	p.t.Helper()
	var location string
	p.do(chromedp.Location(&location))
	return strings.TrimPrefix(location, p.home)
}

// step returns the path of a page of an attempt to sign in, whose address says which.
func (p *person) step() string {
	p.t.Helper()
	path, attempt, _ := strings.Cut(p.path(), "?")
	require.Regexp(p.t, `^attempt=[A-Z2-7]{26}$`, attempt)
	return path
}

func (p *person) cookies() map[string]*network.Cookie {
	p.t.Helper()
	all := make(map[string]*network.Cookie)
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		cookies, err := network.GetCookies().WithURLs([]string{p.home}).Do(ctx)
		for _, cookie := range cookies {
			all[cookie.Name] = cookie
		}
		return err
	}))
	return all
}

// plant puts a cookie into the browser.
func (p *person) plant(name, value string) {
	p.t.Helper()
	p.do(network.SetCookie(name, value).WithURL(p.home).WithHTTPOnly(true).WithPath("/"))
}

// asProgram sends a request with the browser's cookies, and follows no redirect.
func (p *person) asProgram(method, path, form string) *http.Response {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.ctx, method, p.home+path, strings.NewReader(form))
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, cookie := range p.cookies() {
		r.AddCookie(&http.Cookie{Name: name, Value: cookie.Value})
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(p.t, err)
	require.NoError(p.t, res.Body.Close())
	return res
}
