package jwtlocal

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// rounds is how often a storm of this file happens. The long one is run by hand:
// GRIMOIRE_LONG=1.
func rounds(short int) int {
	if os.Getenv("GRIMOIRE_LONG") != "" {
		return 100 * short
	}
	return short
}

// TestC01ForgetfulRevocationsStorm: revocations that are forgotten for want of room go on
// counting, also for a request that is looking at them in that moment.
func TestC01ForgetfulRevocationsStorm(t *testing.T) {
	const member = grimoireauth.MemberID(testMember)
	for range rounds(8) {
		var m MemoryRevocations
		require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: member}))
		mine := m.shard(revokedKey{memberKind, string(member)})
		var neighbours []grimoireauth.MemberID
		for i := 0; len(neighbours) < maxRevokedPerShard+8; i++ {
			if id := fmt.Sprintf("member-test-%d", i); m.shard(revokedKey{memberKind, id}) == mine {
				neighbours = append(neighbours, grimoireauth.MemberID(id))
			}
		}
		// All but the last few, which make it forget.
		for _, id := range neighbours[:maxRevokedPerShard-4] {
			require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: id}))
		}
		require.Nil(t, m.floor.Load())
		var passed atomic.Int64
		var stop atomic.Bool
		var readers, ready sync.WaitGroup
		for range 4 {
			ready.Add(1)
			readers.Go(func() {
				for first := true; first || !stop.Load(); {
					s, err := m.Status(t.Context(), testSession, member, testClass)
					if err != nil || !s.makesStale(time.Now().Add(-time.Second).Unix()) {
						passed.Add(1)
					}
					if first {
						ready.Done()
						first = false
					}
				}
			})
		}
		ready.Wait()
		for _, id := range neighbours[maxRevokedPerShard-4:] {
			require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: id}))
		}
		stop.Store(true)
		readers.Wait()
		require.NotNil(t, m.floor.Load(), "it did not have to forget")
		require.Zero(t, passed.Load(), "a revoked session passed")
	}
}

// TestC01ForgottenEnds: the ends of sessions that Stytch told of, and that are too
// many to remember, count as a revocation of all session_jwts until then.
func TestC01ForgottenEnds(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		old := u.credentials(ada, 0)
		requireGood(t, v, old.JWT.Reveal())
		require.NoError(t, v.endedSessions.Add(t.Context(), grimoireauth.Revocation{Session: "first"}))
		full := v.endedSessions.shard(revokedKey{sessionKind, "first"})
		for i := 0; v.endedSessions.floor.Load() == nil; i++ {
			if id := fmt.Sprint(i); v.endedSessions.shard(revokedKey{sessionKind, id}) == full {
				require.NoError(t, v.endedSessions.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(id)}))
			}
		}
		_, err := verify(t, v, old.JWT.Reveal())
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		answer, err := authenticate(t, v, old)
		requireSession(t, ada, answer, err)
		require.Equal(t, grimoireauth.SourceRefreshed, answer.Source)
		again, err := authenticate(t, v, answer.Credentials)
		requireSession(t, ada, again, err)
		require.Equal(t, grimoireauth.SourceLocal, again.Source)
		require.Equal(t, 1, u.count(), "once is enough")
	})
}

// TestC01WaitingStorm: however many refreshes begin in one instant, no more are under
// way than may be.
func TestC01WaitingStorm(t *testing.T) {
	v := newVerifier(t)
	for round := range rounds(300) {
		v.limiter.running.Store(maxWaiting - 1)
		var began atomic.Int64
		var start, all sync.WaitGroup
		start.Add(1)
		for i := range 8 {
			a := newRequest(grimoireauth.NewSecret(fmt.Sprint(round, " ", i)))
			a.issuedHere = true
			all.Go(func() {
				start.Wait()
				if v.decide(&a, false, nil, time.Now()).starts {
					began.Add(1)
				}
			})
		}
		start.Done()
		all.Wait()
		require.EqualValues(t, 1, began.Load())
	}
}

// TestC01PairStorm: invented session_tokens that come in one instant with one
// genuine session_jwt are asked about one by one, and the holder of the session's own
// token, who is known here, is not kept waiting.
func TestC01PairStorm(t *testing.T) {
	for range rounds(5) {
		refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
			ada := u.login(1)
			stale := u.credentials(ada, time.Hour)
			answer, err := authenticate(t, v, stale)
			requireSession(t, ada, answer, err)
			time.Sleep(time.Hour)
			var all sync.WaitGroup
			for n := range 64 {
				invented := stale
				invented.Token = grimoireauth.NewSecret(u.nobody(100 + n).token)
				all.Go(func() {
					_, err := v.Authenticate(t.Context(), invented)
					requireUnavailableOrEnded(t, err)
				})
			}
			all.Go(func() {
				answer, err := v.Authenticate(t.Context(), stale)
				requireSession(t, ada, answer, err)
			})
			all.Wait()
			require.Equal(t, 3, u.count(), "one guess, and two refreshes of Ada's")
		})
	}
}

// requireUnavailableOrEnded: only the one that was asked about gets an answer.
func requireUnavailableOrEnded(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, grimoireauth.ErrSessionEnded) {
		requireUnavailable(t, err)
	}
}
