package browser

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// reach presses Tab until the element of the selector has the focus.
func (p *person) reach(selector string) {
	p.t.Helper()
	p.sees(selector)
	for range 80 {
		var there bool
		p.do(chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(`document.activeElement.matches(`+quoted(selector)+`)`, &there))
		if there {
			return
		}
	}
	require.Fail(p.t, "Tab does not reach it", "%s on %s", selector, p.path())
}

// focused waits until the page has given the focus to the element, which Chromium does
// some time after the page has loaded.
func (p *person) focused(selector string) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		var there bool
		p.do(chromedp.Evaluate(`document.activeElement.matches(`+quoted(selector)+`)`, &there))
		if there {
			return
		}
	}
	require.Fail(p.t, "it does not get the focus", "%s on %s", selector, p.path())
}

// enter presses Enter on the element and waits for the page that follows.
func (p *person) enter(selector string) {
	p.t.Helper()
	p.reach(selector)
	_, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter))
	require.NoError(p.t, err)
}

// TestKeyboardAlone signs in with the keyboard, without JavaScript, on a phone.
func TestKeyboardAlone(t *testing.T) {
	come := func(t *testing.T) *person {
		p := arrive(t)
		p.do(emulation.SetScriptExecutionDisabled(true), chromedp.EmulateViewport(360, 640))
		p.open("/")
		p.enter(`a.button[data-class="` + contracts + `"]`)
		return p
	}
	for name, signIn := range map[string]func(p *person){
		"link": func(p *person) {
			p.reach(`[autocomplete="email"]`)
			p.do(chromedp.KeyEvent("sam@example.edu"))
			p.enter(`button[value="magic_link"]`)
			p.open(p.link("sam@example.edu"))
			p.enter(`main button`)
		},
		"code": func(p *person) {
			p.reach(`[autocomplete="email"]`)
			p.do(chromedp.KeyEvent("sam@example.edu"))
			p.enter(`button[value="email_otp"]`)
			code := p.code("sam@example.edu")
			p.open(p.path())
			p.focused(`[autocomplete="one-time-code"]`)
			p.do(chromedp.KeyEvent(code))
			p.enter(`main button`)
		},
		"password": func(p *person) {
			p.reach("main summary")
			p.do(chromedp.KeyEvent(kb.Enter))
			p.reach(`[autocomplete="username"]`)
			p.do(chromedp.KeyEvent("sam@example.edu"))
			p.reach(`[autocomplete="current-password"]`)
			p.do(chromedp.KeyEvent("snail-in-the-bottle-1932"))
			p.enter(`button[value="password"]`)
		},
		"single sign-on": func(p *person) {
			p.enter(`a.way[href*="/sso/"]`)
			p.enter(`a[href*="persona=sam"]`)
		},
		"account elsewhere": func(p *person) {
			p.reach("main details:not(:has(form)) summary")
			p.do(chromedp.KeyEvent(kb.Enter))
			p.enter(`a.way[href*="/oauth/google"]`)
			p.enter(`a[href*="persona=sam"]`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := come(t)
			signIn(p)
			p.isInside(contractsName)
		})
	}
}
