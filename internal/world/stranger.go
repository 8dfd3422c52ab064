package world

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/world/browser"
	"github.com/promptgrimoire/auth/mock"
)

// plants: another host of the same site writes cookies into a browser, among them a
// genuine session of its own.
func (w *World) plants(e *errand, s Step) {
	if !w.deployment.Siblings {
		return
	}
	w.acted("a sibling host")
	w.oracle.events.happened("a planted cookie")
	d := w.computers[s.Computer%len(w.computers)]
	mallory := w.people[4]
	own := "rubbish"
	if id := mallory.member(w.rooms[0].org); id != "" && w.seed.chance(0.5, e.name+" its own") && w.may(mallory, w.rooms[0]) {
		own = w.mint(id, sessionLife).token
	}
	from, _ := url.Parse("https://blog.example.edu/")
	names := d.world.process(0).setting.cookies()
	for _, line := range []string{
		names.token + "=" + own + "; Secure; Path=/",
		names.token + "=" + own + "; Secure; Path=/; Domain=example.edu",
		names.jwt + "=a.b.c; Secure; Path=/; Domain=example.edu",
		"stytch_session=" + own + "; Secure; Path=/; Domain=example.edu",
		"__Host-grimoire_start=1.A.B; Secure; Path=/; Domain=example.edu",
		"grimoire_start=1.A.B; Path=/auth; Domain=example.edu",
	} {
		_, _ = d.browser.Jar().Receive(browser.Access{URL: from, Method: "GET", TopLevel: true}, line)
	}
}

// rubbish: a stranger sends invalid requests, which must not be served.
func (w *World) rubbish(e *errand, s Step) {
	w.acted("a stranger")
	names := w.process(0).setting.cookies()
	values := []string{
		names.token + "=" + strings.Repeat("A", 44),
		names.jwt + "=eyJhbGciOiJub25lIn0.e30.",
		names.token + "=x; " + names.token + "=y",
		names.token + "=" + strings.Repeat("A", 44) + "~session-test-00000000-0000-4000-8000-000000000000; " + names.jwt + "=ended~session-test-00000000-0000-4000-8000-000000000000",
		names.token + "=" + strings.Repeat("B", 5000),
	}
	for _, try := range []struct{ method, path string }{
		{"GET", "/me"}, {"GET", "/classes/" + w.rooms[0].id + "/roster"}, {"GET", "/auth/callback?token=" + strings.Repeat("C", 44) + "&stytch_token_type=multi_tenant_magic_links"},
		{"POST", "/auth/callback"}, {"GET", "/auth/switch"}, {"GET", "/auth/callback?stytch_token_type=oauth&token=%ff"},
	} {
		name := e.next("try")
		if !w.seed.chance(0.6, name) {
			continue
		}
		w.bare(e, try.method, try.path, func(r *http.Request) {
			r.Header.Set("Cookie", values[w.seed.below(len(values), name+" cookie")])
			if try.method == "POST" {
				r.Header.Set("Sec-Fetch-Site", "cross-site")
			}
		})
	}
}

// loginPath is the page of the front end that signs people in by itself.
const loginPath = "/login"

const loginPage = `<!doctype html><title>Sign in</title><h1>Sign in</h1><p>A script does it.</p>`

// byScript signs the person in as a front end with Stytch's browser SDK does: it calls
// Stytch directly and writes both cookies by script.
func (v *visit) byScript() (*browser.Page, error) {
	w := v.world
	w.acted("a front end")
	w.later(leastLatency, time.Second, v.errand.next("script asks"))
	id := v.person.member(v.room.org)
	if page := v.tab.Page(); !w.may(v.person, v.room) || page == nil || page.Err != nil {
		v.wait()
		return v.tab.Navigate(v.start())
	}
	now := w.mint(id, sessionLife)
	v.tab.computer.script(v.tab, now, sessionLife)
	return v.tab.Navigate(site + "/me")
}

// script writes the cookies of a session from the tab's page.
func (d *computer) script(t *tab, now minted, life time.Duration) {
	if (browser.SDK{Script: t.Script()}).Write(now.token, now.jwt, life) != nil {
		return
	}
	d.mu.Lock()
	d.who = identity{session: now.session, since: d.world.clock.now()}
	d.mu.Unlock()
	d.world.note("a script signs computer %d in as %s", d.number, now.session.member.email)
}

// scriptOut deletes the cookies of a session from the tab's page.
func (d *computer) scriptOut(t *tab) {
	_ = browser.SDK{Script: t.Script()}.Delete()
	d.mu.Lock()
	d.who = identity{since: d.world.clock.now()}
	d.mu.Unlock()
	d.world.note("a script signs computer %d out", d.number)
}

// leaveByScript signs out as the front end does: at Stytch, then in the browser.
func (w *World) leaveByScript(e *errand, t *tab) {
	page, err := t.Navigate(site + loginPath)
	if err != nil || page.Err != nil {
		return
	}
	w.acted("a front end")
	token, _ := browser.SDK{Script: t.Script()}.Read()
	w.later(leastLatency, time.Second, e.next("script revokes"))
	if token != "" {
		w.door.ask(http.MethodPost, "/v1/b2b/sessions/revoke", map[string]any{"session_token": token}, nil)
		w.door.lookAround()
	}
	w.later(leastLatency, time.Second, e.next("script revoked"))
	t.computer.scriptOut(t)
	w.oracle.events.happened("signed out by a front end")
}

// renews: a front end renews the session_jwt in the background, as the SDK does.
func (w *World) renews(e *errand, s Step) {
	if !w.deployment.FrontEnd {
		return
	}
	_, t, _, ok := w.at(e, s)
	if !ok {
		return
	}
	defer t.leave()
	if page := t.Page(); page == nil || page.Err != nil {
		return
	}
	sdk := browser.SDK{Script: t.Script()}
	token, _ := sdk.Read()
	if token == "" {
		return
	}
	w.later(leastLatency, 3*time.Second, e.next("script asks"))
	now, ok := w.authenticate(token)
	w.later(leastLatency, 3*time.Second, e.next("script is told"))
	// Since the call another tab may have signed out, or signed in another person.
	if still, _ := sdk.Read(); still != token {
		return
	}
	if !ok {
		t.computer.scriptOut(t)
		return
	}
	w.oracle.events.happened("a session_jwt renewed by a front end")
	t.computer.script(t, now, max(time.Second, now.session.ends-w.clock.now()))
}

// minted is a session that the world itself got from Stytch.
type minted struct {
	token, jwt string
	session    *session
}

// mint signs a member in by a call of the world itself.
func (w *World) mint(id grimoireauth.MemberID, life time.Duration) minted {
	m, _ := w.authenticate(w.stytch.SignIn(id, mock.WithDuration(life)).Token.Reveal())
	return m
}

// authenticate asks Stytch whose a session_token is.
func (w *World) authenticate(token string) (minted, bool) {
	var t told
	req, _ := http.NewRequest(http.MethodPost, w.stytch.BaseURL()+"/v1/b2b/sessions/authenticate", nil)
	if w.door.ask(http.MethodPost, req.URL.Path, map[string]any{"session_token": token}, &t) != http.StatusOK {
		return minted{}, false
	}
	w.door.write(req, &t)
	w.door.ledger.mu.Lock()
	defer w.door.ledger.mu.Unlock()
	return minted{t.SessionToken, t.SessionJWT, w.door.ledger.byToken[t.SessionToken]}, true
}
