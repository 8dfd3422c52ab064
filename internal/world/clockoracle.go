package world

import "time"

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
