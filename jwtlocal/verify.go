package jwtlocal

import (
	"context"
	"crypto/rsa"
	"log/slog"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/claims"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
)

// tokenStatus is what a check of a token found.
type tokenStatus uint8

const (
	statusUnknown  tokenStatus = iota // it could not be found out; the zero value, to be safe
	statusRejected                    // not a session_jwt of this project
	statusEnded                       // genuine, and its session was revoked
	statusStale                       // genuine, and has to be refreshed before it counts
	statusGood
)

// result is the outcome of checking a token. The session and the times are set if the token
// is genuine: good, stale, ended, or not valid yet by this machine's clock.
type result struct {
	status  tokenStatus
	reason  Reason // zero if good
	cached  bool   // the token was in the cache
	expired bool   // by its own times, whatever the reason is
	session grimoireauth.Session
	times   times
	at      time.Time // when it was checked
	err     error     // for statusUnknown
}

// error returns what the caller learns about a result that is not good.
func (r result) error() error {
	switch r.status {
	case statusRejected:
		return errRejected
	case statusEnded:
		return errEnded
	case statusStale:
		if r.confirmable() {
			return errUnconfirmed
		}
		return errExpired
	}
	return r.err
}

// confirmable reports whether the token lacks nothing but Stytch's word that no revocation
// of it is missing.
func (r *result) confirmable() bool {
	return r.status == statusStale && r.reason == ReasonUnconfirmed && !r.expired
}

// isOfOther reports whether a genuine session_jwt is of another session than the one that
// Credentials.NamedSession names.
func (r *result) isOfOther(named grimoireauth.SessionID) bool { return isOfOther(r.session, named) }

func isOfOther(session grimoireauth.Session, named grimoireauth.SessionID) bool {
	return named != "" && !session.IsZero() && session.ID() != named
}

// tooOldToRefresh reports whether the token ended longer ago than a session can last, so
// that its session has certainly ended.
func (r *result) tooOldToRefresh() bool { return r.at.Unix()-r.times.end > maxSessionSeconds }

// Verify returns the session that a session_jwt attests. It makes no network call, except
// for the key set when that is missing, old, or lacks the token's key.
//
// Its errors: [grimoireauth.ErrNoCredentials] for an empty Secret;
// [grimoireauth.ErrExpired] for a token that is genuine and stale;
// [grimoireauth.ErrSessionEnded] if the session was revoked;
// [grimoireauth.ErrUnauthenticated] for every other token that does not pass;
// [grimoireauth.ErrUnavailable] if it could not be found out, which says nothing about the
// token: there are no keys, Config.Revocations does not answer or may lack revocations, or a
// genuine token is not valid yet because this machine's clock is behind.
func (v *Verifier) Verify(ctx context.Context, token grimoireauth.Secret) (grimoireauth.Session, error) {
	if token.IsZero() {
		return grimoireauth.Session{}, errNoCredentials
	}
	checked := v.verify(ctx, token.Reveal())
	if checked.status != statusGood {
		return grimoireauth.Session{}, checked.error()
	}
	v.reportVerified(ctx, &checked)
	return checked.session, nil
}

// reportVerified runs for every request and allocates nothing without an observer.
func (v *Verifier) reportVerified(ctx context.Context, checked *result) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, grimoireauth.TokenVerified{Session: checked.session.ID(), Member: checked.session.Member(), Cached: checked.cached})
	}
}

// verify makes every check of a token. A token becomes good here and in check, and nowhere
// else.
func (v *Verifier) verify(ctx context.Context, token string) result {
	if len(token) > maxToken {
		return v.reject(ctx, ReasonTooLong)
	}
	header, ok := headerOf(token)
	if !ok {
		return v.reject(ctx, ReasonMalformed)
	}
	now := time.Now()
	set := v.keys.Current(ctx, now)
	var match keys.Match[*tokenCache]
	if set != nil {
		match = keys.Match[*tokenCache]{Key: set.ByHeader[header], Set: set}
	}
	if match.Key == nil {
		id, reason := keyID(header)
		if reason != 0 {
			return v.reject(ctx, reason)
		}
		var err error
		match, err = v.keys.Find(ctx, set, id, now)
		switch {
		case err != nil:
			return v.unknown(ctx, ReasonNoKeys, err)
		case match.Key == nil:
			return v.reject(ctx, ReasonUnknownKey)
		}
		now = time.Now() // it may have waited for the key set
	}
	key := match.Key
	p, ok := split(token, header, key.Signature)
	if !ok {
		return v.reject(ctx, ReasonMalformed)
	}
	d := digestOf(token)
	// A cached token was verified by a published key: a set that loses a key gets a new
	// cache.
	if e := match.Set.Cache.find(&d); e != nil {
		v.hits.add(now)
		checked := v.check(ctx, &d, e.session, e.times(), now, false)
		checked.cached = true
		return checked
	}
	v.misses.add(now)
	// The claims are read in a pooled buffer. sessionOf copies what is kept, so nothing else
	// of the token stays in memory.
	buffer := payloadBuffers.Get().(*[maxToken]byte)
	defer func() {
		clear(buffer[:len(p.payload)])
		payloadBuffers.Put(buffer)
	}()
	c, reason, err := openToken(p, key.Public, buffer[:0], &v.strings)
	if reason == 0 {
		reason = v.rules.checkClaims(&c)
	}
	if reason != 0 {
		v.alarmTemplate(ctx, reason, &c, err, now)
		return v.reject(ctx, reason)
	}
	session, err := sessionOf(&c, &v.strings, v.config.SlidingSession)
	if err != nil {
		return v.reject(ctx, ReasonClaims)
	}
	checked := v.check(ctx, &d, session, timesOf(&c), now, match.Retired)
	if checked.status == statusGood {
		if e := entryOf(d, &c, session); e != nil {
			match.Set.Cache.add(e, now.Unix())
		}
	}
	return checked
}

// payloadBuffers holds buffers for decoded payloads, so that a token allocates no more than
// its session.
var payloadBuffers = sync.Pool{New: func() any { return new([maxToken]byte) }}

// openToken verifies the signature and then reads the claims: one RSA operation and one
// decoding for every outcome. The claims refer to the buffer. The error is why the claims
// of a token with a good signature cannot be read; it quotes nothing of them.
//
// The RSA operation is that of golang-jwt. Its method copies the signed text once.
func openToken(p parts, public *rsa.PublicKey, buffer []byte, strings *interner) (claims.Claims, Reason, error) {
	var signatureBuffer [keys.MaxRSABits / 8]byte
	signature, ok := decode(signatureBuffer[:0], p.signature)
	if !ok {
		return claims.Claims{}, ReasonMalformed, nil
	}
	payload, ok := decode(buffer, p.payload)
	if !ok {
		return claims.Claims{}, ReasonMalformed, nil
	}
	// The algorithm is fixed; header and key do not choose it (RFC 8725, 3.1).
	if err := jwt.SigningMethodRS256.Verify(p.signed, signature, public); err != nil {
		return claims.Claims{}, ReasonSignature, nil
	}
	c, err := claims.Read(payload, strings.intern)
	if err != nil {
		return claims.Claims{}, ReasonClaims, err
	}
	return c, 0, nil
}

// check says whether a genuine token counts now. Of several reasons against it, it returns
// the gravest: OutageGrace may excuse an expired token, and never a revoked one.
func (v *Verifier) check(ctx context.Context, d *digest, session grimoireauth.Session, t times, now time.Time, retired bool) result {
	reason := v.rules.checkTimes(t, now)
	if reason == ReasonNotYet {
		return v.notYetValid(ctx, session, t, now)
	}
	checked := result{status: statusGood, session: session, times: t, at: now, expired: reason != 0}
	s, err := v.revocationStatus(ctx, session, now)
	switch {
	case err != nil:
		return v.unknown(ctx, ReasonRevocationsUnknown, err)
	case s.Ended:
		checked.status, checked.reason = statusEnded, ReasonSessionEnded
		return v.record(ctx, checked)
	case s.makesStale(t.issued) && !v.freshTokens.obtainedAfter(d, s, t.issued):
		reason = ReasonRevoked
	case s.mayLack(t.issued) && !v.freshTokens.confirmed(d, s.ConfirmSince):
		reason = ReasonUnconfirmed
	case retired:
		reason = ReasonRetiredKey
	}
	if reason != 0 {
		checked.status, checked.reason = statusStale, reason
		return v.record(ctx, checked)
	}
	return checked
}

func (v *Verifier) reject(ctx context.Context, reason Reason) result {
	return v.record(ctx, result{status: statusRejected, reason: reason})
}

func (v *Verifier) unknown(ctx context.Context, reason Reason, cause error) result {
	return v.record(ctx, result{status: statusUnknown, reason: reason, err: unavailable("verify session_jwt", cause, v.keys.RetryAfter())})
}

// record counts and reports a result that is not good.
func (v *Verifier) record(ctx context.Context, checked result) result {
	v.rejected[checked.reason].Add(1)
	if v.config.Observe != nil {
		v.config.Observe(ctx, grimoireauth.TokenRefused{Reason: checked.reason.String()})
	}
	if log := v.config.logger(); log.Enabled(ctx, slog.LevelDebug) {
		log.LogAttrs(ctx, slog.LevelDebug, "session_jwt did not pass",
			slog.String("reason", checked.reason.String()), slog.Any("session", checked.session))
	}
	return checked
}

// revocationStatus combines what Stytch answered about ended sessions with Config.Revocations.
func (v *Verifier) revocationStatus(ctx context.Context, session grimoireauth.Session, now time.Time) (s RevocationStatus, err error) {
	// The session is read only when it is needed: after a cache hit it is the only memory
	// that may not be in the processor's cache.
	if v.endedSessions.version.Load() != 0 && v.endedSessions.ended(session.ID()) {
		return RevocationStatus{Ended: true}, nil
	}
	if v.config.Revocations == nil {
		return v.withFloor(RevocationStatus{}), nil
	}
	if memory, ok := v.config.Revocations.(*MemoryRevocations); ok && memory.version.Load() == 0 {
		return v.withFloor(RevocationStatus{}), nil
	}
	if v.statusAt != nil {
		s, err = v.statusAt.StatusAt(ctx, now, session.ID(), session.Member(), session.Organization())
	} else {
		s, err = v.config.Revocations.Status(ctx, session.ID(), session.Member(), session.Organization())
	}
	if v.config.TrustTokensInSilence {
		s.ConfirmSince = time.Time{}
	}
	return v.withFloor(s), err
}

// withFloor lets the dropped entries of endedSessions count. It is called after the
// lookups: see MemoryRevocations.Status. The number of the floor is ignored, since it does
// not compare with the numbers of Config.Revocations.
func (v *Verifier) withFloor(s RevocationStatus) RevocationStatus {
	if floor := v.endedSessions.floor.Load(); floor != nil && floor.at.After(s.NotBefore) {
		s.NotBefore = floor.at
	}
	return s
}

// notYetValid is the result for a genuine token that is not valid yet. Stytch has issued
// it, so this machine's clock is wrong.
func (v *Verifier) notYetValid(ctx context.Context, session grimoireauth.Session, t times, now time.Time) result {
	left := time.Unix(t.notBefore, 0).Sub(now.Round(0))
	off := newClockError(left, true)
	v.alarmClockOff(ctx, off)
	wait := min(max(left-v.rules.leeway, firstPause), longestPause)
	return v.record(ctx, result{status: statusUnknown, reason: ReasonNotYet, session: session, times: t, at: now,
		err: unavailable("verify session_jwt", off, wait)})
}
