package jwtlocal

import (
	"context"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Cutoffs tells what has been cut off. [MemoryCutoffs] is one; another one may
// share cutoffs between the replicas of a service.
//
// An implementation keeps a cutoff for as long as a session_jwt that was issued before it
// can count: an hour, and a minute for clocks, besides Config.OutageGrace. With a cutoff
// that was forgotten earlier an outage lets in whom it has put out. Of two cutoffs of one
// member or class it keeps the later one. If it has to forget for want of room, it returns
// the time of that as StaleUntil for everyone from then on.
type Cutoffs interface {
	// Standing returns what is known about a session, its member and its class. It
	// is called for every request, so it must answer from memory and be safe for
	// concurrent use. An error means that it could not find out; no token is
	// accepted then.
	Standing(ctx context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (Standing, error)
}

// Standing is what cutoffs say about one session. The zero Standing: nothing.
type Standing struct {
	// Ended: the session is over for good. No time is compared.
	Ended bool
	// StaleUntil: every session_jwt issued until then, and a minute longer since
	// Stytch's clock and ours differ, is stale, because its member or class was cut
	// off. Only one that this process obtained by a refresh which began when the
	// cutoff was known already is not. The zero time: none is.
	StaleUntil time.Time
	// Raised tells two cutoffs of the member or class apart, whatever their times:
	// it is greater after the later one. A reader that cannot tell leaves it zero;
	// StaleUntil alone then says whether there is a new one.
	Raised uint64
}

// cutoffLeeway is how far Stytch's clock and ours may be apart. Unlike
// Config.Leeway it costs nothing to be generous here: a token that is taken for
// older than it is gets refreshed once, and one that is taken for younger would let
// somebody in who was put out.
const revocationLeeway = maxLeeway

// covers reports whether a token issued at this Unix second is stale by s.
func (s Standing) makesStale(issued int64) bool {
	return !s.StaleUntil.IsZero() && !time.Unix(issued, 0).After(s.StaleUntil.Add(revocationLeeway))
}

// vouchers says which session_jwts tell of what was true after a cutoff although
// their iat does not prove it: clocks differ, and iat has whole seconds. Without
// them a member whose role was changed would be refreshed again and again until
// the cutoff's minute is over, or, if the comparison were less strict, would keep
// the old role.
//
// A voucher is for one session_jwt, and for the cutoffs that were known before the
// refresh began that brought it. Nothing is written for members and classes that
// were not cut off, which is almost all of them.
type freshTokens struct {
	mu      sync.Mutex // guards byToken
	byToken map[digest]freshToken
}

type freshToken struct {
	version   uint64    // Standing.Raised before the refresh
	notBefore time.Time // Standing.StaleUntil before the refresh
	issued    int64     // the least iat that the refresh can have made, in Unix seconds
	until     time.Time // when it may be forgotten
}

// maxVouchers bounds them. Whoever loses one is refreshed once more.
const maxFreshTokens = 16384

// add writes a voucher for the token that a refresh brought, which began at began
// when the cutoffs stood like this.
func (v *freshTokens) add(token digest, known Standing, began time.Time) {
	// The token that it brings is issued at began-cutoffLeeway or later, or has no voucher:
	// a cutoff that ended before that does not concern it.
	if !known.makesStale(began.Add(-revocationLeeway).Unix()) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byToken == nil {
		v.byToken = map[digest]freshToken{}
	}
	if len(v.byToken) >= maxFreshTokens {
		for d, old := range v.byToken {
			if began.After(old.until) {
				delete(v.byToken, d)
			}
		}
	}
	if len(v.byToken) >= maxFreshTokens {
		clear(v.byToken)
	}
	v.byToken[token] = freshToken{
		version:   known.Raised,
		notBefore: known.StaleUntil,
		// An older one was not made by this refresh, but handed out once more.
		issued: began.Add(-revocationLeeway).Unix(),
		until:  began.Add(revocationLife),
	}
}

// covers reports whether the refresh that brought this token knew of every cutoff
// that stands now.
func (v *freshTokens) obtainedAfter(token *digest, now Standing, issued int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.byToken[*token]
	return ok && issued >= known.issued && now.Raised <= known.version && !now.StaleUntil.After(known.notBefore)
}
