package world

import (
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// clocks says which processes have a wrong clock, and when. A bubble has one clock, so
// a wrong one is modelled from the other side: for the process Stytch's clock differs,
// by [mock.Clock], and every session_jwt is dated anew when it passes between the
// process and the rest of the world, where Stytch's clock is right. What two processes
// tell each other by their own clocks, such as the age of an attempt to sign in, and
// what a process has written down before its clock was set, is not modelled.
type clocks struct {
	world *World

	mu    sync.Mutex // guards everything below, and what is in it
	wrong []*wrongClock
	moved map[string]time.Duration // session_jwts as such a process sees them, and by how much they are moved
}

// wrongClock is a time in which the clock of a process is wrong.
type wrongClock struct {
	process        int // -1: those of all
	from, to       time.Duration
	ahead          time.Duration // of Stytch's; negative: behind
	served, failed int
}

// The bounds of an error that a process works with: behind by the leeway, and ahead by
// so much that a fresh session_jwt lasts for a while yet.
const mostAhead = tokenLife - healing

// usable reports whether people have to be served by a clock that is off by so much.
func usable(ahead time.Duration) bool { return ahead >= -leeway && ahead <= mostAhead }

func (c *wrongClock) of(process int) bool {
	return c.process < 0 || process < 0 || c.process == process
}

// at returns what is wrong with a process's clock now, nil if it is right.
func (c *clocks) at(process int) *wrongClock {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.world.clock.now()
	for _, w := range c.wrong {
		if w.of(process) && now >= w.from && now < w.to {
			return w
		}
	}
	return nil
}

// ahead returns by how much a process's clock is ahead now.
func (c *clocks) ahead(process int) time.Duration {
	if w := c.at(process); w != nil {
		return w.ahead
	}
	return 0
}

// begin sets the clock of a process wrong. One clock is set once at a time.
func (c *clocks) begin(w *wrongClock) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.wrong {
		if (other.of(w.process) || w.process < 0) && other.to+healing > w.from {
			return false
		}
	}
	c.wrong = append(c.wrong, w)
	return true
}

// usableSince reports whether the clock of a process (-1: of each) was good enough from
// then until now.
func (c *clocks) usableSince(process int, then time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.wrong {
		if w.of(process) && w.to >= then && w.from <= c.world.clock.now() && !usable(w.ahead) {
			return false
		}
	}
	return true
}

// behindSince returns by how much a process's clock was behind at most since then. An
// error within the leeway counts for as long as a session_jwt lasts, since the process
// may remember one that it got by that clock.
func (c *clocks) behindSince(process int, then time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := time.Duration(0)
	for _, w := range c.wrong {
		until := w.to
		if -w.ahead <= leeway {
			until += tokenLife + 2*leeway
		}
		if w.of(process) && until >= then && w.from <= c.world.clock.now() {
			most = max(most, -w.ahead)
		}
	}
	return most
}

// cutoffLeeway is how far a clock may be ahead before what Stytch issues is dated before a
// cutoff that the process knew when it asked.
const cutoffLeeway = time.Minute

// behindCutoff reports whether a process may take what Stytch issues for older than a cutoff
// of the member or their class: its clock was ahead by more than a minute, and the cutoff is
// younger than a minute and that error.
func (c *clocks) behindCutoff(p *instance, m *member, now time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range []string{m.id, m.class.id} {
		told, ok := p.told(cutOf(what))
		for _, w := range c.wrong {
			if ok && w.ahead > cutoffLeeway && w.of(p.number) && w.to+healing >= told && w.from <= now && now <= told+cutoffLeeway+w.ahead+healing {
				return true
			}
		}
	}
	return false
}

// mostAhead returns by how much any clock was ahead at most so far: by so much less
// lasts a cookie that it has dated.
func (c *clocks) mostAhead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := time.Duration(0)
	for _, w := range c.wrong {
		most = max(most, w.ahead)
	}
	return most
}

// wrongFor returns for how long a process's clock has been wrong as it is now.
func (c *clocks) wrongFor(process int) (ahead, since time.Duration) {
	if w := c.at(process); w != nil {
		return w.ahead, c.world.clock.now() - w.from
	}
	return 0, 0
}

// calm puts every clock right.
func (c *clocks) calm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.wrong {
		w.to = min(w.to, c.world.clock.now())
	}
}

// gave notes a session_jwt that Stytch gave to a process whose clock is wrong.
func (c *clocks) gave(jwt string, by time.Duration) {
	if jwt == "" || by == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved[jwt] = by
}

var jwtForm = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)

// seenBy returns a session_jwt as a process sees it now.
func (c *clocks) seenBy(process int, jwt string) string {
	by := -c.ahead(process)
	if by == 0 {
		return jwt
	}
	moved := c.world.stytch.ClockAhead(by).JWT(grimoireauth.NewSecret(jwt)).Reveal()
	if moved != jwt {
		c.gave(moved, by)
		l := c.world.door.ledger
		l.mu.Lock()
		l.secret(moved, "a session_jwt")
		l.mu.Unlock()
	}
	return moved
}

// arrives dates the session_jwts of a request as the process sees them.
func (c *clocks) arrives(process int, r *http.Request) *http.Request {
	if c.ahead(process) == 0 {
		return r
	}
	r = r.Clone(r.Context())
	for _, name := range []string{"Cookie", "Authorization"} {
		for i, line := range r.Header[name] {
			r.Header[name][i] = jwtForm.ReplaceAllStringFunc(line, func(jwt string) string { return c.seenBy(process, jwt) })
		}
	}
	return r
}

// leaves dates the session_jwts of an answer as the rest of the world sees them.
func (c *clocks) leaves(h http.Header) {
	for i, line := range h["Set-Cookie"] {
		h["Set-Cookie"][i] = jwtForm.ReplaceAllStringFunc(line, func(jwt string) string {
			c.mu.Lock()
			by := c.moved[jwt]
			c.mu.Unlock()
			return c.world.stytch.ClockAhead(-by).JWT(grimoireauth.NewSecret(jwt)).Reveal()
		})
	}
}

// The errors of clocks that are set wrong, and for how long.
const (
	leastError, mostError = time.Second, 2 * time.Hour
	leastWrong, mostWrong = 20 * time.Second, 90 * time.Minute
)

// setsAClockWrong: an operator sets the clock of a process wrong, or those of all, and
// puts it right after a while. People go on meanwhile, and afterwards.
func (w *World) setsAClockWrong(e *errand, s Step) {
	now := w.clock.now()
	wrong := &wrongClock{
		process: -1, from: now, to: now + w.seed.between(leastWrong, mostWrong, e.name+" how long"),
		// Whole seconds, as the dates of a session_jwt have them.
		ahead: w.seed.between(leastError, mostError, e.name+" by how much").Truncate(time.Second),
	}
	if w.seed.chance(0.5, e.name+" behind") {
		wrong.ahead = -wrong.ahead
	}
	if w.seed.chance(0.7, e.name+" one process only") {
		wrong.process = w.seed.below(w.deployment.Processes, e.name+" process")
	}
	if !w.clocks.begin(wrong) {
		return
	}
	w.operates()
	w.note("%s: the clock of process %d is %v ahead for %v", e.name, wrong.process, wrong.ahead, wrong.to-wrong.from)
	for _, p := range w.people {
		// A person at a desk goes on, and some sign in.
		for _, d := range w.desks {
			t := d.tabs[w.seed.below(len(d.tabs), e.name+" tab")]
			if d.sitting() != p || !t.take(e, p) {
				continue
			}
			w.opens(e, t, p)
			if w.seed.chance(0.4, e.next("signs in")) {
				if v := w.visit(e, t, p); v != nil {
					w.getsIn(v, v.signIn)
				}
			}
			w.opens(e, t, p)
			t.leave()
		}
	}
	_ = w.clock.until(w.context, wrong.to+healing)
	w.clocks.mu.Lock()
	served, failed := wrong.served, wrong.failed
	w.clocks.mu.Unlock()
	if served > 0 && failed == 0 && wrong.ahead.Abs() <= leeway {
		w.oracle.events.happened("a clock wrong within the leeway served all")
	}
	for _, d := range w.desks {
		w.later(time.Second, healing, e.next("afterwards"))
		if t, p := d.tabs[0], d.sitting(); t.take(e, p) {
			_, _ = t.Navigate(site + "/me") // owed looks at what comes of it
			t.leave()
		}
	}
}

// drawClocks draws when clocks are set wrong. It draws by names, and leaves the rest of a
// history as it is.
func drawClocks(seed Seed, h History) History {
	n := [...]int{0, 0, 1, 1, 2}[seed.below(5, "wrong clocks")]
	for _, name := range []string{"c0", "c1"}[:n] {
		at := time.Duration(float64(h[len(h)-1].At) * seed.unit(name+" at"))
		i := 0
		for i < len(h) && h[i].At < at {
			i++
		}
		h = append(h[:i:i], append(History{{Name: name, At: at, Act: "wrong clock"}}, h[i:]...)...)
	}
	return h
}

// redeems are the calls that spend a link, a code or what a provider gave.
var redeems = map[string]bool{
	"/v1/b2b/magic_links/authenticate": true, "/v1/b2b/otps/email/authenticate": true,
	"/v1/b2b/oauth/authenticate": true, "/v1/b2b/sso/authenticate": true, passwordReset: true,
}

const passwordReset = "/v1/b2b/passwords/email/reset"

// How far a comparison of clocks can be from the truth, and for how long one counts.
const (
	clockSeen    = time.Second + 2*mostStytch + 100*time.Millisecond
	clockCompare = time.Minute + healing
)

// spends holds a call of a process against the promise that a wrong clock spends nothing.
func (o *oracle) spends(c *clocks, n *network, process int, name, path string) {
	ahead, since := c.wrongFor(process)
	if !redeems[path] || c.world.deployment.ByHand || since < clockCompare || !n.untroubledSince(o.clock.now()-clockCompare) {
		return
	}
	most := leeway + tokenLife
	if path == passwordReset {
		most = cutoffLeeway // it ends the member's sessions, by a cutoff
	}
	if ahead < -leeway-clockSeen || ahead > most+clockSeen {
		o.broken("clock", "%s spends what works once, and the clock of process %d is %v ahead", name, process, ahead)
	}
}

// clocked notes what a request met that a process with a wrong clock has answered.
func (o *oracle) clocked(c *clocks, x *exchange) {
	w := c.at(x.instance.number)
	if w == nil || x.who.session == nil {
		return
	}
	if !usable(w.ahead) {
		o.events.happened("a clock wrong beyond the leeway met a request")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case x.served > 0:
		w.served++
	case x.status >= 500:
		w.failed++
	}
}
