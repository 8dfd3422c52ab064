package jwtlocal

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestX02_OneStaleJWTBuysFewCalls: a question is counted before it is asked, so that
// thousands of invented session_tokens that come at once with one genuine session_jwt
// cause few calls, and others are not delayed by them.
func TestX02_OneStaleJWTBuysFewCalls(t *testing.T) {
	for _, latency := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second} {
		for _, where := range []string{"no address", "one address", "many addresses"} {
			t.Run(fmt.Sprint(latency, " ", where), func(t *testing.T) {
				refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
					u.latency = latency
					attacker, honest := u.login(1), u.login(2)
					stale, victim := u.jwt(attacker, time.Hour), u.credentials(honest, time.Hour)
					var all sync.WaitGroup
					for n := range 4096 {
						ctx := t.Context()
						switch where {
						case "one address":
							ctx = from(t, 1)
						case "many addresses":
							ctx = from(t, n%1000)
						}
						all.Go(func() {
							_, err := v.Authenticate(ctx, grimoireauth.NewCredentials(stale, fmt.Sprintf("%044d", n)))
							require.Error(t, err)
						})
					}
					time.Sleep(50 * time.Millisecond)
					began := time.Now()
					got, err := v.Authenticate(from(t, 2000), victim)
					requireSession(t, honest, got, err)
					require.Equal(t, latency, time.Since(began), "an honest refresh is not delayed")
					all.Wait()
					require.LessOrEqual(t, u.count(), 1+maxPerSession)
				})
			})
		}
	}
}

// TestX02_GuessingGoesOnSlowly: an address that goes on for minutes is asked
// about less and less often.
func TestX02_GuessingGoesOnSlowly(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		stale := u.jwt(u.login(1), time.Hour)
		for n := range 10 * 60 * 5 {
			_, err := v.Authenticate(from(t, 1), grimoireauth.NewCredentials(stale, fmt.Sprintf("%044d", n)))
			require.Error(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		require.LessOrEqual(t, u.count(), 20, "in five minutes")
	})
}

// TestX02_TheOwnerIsNotHeldUp: a stranger has a student's old session_jwt and tries
// invented session_tokens with it, before and while she comes with her own to a process
// that does not know her. What this deployment gave her is marked, and waits for nothing.
func TestX02_TheOwnerIsNotHeldUp(t *testing.T) {
	for name, stranger := range map[string]func(testing.TB, int) context.Context{
		"from no known address": func(t testing.TB, _ int) context.Context { return t.Context() },
		"from her address":      func(t testing.TB, _ int) context.Context { return from(t, 1) },
		"from many addresses":   func(t testing.TB, n int) context.Context { return from(t, 2+n) },
	} {
		t.Run(name, func(t *testing.T) {
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				u.latency = 2 * time.Second
				owner := u.login(1)
				hers := u.credentials(owner, time.Hour)
				var all sync.WaitGroup
				guess := func(n int) {
					all.Go(func() {
						_, err := v.Authenticate(stranger(t, n), grimoireauth.NewCredentials(u.jwt(owner, 2*time.Hour), fmt.Sprintf("%044d", n)))
						require.Error(t, err)
					})
				}
				for n := range 40 {
					guess(n)
					time.Sleep(time.Second)
				}
				for n := range 64 {
					guess(100 + n)
				}
				time.Sleep(10 * time.Millisecond)
				began := time.Now()
				got, err := v.Authenticate(marked(t), hers)
				requireSession(t, owner, got, err)
				require.Equal(t, u.latency, time.Since(began))
				all.Wait()

				// Known now, she waits for nothing without a mark either.
				for n := range 64 {
					guess(200 + n)
				}
				began = time.Now()
				got, err = v.Refresh(from(t, 1), grimoireauth.NewCredentials("", owner.token))
				requireSession(t, owner, got, err)
				require.Equal(t, u.latency, time.Since(began))
				all.Wait()
			})
		})
	}
	t.Run("without a mark, from an address of her own", func(t *testing.T) {
		refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
			owner := u.login(1)
			var all sync.WaitGroup
			for n := range 100 {
				all.Go(func() {
					_, err := v.Authenticate(from(t, 9), grimoireauth.NewCredentials(u.jwt(owner, 2*time.Hour), fmt.Sprintf("%044d", n)))
					require.Error(t, err)
				})
			}
			time.Sleep(10 * time.Millisecond)
			got, err := v.Authenticate(from(t, 1), u.credentials(owner, time.Hour))
			requireSession(t, owner, got, err)
			all.Wait()
		})
	})
	t.Run("with her session_jwt alone", func(t *testing.T) {
		refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
			owner := u.login(1)
			for n := range 3 {
				_, err := authenticate(t, v, grimoireauth.NewCredentials(u.jwt(owner, 2*time.Hour), fmt.Sprintf("%044d", n)))
				require.Error(t, err)
			}
			got, err := v.Refresh(t.Context(), grimoireauth.NewCredentials(u.jwt(owner, 0), ""))
			requireSession(t, owner, got, err)
		})
	})
}

// TestX01_AddressesDelayEachOtherLittle: ten strangers' addresses hold fewer places than
// there are while another one waits, whatever Config.Refresh is.
func TestX01_AddressesDelayEachOtherLittle(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		var all sync.WaitGroup
		guessed := 0
		for second := range 20 {
			for n := range 1000 { // a hundred for each of ten addresses
				guessed++
				token := fmt.Sprintf("%044d", guessed)
				all.Go(func() {
					_, err := v.Authenticate(from(t, n%10), grimoireauth.NewCredentials("", token))
					require.Error(t, err)
				})
			}
			began := time.Now()
			student := u.login(1000 + second)
			got, err := v.Authenticate(from(t, 100+second%3), grimoireauth.NewCredentials("", student.token))
			requireSession(t, student, got, err)
			require.LessOrEqual(t, time.Since(began), 3*u.latency)
			time.Sleep(time.Second - time.Since(began))
		}
		all.Wait()
		require.LessOrEqual(t, u.most, maxStrangers)
		require.LessOrEqual(t, u.count(), 10*900+20*10+20)
	})
}

// TestX01_NothingSignsAnyoneOut: what is refused for a share is told with a time to wait,
// and is no end of a session.
func TestX01_NothingSignsAnyoneOut(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = 0
		for n := range 1500 {
			_, _ = authenticate(t, v, grimoireauth.NewCredentials("", fmt.Sprintf("%044d", n)))
			_, _ = v.Authenticate(from(t, 1), grimoireauth.NewCredentials("", fmt.Sprintf("%044d", 10_000+n)))
		}
		unmarked := u.login(1)
		for _, ctx := range []context.Context{t.Context(), from(t, 1)} {
			_, err := v.Authenticate(ctx, grimoireauth.NewCredentials("", unmarked.token))
			require.ErrorIs(t, err, grimoireauth.ErrRateLimited)
			require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
			wait, ok := grimoireauth.RetryAfter(err)
			require.True(t, ok)
			require.GreaterOrEqual(t, wait, firstPause)
		}
		got, err := v.Authenticate(from(t, 2), grimoireauth.NewCredentials("", unmarked.token))
		requireSession(t, unmarked, got, err)
		for n := range 1000 { // marked tokens draw on no share, also from that address
			l := u.login(100 + n)
			got, err := v.Authenticate(marked(t), grimoireauth.NewCredentials("", l.token))
			requireSession(t, l, got, err)
		}
	})
}

// TestX01_StrangersFillLittleMemory: what is remembered of strangers is bounded, whatever
// they send. docs/security.md names the figure.
func TestX01_StrangersFillLittleMemory(t *testing.T) {
	v := newVerifier(t)
	before := liveHeap()
	now := time.Now()
	for n := range 300_000 {
		addr := netip.AddrFrom4([4]byte{byte(1 + n>>16), byte(n >> 8), byte(n), 1})
		if v.limiter.reserveShare(strangerFrom(addr, false)) != nil {
			continue
		}
		token := numbered(n)
		key := pairOf(grimoireauth.SessionID(fmt.Sprintf("member-session-test-aaaaaaaa-1111-4222-8333-%012d", n)), addr)
		if v.limiter.pairs.reserve(key, &token, now) == nil {
			v.limiter.pairs.release(key, &token, newFailure(failUnreachable, errTooSlow), now)
		}
		s := v.records.shard(&token)
		s.mu.Lock()
		s.ensure(token, now).endedUntil = now.Add(endedPause)
		s.mu.Unlock()
	}
	used := liveHeap() - before
	t.Logf("%.1f MB", float64(used)/1e6)
	require.Less(t, used, int64(25e6))
	runtime.KeepAlive(v)
}
