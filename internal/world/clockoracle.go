package world

import "time"

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
