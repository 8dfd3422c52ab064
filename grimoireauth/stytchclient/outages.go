package stytchclient

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/breaker"
)

// Outages returns the outages that this Client knows to go on, none if all is well or if
// nothing is known any more: see [grimoireauth.EndUnknown]. It makes no network call. The key set's is in the Stats of a jwtlocal.Verifier.
func (c *Client) Outages() []grimoireauth.Outage {
	var out []grimoireauth.Outage
	for _, state := range c.breaker.Open() {
		out = append(out, grimoireauth.Outage{Of: outageOf(state.Class), Cause: outageCause(state.Cause), Since: state.Since, Next: state.Next})
	}
	return out
}

func outageOf(class breaker.Class) grimoireauth.OutageOf {
	switch class {
	case breaker.Sessions:
		return grimoireauth.OutageOfSessions
	case breaker.Administration:
		return grimoireauth.OutageOfAdministration
	}
	return grimoireauth.OutageOfStytch
}

func outageCause(cause breaker.Cause) grimoireauth.OutageCause {
	if cause == breaker.Silent {
		return grimoireauth.CauseNoAnswer
	}
	return grimoireauth.CauseFailures
}

// outageChanged tells the observer about an outage.
func (c *Client) outageChanged(state breaker.State) {
	if c.observe == nil {
		return
	}
	// It may be the goroutine of a timer, where a panic would end the process.
	defer func() { _ = recover() }()
	outage := grimoireauth.Outage{Of: outageOf(state.Class), Cause: outageCause(state.Cause), Since: state.Since, Next: state.Next}
	if state.Open {
		c.observe(context.Background(), grimoireauth.OutageBegan{Outage: outage})
		return
	}
	reason := grimoireauth.EndAnswered
	if state.Forgotten {
		reason = grimoireauth.EndUnknown
	}
	c.observe(context.Background(), grimoireauth.OutageEnded{Outage: outage, Took: time.Since(state.Since), Reason: reason})
}
