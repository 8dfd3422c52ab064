package browser

import (
	"net/url"
	"strconv"
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

// writes types a text into the field of the selector.
func (p *person) writes(selector, text string) {
	p.t.Helper()
	p.reach(selector)
	p.do(chromedp.KeyEvent(text))
}

// unfolds opens a part of the page that is folded.
func (p *person) unfolds(summary string) {
	p.t.Helper()
	p.reach(summary)
	p.do(chromedp.KeyEvent(kb.Enter))
}

// The parts of the pages that are reached with Tab.
const (
	atPassword = `main details:has([autocomplete="username"]) summary`
	atAccounts = `main details:not(:has(form)) summary`
	atRecovery = `main details:has([value="recovery_code"]) summary`
	codeField  = `input.code`
	okay       = `main form:has(input.code) button`
)

// hand is a person who uses the keyboard only.
type hand struct {
	*person
	screen func(p *person) // how the tabs of the person are set up
}

// comesTo goes from the first page to the sign-in page of a class.
func (h hand) comesTo(class string) {
	h.t.Helper()
	h.open("/")
	h.enter(`a.button[data-class="` + class + `"]`)
}

// asksByEmail types the address and asks for a link or a code.
func (h hand) asksByEmail(email, method string) {
	h.t.Helper()
	h.writes(`[autocomplete="email"]`, email)
	h.enter(`main button[value="` + method + `"]`)
}

// byLink asks for a link and follows it.
func (h hand) byLink(email string) {
	h.t.Helper()
	h.asksByEmail(email, "magic_link")
	h.open(h.link(email))
	h.enter("main button")
}

// byCode asks for a code and types it where the page has put the focus.
func (h hand) byCode(email string) {
	h.t.Helper()
	h.asksByEmail(email, "email_otp")
	h.answers(h.code(email))
}

// answers types a code into the field that has the focus when the page opens.
func (h hand) answers(code string) {
	h.t.Helper()
	h.open(h.path())
	h.focused(codeField)
	h.do(chromedp.KeyEvent(code))
	h.enter(okay)
}

// byPassword opens the part with the password and fills it in.
func (h hand) byPassword(email, password string) {
	h.t.Helper()
	h.unfolds(atPassword)
	h.writes(`[autocomplete="username"]`, email)
	h.writes(`[autocomplete="current-password"]`, password)
	h.enter(`button[value="password"]`)
}

// byAccount signs in with an account elsewhere, which may be folded.
func (h hand) byAccount(provider, email string) {
	h.t.Helper()
	if h.has(atAccounts) {
		h.unfolds(atAccounts)
	}
	h.enter(`a.way[href*="/oauth/` + provider + `"]`)
	h.chooses(email)
}

// bySchool signs in with one of the schools of the class.
func (h hand) bySchool(name string) {
	h.t.Helper()
	at := -1
	h.do(chromedp.Evaluate(`[...document.querySelectorAll('a.way[href*="/sso/"]')].findIndex(e => e.textContent.includes(`+quoted(name)+`))`, &at))
	require.GreaterOrEqual(h.t, at, 0, "no %s on %s", name, h.page())
	h.enter(`.ways > a.way[href*="/sso/"]:nth-child(` + strconv.Itoa(at+1) + `)`)
	h.chooses("sam@example.edu")
}

// chooses says who one is on the page of a provider.
func (h hand) chooses(email string) {
	h.t.Helper()
	h.enter(`a[href*="persona=` + url.QueryEscape(email) + `"]`)
}

// proves does what Stytch asks for once after a provider whose addresses it does not
// trust: it follows a link to the address.
func (h hand) proves(email string) {
	h.t.Helper()
	require.Empty(h.t, h.cookies()["stytch_session"], "half a sign-in is none")
	h.byLink(email)
}

// beside opens a page in another tab, such as that of the phone.
func (h hand) beside(path string) hand {
	h.t.Helper()
	tab := hand{h.secondTab(), h.screen}
	h.screen(tab.person)
	tab.open(path)
	return tab
}

// keyboardWay is a way to sign in.
type keyboardWay struct {
	name   string
	class  string // by its slug; "" if the person does not begin at a class
	inside string // the name of the class in which the way ends
	signIn func(h hand)
}

// keyboardWays are in an order: Bao, whose app is in use already, invites Noor.
var keyboardWays = []keyboardWay{
	{"link", contracts, contractsName, func(h hand) { h.byLink("sam@example.edu") }},
	{"code", contracts, contractsName, func(h hand) { h.byCode("sam@example.edu") }},
	{"password", contracts, contractsName, func(h hand) { h.byPassword("sam@example.edu", "snail-in-the-bottle-1932") }},
	{"password after a wrong one", contracts, contractsName, func(h hand) {
		h.byPassword("sam@example.edu", "not-the-one")
		h.writes(`[autocomplete="current-password"]`, "snail-in-the-bottle-1932")
		h.enter(`button[value="password"]`)
	}},
	{"first password", contracts, contractsName, func(h hand) {
		h.unfolds(atPassword)
		h.writes(`[autocomplete="username"]`, "priya@example.edu")
		h.enter(`button[value="reset"]`)
		h.open(h.link("priya@example.edu"))
		h.focused(`[autocomplete="new-password"]`)
		h.do(chromedp.KeyEvent("password"))
		h.enter("main button")
		require.Contains(h.t, h.text(".notice"), "Please choose another password")
		h.writes(`[autocomplete="new-password"]`, "consideration-must-move-9")
		h.enter("main button")
	}},
	{"SAML", contracts, contractsName, func(h hand) { h.bySchool("Northfield University") }},
	{"OIDC", contracts, contractsName, func(h hand) { h.bySchool("Research Federation") }},
	{"Google", contracts, contractsName, func(h hand) { h.byAccount("google", "sam@example.edu") }},
	{"Microsoft", contracts, contractsName, func(h hand) { h.byAccount("microsoft", "sam@example.edu") }},
	{"GitHub", contracts, contractsName, func(h hand) { h.byAccount("github", "sam@example.edu"); h.proves("sam@example.edu") }},
	{"Slack", contracts, contractsName, func(h hand) { h.byAccount("slack", "priya@example.edu"); h.proves("priya@example.edu") }},
	{"HubSpot", contracts, contractsName, func(h hand) { h.byAccount("hubspot", "tomas@example.edu"); h.proves("tomas@example.edu") }},
	{"a provider that says no, then a link", contracts, contractsName, func(h hand) {
		h.unfolds(atAccounts)
		h.enter(`a.way[href*="/oauth/google"]`)
		h.enter(`a[href*="access_denied"]`)
		require.NotEmpty(h.t, h.text(".notice"))
		h.byLink("sam@example.edu")
	}},
	{"text message", prompts, promptsName, func(h hand) {
		h.byAccount("google", "iris@example.edu")
		h.answers(h.code(irisPhone))
	}},
	{"app", prompts, promptsName, func(h hand) {
		h.byPassword("bao@example.edu", "carbolic-smoke-ball-1893")
		h.answers(h.app("Bao Tran, Prompt writing for lawyers"))
		h.isInside(promptsName)
		inside := h.path()
		h.enter("#roster")
		h.writes("#name", "Noor Haddad")
		h.writes("#email", "noor@example.edu")
		h.enter("#invite")
		h.open(inside)
	}},
	{"recovery code", prompts, promptsName, func(h hand) {
		h.byPassword("bao@example.edu", "carbolic-smoke-ball-1893")
		phone := h.beside("/authenticator")
		code := phone.text(".recovery code")
		phone.leave()
		h.unfolds(atRecovery)
		h.writes(`[maxlength="64"][name="code"]`, code)
		h.enter(`form:has([value="recovery_code"]) button`)
	}},
	{"app that is set up on the way", prompts, promptsName, func(h hand) {
		h.byCode("mina@example.edu")
		h.enter(`form[action$="/factor/enrol"] button`)
		key := h.text("span.typed")
		phone := h.beside("/authenticator")
		phone.enter("#add-account")
		phone.focused("#key")
		phone.do(chromedp.KeyEvent(key))
		phone.writes("#name", "Mina Park")
		phone.enter("#add")
		phone.leave()
		h.writes(codeField, "000000")
		h.enter(okay)
		require.Contains(h.t, h.text(".notice"), "code is not right")
		h.focused(codeField)
		h.do(chromedp.KeyEvent(h.app("Mina Park")))
		h.enter(okay)
	}},
	{"phone that is named on the way", prompts, promptsName, func(h hand) {
		h.byLink("noor@example.edu")
		h.writes(`[autocomplete="tel"]`, "+61491570157")
		h.enter(`form:has([autocomplete="tel"]) button`)
		h.answers(h.code("+61491570157"))
	}},
	{"the class by its short name", "", contractsName, func(h hand) {
		h.writes(`[name="class"]:not([type=hidden])`, contracts)
		h.enter(`main form[method="get"] button`)
		h.byLink("sam@example.edu")
	}},
	{"the classes of an address, by a link", "", contractsName, func(h hand) {
		h.byLink("iris@example.edu")
		h.enter(`form:has([name="class"]):nth-of-type(1) button`)
	}},
	{"the classes of an address, by a code", "", contractsName, func(h hand) {
		h.byCode("iris@example.edu")
		h.enter(`form:has([name="class"]):nth-of-type(1) button`)
	}},
	{"the classes of an address, by an account", "", contractsName, func(h hand) {
		h.byAccount("google", "iris@example.edu")
		h.enter(`form:has([name="class"]):nth-of-type(1) button`)
	}},
	{"from one class to another", contracts, promptsName, func(h hand) {
		h.byLink("iris@example.edu")
		if !h.shows("#switch") {
			h.unfolds("header summary")
		}
		h.enter(`header a[href="/auth/switch"]:not(.unseen)`)
		h.enter("main form button")
		h.answers(h.code(irisPhone))
	}},
}

// shows reports whether the element can be seen.
func (p *person) shows(selector string) bool {
	p.t.Helper()
	var shown bool
	p.do(chromedp.Evaluate(`document.querySelector(`+quoted(selector)+`)?.checkVisibility() === true`, &shown))
	return shown
}

// TestKeyboardAlone signs in with the keyboard by every way: on a desktop, and on a phone
// without JavaScript.
func TestKeyboardAlone(t *testing.T) {
	for device, screen := range map[string]func(*person){
		"desktop":                      func(*person) {},
		"phone and without JavaScript": func(p *person) { p.do(emulation.SetScriptExecutionDisabled(true), chromedp.EmulateViewport(360, 640)) },
	} {
		t.Run(device, func(t *testing.T) {
			address, stop, err := startClassroom()
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, stop()) })
			for _, way := range keyboardWays {
				t.Run(way.name, func(t *testing.T) {
					h := hand{arriveAt(t, address, time.Minute), screen}
					screen(h.person)
					if way.class == "" {
						h.open("/")
						h.enter("#find-classes")
					} else {
						h.comesTo(way.class)
					}
					way.signIn(h)
					if !h.has("#class-name") {
						h.enter("#my-class")
					}
					require.NotEmpty(t, h.cookies()["stytch_session"])
					h.isInside(way.inside)
				})
			}
		})
	}
}
