package world

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/internal/world/browser"
)

// at returns the computer and the tab of a step with the person at it, and takes the tab.
// A person whose tab is loading does nothing.
func (w *World) at(e *errand, s Step) (*computer, *tab, *person, bool) {
	d := w.computers[s.Computer%len(w.computers)]
	t, p := d.tabs[s.Tab%len(d.tabs)], d.sitting()
	if !t.take(e, p) {
		return nil, nil, nil, false
	}
	if p.teaches {
		w.acted("an instructor")
	} else {
		w.acted("a student")
	}
	return d, t, p, true
}

// methods are the ways to sign in, by their names in this package.
var methods = []string{"link", "code", "code", "password", "reset", "google", "google", "sso", "discovery"}

// signsIn: a person signs in, by a drawn method.
func (w *World) signsIn(e *errand, s Step) {
	_, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	v := w.visit(e, t, p)
	if v == nil {
		return
	}
	w.getsIn(v, v.signIn)
}

// visit draws how the person signs in. It returns nil if they are in no class.
func (w *World) visit(e *errand, t *tab, p *person) *visit {
	in := w.in(p)
	if len(in) == 0 {
		return nil
	}
	v := &visit{world: w, tab: t, errand: e, person: p, room: in[w.seed.below(len(in), e.name+" class")], method: methods[w.seed.below(len(methods), e.name+" method")]}
	p.mu.Lock()
	chosen := p.chosen[v.room.org]
	p.mu.Unlock()
	switch {
	case w.deployment.ByHand:
		v.method = "code"
	case v.method == "password" && !chosen:
		v.method = "reset"
	case v.method == "sso" && !v.room.sso:
		v.method = "google"
	}
	return v
}

// getsIn carries a sign-in out, and checks the promise that it succeeds if there was no
// trouble and the person is a member.
func (w *World) getsIn(v *visit, signIn func() bool) {
	began := w.clock.now()
	defer v.person.signs(w.clock)()
	mayAtFirst := w.may(v.person, v.room)
	if signIn() {
		how := v.method
		switch {
		case w.deployment.FrontEnd:
			how = "a front end"
		case w.deployment.ByHand:
			how = "hand"
		case how == "discovery":
			how = "a class chosen after"
		}
		w.oracle.events.happened("signed in by " + how)
		return
	}
	from := began - healing
	if !mayAtFirst || !w.may(v.person, v.room) || !v.person.oneAtATime(began) || v.errand.disturbed.Load() || !w.network.quietSince(from) || !v.person.leftAlone(from) {
		return
	}
	if v.method == "reset" && !w.clocks.resets(from) {
		return // with such a clock no new password can be set (docs/refresh-and-outages.md)
	}
	if d := v.tab.computer; d.sitting() != v.person || d.identity().since > began {
		return // another person has used this browser meanwhile
	}
	where := "nowhere"
	if page := v.tab.Page(); page != nil {
		where = page.Method + " " + plainPath(page.Path())
	}
	w.oracle.broken("way in", "%s: %s did what the pages offer to sign in by %s, and is not in; the last page is %s", v.errand.name, v.person.email, v.method, where)
}

// nextPerson: the person at the computer leaves, with or without signing out, and another
// one signs in.
func (w *World) nextPerson(e *errand, s Step) {
	d, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	if w.seed.chance(0.5, e.name+" signs out first") {
		w.leaveBy(e, t)
	}
	next := w.people[s.Person%len(w.people)]
	if next == p {
		next = w.people[(s.Person+1)%len(w.people)]
	}
	d.mu.Lock()
	d.sits = next
	d.mu.Unlock()
	t.mu.Lock()
	t.owner = next
	t.mu.Unlock()
	w.oracle.events.happened("the next person sat down")
	w.note("%s: %s sits down at computer %d", e.name, next.name, d.number)
	w.later(time.Second, 5*time.Minute, e.name+" sits down")
	if v := w.visit(e, t, next); v != nil {
		w.getsIn(v, v.signIn)
	}
}

// hurries: a person leaves a slow page loading, signs out in another tab and goes, and
// the next person is signed in before the page arrives.
func (w *World) hurries(e *errand, s Step) {
	d, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	other := d.tabs[(s.Tab+1)%len(d.tabs)]
	if d.identity().session == nil || !other.take(e, p) {
		return
	}
	defer other.leave()
	// By then the session_jwt has expired, so that the response sets another one.
	w.later(tokenLife, 2*tokenLife, e.name+" reads")
	slow := t.Start(func(*browser.Tab) (*browser.Page, error) { return t.Navigate(site + "/slow") })
	w.leaveBy(e, other)
	next := w.people[(s.Person+1)%len(w.people)]
	d.mu.Lock()
	d.sits = next
	d.mu.Unlock()
	other.mu.Lock()
	other.owner = next
	other.mu.Unlock()
	w.oracle.events.happened("the next person sat down")
	w.note("%s: %s sits down at computer %d in a hurry", e.name, next.name, d.number)
	if v := w.visit(e, other, next); v != nil {
		w.getsIn(v, v.signIn)
	}
	_, _ = slow.Wait()
	w.opens(e, other, next)
}

// signsOut: a person signs out, here or everywhere.
func (w *World) signsOut(e *errand, s Step) {
	_, t, _, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	w.leaveBy(e, t)
}

// leaveBy signs the tab's browser out.
func (w *World) leaveBy(e *errand, t *tab) {
	if w.deployment.FrontEnd {
		w.leaveByScript(e, t)
		return
	}
	if w.deployment.ByHand {
		if page, err := t.Navigate(site + "/hand/logout"); err == nil && page.Form("Sign out") != nil {
			_, _ = t.Submit(page.Form("Sign out"), nil, "")
		}
		return
	}
	page, err := t.Navigate(site + "/auth/logout")
	if err != nil || page.Form("Sign out") == nil {
		return
	}
	scope := [...]string{"here", "here", "here", "class", "everywhere"}[w.seed.below(5, e.name+" scope")]
	if scope == "everywhere" {
		w.oracle.events.happened("signed out everywhere")
	}
	_, _ = t.Submit(page.Form("Sign out"), url.Values{"scope": {scope}}, "Sign out")
}

// twoTabs: a person begins with a provider in one tab, then in another, and comes
// back in either order. Both ways end signed in.
func (w *World) twoTabs(e *errand, s Step) {
	d, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	other := d.tabs[(s.Tab+1)%len(d.tabs)]
	if w.deployment.ByHand || w.deployment.FrontEnd || !other.take(e, p) {
		return
	}
	defer other.leave()
	one := w.visit(e, t, p)
	if one == nil {
		return
	}
	if w.seed.chance(0.6, e.name+" signs out first") {
		w.leaveBy(e, t)
	}
	one.method = "google"
	second := *one
	two := &second
	two.tab = other
	atProvider := func(page *browser.Page) bool { return page.Path() == "/mock/idp" }
	one.stop, two.stop = atProvider, atProvider
	one.signIn()
	two.signIn()
	one.stop, two.stop = nil, nil
	if w.seed.chance(0.35, e.name+" order") {
		one, two = two, one
	}
	w.oracle.events.happened("two tabs in one provider flow")
	for _, v := range []*visit{one, two} {
		w.getsIn(v, func() bool {
			page := v.tab.Page()
			if page == nil || !atProvider(page) {
				return v.follow(page, nil)
			}
			next, err := v.identify(page)
			w.straight(v, next)
			return v.follow(next, err)
		})
	}
}

// straight checks the promise that a sign-in with a provider succeeds although other tabs
// of the browser have begun others.
func (w *World) straight(v *visit, page *browser.Page) {
	if page == nil || page.Err != nil || page.Status < 400 || page.Status >= 500 {
		return
	}
	from := w.clock.now() - healing
	if v.tab.computer.signedOutSince(v.began) || v.tab.computer.overlappedSince(v.began-time.Minute) || w.renamedSince(v.began) || v.errand.disturbed.Load() || !w.network.quietSince(min(from, v.began)) || !v.person.leftAlone(v.began) || !w.may(v.person, v.room) || w.barredOnce(v.person, v.room) || w.clock.now()-v.began > 9*time.Minute {
		return
	}
	w.oracle.broken("tabs", "%s: a tab of %s came back from the provider and was answered %d", v.errand.name, v.person.email, page.Status)
}

// switches: a person goes to another class of theirs.
func (w *World) switches(e *errand, s Step) {
	_, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	in := w.in(p)
	if w.deployment.ByHand || w.deployment.FrontEnd || w.table != nil || len(in) < 2 {
		return
	}
	page, err := t.Navigate(site + "/auth/switch?return_to=%2Fme")
	if err != nil || page.Path() != "/auth/switch" {
		return
	}
	for _, f := range page.Document.Forms {
		if strings.HasSuffix(f.Action, "/switch") {
			if next, err := t.Submit(f, nil, ""); err == nil && next.Path() == "/me" {
				w.oracle.events.happened("a class switched")
			}
			return
		}
	}
}

// browses: a person opens a page.
func (w *World) browses(e *errand, s Step) {
	_, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	w.opens(e, t, p)
}

// opens opens some pages, some of which only certain members may see.
func (w *World) opens(e *errand, t *tab, p *person) {
	paths := []string{"/", "/me", "/me"}
	for _, r := range w.rooms {
		paths = append(paths, "/classes/"+r.id, "/classes/"+r.id)
		if p.teaches || w.seed.chance(0.3, e.name+" tries") {
			paths = append(paths, "/classes/"+r.id+"/roster")
		}
	}
	for i := range 1 + w.seed.below(4, e.name+" pages") {
		name := e.next("page")
		if i > 0 {
			w.later(100*time.Millisecond, time.Minute, name)
		}
		page, err := t.Navigate(site + paths[w.seed.below(len(paths), name)])
		if err == nil && page.Status == http.StatusOK && w.seed.chance(0.4, name+" streams") {
			w.streams(t, name, w.rooms[w.seed.below(len(w.rooms), name+" stream of")])
		}
		if err != nil || page.Status != http.StatusOK || !w.seed.chance(0.3, name+" marks") {
			continue
		}
		// A script of the page sends this request in the background.
		path := [...]string{"/marks", "/marks", "/release"}[w.seed.below(3, name+" what")]
		if res, err := t.Fetch("POST", "/classes/"+w.rooms[w.seed.below(len(w.rooms), name+" class")].id+path, "{}"); err == nil && res.Status == http.StatusOK {
			w.oracle.events.happened(path[1:] + " by permission")
		}
	}
}

// bursts: a page that makes requests in parallel, as many pages do.
func (w *World) bursts(e *errand, s Step) {
	_, t, _, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	page, err := t.Navigate(site + "/")
	if err != nil || page.Status != http.StatusOK {
		return
	}
	var fetches []*browser.Pending
	for range 4 + w.seed.below(5, e.name+" parts") {
		path := "/part"
		if w.seed.chance(0.2, e.next("slow part")) {
			path = "/slow"
		}
		fetches = append(fetches, t.Start(func(*browser.Tab) (*browser.Page, error) {
			_, err := t.Fetch("GET", path, "")
			return nil, err
		}))
	}
	for _, f := range fetches {
		_, _ = f.Wait()
	}
}

// slowPage: a page with a slow response, such as that of a language model.
func (w *World) slowPage(e *errand, s Step) {
	_, t, _, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	_, _ = t.Navigate(site + "/slow")
}

// impatient: a person leaves a slow page before it has loaded.
func (w *World) impatient(e *errand, s Step) {
	_, t, _, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	slow := t.Start(func(*browser.Tab) (*browser.Page, error) { return t.Navigate(site + "/slow") })
	w.later(10*time.Millisecond, 20*time.Second, e.name+" has enough")
	_, _ = t.Navigate(site + "/me")
	if _, err := slow.Wait(); err != nil {
		w.oracle.events.happened("a page left while it was loading")
	}
	if page, err := t.Back(); err == nil && page != nil {
		_, _ = t.Reload(false)
	}
}

// moves: a person asks for a link at one computer and opens it at another.
func (w *World) moves(e *errand, s Step) {
	d, t, p, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	other := w.computers[(d.number+1)%len(w.computers)]
	there := other.tabs[s.Tab%len(other.tabs)]
	if w.deployment.ByHand || w.deployment.FrontEnd || !there.take(e, p) {
		return
	}
	defer there.leave()
	v := w.visit(e, t, p)
	if v == nil {
		return
	}
	v.method, v.tab = "link", t
	v.stop = func(page *browser.Page) bool { return w.mail(p.email, v.began).link != "" }
	v.signIn()
	link := w.mail(p.email, v.began).link
	if link == "" {
		return
	}
	other.mu.Lock()
	other.sits = p
	other.mu.Unlock()
	w.note("%s: %s goes over to computer %d", e.name, p.name, other.number)
	v.stop, v.tab, v.opened = nil, there, link
	w.oracle.events.happened("a link opened on another computer")
	w.getsIn(v, func() bool { return v.follow(there.Navigate(link)) })
}

// posts: a person fills in a form and sends it after a while.
func (w *World) posts(e *errand, s Step) {
	_, t, _, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	page, err := t.Navigate(site + "/me")
	if err != nil || form(page, "note") == nil {
		return
	}
	w.later(time.Second, 20*time.Minute, e.name+" writes")
	_, _ = t.Submit(form(page, "note"), url.Values{"note": {"what I think"}}, "")
}
