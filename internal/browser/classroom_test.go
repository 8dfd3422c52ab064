package browser

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// classroom builds and starts the example as the README says, and returns its
// address.
func classroom(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "classroom")
	build := exec.Command("go", "build", "-o", binary, "./examples/classroom")
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		err := cmd.Wait()
		require.True(t, err == nil || errors.Is(err, context.Canceled), "the classroom did not stop in good order: %v", err)
	})
	address := regexp.MustCompile(`The classroom is at (http://\S+)`)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the program
			return found[1]
		}
	}
	t.Fatal("the classroom printed no address")
	return ""
}

// person is somebody at a browser of their own.
type person struct {
	t    *testing.T
	ctx  context.Context
	home string
}

// newPerson starts a headless Chromium with an empty profile.
func newPerson(t *testing.T, home string, width, height int) *person {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "install Debian's chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // CI runs as root, where Chromium refuses its sandbox
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(width, height),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	browser, stopBrowser := chromedp.NewContext(allocator)
	ctx, cancel := context.WithTimeout(browser, 2*time.Minute)
	t.Cleanup(func() { cancel(); stopBrowser(); stopAllocator() })
	p := &person{t: t, ctx: ctx, home: home}
	p.do(chromedp.EmulateViewport(int64(width), int64(height)))
	return p
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

// click presses what the selector finds and waits for the page that comes of it.
func (p *person) click(selector string) int64 {
	p.t.Helper()
	response, err := chromedp.RunResponse(p.ctx, chromedp.Click(selector, chromedp.ByQuery))
	require.NoError(p.t, err, "click %s", selector)
	return response.Status
}

func (p *person) text(selector string) string {
	p.t.Helper()
	var text string
	p.do(chromedp.Text(selector, &text, chromedp.ByQuery, chromedp.NodeVisible))
	return strings.TrimSpace(text)
}

func (p *person) attribute(selector, name string) string {
	p.t.Helper()
	var value string
	var ok bool
	p.do(chromedp.AttributeValue(selector, name, &value, &ok, chromedp.ByQuery))
	require.True(p.t, ok, "%s has no %s", selector, name)
	return value
}

func (p *person) path() string {
	p.t.Helper()
	var location string
	p.do(chromedp.Location(&location))
	return strings.TrimPrefix(location, p.home)
}

// shot stores a picture of the page under docs/images.
func (p *person) shot(name string) {
	p.t.Helper()
	var picture []byte
	p.do(chromedp.CaptureScreenshot(&picture))
	folder := filepath.Join("..", "..", "docs", "images")
	require.NoError(p.t, os.MkdirAll(folder, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
}

func (p *person) cookies() map[string]*network.Cookie {
	p.t.Helper()
	all := make(map[string]*network.Cookie)
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		cookies, err := network.GetCookies().Do(ctx)
		for _, cookie := range cookies {
			all[cookie.Name] = cookie
		}
		return err
	}))
	return all
}

// restore puts cookies back as a thief would who has copied them.
func (p *person) restore(cookies map[string]*network.Cookie) {
	p.t.Helper()
	for name, cookie := range cookies {
		p.do(network.SetCookie(name, cookie.Value).WithURL(p.home).WithHTTPOnly(true).WithPath("/"))
	}
}

// signIn asks for a link on the front page, reads the outbox and follows the
// link. It ends on the page of the class.
func (p *person) signIn(email, class string) {
	p.t.Helper()
	p.open("/")
	p.click(`button[data-email="` + email + `"][data-class="` + class + `"]`)
	p.click("#to-outbox")
	p.followNewestLink(email)
}

func (p *person) followNewestLink(email string) {
	p.t.Helper()
	link := p.attribute(`.mail[data-to="`+email+`"] a.button`, "href")
	p.open(link)
	require.Equal(p.t, "/auth/confirm", p.path(), "the token has to leave the address at once")
	p.click("#confirm")
}

func TestClassroom(t *testing.T) {
	home := classroom(t)
	iris := newPerson(t, home, 1100, 820)

	t.Log("strangers are sent to sign in")
	iris.open("/")
	iris.shot("home")
	require.EqualValues(t, 200, iris.open("/classes/organization-test-00000000-0000-4000-8000-000000000000"))
	require.Contains(t, iris.path(), "/auth/")

	t.Log("the instructor signs in by a link, sees the roster and invites a student")
	iris.open("/")
	iris.click(`button[data-email="iris@example.edu"][data-class="laws1100-s1"]`)
	require.Contains(t, iris.text("main"), "iris@example.edu")
	iris.click("#to-outbox")
	iris.shot("outbox")
	iris.followNewestLink("iris@example.edu")
	require.Equal(t, "Contracts, semester 1", iris.text("#class-name"))
	require.Equal(t, "instructor", iris.text("#role"))
	contracts := iris.path()
	iris.click("#roster")
	require.Contains(t, iris.text("table"), "Sam Lindqvist")
	iris.do(
		chromedp.SetValue("#name", "Noor Haddad", chromedp.ByQuery),
		chromedp.SetValue("#email", "noor@example.edu", chromedp.ByQuery),
	)
	iris.click("#invite")
	require.Contains(t, iris.text("#invited"), "noor@example.edu")
	require.Contains(t, iris.text("table"), "Noor Haddad")
	iris.shot("roster")
	iris.do(
		chromedp.SetValue("#email", "sam@example.edu", chromedp.ByQuery),
	)
	iris.click("#invite")
	require.Contains(t, iris.text("#problem"), "in the class already")

	t.Log("the invited student follows the link on a phone, sees the class and is refused the roster")
	noor := newPerson(t, home, 390, 780)
	noor.open("/outbox")
	noor.followNewestLink("noor@example.edu")
	noor.click("#my-class")
	require.Equal(t, "student", noor.text("#role"))
	noor.shot("class-phone")
	require.EqualValues(t, 403, noor.click("#roster"))
	require.Contains(t, noor.text("main"), "Your role in this class does not include this")
	noor.shot("refused-phone")

	t.Log("a member of one class is refused the other")
	noor.open("/")
	var ids []string
	noor.do(chromedp.Evaluate(`[...new Set([...document.querySelectorAll('input[name=class]')].map(i => i.value))]`, &ids))
	require.Len(t, ids, 2)
	for _, id := range ids {
		if path := "/classes/" + id; path != contracts {
			require.EqualValues(t, 404, noor.open(path))
		}
	}

	t.Log("an expired session_jwt is refreshed without anybody noticing, and the cookie changes")
	iris.open(contracts)
	require.Equal(t, "local", iris.attribute("#source", "data-source"))
	before := iris.text("#fingerprint")
	cookieBefore := iris.cookies()["stytch_session_jwt"].Value
	iris.click("#make-stale")
	require.Equal(t, contracts, iris.path())
	require.Equal(t, "refreshed", iris.attribute("#source", "data-source"))
	require.NotEqual(t, before, iris.text("#fingerprint"))
	require.NotEqual(t, cookieBefore, iris.cookies()["stytch_session_jwt"].Value)
	iris.shot("refreshed")
	iris.open(contracts)
	require.Equal(t, "local", iris.attribute("#source", "data-source"))

	t.Log("a link that was used says what to do")
	var used string
	iris.open("/outbox")
	used = iris.attribute(`.mail[data-to="noor@example.edu"] a.button`, "href")
	stranger := newPerson(t, home, 1100, 820)
	stranger.open(used)
	stranger.click("#confirm")
	require.Contains(t, stranger.text("#notice"), "Ask for a new one")
	stranger.shot("link-spent")

	t.Log("signing out ends the session: the copied cookies are worth nothing")
	iris.open(contracts)
	stolen := iris.cookies()
	iris.click("#sign-out")
	require.Equal(t, "You are signed out", iris.text("#signed-out"))
	iris.shot("signed-out")
	require.Empty(t, iris.cookies()["stytch_session"])
	iris.restore(map[string]*network.Cookie{"stytch_session": stolen["stytch_session"], "stytch_session_jwt": stolen["stytch_session_jwt"]})
	iris.open(contracts)
	require.Contains(t, iris.path(), "/auth/")

	t.Log("the instructor of one class is a student in the other")
	iris.signIn("iris@example.edu", "prompt-writing")
	require.Equal(t, "Prompt writing for lawyers", iris.text("#class-name"))
	require.Equal(t, "student", iris.text("#role"))
	require.EqualValues(t, 403, iris.click("#roster"))
	require.EqualValues(t, 404, iris.open(contracts))
}
