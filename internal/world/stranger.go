package world

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/internal/world/browser"
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
