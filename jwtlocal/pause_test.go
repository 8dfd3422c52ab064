package jwtlocal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestPauses: after a failure a session is not asked about for a second, and twice
// as long after each further one, up to half a minute; meanwhile requests are
// answered at once, with the time to wait.
func TestPauses(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = 0
		l := u.login(1)
		stale := u.credentials(l, time.Hour)
		u.change(func() { u.fault = down })
		began := time.Now()
		for time.Since(began) < 3*time.Minute {
			instantly(t, func() {
				_, err := authenticate(t, v, stale)
				requireUnavailable(t, err)
				if wait, ok := grimoireauth.RetryAfter(err); ok {
					require.LessOrEqual(t, wait, longestPause)
				}
			})
			time.Sleep(100 * time.Millisecond)
		}
		var after []time.Duration
		for _, at := range u.asked {
			after = append(after, at.Sub(began))
		}
		s := time.Second
		require.Equal(t, []time.Duration{0, 1 * s, 3 * s, 7 * s, 15 * s, 31 * s, 61 * s, 91 * s, 121 * s, 151 * s}, after)

		// Recovery is noticed at the next try, and forgets the failures.
		u.change(func() { u.fault = nil })
		time.Sleep(longestPause)
		got, err := authenticate(t, v, stale)
		requireSession(t, l, got, err)
		u.change(func() { u.fault, u.asked = down, nil })
		began = time.Now()
		for time.Since(began) < 2*time.Second {
			_, err = v.Refresh(t.Context(), stale)
			requireUnavailable(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		require.Len(t, u.asked, 2, "a second after the first")
	})
}

// TestPausesBeginAnew: after a success the next failure is a first one, also for a
// session_jwt that is alone, which nothing is remembered of.
func TestPausesBeginAnew(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		alone := func() grimoireauth.Credentials { return grimoireauth.NewCredentials(u.jwt(l, 0), "") }
		for range 3 {
			u.change(func() { u.fault = down })
			for range 4 {
				_, err := v.Refresh(t.Context(), alone())
				requireUnavailable(t, err)
				time.Sleep(longestPause)
			}
			u.change(func() { u.fault = nil })
			_, err := v.Refresh(t.Context(), alone())
			require.NoError(t, err)
		}
		u.change(func() { u.fault = down })
		_, err := v.Refresh(t.Context(), alone())
		requireUnavailable(t, err)
		u.change(func() { u.fault = nil })
		time.Sleep(firstPause)
		_, err = v.Refresh(t.Context(), alone())
		require.NoError(t, err)
	})
}

// TestOnePausesNotAll: one session's failure is not another's.
func TestOnePausesNotAll(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		unlucky, lucky := u.login(1), u.login(2)
		u.change(func() {
			u.fault = func(call int) error {
				if call == 1 {
					return down(call)
				}
				return nil
			}
		})
		_, err := authenticate(t, v, u.credentials(unlucky, time.Hour))
		requireUnavailable(t, err)
		got, err := authenticate(t, v, u.credentials(lucky, time.Hour))
		requireSession(t, lucky, got, err)
		_, err = authenticate(t, v, u.credentials(unlucky, time.Hour))
		requireUnavailable(t, err)
		require.Equal(t, 2, u.count())
	})
}

// TestRetryAfter: a Stytch that says how long to wait is not asked sooner.
func TestRetryAfter(t *testing.T) {
	for name, kind := range map[string]error{"throttled": grimoireauth.ErrRateLimited, "unavailable": grimoireauth.ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				u.latency = 0
				l := u.login(1)
				stale := u.credentials(l, time.Hour)
				u.change(func() {
					u.fault = func(int) error { return &grimoireauth.Error{Kind: kind, RetryAfter: 90 * time.Second} }
				})
				_, err := authenticate(t, v, stale)
				require.ErrorIs(t, err, kind)
				require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
				wait, _ := grimoireauth.RetryAfter(err)
				require.Equal(t, 90*time.Second, wait)
				for left := 89; left > 0; left-- {
					time.Sleep(time.Second)
					_, err = authenticate(t, v, stale)
					requireUnavailable(t, err)
					wait, _ = grimoireauth.RetryAfter(err)
					require.Equal(t, time.Duration(left)*time.Second, wait)
				}
				require.Equal(t, 1, u.count())
				u.change(func() { u.fault = nil })
				time.Sleep(time.Second)
				got, err := authenticate(t, v, stale)
				requireSession(t, l, got, err)
			})
		})
	}
}
