package jwtlocal

import (
	"context"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Revocations knows what has been revoked. [MemoryRevocations] keeps revocations in this
// process; another implementation may share them between the replicas of a service.
//
// An implementation keeps a revocation for as long as a session_jwt that was issued before
// it can count: an hour, a minute for differing clocks, and Config.OutageGrace. If it
// forgets one earlier, an outage lets people in who were removed. Of two revocations of one
// member or class it keeps the later. If it has to drop revocations for lack of space, it
// returns the time of that as NotBefore for every session from then on.
type Revocations interface {
	// Status returns what is known about a session, its member and its class. It is
	// called for every request, so it must answer from memory and be safe for concurrent
	// use. If it returns an error, no token is accepted.
	//
	// An implementation that also has a method Subscribe, as [MemoryRevocations] has, ends
	// watched connections at once instead of within a second. One that needs the time has
	// StatusAt besides, with the time after the context, so that a request looks at the clock
	// once.
	Status(ctx context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (RevocationStatus, error)
}

// statusAt is a Status that is told the time.
type statusAt interface {
	StatusAt(ctx context.Context, now time.Time, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (RevocationStatus, error)
}

// RevocationStatus is what the revocations say about one session. Zero: nothing was
// revoked.
type RevocationStatus struct {
	// Ended: the session was revoked. Its tokens are rejected whatever their times.
	Ended bool
	// NotBefore: the member or class was revoked at this time, so session_jwts issued
	// until then are stale. A minute is added, since Stytch's clock and this machine's
	// differ. A session_jwt is exempt if this process obtained it by a refresh that began
	// when the revocation was known. Zero: no revocation.
	NotBefore time.Time
	// Version grows with each revocation of the member or class, whatever their times. An
	// implementation that cannot count leaves it zero; NotBefore alone then shows a new
	// revocation.
	Version uint64
	// ConfirmSince: revocations may be missing, because what is shared between processes has
	// not been heard for a while, or has lost entries. A session_jwt then counts only if it
	// was issued after this time, or if this process obtained it by a refresh that began then
	// or later. What cannot be confirmed is [grimoireauth.ErrUnavailable], whatever
	// Config.OutageGrace says; see Config.TrustTokensInSilence for the other choice. By this
	// machine's clock, so a minute is added to compare it with a time of issue. Zero: none is
	// missing.
	ConfirmSince time.Time
}

// revocationLeeway is how far Stytch's clock and this machine's may differ where a
// revocation is compared with a time of issue. In contrast to Config.Leeway a large value
// is safe: it causes one refresh too many, where a small one would let a removed person in.
const revocationLeeway = maxLeeway

// makesStale reports whether a token issued at this Unix second is stale by s.
func (s RevocationStatus) makesStale(issued int64) bool {
	return !s.NotBefore.IsZero() && !time.Unix(issued, 0).After(s.NotBefore.Add(revocationLeeway))
}

// mayLack reports whether revocations that concern a token issued at this Unix second may
// be missing in s.
func (s RevocationStatus) mayLack(issued int64) bool {
	return !s.ConfirmSince.IsZero() && !time.Unix(issued, 0).After(s.ConfirmSince.Add(revocationLeeway))
}

// freshTokens are the session_jwts that are known to be newer than a revocation although
// their iat does not prove it: clocks differ, and iat has whole seconds. Without them a
// member whose role was changed would be refreshed again and again for a minute, or, with a
// smaller leeway, keep the old role.
//
// An entry is for one session_jwt, and for the revocations that were known before the
// refresh began that returned it. There are entries only for members and classes with a
// revocation, and for all while revocations may be missing.
type freshTokens struct {
	mu      sync.Mutex // guards byToken
	byToken map[digest]freshToken
}

type freshToken struct {
	version   uint64    // RevocationStatus.Version before the refresh
	notBefore time.Time // RevocationStatus.NotBefore before the refresh
	issued    int64     // the earliest iat of a token that the refresh made, in Unix seconds
	began     time.Time // when the refresh began: Stytch confirmed the session after that
	until     time.Time // when the entry can be dropped
}

// maxFreshTokens bounds the entries. A session whose entry is dropped is refreshed once
// more.
const maxFreshTokens = 131072

// add makes an entry for the token that a refresh returned. The refresh began at began,
// when known was the status of its session.
func (f *freshTokens) add(token digest, known RevocationStatus, began time.Time) {
	// The token was issued at began-revocationLeeway or later, or obtainedAfter rejects the
	// entry. A revocation that ended before that does not concern it.
	if issued := began.Add(-revocationLeeway).Unix(); !known.makesStale(issued) && !known.mayLack(issued) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byToken == nil {
		f.byToken = map[digest]freshToken{}
	}
	if len(f.byToken) >= maxFreshTokens {
		for d, old := range f.byToken {
			if began.After(old.until) {
				delete(f.byToken, d)
			}
		}
	}
	if len(f.byToken) >= maxFreshTokens {
		clear(f.byToken)
	}
	f.byToken[token] = freshToken{
		version:   known.Version,
		notBefore: known.NotBefore,
		// A token with an earlier iat was made before the refresh.
		issued: began.Add(-revocationLeeway).Unix(),
		began:  began,
		until:  began.Add(RevocationLife),
	}
}

// obtainedAfter reports whether the refresh that returned this token began after every
// revocation that is known now.
func (f *freshTokens) obtainedAfter(token *digest, now RevocationStatus, issued int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.byToken[*token]
	return ok && issued >= known.issued && now.Version <= known.version && !now.NotBefore.After(known.notBefore)
}

// confirmed reports whether the refresh that returned this token began at this time or
// later.
func (f *freshTokens) confirmed(token *digest, since time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.byToken[*token]
	return ok && !known.began.Before(since)
}
