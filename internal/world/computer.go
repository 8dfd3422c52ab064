package world

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/internal/world/browser"
)

// computer is a shared computer: one browser with a few tabs, which one person uses at a
// time.
type computer struct {
	world   *World
	number  int
	browser *browser.Browser
	tabs    []*tab

	mu   sync.Mutex // guards everything below
	who  identity
	sits *person
	out  time.Duration // when the response to a sign-out arrived last

	overlapped time.Duration                  // when two tabs began with a provider at one moment last
	under      map[*browser.Request]*exchange // those under way
}

// tab is a tab of a computer. One errand uses it at a time.
type tab struct {
	*browser.Tab
	computer *computer

	mu     sync.Mutex // guards errand and owner
	errand *errand
	owner  *person
}

func (w *World) newComputer(number, tabs int) *computer {
	d := &computer{world: w, number: number, under: make(map[*browser.Request]*exchange)}
	d.browser = browser.New(browser.Config{
		Name: "desk" + strconv.Itoa(number), Transport: d.carry, Observe: d.arrived, SkipResources: true,
		RemoteAddr: "203.0.113." + strconv.Itoa(10+number) + ":49152",
	})
	for range tabs {
		d.tabs = append(d.tabs, &tab{Tab: d.browser.Open(), computer: d})
	}
	return d
}

// take reserves the tab for an errand, and returns false if another errand uses it: a
// person does nothing at a tab that is loading.
func (t *tab) take(e *errand, p *person) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.errand != nil {
		return false
	}
	t.errand, t.owner = e, p
	return true
}

func (t *tab) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errand, t.owner = nil, nil
}

func (t *tab) using() (*errand, *person) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.errand, t.owner
}

// identity returns the browser's present identity.
func (d *computer) identity() identity {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.who
}

// signedOutSince reports whether the response to a sign-out has arrived since then, which
// also ends pending sign-ins.
func (d *computer) signedOutSince(then time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out > then
}

// overlappedSince reports whether two tabs have begun with a provider at the same moment
// since then. Each of the two requests has set a verifier of its own, and a callback does
// not say to which of them it belongs.
func (d *computer) overlappedSince(then time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.overlapped > then
}

// sitting returns the person at the computer.
func (d *computer) sitting() *person {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sits
}

// carry is the browser's transport: to the service, or to Stytch and the identity
// provider behind it.
func (d *computer) carry(r *browser.Request) (*http.Response, error) {
	e, by := d.tabs[r.Tab-1].using()
	if e == nil {
		e = d.world.spare
	}
	if "https://"+r.Host != site {
		return d.world.pass(e, r.Request)
	}
	x := &exchange{
		method: r.Method, path: r.URL.Path, computer: d, errand: e, by: by,
		signsOut: r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/logout"),
		asked:    strings.HasPrefix(r.URL.Path, "/auth/") || strings.HasPrefix(r.URL.Path, handPrefix),
	}
	d.mu.Lock()
	x.who = d.who
	for _, other := range d.under {
		if x.begins() && other.begins() {
			d.overlapped = d.world.clock.now()
		}
	}
	d.under[r] = x
	d.mu.Unlock()
	return d.world.deliver(x, r.Request)
}

// arrived is called when a response's cookies are in the jar. The identity that it gives
// the browser is expected of every later request.
func (d *computer) arrived(b *browser.Exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x := d.under[b.Request]
	delete(d.under, b.Request)
	if x == nil || b.Err != nil {
		return
	}
	o, names := d.world.oracle, x.instance.setting.cookies()
	for _, c := range b.Received {
		if c.Err != nil || ends(c.Cookie.Value) {
			continue
		}
		switch c.Cookie.Name {
		case names.token:
			d.signedIn(x, c.Cookie.Value)
		case names.jwt:
			if d.who.session != x.who.session && !x.asked {
				o.events.happened("a late renewal")
				if d.who.session != nil && x.who.session != nil && d.who.session.member.email != x.who.session.member.email {
					o.events.happened("an answer overtaken by another person's sign-in")
				}
			}
		}
	}
	if x.signsOut && x.status < 400 {
		var spared *session
		if d.who.session != x.who.session && d.world.renamedSince(x.arrived) {
			spared = d.who.session
		}
		d.who, d.out = identity{since: o.clock.now(), spared: spared}, o.clock.now()
		d.world.note("%s: no one is signed in at computer %d", x.name, d.number)
	}
}

// signedIn records that the response to a sign-in has reached the browser. The caller
// holds the computer's lock.
func (d *computer) signedIn(x *exchange, cookie string) {
	o := d.world.oracle
	token, _, _ := strings.Cut(cookie, "~")
	o.ledger.mu.Lock()
	s := o.ledger.byToken[token]
	o.ledger.mu.Unlock()
	if s == nil {
		o.broken("identity", "the answer to %s writes a session_token that Stytch never gave", x.name)
		return
	}
	expected := ""
	switch {
	case strings.HasSuffix(x.path, "/switch") && x.who.session != nil:
		expected = x.who.session.member.email // the person who is signed in stays the same
	case x.by != nil:
		expected = x.by.email
	}
	if x.asked && expected != "" && s.member.email != expected {
		o.broken("identity", "%s was pressed by %s, and signs the browser in as %s", x.name, expected, s.member.email)
	}
	before := d.who
	d.who = identity{session: s, since: o.clock.now()}
	if before.session != nil && before.session.member.email != s.member.email {
		o.events.happened("signed in over another person")
	}
	d.world.note("%s: computer %d is %s", x.name, d.number, s.member.email)
}
