package jwtlocal

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// A refresh exchanges a session_token for a fresh session_jwt. What is known about a token
// is its record; requests with the same token share one call.
//
//	               decide: reserve limits, start the call
//	   ┌──────┐ ─────────────────────────────────────► ┌───────────┐ ◄── other requests
//	   │ idle │                                        │ in flight │     join and wait
//	   └──────┘ ◄── no call was made (over a limit) ── └─────┬─────┘
//	     ▲ ▲ ▲                                               │ finish
//	     │ │ │                          ┌────────────────────┼───────────────────┐
//	     │ │ │                       success              failure        session_not_found
//	     │ │ │                          ▼                    ▼                   ▼
//	     │ │ │                     ┌─────────┐          ┌────────┐           ┌───────┐
//	     │ │ └── near its end ──── │ renewed │          │ paused │           │ ended │
//	     │ │      or revoked       └─────────┘          └───┬────┘           └───┬───┘
//	     │ └─────────── the pause (1 s to 30 s) is over ────┘                    │
//	     └────────────── 30 s are over ──────────────────────────────────────────┘
//
// renewed answers requests from the last refresh, paused answers "unavailable", and ended
// answers "the session has ended"; none of them calls Stytch.
//
// Invariants:
//   - A record has at most one refresh in flight. Only its shard's mutex changes a record,
//     and no mutex is held while Stytch is called or the application's code runs.
//   - Limits are reserved before a record is in flight, and released before it is not.
//   - A refresh ends: it waits 5 s for a slot and 10 s for the call. It does not depend on
//     the contexts of the requests that wait for it.
//   - Every session_jwt is verified when it comes from Stytch, and again for each request
//     that gets it: the session may have been revoked in between.
//   - A request whose session_jwt attests another session than the record's gets an error.
//   - Only session_not_found and a revocation end a session. An outage, a limit or a wrong
//     clock does not.

// maxAttempts bounds how often one request looks again because its record has changed. Each
// attempt beyond the first needs a revocation, or a wrong pair of credentials from another
// request, at that moment.
const maxAttempts = 4

// refresh returns fresh credentials: those of the last refresh while they are good, or those
// of a refresh that this request starts or joins. With fresh set, only an answer of Stytch
// that comes now counts. It returns as soon as ctx ends.
func (v *Verifier) refresh(ctx context.Context, req request, fresh bool) (grimoireauth.Authentication, *failure) {
	var outdated *renewal // is no longer good
	for range maxAttempts {
		p := v.join(ctx, req, fresh, outdated)
		if p.failure != nil {
			if p.failure.wait > 0 {
				v.observe(ctx, grimoireauth.RefreshWithheld{Session: req.attested.ID(), Wait: p.failure.wait})
			}
			return grimoireauth.Authentication{}, p.failure
		}
		kept := p.renewal != nil
		if !kept {
			if !p.starts {
				v.observe(ctx, grimoireauth.RefreshShared{Session: req.attested.ID()})
			}
			select {
			case <-p.inflight.done:
			case <-ctx.Done():
				return grimoireauth.Authentication{}, newFailure(failCanceled, context.Cause(ctx))
			}
			if failed := p.inflight.failure; failed != nil {
				// The request that started the refresh sent this token with a session_jwt of
				// another session. That says nothing about this request.
				if failed.kind == failOtherSession && !p.starts && !sameIdentity(p.inflight.attested, req.attested) {
					continue
				}
				return grimoireauth.Authentication{}, failed
			}
			p.renewal = p.inflight.renewal
		}
		authentication, failed := v.deliver(ctx, &req, p.renewal, kept)
		switch {
		case failed != nil:
			return grimoireauth.Authentication{}, failed
		case !authentication.IsZero():
			if kept {
				v.observe(ctx, grimoireauth.RefreshShared{Session: authentication.ID()})
			}
			return authentication, nil
		}
		outdated = p.renewal
	}
	return grimoireauth.Authentication{}, newFailure(failUnusable, errRevokedMeanwhile)
}

// refreshInBackground starts a refresh for which no request waits, unless one is in flight
// or the record or a limit forbids it.
func (v *Verifier) refreshInBackground(ctx context.Context, req request) {
	v.join(ctx, req, true, nil)
}

// plan is what a request for fresh credentials does: use what the last refresh returned,
// wait for a refresh in flight, or fail.
type plan struct {
	renewal     *renewal
	inflight    *inflight
	starts      bool // this request starts the refresh
	failure     *failure
	needsSource bool // findSource has to be called first
}

// join makes a plan, and starts the refresh if the plan says so. With fresh set, the last
// renewal does not count; outdated is a renewal that is no longer good.
func (v *Verifier) join(ctx context.Context, req request, fresh bool, outdated *renewal) plan {
	p := v.decide(&req, fresh, outdated, time.Now())
	if p.needsSource {
		// The application's function reads the address, so no mutex is held.
		req.findSource(ctx)
		p = v.decide(&req, fresh, outdated, time.Now())
	}
	if p.starts {
		// The refresh outlives the request that started it; its own deadline ends it.
		ctx = context.WithoutCancel(ctx)
		v.background.start(func() { v.run(ctx, req, p.inflight) })
	}
	return p
}

// decide makes a plan by the record of the token, under its mutex.
func (v *Verifier) decide(req *request, fresh bool, outdated *renewal, now time.Time) plan {
	s := v.records.shard(&req.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[req.key]
	if rec != nil {
		rec.used = now
		if outdated != nil && rec.renewal == outdated {
			rec.renewal = nil
		}
		switch {
		case !rec.owner.IsZero() && !req.attested.IsZero() && !sameIdentity(rec.owner, req.attested):
			return plan{failure: &failure{kind: failOtherSession, err: errOtherSession}}
		case now.Before(rec.endedUntil):
			return plan{failure: &failure{kind: failSessionEnded, err: errEnded}}
		case rec.renewal != nil && !fresh:
			return plan{renewal: rec.renewal}
		case rec.inflight != nil:
			return plan{inflight: rec.inflight}
		case rec.pause.wait(now) > 0:
			return plan{failure: rec.pause.withheld(now)}
		}
	}
	// A session_jwt that came alone was verified, so it is not invented.
	known := req.jwtAlone || req.issuedHere || rec != nil && !rec.owner.IsZero()
	if !known && !req.sourceKnown {
		return plan{needsSource: true}
	}
	if f := v.limiter.reserve(req, known, now); f != nil {
		return plan{failure: f}
	}
	rec = s.ensure(req.key, now)
	rec.inflight = &inflight{done: make(chan struct{}), attested: req.attested, owner: rec.owner, known: known, source: req.source}
	return plan{inflight: rec.inflight, starts: true}
}

// deliver checks a renewal again and returns its credentials for this request. It returns
// neither credentials nor a failure if Stytch has to be asked again: the renewal is no
// longer good, or, if it was kept from an earlier refresh, is near its end.
func (v *Verifier) deliver(ctx context.Context, req *request, r *renewal, kept bool) (grimoireauth.Authentication, *failure) {
	checked := v.verify(ctx, r.authentication.JWT.Reveal())
	switch checked.status {
	case statusEnded:
		return grimoireauth.Authentication{}, &failure{kind: failSessionEnded, err: errEnded}
	case statusUnknown:
		if checked.reason == ReasonNotYet {
			return grimoireauth.Authentication{}, clockFailure(checked.err)
		}
		return grimoireauth.Authentication{}, unverifiableFailure(&checked)
	case statusStale, statusRejected:
		return grimoireauth.Authentication{}, nil
	}
	if !req.attested.IsZero() && !sameIdentity(req.attested, r.authentication.Session) {
		v.alarm(ctx, alarmOtherSession, nil)
		return grimoireauth.Authentication{}, &failure{kind: failOtherSession, err: errOtherSession}
	}
	if kept && v.refreshDue(&checked) && !r.isRecent() {
		// A browser that keeps no session_jwt is served like one that sent this session_jwt.
		// Other browsers would have sent a newer one by now.
		if !req.attested.IsZero() || checked.at.Unix() >= checked.times.end {
			return grimoireauth.Authentication{}, nil
		}
		v.refreshInBackground(ctx, *req)
	}
	return r.authentication, nil
}

// refreshDue reports whether a good token is in the last part of its life and a refresh
// would return a longer one.
func (v *Verifier) refreshDue(checked *result) bool {
	t := checked.times
	end := t.end
	if v.rules.maxAge > 0 {
		end = min(end, t.issued+int64(v.rules.maxAge/time.Second))
	}
	part := min(int64(v.config.refreshAhead()), (end-t.issued)*int64(time.Second)/2)
	if checked.at.UnixNano() < end*int64(time.Second)-part || part <= 0 || v.config.Refresh == nil {
		return false
	}
	// The last session_jwt of a session ends with the session, and so would the next one.
	last := checked.session.ExpiresAt()
	if last.IsZero() || last.Unix() > t.end {
		return true
	}
	_, extends := v.config.SlidingSession.extension(checked.session, checked.at)
	return extends
}
