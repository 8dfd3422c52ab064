package jwtlocal

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// sharedRevocations are revocations that are shared between processes: they may be silent
// or have lost entries.
type sharedRevocations struct {
	MemoryRevocations
	mu    sync.Mutex // guards what follows
	bound time.Duration
	lost  time.Time
}

func (r *sharedRevocations) silent(bound time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bound = bound
}

func (r *sharedRevocations) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = time.Now()
}

func (r *sharedRevocations) Status(ctx context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (RevocationStatus, error) {
	s, err := r.MemoryRevocations.Status(ctx, session, member, class)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.ConfirmSince = r.lost
	if r.bound > 0 {
		s.ConfirmSince = time.Now().Add(-r.bound)
	}
	return s, err
}

func sharing(t *testing.T, f func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations), configure ...func(*Config, *upstream)) {
	t.Helper()
	r := new(sharedRevocations)
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) { f(t, v, u, r) },
		append([]func(*Config, *upstream){func(c *Config, _ *upstream) { c.Revocations = r }}, configure...)...)
}

const silenceBound = 30 * time.Second

// During a silence each session is confirmed by one call in a Bound, again and again, and
// served without one in between.
func TestP04_ConfirmedAgainAndAgain(t *testing.T) {
	for name, alone := range map[string]bool{"both credentials": false, "a session_jwt alone": true} {
		t.Run(name, func(t *testing.T) {
			sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
				l := u.login(1)
				cookies := u.credentials(l, 0)
				if alone {
					cookies.Token = grimoireauth.Secret{}
				}
				got, err := authenticate(t, v, cookies)
				requireSession(t, l, got, err)
				require.Zero(t, u.count())
				r.silent(silenceBound)
				began := time.Now()
				for range 240 { // four minutes
					got, err := authenticate(t, v, cookies)
					requireSession(t, l, got, err)
					if alone {
						require.Equal(t, cookies.JWT, got.JWT, "it is not exchanged for a longer one")
						require.True(t, got.Token.IsZero())
					}
					time.Sleep(time.Second)
				}
				require.InDelta(t, 8, u.count(), 1, "calls in %v", time.Since(began))
				for i, at := range u.asked[1:] {
					require.GreaterOrEqual(t, at.Sub(u.asked[i]), silenceBound)
				}
				// It was ended in another process, whose message does not come.
				u.of(l, func(l *login) { l.over = true })
				time.Sleep(silenceBound + time.Second)
				_, err = authenticate(t, v, cookies)
				requireEnded(t, err)
			})
		})
	}
}

// What Stytch cannot confirm is unavailable: it is no logout, and OutageGrace does not apply.
func TestP04_WithoutStytch(t *testing.T) {
	var stytchIsDown bool
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l := u.login(1)
		young, old := u.credentials(l, 0), u.credentials(l, 6*time.Minute)
		_, err := authenticate(t, v, young)
		require.NoError(t, err)
		stytchIsDown = true
		got, err := authenticate(t, v, old)
		requireSession(t, l, got, err)
		require.Equal(t, grimoireauth.SourceOutageGrace, got.Source)
		r.silent(silenceBound)
		alone := young
		alone.Token = grimoireauth.Secret{}
		for _, c := range []grimoireauth.Credentials{young, old, alone} {
			_, err = authenticate(t, v, c)
			requireUnavailable(t, err)
		}
		_, err = v.Verify(t.Context(), young.JWT)
		requireUnavailable(t, err)
		_, err = v.Verify(t.Context(), old.JWT)
		require.ErrorIs(t, err, grimoireauth.ErrExpired, "nothing but a new one helps")
		stytchIsDown = false
		time.Sleep(longestPause)
		for _, c := range []grimoireauth.Credentials{young, old, alone} {
			got, err = authenticate(t, v, c)
			requireSession(t, l, got, err)
		}
	}, func(c *Config, u *upstream) {
		c.OutageGrace = time.Hour
		u.fault = func(int) error {
			if stytchIsDown {
				return down(0)
			}
			return nil
		}
	})
}

// Without Refresh there is nothing to confirm with: unavailable, and no sign-in page.
func TestP04_WithoutRefresh(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l := u.login(1)
		r.silent(silenceBound)
		for _, c := range []grimoireauth.Credentials{u.credentials(l, 0), grimoireauth.NewCredentials(u.jwt(l, 0), "")} {
			_, err := authenticate(t, v, c)
			requireUnavailable(t, err)
		}
		r.silent(0)
		got, err := authenticate(t, v, u.credentials(l, 0))
		requireSession(t, l, got, err)
	}, func(c *Config, _ *upstream) { c.Refresh = nil })
}

// An expired session_jwt that comes alone does not become a longer session.
func TestP04_ExpiredAlone(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l := u.login(1)
		r.silent(silenceBound)
		old := grimoireauth.NewCredentials(u.jwt(l, 6*time.Minute), "")
		_, err := authenticate(t, v, old)
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		_, err = v.Refresh(t.Context(), old)
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		require.Zero(t, u.count())
	})
}

// Tokens are trusted if the operator chose so; revocations that are known count all the same.
func TestP04_TrustTokensInSilence(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l, other := u.login(1), u.login(2)
		r.silent(silenceBound)
		got, err := authenticate(t, v, u.credentials(l, 0))
		requireSession(t, l, got, err)
		require.Zero(t, u.count())
		require.NoError(t, r.Add(t.Context(), revokedSession(other)))
		_, err = authenticate(t, v, u.credentials(other, 0))
		requireEnded(t, err)
	}, func(c *Config, _ *upstream) { c.TrustTokensInSilence = true })
}

// After a loss everything that was issued before is confirmed once; what was issued more
// than a minute later needs no confirmation, whatever the clocks say.
func TestP03_ConfirmedOnce(t *testing.T) {
	for _, skew := range skews {
		t.Run(skew.String(), func(t *testing.T) {
			sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
				u.skew = skew
				l, ended := u.login(1), u.login(2)
				cookies, theirs := u.credentials(l, 0), u.credentials(ended, 0)
				u.of(ended, func(l *login) { l.over = true })
				r.lose()
				_, err := authenticate(t, v, theirs)
				requireEnded(t, err)
				for range 200 {
					got, err := authenticate(t, v, cookies)
					requireSession(t, l, got, err)
					time.Sleep(time.Second)
				}
				require.Equal(t, 2, u.count())
				late := u.login(3)
				got, err := authenticate(t, v, u.credentials(late, 0))
				requireSession(t, late, got, err)
				require.Equal(t, 2, u.count())
			}, func(c *Config, _ *upstream) { c.Leeway, c.RefreshAhead = time.Minute, -1 })
		})
	}
}

// A silence that begins while a refresh is under way does not make its answer a wrong one.
func TestP04_SilenceDuringARefresh(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l := u.login(1)
		time.AfterFunc(50*time.Millisecond, r.lose)
		got, err := authenticate(t, v, u.credentials(l, time.Hour))
		requireSession(t, l, got, err)
		require.Equal(t, 2, u.count(), "the first call began before the loss")
	}, func(_ *Config, u *upstream) { u.latency = 100 * time.Millisecond })
}

// A watched connection goes on while Stytch confirms its session, and ends within the bound
// when Stytch says that it has ended.
func TestP04_Watch(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l := u.login(1)
		ctx := watched(t, v, u.credentials(l, 0))
		r.silent(silenceBound)
		require.Equal(t, 3*time.Minute, endsAfter(t, ctx, 3*time.Minute))
		u.of(l, func(l *login) { l.over = true })
		require.LessOrEqual(t, endsAfter(t, ctx, time.Hour), silenceBound+time.Second)
		requireEnded(t, context.Cause(ctx))
	})
}

// A watched connection ends with the announcement of a revocation, not at the next check.
func TestP01_WatchEndsAtOnce(t *testing.T) {
	for name, revocation := range map[string]func(login) grimoireauth.Revocation{"session": revokedSession, "member": revokedMember, "class": revokedClass} {
		t.Run(name, func(t *testing.T) {
			sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
				l, other := u.login(1), u.login(2)
				ctx, theirs := watched(t, v, u.credentials(l, 0)), watched(t, v, u.credentials(other, 0))
				time.Sleep(1500 * time.Millisecond) // between two checks
				require.NoError(t, r.Add(t.Context(), revocation(l)))
				synctest.Wait()
				require.Error(t, ctx.Err())
				require.NoError(t, theirs.Err())
			})
		})
	}
}

// The checks of a watch run one after the other, and none that was asked for is left out.
func TestP01_WatchChecksOneAfterTheOther(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		l := u.login(1)
		ctx := watched(t, v, u.credentials(l, 0))
		r.silent(silenceBound) // so that the next check waits for Stytch
		time.Sleep(1500 * time.Millisecond)
		for range 100 {
			v.watches.revoked(revokedMember(l)) // without a revocation: asks for a check
		}
		time.Sleep(200 * time.Millisecond)
		require.NoError(t, r.Add(t.Context(), revokedSession(l)))
		time.Sleep(time.Second)
		require.Error(t, ctx.Err())
		requireEnded(t, context.Cause(ctx))
		require.LessOrEqual(t, u.most, 1)
	}, func(_ *Config, u *upstream) { u.latency = time.Second })
}

// A watch is forgotten with its context.
func TestWatchesAreForgotten(t *testing.T) {
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, r *sharedRevocations) {
		for n := range 20 {
			a, err := authenticate(t, v, u.credentials(u.login(n), 0))
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			v.Watch(ctx, a)
			cancel()
		}
		l := u.login(30)
		watched(t, v, u.credentials(l, 0))
		require.NoError(t, r.Add(t.Context(), revokedSession(l)))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Empty(t, v.watches.byKey)
	})
}

// Config.OnRevoke gets the sessions that have ended by Stytch's answer, once, and not those
// whose revocation is known.
func TestP01_EndedSessionsAreAnnounced(t *testing.T) {
	var mu sync.Mutex
	var announced []grimoireauth.Revocation
	var r *sharedRevocations
	sharing(t, func(t *testing.T, v *Verifier, u *upstream, shared *sharedRevocations) {
		r = shared
		l, revoked := u.login(1), u.login(2)
		for _, l := range []login{l, revoked} { // an answer shows whose the session_tokens are
			got, err := authenticate(t, v, u.credentials(l, time.Hour))
			requireSession(t, l, got, err)
		}
		u.of(l, func(l *login) { l.over = true })
		time.Sleep(10 * time.Minute)
		require.NoError(t, r.Add(t.Context(), revokedSession(revoked)))
		for range 3 {
			_, err := authenticate(t, v, u.credentials(l, time.Hour))
			requireEnded(t, err)
			_, err = authenticate(t, v, u.credentials(revoked, time.Hour))
			requireEnded(t, err)
		}
		require.NoError(t, v.Wait(t.Context()))
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, announced, 1)
		require.Equal(t, l.session, string(announced[0].Session))
		require.Empty(t, announced[0].Member)
	}, func(c *Config, _ *upstream) {
		c.OnRevoke = func(ctx context.Context, c grimoireauth.Revocation) error {
			mu.Lock()
			defer mu.Unlock()
			announced = append(announced, c)
			return r.Add(ctx, c)
		}
	})
}
