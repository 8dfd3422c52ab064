package grimoireauth

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/internal/breaker"
)

// Outages returns the outages that this Client knows to go on, none if all is well or if
// nothing is known any more: see [EndUnknown]. It makes no network call. The key set's is in the Stats of a jwtlocal.Verifier.
func (c *Client) Outages() []Outage {
	var out []Outage
	for _, state := range c.breaker.Open() {
		out = append(out, Outage{Of: outageOf(state.Class), Cause: outageCause(state.Cause), Since: state.Since, Next: state.Next})
	}
	return out
}

func outageOf(class breaker.Class) OutageOf {
	switch class {
	case breaker.Sessions:
		return OutageOfSessions
	case breaker.Administration:
		return OutageOfAdministration
	}
	return OutageOfStytch
}

func outageCause(cause breaker.Cause) OutageCause {
	if cause == breaker.Silent {
		return CauseNoAnswer
	}
	return CauseFailures
}

// outageChanged tells the observer about an outage.
func (c *Client) outageChanged(state breaker.State) {
	if c.observe == nil {
		return
	}
	// It may be the goroutine of a timer, where a panic would end the process.
	defer func() { _ = recover() }()
	outage := Outage{Of: outageOf(state.Class), Cause: outageCause(state.Cause), Since: state.Since, Next: state.Next}
	if state.Open {
		c.observe(context.Background(), OutageBegan{outage})
		return
	}
	reason := EndAnswered
	if state.Forgotten {
		reason = EndUnknown
	}
	c.observe(context.Background(), OutageEnded{outage, time.Since(state.Since), reason})
}
