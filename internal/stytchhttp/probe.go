package stytchhttp

import (
	"context"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/breaker"
)

// probePatience is how long requests that share a probing call wait for its answer: see
// [breaker.Refresh]. The call itself waits longer, since Stytch may be slow.
const probePatience = 500 * time.Millisecond

// probe finds out during an outage whether Stytch can be reached again. It sends the request
// itself if that may be repeated. Otherwise it fetches the policy; then answered reports that
// Stytch has answered, so that the caller can send the request. If there is no answer, it
// sets a.outage.
func (t *transport) probe(req *http.Request, a *Answer, call breaker.Call, refusal *breaker.Refusal) (res *http.Response, wait time.Duration, answered bool, err error) {
	outage := &grimoireauth.OutageError{RetryAfter: refusal.Wait, Mark: refusal.Mark}
	if giveUp := breaker.From(req.Context()).GiveUp; giveUp != nil {
		patience := time.AfterFunc(probePatience, func() { giveUp(outage) })
		defer patience.Stop()
	}
	if !probes(req) {
		if answered = t.askPolicy(req); answered {
			return nil, 0, true, nil
		}
		outage.Unsent = true
		a.outage = outage
		closeBody(req)
		return nil, 0, false, outage
	}
	ctx, cancel := context.WithTimeout(req.Context(), breaker.ProbeLife)
	defer cancel()
	res, wait, outcome, _, err := t.observed(req.WithContext(ctx), t.breaker.Probe(call.Class))
	switch {
	case outcome == breaker.Unreached:
		a.outage = outage
		return nil, wait, false, outage
	case outcome == breaker.Failed:
		a.outage = outage
	}
	return res, wait, false, err
}

// askPolicy fetches the RBAC policy, which any valid project secret may, and which changes
// nothing. It reports whether Stytch has answered.
func (t *transport) askPolicy(req *http.Request) bool {
	// The call is on behalf of the project alone, so it gets no values of the caller's
	// context.
	ctx, cancel := context.WithTimeout(context.Background(), breaker.ProbeLife)
	defer cancel()
	defer context.AfterFunc(req.Context(), cancel)()
	address := *req.URL
	address.Path, address.RawPath, address.RawQuery = policyPath, "", ""
	question, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return false
	}
	for _, name := range []string{"Authorization", "User-Agent"} {
		question.Header[name] = req.Header[name]
	}
	_, _, outcome, _, _ := t.observed(question, t.breaker.Probe(breaker.Administration))
	return outcome == breaker.Answered
}
