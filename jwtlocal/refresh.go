package jwtlocal

import (
	"context"
	"net/netip"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
)

// ask is a request for fresh credentials.
type ask struct {
	key    digest               // of the secret; requests with the same one share a call
	secret grimoireauth.Secret  // the session_token, or a session_jwt that is alone
	alone  bool                 // the secret is a session_jwt
	of     grimoireauth.Session // what the session_jwt beside the token attests; zero if there was none
	idle   bool                 // the client did nothing: no reason to extend the session

	from   netip.Addr // the client address that the request came from; zero if it is not known
	marked bool       // the session_token is one that this deployment gave out
	asked  bool       // from and marked were found out
}

// askWho finds out from where the request came, and whether the token is marked.
func (a *ask) askWho(ctx context.Context) {
	who, _ := asker.From(ctx)
	a.from, a.marked, a.asked = who.Address, who.Known, true
}

func askWith(secret grimoireauth.Secret) ask {
	return ask{key: digestOf(secret.Reveal()), secret: secret}
}

// grant is what a refresh brought: credentials that were verified and belong to
// whom they should.
type grant struct {
	answer grimoireauth.Authentication
	issued int64 // iat of the session_jwt, to tell which of two is newer
	end    int64 // its end, from when nobody has a use for it
	came   time.Time
}

// justCame reports whether another refresh would bring nothing better. A session_jwt
// that is near its end so soon is that by a clock which is ahead.
func (g *grant) justCame() bool { return time.Since(g.came) < refreshAgain }

// refreshAgain is how long a session_jwt is not refreshed ahead of its end after it
// came.
const refreshAgain = 10 * time.Second

// maxTurns bounds how often one request looks again because something changed
// under its eyes. Each turn needs a cutoff, or a stranger's mistake, to come at the
// wrong moment.
const maxTurns = 4

// refresh returns fresh credentials: those of the last refresh while they are good,
// unless fresh says that nothing but an answer of Stytch's will do, or those of a
// refresh that this request begins or waits for. It returns as soon as ctx ends;
// the refresh goes on for the others.
func (v *Verifier) refresh(ctx context.Context, a ask, fresh bool) (grimoireauth.Authentication, *failure) {
	var passed *grant // was not good any more
	for range maxTurns {
		t := v.turn(ctx, a, fresh, passed)
		if t.failed != nil {
			if t.failed.wait > 0 {
				v.observe(ctx, grimoireauth.RefreshWithheld{Session: a.of.ID(), Wait: t.failed.wait})
			}
			return grimoireauth.Authentication{}, t.failed
		}
		g := t.kept
		late := g != nil
		if g == nil {
			if !t.began {
				v.observe(ctx, grimoireauth.RefreshShared{Session: a.of.ID()})
			}
			select {
			case <-t.flight.done:
			case <-ctx.Done():
				return grimoireauth.Authentication{}, failedBecause(leftAlone, context.Cause(ctx))
			}
			if failed := t.flight.failed; failed != nil {
				// Another request came with this token and with a session_jwt that
				// contradicts it. That is no answer to this one.
				if failed.kind == anotherSession && !t.began && !sameIdentity(t.flight.of, a.of) {
					continue
				}
				return grimoireauth.Authentication{}, failed
			}
			g = t.flight.granted
		}
		answer, failed := v.hand(ctx, &a, g, late)
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
	return grimoireauth.Authentication{}, failedBecause(badAnswer, errCutMeanwhile)
}

// hand gives a grant to a request, after looking at it once more: the session may
// have been cut off since, or the request may be about another one. Neither an
// answer nor a failure: the grant is good no longer, or for a late request not for
// long enough, and Stytch has to be asked.
func (v *Verifier) hand(ctx context.Context, a *ask, g *grant, late bool) (grimoireauth.Authentication, *failure) {
	judged := v.judge(ctx, g.answer.JWT.Reveal())
	switch judged.standing {
	case ended:
		return grimoireauth.Authentication{}, &failure{kind: sessionEnded, err: errEnded}
	case unknowable:
		if judged.reason == ReasonNotYet {
			return grimoireauth.Authentication{}, refusedByClock(judged.err)
		}
		return grimoireauth.Authentication{}, unverifiable(&judged)
	case stale, refused:
		return grimoireauth.Authentication{}, nil
	}
	if !a.of.IsZero() && !sameIdentity(a.of, g.answer.Session) {
		v.alarm(ctx, alarmOtherSession, nil)
		return grimoireauth.Authentication{}, &failure{kind: anotherSession, err: errAnother}
	}
	if late && v.due(&judged) && !g.justCame() {
		// A browser that keeps no session_jwt is served as if it had shown this one.
		// Others would have shown a newer one by now.
		if !a.of.IsZero() || judged.now.Unix() >= judged.times.end {
			return grimoireauth.Authentication{}, nil
		}
		v.begin(ctx, *a)
	}
	return g.answer, nil
}

// ahead answers for a session_jwt that is good. If it is near its end: with what a
// refresh has brought already, or with itself and a refresh behind it.
func (v *Verifier) ahead(ctx context.Context, credentials grimoireauth.Credentials, judged verdict, idle bool) grimoireauth.Authentication {
	own := answerOf(judged.session, credentials, grimoireauth.SourceLocal)
	if !v.due(&judged) || !hasTokenForm(credentials.Token) {
		return own
	}
	a := askWith(credentials.Token)
	a.of, a.idle = judged.session, idle
	if g := v.records.kept(&a.key); g != nil && sameIdentity(a.of, g.answer.Session) {
		switch {
		case g.issued > judged.times.issued:
			if answer, failed := v.hand(ctx, &a, g, true); failed == nil && !answer.IsZero() {
				answer.Source = grimoireauth.SourceRefreshed
				return answer
			}
		case g.justCame():
			return own
		}
	}
	v.begin(ctx, a)
	return own
}

// begin begins a refresh that nobody waits for, unless there is one, or a reason
// not to ask.
func (v *Verifier) begin(ctx context.Context, a ask) { v.turn(ctx, a, true, nil) }

// due reports whether a good token is in the last part of its life and a refresh
// would make it longer.
func (v *Verifier) due(judged *verdict) bool {
	t := judged.times
	end := t.end
	if v.rules.maxAge > 0 {
		end = min(end, t.issued+int64(v.rules.maxAge/time.Second))
	}
	part := min(int64(v.config.refreshAhead()), (end-t.issued)*int64(time.Second)/2)
	if judged.now.UnixNano() < end*int64(time.Second)-part || part <= 0 || v.config.Refresh == nil {
		return false
	}
	// The last session_jwt of a session ends with it, and so would the next one.
	last := judged.session.ExpiresAt()
	if last.IsZero() || last.Unix() > t.end {
		return true
	}
	_, slides := v.config.Slide.by(judged.session, judged.now)
	return slides
}

// sameIdentity reports whether two sessions are one: same session, member and
// organization. Two zero Sessions are.
func sameIdentity(a, b grimoireauth.Session) bool {
	return a.ID() == b.ID() && a.Member() == b.Member() && a.Organization() == b.Organization()
}
