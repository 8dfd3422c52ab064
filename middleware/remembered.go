package middleware

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// remembered is how long an answer counts for the rest of its request, from when it
// came: long enough for guards around each other and for the handler behind them,
// short against what a connection can last. Afterwards the guard asks again, as it
// would for a new request with these credentials, and decides again what the guards
// around have decided: classes, roles and permissions.
//
// The documentation of Check and of CheckFresh says so; keep them the same.
const remembered = time.Second

// loaded is any moment in the past: the time since then is read from one clock,
// where time.Now reads two.
var loaded = time.Now()

// renewal is the newest answer of a request that was asked for after the first one.
// What it points to is never changed, so that several goroutines can use it.
type renewal struct{ p atomic.Pointer[answer] }

// newest returns the newer one of an answer and what was found out later.
func (n *renewal) newest(known *answer) *answer {
	if later := n.p.Load(); later != nil && later.after(known) {
		return later
	}
	return known
}

// keep remembers an answer unless a newer one is there: see after.
func (n *renewal) keep(a answer) {
	for {
		known := n.p.Load()
		if known != nil && known.after(&a) || n.p.CompareAndSwap(known, &a) {
			return
		}
	}
}

// after reports whether an answer is newer than another. One that Stytch has given is
// newer than all that were asked for without knowing it. Otherwise the order in which
// they were asked for counts, since the slow one of two is the older one; of two that
// were asked for at the same moment, the one of Stytch is newer.
func (a *answer) after(b *answer) bool {
	if a.rests != b.rests {
		return a.rests > b.rests
	}
	return a.asked > b.asked || a.asked == b.asked && a.fresh && !b.fresh
}

// counts reports whether an answer is still used at this time, as a fresh one if
// that is asked for. It may have come after now, while another request for it was
// looking at the clock.
func (a *answer) counts(now time.Duration, fresh bool) bool {
	return now-a.came <= remembered && (!fresh || a.fresh || a.err != nil)
}

// renew keeps what proves the session from now on. What is asked later on this
// request is asked with it, because a session_jwt that came with the request may
// say what Stytch has said otherwise since.
func (a *answer) renew() {
	proof := a.authentication.Credentials
	if a.err != nil || proof.IsZero() {
		return
	}
	switch {
	case a.presented.token == "":
		// A session_jwt that came alone does not become a session.
		proof.Token = grimoireauth.Secret{}
	case proof.Token.IsZero():
		proof.Token = grimoireauth.NewSecret(a.presented.token)
	}
	proof.NamedSession = grimoireauth.SessionID(a.presented.session)
	if proof.IsZero() {
		return
	}
	a.renewed = &proof
	// A bearer token is not replaced, so it still says what Stytch may have denied.
	if a.fresh {
		a.bound = proof.JWT.Reveal() == a.presented.jwt
	}
}

// origin is the first answer on this request, which holds the later ones.
func (f *found) origin() *found {
	if f.later != nil && f.later.first != nil {
		return f.later.first
	}
	return f
}

// again answers about a request that f was published on. It returns f itself, or
// what was found out after it, while that counts, and asks otherwise.
func (f *found) again(r *http.Request, fresh bool) *found {
	now, origin := time.Since(loaded), f.origin()
	known := origin.newer.newest(&f.answer)
	if known.counts(now, fresh) {
		if known == &f.answer {
			return f
		}
		// What guards around decided, they decided on older facts.
		return &found{guard: f.guard, answer: *known, later: &later{outer: f, first: origin}}
	}
	// Stytch is not asked about credentials that are known to be bad, or that could
	// not be found out about.
	if fresh && known.err != nil {
		if local := f.again(r, false); local.err != nil || local.fresh {
			return local
		}
	}
	// The headers are written at the beginning of a request, or not at all.
	settled := f.settled && now-f.came > remembered
	next := &found{guard: f.guard, later: &later{outer: f, first: origin}, answer: answer{
		presented: f.presented, fresh: fresh || known.bound, settled: settled, renewed: known.renewed, bound: known.bound,
	}}
	if next.rests = known.rests; next.fresh {
		next.rests++
	}
	next.ask(r.Context(), r)
	if next.err == nil && f.err == nil && next.authentication.ID() != f.authentication.ID() {
		next.authentication, next.err = grimoireauth.Authentication{}, errTwoAnswers
	}
	origin.newer.keep(next.answer)
	return next
}
