package world

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/world/browser"
)

// visit is a person at a tab who signs in to a class, by the forms and links of each page.
type visit struct {
	world  *World
	tab    *tab
	errand *errand
	person *person
	room   *room
	method string        // "link", "code", "password", "reset", "google", "sso", "discovery"
	began  time.Duration // older mail is ignored
	pauses int
	asked  int                      // how often a message was asked for
	opened string                   // the link that was opened last
	typed  string                   // the code that was typed in last, which works once
	stop   func(*browser.Page) bool // nil: never; leaves at this page
}

// patience is how many pages a person reads before they give up.
const patience = 24

// signIn begins at a page of the application, and reports whether the person is signed in
// at the end.
func (v *visit) signIn() bool {
	v.began = v.world.clock.now()
	page, err := v.tab.Navigate(v.start())
	return v.follow(page, err)
}

// start returns the address at which the person begins.
func (v *visit) start() string {
	switch {
	case v.world.deployment.FrontEnd:
		return site + loginPath
	case v.world.deployment.ByHand:
		return site + handPrefix
	case v.method == "discovery":
		return site + "/auth/?return_to=%2Fme"
	}
	return site + "/auth/?return_to=%2Fme&class=" + url.QueryEscape(v.room.slug)
}

// follow goes on from a page.
func (v *visit) follow(page *browser.Page, err error) bool {
	for range patience {
		switch {
		case v.arrived(page):
			return true
		case v.stop != nil && page != nil && v.stop(page):
			return false
		}
		page, err = v.next(page, err)
	}
	return v.arrived(page)
}

// arrived reports whether the tab shows a page of the application to the person.
func (v *visit) arrived(page *browser.Page) bool {
	if page == nil || page.Err != nil || page.Status != http.StatusOK || page.Address.Host != "classes.example.edu" ||
		strings.HasPrefix(page.Path(), "/auth/") || strings.HasPrefix(page.Path(), handPrefix) || page.Path() == loginPath {
		return false
	}
	who := v.tab.computer.identity()
	return who.session != nil && who.session.member.email == v.person.email
}

// wait waits some seconds, as people do when a page has failed.
func (v *visit) wait() {
	v.pauses++
	_ = v.world.clock.sleep(v.world.context, v.world.seed.between(500*time.Millisecond, 20*time.Second, v.errand.next("pause")))
}

// read waits as long as reading a page and typing takes.
func (v *visit) read() {
	_ = v.world.clock.sleep(v.world.context, v.world.seed.between(50*time.Millisecond, 8*time.Second, v.errand.next("reading")))
}

// next uses a form or a link of the page.
func (v *visit) next(page *browser.Page, err error) (*browser.Page, error) {
	v.read()
	switch {
	case page == nil || page.Err != nil:
		v.wait()
		if page == nil {
			return v.tab.Navigate(v.start())
		}
		if page.Method == http.MethodPost {
			return v.tab.Reload(true)
		}
		return v.tab.Reload(false)
	case page.Path() == "/mock/idp":
		return v.identify(page)
	case page.Path() == loginPath:
		return v.byScript()
	case page.Status >= 500:
		v.wait()
	}
	for _, offer := range []func(*browser.Page) (*browser.Page, error, bool){
		v.code, v.phone, v.newPassword, v.confirm, v.account, v.chooseClass, v.provider, v.password, v.email, v.whichClass, v.mail, v.link,
	} {
		if page, err, ok := offer(page); ok {
			return page, err
		}
	}
	v.wait()
	return v.tab.Navigate(v.start())
}

// form returns the first form that has a visible field of this name.
func form(page *browser.Page, name string) *browser.Form {
	for _, f := range page.Document.Forms {
		if field := f.Field(name); field != nil && field.Type != "hidden" {
			return f
		}
	}
	return nil
}

func (v *visit) code(page *browser.Page) (*browser.Page, error, bool) {
	f := form(page, "code")
	if f == nil {
		return nil, nil, false
	}
	code := v.world.mail(v.person.email, v.began).code
	if strings.HasSuffix(f.Action, "/factor") {
		return v.secondCode(page, f)
	}
	return v.types(page, f, code)
}

// types submits a code, or asks for another one if the person has no new one.
func (v *visit) types(page *browser.Page, f *browser.Form, code string) (*browser.Page, error, bool) {
	if code != "" && code != v.typed {
		v.typed = code
		next, err := v.tab.Submit(f, url.Values{"code": {code}}, "")
		return next, err, true
	}
	if f := page.Form("Send another code"); f != nil {
		v.wait()
		next, err := v.tab.Submit(f, nil, "Send another code")
		return next, err, true
	}
	return nil, nil, false
}

// secondCode submits the code of a second factor.
func (v *visit) secondCode(page *browser.Page, f *browser.Form) (*browser.Page, error, bool) {
	code := v.world.mail(v.person.phone, v.began).code
	if f.Field("factor") != nil && f.Field("factor").Value == "totp" {
		code = v.world.stytch.TOTPCode(v.person.member(v.room.org))
	}
	v.world.oracle.events.happened("a second factor given")
	return v.types(page, f, code)
}

// phone asks for a code by SMS.
func (v *visit) phone(page *browser.Page) (*browser.Page, error, bool) {
	for _, f := range page.Document.Forms {
		if !strings.HasSuffix(f.Action, "/factor/send") {
			continue
		}
		fields := url.Values{}
		if f.Field("phone") != nil {
			fields.Set("phone", v.person.phone)
		}
		next, err := v.tab.Submit(f, fields, "")
		return next, err, true
	}
	return nil, nil, false
}

func (v *visit) newPassword(page *browser.Page) (*browser.Page, error, bool) {
	f := form(page, "password")
	if f == nil || !strings.HasSuffix(f.Action, "new-password") {
		return nil, nil, false
	}
	next, err := v.tab.Submit(f, url.Values{"password": {v.person.password}}, "")
	if err == nil && v.arrived(next) {
		v.person.mu.Lock()
		v.person.chosen[v.room.org] = true
		v.person.mu.Unlock()
	}
	return next, err, true
}

func (v *visit) confirm(page *browser.Page) (*browser.Page, error, bool) {
	for _, f := range page.Document.Forms {
		if strings.HasSuffix(f.Action, "/callback") {
			next, err := v.tab.Submit(f, nil, "")
			return next, err, true
		}
	}
	return nil, nil, false
}

// account answers the page's question whether the account that it names is the person's.
func (v *visit) account(page *browser.Page) (*browser.Page, error, bool) {
	for _, f := range page.Document.Forms {
		if !strings.HasSuffix(f.Action, "/account") {
			continue
		}
		answer := "no"
		if f.Button("Continue as "+v.person.email) != nil {
			answer = "yes"
			v.world.oracle.events.happened("an account named before it is signed in")
		}
		next, err := v.tab.Submit(f, nil, answer)
		return next, err, true
	}
	return nil, nil, false
}

func (v *visit) chooseClass(page *browser.Page) (*browser.Page, error, bool) {
	for _, f := range page.Document.Forms {
		if !strings.HasSuffix(f.Action, "/classes") && !strings.HasSuffix(f.Action, "/switch") {
			continue
		}
		if field := f.Field("class"); field != nil && field.Value == v.room.org {
			v.world.oracle.events.happened("a class chosen")
			next, err := v.tab.Submit(f, nil, "")
			return next, err, true
		}
	}
	return nil, nil, false
}

func (v *visit) provider(page *browser.Page) (*browser.Page, error, bool) {
	want := map[string]string{"google": "/auth/oauth/google", "sso": "/auth/sso/"}[v.method]
	if want == "" {
		return nil, nil, false
	}
	for _, l := range page.Document.Links {
		if strings.HasPrefix(l.Address, want) {
			next, err := v.tab.Click(l.Address)
			return next, err, true
		}
	}
	return nil, nil, false
}

// identify is what a person does at the identity provider.
func (v *visit) identify(page *browser.Page) (*browser.Page, error) {
	for _, l := range page.Document.Links {
		if strings.Contains(l.Address, url.QueryEscape(v.person.email)) {
			return v.tab.Click(l.Address)
		}
	}
	return v.tab.Navigate(v.start())
}

func (v *visit) password(page *browser.Page) (*browser.Page, error, bool) {
	if v.method != "password" && v.method != "reset" {
		return nil, nil, false
	}
	f := form(page, "password")
	if f == nil || v.method == "reset" && v.asked > 2 {
		return nil, nil, false
	}
	if v.method == "password" {
		next, err := v.tab.Submit(f, url.Values{"email": {v.person.email}, "password": {v.person.password}}, "password")
		return next, err, true
	}
	v.asked++
	next, err := v.tab.Submit(f, url.Values{"email": {v.person.email}}, "reset")
	return next, err, true
}

// email asks for a message by e-mail, which every class of this school allows.
func (v *visit) email(page *browser.Page) (*browser.Page, error, bool) {
	for _, f := range page.Document.Forms {
		field := f.Field("email")
		if field == nil || field.Type == "hidden" || f.Method != http.MethodPost {
			continue
		}
		if c := f.Field("class"); c != nil && c.Value == "" && c.Type == "hidden" && v.method != "discovery" {
			continue // it finds classes
		}
		button := "email_otp"
		if v.method == "link" || v.method == "reset" {
			button = "magic_link"
		}
		if f.Button(button) == nil {
			button = ""
		}
		fields := url.Values{"email": {v.person.email}}
		if c := f.Field("class"); c != nil && c.Type != "hidden" {
			fields.Set("class", v.room.slug)
		}
		v.asked++
		next, err := v.tab.Submit(f, fields, button)
		return next, err, true
	}
	return nil, nil, false
}

func (v *visit) whichClass(page *browser.Page) (*browser.Page, error, bool) {
	f := form(page, "class")
	if f == nil || f.Method != http.MethodGet {
		return nil, nil, false
	}
	next, err := v.tab.Submit(f, url.Values{"class": {v.room.slug}}, "")
	return next, err, true
}

// mail opens the newest link that was received.
func (v *visit) mail(page *browser.Page) (*browser.Page, error, bool) {
	link := v.world.mail(v.person.email, v.began).link
	if link == "" || link == v.opened || strings.HasPrefix(page.Path(), "/me") {
		return nil, nil, false
	}
	v.opened = link
	if v.world.seed.chance(0.3, v.errand.next("scanned")) {
		v.world.scan(v.errand, link)
	}
	next, err := v.tab.Navigate(link)
	return next, err, true
}

// link follows a link of a page that refuses.
func (v *visit) link(page *browser.Page) (*browser.Page, error, bool) {
	for _, text := range []string{"Try again", "Sign in again", "Begin again", "Show my classes"} {
		if l := page.Link(text); l != nil {
			if l.Address == "" && page.Method == http.MethodPost {
				next, err := v.tab.Reload(true)
				return next, err, true
			}
			next, err := v.tab.Click(text)
			return next, err, true
		}
	}
	return nil, nil, false
}
