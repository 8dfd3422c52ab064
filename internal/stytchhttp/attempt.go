package stytchhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/internal/breaker"
)

var errReleased = errors.New("Stytch does not answer any call")

// guarded makes an attempt, unless the breaker knows that Stytch does not answer. It
// notes in a whether the outcome is that of an outage.
func (t *transport) guarded(req *http.Request, a *Answer) (*http.Response, time.Duration, error) {
	a.outage = nil
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	call := breaker.Call{Class: classOf(req), Release: func() { cancel(errReleased) }}
	if session := breaker.From(ctx).Session; session != "" {
		call.Key = maphash.String(keySeed, session)
	} else {
		said, asked := asker.From(ctx)
		call.Key, call.Stranger = callKey(req), asked && !said.Known
	}
	flight, refusal := t.breaker.Begin(call)
	if refusal != nil && refusal.Probe {
		res, wait, answered, err := t.probe(req, a, call, refusal)
		if !answered {
			return res, wait, err
		}
		flight, refusal = t.breaker.Begin(call)
	}
	if refusal != nil {
		a.outage = &grimoireauth.OutageError{RetryAfter: refusal.Wait, Unsent: true, Mark: refusal.Mark}
		closeBody(req)
		return nil, 0, a.outage
	}
	res, wait, outcome, mark, err := t.observed(req.WithContext(ctx), flight)
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errReleased):
		a.outage = &grimoireauth.OutageError{RetryAfter: breaker.FirstPause, Mark: mark}
		return nil, 0, a.outage
	case outcome == breaker.Failed, outcome == breaker.Unreached:
		a.outage = &grimoireauth.OutageError{Mark: mark}
	}
	return res, wait, err
}

// observed makes an attempt and tells the breaker what became of it.
func (t *transport) observed(req *http.Request, flight *breaker.Flight) (res *http.Response, wait time.Duration, outcome breaker.Outcome, mark breaker.Mark, err error) {
	// Also if the transport panics: nothing is known of it then.
	defer flight.End(breaker.Gone)
	sent := time.Now()
	res, wait, err = t.attempt(req)
	outcome = t.outcome(req.Context(), res, err, time.Since(sent))
	return res, wait, outcome, flight.End(outcome), err
}

// outcome says what an attempt tells about Stytch.
func (t *transport) outcome(ctx context.Context, res *http.Response, err error, took time.Duration) breaker.Outcome {
	var broken *notStytch
	var unsent *overShare
	switch {
	case errors.As(err, &unsent):
		return breaker.Gone
	case errors.As(err, &broken):
		switch {
		case broken.status == http.StatusTooManyRequests:
			return breaker.Answered
		case broken.status >= 500, broken.status == http.StatusRequestTimeout:
			return breaker.Unreached // a proxy says so
		}
		return breaker.Odd
	case errors.Is(err, errNotEnforced), err != nil && errors.Is(ctx.Err(), context.Canceled):
		return breaker.Gone
	case err != nil && ctx.Err() != nil && took < min(t.timeout, breaker.Silence):
		return breaker.Gone // the caller was in a hurry
	case err != nil:
		return breaker.Unreached
	case res.StatusCode >= 500, res.StatusCode == http.StatusRequestTimeout:
		return breaker.Failed
	}
	return breaker.Answered
}

// closeBody is for a request that is not sent.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // nothing was read, so nothing can be lost
	}
}

var keySeed = maphash.MakeSeed()

// callKey tells calls apart whose failures count as one: those about one session, and
// those with one path.
func callKey(req *http.Request) uint64 {
	var hash maphash.Hash
	hash.SetSeed(keySeed)
	_, _ = hash.WriteString(req.Method + req.URL.Path)
	if classOf(req) == breaker.Sessions && req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			text, _ := io.ReadAll(io.LimitReader(body, 64<<10))
			_ = body.Close()
			var about struct {
				Token string `json:"session_token"`
				JWT   string `json:"session_jwt"`
			}
			if json.NewDecoder(bytes.NewReader(text)).Decode(&about) == nil {
				_, _ = hash.WriteString(about.Token + about.JWT)
			}
		}
	}
	return hash.Sum64()
}
