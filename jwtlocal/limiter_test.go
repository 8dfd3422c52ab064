package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
)

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
				_, err := v.Authenticate(marked(t), stale[n])
				requireUnavailable(t, err)
				require.LessOrEqual(t, time.Since(began), slotDeadline+refreshDeadline)
			})
		}
		all.Wait()
		require.Equal(t, maxKnownCalls, u.most)
		require.Equal(t, maxKnownCalls, u.count(), "the others gave up waiting for a slot")
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
		require.Equal(t, strangersBurst, refused)
		require.Equal(t, 10_000-strangersBurst, limited)
		require.Equal(t, 200+strangersBurst, u.count())

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
		// Ten seconds make a hundred failures good.
		before := u.count()
		time.Sleep(10 * time.Second)
		for n := range 1000 {
			_, _ = authenticate(t, v, guess(20_000+n))
		}
		require.Equal(t, before+100, u.count())
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
		require.LessOrEqual(t, u.count(), strangersBurst)
		require.LessOrEqual(t, u.most, maxStrangers)
		require.LessOrEqual(t, remembered(&v.records), 2*strangersBurst, "what was not asked is not remembered")
	})
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

// TestPairFailuresAreBounded: so are the sessions whose session_jwts came with wrong
// tokens.
func TestPairFailuresAreBounded(t *testing.T) {
	var p pairLimiter
	now := time.Now()
	token := numbered(1)
	key := func(n int) pairKey { return pairOf(grimoireauth.SessionID(fmt.Sprint(n)), netip.Addr{}) }
	for n := range 3 * maxPairFailures {
		require.Nil(t, p.reserve(key(n), &token, now))
		p.release(key(n), &token, newFailure(failUnreachable, errTooSlow), now)
	}
	require.Len(t, p.failures, maxPairFailures)
	last := key(3*maxPairFailures - 1)
	require.NotNil(t, p.reserve(last, &token, now))
	require.Nil(t, p.reserve(last, &token, now.Add(time.Hour)))
	p.release(last, &token, nil, now)
	require.Nil(t, p.reserve(last, &token, now))
}

// marked is the context of a request whose session_token this deployment gave out.
func marked(t testing.TB) context.Context {
	return asker.With(t.Context(), asker.Asker{Known: true})
}

// from is the context of a request from the nth client address.
func from(t testing.TB, n int) context.Context {
	return asker.With(t.Context(), asker.Asker{Address: netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)})})
}
