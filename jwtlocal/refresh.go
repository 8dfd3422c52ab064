package jwtlocal

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// maxTurns bounds how often one request looks again because something changed
// under its eyes. Each turn needs a cutoff, or a stranger's mistake, to come at the
// wrong moment.
const maxAttempts = 4

// refresh returns fresh credentials: those of the last refresh while they are good,
// unless fresh says that nothing but an answer of Stytch's will do, or those of a
// refresh that this request begins or waits for. It returns as soon as ctx ends;
// the refresh goes on for the others.
func (v *Verifier) refresh(ctx context.Context, a request, fresh bool) (grimoireauth.Authentication, *failure) {
	var passed *renewal // was not good any more
	for range maxAttempts {
		t := v.join(ctx, a, fresh, passed)
		if t.failure != nil {
			if t.failure.wait > 0 {
				v.observe(ctx, grimoireauth.RefreshWithheld{Session: a.attested.ID(), Wait: t.failure.wait})
			}
			return grimoireauth.Authentication{}, t.failure
		}
		g := t.renewal
		late := g != nil
		if g == nil {
			if !t.starts {
				v.observe(ctx, grimoireauth.RefreshShared{Session: a.attested.ID()})
			}
			select {
			case <-t.inflight.done:
			case <-ctx.Done():
				return grimoireauth.Authentication{}, newFailure(failCanceled, context.Cause(ctx))
			}
			if failed := t.inflight.failure; failed != nil {
				// Another request came with this token and with a session_jwt that
				// contradicts it. That is no answer to this one.
				if failed.kind == failOtherSession && !t.starts && !sameIdentity(t.inflight.attested, a.attested) {
					continue
				}
				return grimoireauth.Authentication{}, failed
			}
			g = t.inflight.renewal
		}
		answer, failed := v.deliver(ctx, &a, g, late)
		switch {
		case failed != nil:
			return grimoireauth.Authentication{}, failed
		case !answer.IsZero():
			if late {
				v.observe(ctx, grimoireauth.RefreshShared{Session: answer.ID()})
			}
			return answer, nil
		}
		passed = g
	}
	return grimoireauth.Authentication{}, newFailure(failUnusable, errRevokedMeanwhile)
}

// hand gives a grant to a request, after looking at it once more: the session may
// have been cut off since, or the request may be about another one. Neither an
// answer nor a failure: the grant is good no longer, or for a late request not for
// long enough, and Stytch has to be asked.
func (v *Verifier) deliver(ctx context.Context, a *request, g *renewal, late bool) (grimoireauth.Authentication, *failure) {
	checked := v.verify(ctx, g.authentication.JWT.Reveal())
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
	if !a.attested.IsZero() && !sameIdentity(a.attested, g.authentication.Session) {
		v.alarm(ctx, alarmOtherSession, nil)
		return grimoireauth.Authentication{}, &failure{kind: failOtherSession, err: errOtherSession}
	}
	if late && v.refreshDue(&checked) && !g.isRecent() {
		// A browser that keeps no session_jwt is served as if it had shown this one.
		// Others would have shown a newer one by now.
		if !a.attested.IsZero() || checked.at.Unix() >= checked.times.end {
			return grimoireauth.Authentication{}, nil
		}
		v.refreshInBackground(ctx, *a)
	}
	return g.authentication, nil
}

// due reports whether a good token is in the last part of its life and a refresh
// would make it longer.
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
	// The last session_jwt of a session ends with it, and so would the next one.
	last := checked.session.ExpiresAt()
	if last.IsZero() || last.Unix() > t.end {
		return true
	}
	_, slides := v.config.Slide.extension(checked.session, checked.at)
	return slides
}

// begin begins a refresh that nobody waits for, unless there is one, or a reason
// not to ask.
func (v *Verifier) refreshInBackground(ctx context.Context, a request) { v.join(ctx, a, true, nil) }

// turn is what a request for fresh credentials has to do: use what is kept, wait for
// a flight, which it may have to begin, or make do with a failure.
type plan struct {
	renewal     *renewal
	inflight    *inflight
	starts      bool
	failure     *failure
	needsSource bool // it depends on who asks, which is to be found out first
}

// turn finds out what a request has to do, and begins the refresh if it is that.
// fresh means that what is kept will not do; passed is a grant that was found to be
// good no longer.
func (v *Verifier) join(ctx context.Context, a request, fresh bool, passed *renewal) plan {
	t := v.decide(&a, fresh, passed, time.Now())
	if t.needsSource {
		// No lock is held while the application's function reads the address.
		a.findSource(ctx)
		t = v.decide(&a, fresh, passed, time.Now())
	}
	if t.starts {
		// The refresh outlives the request that began it: its own deadline ends it.
		ctx = context.WithoutCancel(ctx)
		v.background.start(func() { v.run(ctx, a, t.inflight) })
	}
	return t
}

func (v *Verifier) decide(a *request, fresh bool, passed *renewal, now time.Time) plan {
	s := v.records.shard(&a.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.byKey[a.key]
	if rec != nil {
		rec.used = now
		if passed != nil && rec.renewal == passed {
			rec.renewal = nil
		}
		switch {
		case !rec.owner.IsZero() && !a.attested.IsZero() && !sameIdentity(rec.owner, a.attested):
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
	// A session_jwt that is alone was verified, so it is no guess.
	known := a.jwtAlone || a.issuedHere || rec != nil && !rec.owner.IsZero()
	if !known && !a.sourceKnown {
		return plan{needsSource: true}
	}
	if f := v.reserve(a, known, now); f != nil {
		return plan{failure: f}
	}
	rec = s.ensure(a.key, now)
	rec.inflight = &inflight{done: make(chan struct{}), attested: a.attested, owner: rec.owner, known: known, source: a.source}
	return plan{inflight: rec.inflight, starts: true}
}

// reserve takes what a refresh needs before it begins, and returns why there is none. The
// refresh gives it back when it lands.
func (v *Verifier) reserve(a *request, known bool, now time.Time) *failure {
	if known {
		if v.records.running.Add(1) > maxWaiting {
			v.records.running.Add(-1)
			return &failure{kind: failOverLimit, err: unavailable(opRefresh, errBusy, firstPause), wait: firstPause}
		}
		return nil
	}
	// Nothing but the request itself says that the token is the session's.
	partner := pairOf(a.attested.ID(), a.source)
	if !a.attested.IsZero() {
		if f := v.pairs.reserve(partner, &a.key, now); f != nil {
			return f
		}
	}
	f := v.limiter.reserve(strangerFrom(a.source, !a.attested.IsZero()))
	if f != nil && !a.attested.IsZero() {
		v.pairs.release(partner, &a.key, f, now)
	}
	return f
}
