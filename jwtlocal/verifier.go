package jwtlocal

import (
	"context"
	"crypto"
	"crypto/rsa"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/internal/claims"
)

// Verifier checks session_jwts of one project. Make it with [New]; it is safe for
// concurrent use and remembers nothing that another Verifier could see.
type Verifier struct {
	config Config
	rules  rules
	keys   *keyStore
	work   work
	share  sharer

	hits, misses counter
	refused      [reasonCount]atomic.Uint64

	records  records  // of the sessions that were refreshed
	partners partners // tokens that came with a session_jwt and are not known to be of its session
	limiter  *limiter // of calls to Stytch
	vouchers vouchers
	gone     MemoryCutoffs // sessions that Stytch says have ended

	alarms alarm.Limit
}

// New returns a Verifier. It does no I/O: the first token, or the first moment
// after it, finds out whether Stytch can be reached. Its error joins all faults of
// the configuration and matches [grimoireauth.ErrInvalid].
func New(config Config) (*Verifier, error) {
	project, err := config.check()
	if err != nil {
		return nil, &grimoireauth.Error{Op: "configure jwtlocal", Kind: grimoireauth.ErrInvalid, Err: err}
	}
	customURL := ""
	if project.Custom {
		customURL = project.BaseURL
	}
	v := &Verifier{
		config:  config,
		rules:   newRules(project.ID, project.Env, customURL, config),
		share:   sharer{seed: maphash.MakeSeed()},
		limiter: newLimiter(),
	}
	v.keys = &keyStore{
		// https://stytch.com/docs/b2b/api/get-jwks
		url:      project.BaseURL + "/v1/b2b/sessions/jwks/" + project.ID,
		fetcher:  newFetcher(config.Transport),
		work:     &v.work,
		observe:  v.observeBehind,
		alarm:    v.alarm,
		newSeen:  func() *seen { return newSeen(config.cacheSize()) },
		oldAfter: config.refreshKeysAfter(),
		maxAge:   config.maxKeyAge(),
		cooldown: config.keyCooldown(),
	}
	v.keys.outage.breaker.Changed = v.keysChanged
	if len(config.SeedKeys) > 0 {
		p, err := parseKeys(config.SeedKeys)
		if err != nil {
			return nil, &grimoireauth.Error{Op: "configure jwtlocal", Kind: grimoireauth.ErrInvalid, Err: err}
		}
		v.keys.plant(p, time.Now())
	}
	return v, nil
}

// Wait blocks until the key fetches and refreshes that run behind the traffic have
// ended, each of which has a deadline of a few seconds, or until the context ends; its
// error is then the cause. It is for tests and for an orderly shutdown; nothing needs it.
func (v *Verifier) Wait(ctx context.Context) error { return v.work.wait(ctx) }

// Verify returns the session that a session_jwt attests. It asks nobody, except
// for the key set when that is missing, old, or lacks the token's key.
//
// Its errors: [grimoireauth.ErrNoCredentials] for an empty Secret;
// [grimoireauth.ErrExpired] for a token that is genuine and merely stale;
// [grimoireauth.ErrSessionEnded] if a cutoff says so;
// [grimoireauth.ErrUnauthenticated] for every other token that does not pass;
// [grimoireauth.ErrUnavailable] if it could not be found out, which says nothing
// about the token: there are no keys, Config.Cutoffs does not answer, or a genuine
// token is not valid yet, because this machine's clock is behind.
func (v *Verifier) Verify(ctx context.Context, token grimoireauth.Secret) (grimoireauth.Session, error) {
	if token.IsZero() {
		return grimoireauth.Session{}, errNoCredentials
	}
	judged := v.judge(ctx, token.Reveal())
	if judged.standing != good {
		return grimoireauth.Session{}, judged.error()
	}
	v.reportVerified(ctx, &judged)
	return judged.session, nil
}

// judge says what a token is, after all checks. Every path to good is in here.
func (v *Verifier) judge(ctx context.Context, token string) verdict {
	if len(token) > maxToken {
		return v.refuse(ctx, ReasonTooLong)
	}
	header, ok := headerOf(token)
	if !ok {
		return v.refuse(ctx, ReasonMalformed)
	}
	now := time.Now()
	set, retired := v.keys.current(ctx, now), false
	var key *key
	if set != nil {
		key = set.headers[header]
	}
	if key == nil {
		id, reason := keyID(header)
		if reason != 0 {
			return v.refuse(ctx, reason)
		}
		var err error
		key, set, retired, err = v.keys.find(ctx, set, id, now)
		switch {
		case err != nil:
			return v.unknown(ctx, ReasonNoKeys, err)
		case key == nil:
			return v.refuse(ctx, ReasonUnknownKey)
		}
		now = time.Now() // it may have waited for the key set
	}
	p, ok := split(token, header, key.encoded)
	if !ok {
		return v.refuse(ctx, ReasonMalformed)
	}
	d := digestOf(token)
	// What a set remembers was good under a key that it publishes, never under a
	// retired one: see follow.
	if e := set.seen.find(&d); e != nil {
		v.hits.add(now)
		judged := v.weigh(ctx, &d, e.session, e.times(), now, false)
		judged.cached = true
		return judged
	}
	v.misses.add(now)
	// The claims are read in a borrowed buffer; sessionOf copies what is kept, and
	// nothing else of the token stays in memory.
	buffer := payloads.Get().(*[maxToken]byte)
	defer func() {
		clear(buffer[:len(p.payload)])
		payloads.Put(buffer)
	}()
	c, reason := open(p, key.public, buffer[:0], &v.share)
	if reason == 0 {
		reason = v.rules.accepts(&c)
	}
	if reason != 0 {
		return v.refuse(ctx, reason)
	}
	session, err := sessionOf(&c, &v.share, v.config.Slide)
	if err != nil {
		return v.refuse(ctx, ReasonClaims)
	}
	judged := v.weigh(ctx, &d, session, timesOf(&c), now, retired)
	if judged.standing == good {
		if e := entryOf(d, &c, session); e != nil {
			set.seen.add(e, now.Unix())
		}
	}
	return judged
}

// payloads lends buffers for decoded payloads, so that a token costs no more memory
// than its session.
var payloads = sync.Pool{New: func() any { return new([maxToken]byte) }}

// open verifies the signature and only then reads the claims: one RSA operation and
// one decoding, whatever the outcome. The claims refer to the buffer.
//
// It does what the RS256 of golang-jwt does, on crypto/rsa itself: golang-jwt's
// method copies the token on the way, which for a bad signature is most of what
// there is to pay above the RSA operation.
func open(p parts, public *rsa.PublicKey, buffer []byte, share *sharer) (claims.Claims, Reason) {
	var signatureBuffer [maxRSABits / 8]byte
	signature, ok := decode(signatureBuffer[:0], p.signature)
	if !ok {
		return claims.Claims{}, ReasonMalformed
	}
	payload, ok := decode(buffer, p.payload)
	if !ok {
		return claims.Claims{}, ReasonMalformed
	}
	// The algorithm is this one, whatever header or key say (RFC 8725, 3.1).
	signed := digestOf(p.signed)
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, signed[:], signature); err != nil {
		return claims.Claims{}, ReasonSignature
	}
	c, err := claims.Read(payload, share.share)
	if err != nil {
		return claims.Claims{}, ReasonClaims
	}
	return c, 0
}

// weigh says whether a genuine token counts at this moment. Of several reasons why
// it does not, the gravest is told: an outage may excuse age, and never a cutoff.
func (v *Verifier) weigh(ctx context.Context, d *digest, session grimoireauth.Session, t times, now time.Time, retired bool) verdict {
	reason := v.rules.at(t, now)
	if reason == ReasonNotYet {
		return v.early(ctx, session, t, now)
	}
	judged := verdict{standing: good, session: session, times: t, now: now}
	s, err := v.standing(ctx, session)
	switch {
	case err != nil:
		return v.unknown(ctx, ReasonCutoffsUnknown, err)
	case s.Ended:
		judged.standing, judged.reason = ended, ReasonSessionEnded
		return v.settle(ctx, judged)
	case s.covers(t.issued) && !v.vouchers.covers(d, s, t.issued):
		reason = ReasonCutOff
	case retired:
		reason = ReasonRetiredKey
	}
	if reason != 0 {
		judged.standing, judged.reason = stale, reason
		return v.settle(ctx, judged)
	}
	return judged
}

func (v *Verifier) refuse(ctx context.Context, reason Reason) verdict {
	return v.settle(ctx, verdict{standing: refused, reason: reason})
}

func (v *Verifier) unknown(ctx context.Context, reason Reason, cause error) verdict {
	return v.settle(ctx, verdict{standing: unknowable, reason: reason, err: unavailable("verify session_jwt", cause, v.keys.wait())})
}

// settle counts and reports a verdict that is not good.
func (v *Verifier) settle(ctx context.Context, judged verdict) verdict {
	v.refused[judged.reason].Add(1)
	if v.config.Observe != nil {
		v.config.Observe(ctx, grimoireauth.TokenRefused{Reason: judged.reason.String()})
	}
	if log := v.config.logger(); log.Enabled(ctx, slog.LevelDebug) {
		log.LogAttrs(ctx, slog.LevelDebug, "session_jwt did not pass",
			slog.String("reason", judged.reason.String()), slog.Any("session", judged.session))
	}
	return judged
}
