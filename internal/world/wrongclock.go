package world

import (
	"context"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// clocks has the processes with a wrong clock, and the times of it. A bubble has one
// clock, so a wrong one is modelled at the process's border: for the process Stytch's clock
// differs, by [mock.Clock], and the dates of every session_jwt are changed between the
// process and the rest of the world, where Stytch's clock is right. Not modelled are dates
// that processes exchange by their own clocks, such as the age of an attempt to sign in,
// and dates that a process stored before its clock was set.
type clocks struct {
	world *World

	mu    sync.Mutex // guards everything below, and what is in it
	wrong []*wrongClock
	moved map[string]time.Duration // by session_jwt as such a process sees it: how much its dates were changed
}

// wrongClock is a period in which the clock of a process is wrong.
type wrongClock struct {
	process        int // -1: all
	from, to       time.Duration
	ahead          time.Duration // of Stytch's; negative: behind
	served, failed int
}

// The bounds of an error with which a process still serves people: behind by the leeway,
// and ahead by so much that a fresh session_jwt is still valid for a while.
const mostAhead = tokenLife - healing

// usable reports whether people have to be served although a clock is off by so much.
func usable(ahead time.Duration) bool { return ahead >= -leeway && ahead <= mostAhead }

func (c *wrongClock) of(process int) bool {
	return c.process < 0 || process < 0 || c.process == process
}

// at returns the present error of a process's clock, nil if it is right.
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
// error within the leeway has an effect for as long as a session_jwt lasts, since the
// process may have cached one that it verified by that clock.
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

// revocationLeeway is how far a clock may be ahead before what Stytch issues is dated before a
// revocation that the process knew when it asked.
const revocationLeeway = time.Minute

// resets reports whether all clocks were good enough since then to set a new password, which
// records a revocation of the member.
func (c *clocks) resets(then time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.wrong {
		if w.to >= then && w.ahead > revocationLeeway-leeway {
			return false
		}
	}
	return true
}

// behindRevocation reports whether a process may treat a new token as older than a revocation of
// the member or their class: its clock was ahead by more than a minute, and the revocation is
// younger than a minute and that error.
func (c *clocks) behindRevocation(p *instance, m *member, now time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range []string{m.id, m.class.id} {
		told, ok := p.told(cutOf(what))
		if at, published := c.world.shared.lastPublished(what); published {
			told, ok = max(told, at), true
		}
		for _, w := range c.wrong {
			if ok && w.ahead > revocationLeeway && w.of(p.number) && w.to+healing >= told && w.from <= now && now <= told+revocationLeeway+w.ahead+healing {
				return true
			}
		}
	}
	return false
}

// mostAhead returns by how much any clock was ahead at most so far. A cookie that it has
// dated expires by so much earlier.
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

// gave records a session_jwt that Stytch issued to a process whose clock is wrong.
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

// arrives changes the dates of a request's session_jwts to those that the process sees.
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

// leaves changes the dates of a response's session_jwts to those that others see.
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

// clock gives each event of a world an instant of its own, because the order of two
// goroutines that wake at the same instant is random, and a run could not be replayed.
type clock struct {
	start time.Time

	mu    sync.Mutex // guards taken
	taken map[int64]struct{}
}

func newClock() *clock { return &clock{start: time.Now(), taken: make(map[int64]struct{})} }

// sleep waits for d, or for some nanoseconds longer if that instant is taken. It
// returns early, with the context's error, if the context ends.
func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(c.free(max(d, 1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until waits for an instant of the history.
func (c *clock) until(ctx context.Context, at time.Duration) error {
	return c.sleep(ctx, at-time.Since(c.start))
}

// free takes the first free instant at or after d from now.
func (c *clock) free(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := int64(time.Since(c.start) + d)
	for {
		if _, ok := c.taken[at]; !ok {
			c.taken[at] = struct{}{}
			return time.Duration(at) - time.Since(c.start)
		}
		at++
	}
}

// now returns the time since the world began.
func (c *clock) now() time.Duration { return time.Since(c.start) }

// redeems are the calls that use up a link, a code or a token of a provider.
var redeems = map[string]bool{
	"/v1/b2b/magic_links/authenticate": true, "/v1/b2b/otps/email/authenticate": true,
	"/v1/b2b/oauth/authenticate": true, "/v1/b2b/sso/authenticate": true, passwordReset: true,
}

const passwordReset = "/v1/b2b/passwords/email/reset"

// The error of a comparison of clocks, and how long its result is used.
const (
	clockSeen    = time.Second + 2*mostStytch + 100*time.Millisecond
	clockCompare = time.Minute + healing
)

// spends checks that a process with a wrong clock does not use up a link or a code.
func (o *oracle) spends(c *clocks, n *network, process int, name, path string) {
	ahead, since := c.wrongFor(process)
	if !redeems[path] || c.world.deployment.ByHand || since < clockCompare || !n.untroubledSince(o.clock.now()-clockCompare) {
		return
	}
	most := leeway + tokenLife
	if path == passwordReset {
		most = revocationLeeway // it ends the member's sessions, by a revocation
	}
	if ahead < -leeway-clockSeen || ahead > most+clockSeen {
		o.broken("clock", "%s spends what works once, and the clock of process %d is %v ahead", name, process, ahead)
	}
}

// clocked counts the events of a response by a process with a wrong clock.
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
