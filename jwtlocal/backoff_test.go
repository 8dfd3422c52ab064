package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
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
					require.LessOrEqual(t, wait, lastPause)
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
		time.Sleep(lastPause)
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
				time.Sleep(lastPause)
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

// TestSlots: however many sessions need a refresh, few are asked about at once, and
// when Stytch does not answer those who find no place are told soon.
func TestSlots(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = time.Hour // ended by the deadline
		const sessions = 300
		stale := make([]grimoireauth.Credentials, sessions)
		for n := range stale {
			stale[n] = u.credentials(u.login(n), time.Hour)
		}
		began := time.Now()
		var all sync.WaitGroup
		for n := range stale {
			all.Go(func() {
				_, err := authenticate(t, v, stale[n])
				requireUnavailable(t, err)
				require.LessOrEqual(t, time.Since(began), slotDeadline+refreshDeadline)
			})
		}
		all.Wait()
		require.Equal(t, maxCalls, u.most)
		require.Equal(t, maxCalls, u.count(), "the others gave up waiting for a slot")
	})
}

// TestR15Guessing: tokens that nothing vouches for cost no more than the budget,
// which failures use up and time makes good, and which is no obstacle to tokens that
// are good.
func TestR15Guessing(t *testing.T) {
	guess := func(n int) grimoireauth.Credentials {
		return grimoireauth.NewCredentials("", fmt.Sprintf("%044d", n))
	}
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		// A class whose browsers keep no session_jwt, all at once.
		var all sync.WaitGroup
		for n := range 200 {
			l := u.login(n)
			all.Go(func() {
				got, err := authenticate(t, v, grimoireauth.NewCredentials("", l.token))
				requireSession(t, l, got, err)
			})
		}
		all.Wait()
		require.Equal(t, 200, u.count())
		require.LessOrEqual(t, u.most, maxStrangers)

		u.latency = 0
		refused, limited := 0, 0
		for n := range 10_000 {
			_, err := authenticate(t, v, guess(n))
			switch {
			case errors.Is(err, grimoireauth.ErrSessionEnded):
				refused++
			case errors.Is(err, grimoireauth.ErrRateLimited):
				limited++
				require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
			default:
				t.Fatal(err)
			}
		}
		require.Equal(t, refreshBudget, refused)
		require.Equal(t, 10_000-refreshBudget, limited)
		require.Equal(t, 200+refreshBudget, u.count())

		// The same guess again is answered from memory.
		_, err := authenticate(t, v, guess(0))
		requireEnded(t, err)
		// Whoever is known, or comes with a genuine session_jwt, is not concerned.
		known := u.login(3)
		got, err := v.Refresh(t.Context(), grimoireauth.NewCredentials("", known.token))
		requireSession(t, known, got, err)
		fresh := u.login(1000)
		got, err = authenticate(t, v, u.credentials(fresh, time.Hour))
		requireSession(t, fresh, got, err)
		// A minute makes sixty failures good.
		before := u.count()
		time.Sleep(time.Minute)
		for n := range 1000 {
			_, _ = authenticate(t, v, guess(20_000+n))
		}
		require.Equal(t, before+60, u.count())
	})
}

// TestR15GuessingTogether: the budget holds for guesses that come at the same time.
func TestR15GuessingTogether(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		var all sync.WaitGroup
		for n := range 2000 {
			all.Go(func() {
				_, err := authenticate(t, v, grimoireauth.NewCredentials("", fmt.Sprintf("%044d", n)))
				require.Error(t, err)
			})
		}
		all.Wait()
		require.LessOrEqual(t, u.count(), refreshBudget+5) // it took some seconds
		require.LessOrEqual(t, u.most, maxStrangers)
		require.LessOrEqual(t, remembered(&v.records), 2*refreshBudget, "what was not asked is not remembered")
	})
}

// remembered counts what is remembered.
func remembered(r *records) (n int) {
	for i := range r.shards {
		r.shards[i].mu.Lock()
		n += len(r.shards[i].byKey)
		r.shards[i].mu.Unlock()
	}
	return n
}

// TestR15WithOneJWT: one stale session_jwt does not buy any number of guesses, and
// its owner, once known, does not suffer by them.
func TestR15WithOneJWT(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = 0
		l := u.login(1)
		stale := u.jwt(l, time.Hour)
		got, err := authenticate(t, v, grimoireauth.NewCredentials(stale, l.token))
		requireSession(t, l, got, err)
		for n := range 1000 {
			_, err := authenticate(t, v, grimoireauth.NewCredentials(stale, fmt.Sprintf("%044d", n)))
			require.Error(t, err)
			if n > 0 {
				requireUnavailable(t, err)
			}
			got, err = authenticate(t, v, grimoireauth.NewCredentials(stale, l.token))
			requireSession(t, l, got, err)
		}
		require.Equal(t, 2, u.count())
		time.Sleep(time.Hour)
		got, err = authenticate(t, v, grimoireauth.NewCredentials(stale, l.token))
		requireSession(t, l, got, err)
	})
}

// TestRecordsAreBounded: sessions that come and go leave nothing behind for ever.
func TestRecordsAreBounded(t *testing.T) {
	var r records
	now := time.Now()
	for n := range 100_000 {
		key := numbered(n)
		s := r.shard(&key)
		s.open(key, now.Add(time.Duration(n)*time.Millisecond)).kept = &grant{}
	}
	require.LessOrEqual(t, remembered(&r), len(r.shards)*maxRecordsPerShard)
	// Old ones go first, more or less.
	young := 0
	for n := 99_000; n < 100_000; n++ {
		key := numbered(n)
		if r.kept(&key) != nil {
			young++
		}
	}
	require.Greater(t, young, 990)
	// A record that somebody waits for stays.
	key := numbered(200_000)
	s := r.shard(&key)
	s.open(key, now.Add(-time.Hour)).flight = &flight{}
	for n := 300_000; n < 400_000; n++ {
		other := numbered(n)
		r.shard(&other).open(other, now)
	}
	require.NotNil(t, s.byKey[key])
}

// TestStrikesAreBounded: so are the sessions whose session_jwts came with wrong
// tokens.
func TestStrikesAreBounded(t *testing.T) {
	var s strikes
	now := time.Now()
	token := numbered(1)
	for n := range 3 * maxStrikes {
		s.add(grimoireauth.SessionID(fmt.Sprint(n)), &token, failedBecause(noAnswer, errTooSlow), now)
	}
	require.Len(t, s.bySession, maxStrikes)
	last := grimoireauth.SessionID(fmt.Sprint(3*maxStrikes - 1))
	require.NotNil(t, s.against(last, &token, now))
	require.Nil(t, s.against(last, &token, now.Add(time.Hour)))
	s.clear(last)
	require.Nil(t, s.against(last, &token, now))
}

// TestWaitersLeave: whoever waits leaves with their own context, and nothing of them
// is left.
func TestWaitersLeave(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = 5 * time.Second
		l := u.login(1)
		stale := u.credentials(l, time.Hour)
		var all sync.WaitGroup
		for n := range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n+1)*50*time.Millisecond)
			defer cancel()
			all.Go(func() {
				began := time.Now()
				_, err := v.Authenticate(ctx, stale)
				requireUnavailable(t, err)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, time.Duration(n+1)*50*time.Millisecond, time.Since(began))
			})
		}
		all.Wait()
		synctest.Wait()
		v.Wait()
		got, err := authenticate(t, v, stale)
		requireSession(t, l, got, err)
		require.Equal(t, 1, u.count())
	})
}
