package jwtlocal

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func statusOf3(t *testing.T, m *MemoryRevocations, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) RevocationStatus {
	t.Helper()
	s, err := m.Status(t.Context(), session, member, class)
	require.NoError(t, err)
	return s
}

func TestMemoryRevocations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(MemoryRevocations)
		require.Zero(t, statusOf3(t, m, "s", "m", "c"))
		now := time.Now()

		require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: "m", At: now.Add(-time.Minute)}))
		first := statusOf3(t, m, "s", "m", "c")
		require.Equal(t, now.Add(-time.Minute), first.NotBefore)
		require.Zero(t, statusOf3(t, m, "m", "c", "s"), "the three sorts of ids are kept apart")

		// A later revocation counts as later, also with the same or an earlier time.
		for _, at := range []time.Time{now.Add(-time.Minute), now.Add(-time.Hour)} {
			require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: "m", At: at}))
			next := statusOf3(t, m, "s", "m", "c")
			require.Equal(t, now.Add(-time.Minute), next.NotBefore)
			require.Greater(t, next.Version, first.Version)
			first = next
		}
		require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Class: "c", At: now.Add(-2 * time.Minute)}))
		next := statusOf3(t, m, "s", "m", "c")
		require.Equal(t, now.Add(-time.Minute), next.NotBefore)
		require.Greater(t, next.Version, first.Version)
		require.Equal(t, now.Add(-2*time.Minute), statusOf3(t, m, "s", "other", "c").NotBefore)

		// The clock of another replica may be ahead of this one by a minute; more is not believed.
		require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: "ahead", At: now.Add(24 * time.Hour)}))
		require.Equal(t, now.Add(time.Minute), statusOf3(t, m, "s", "ahead", "").NotBefore)

		require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Session: "s"}))
		require.True(t, statusOf3(t, m, "s", "m", "c").Ended)
		require.False(t, statusOf3(t, m, "t", "m", "c").Ended)
		time.Sleep(RevocationLife - 1)
		require.True(t, statusOf3(t, m, "s", "", "").Ended)
		time.Sleep(time.Nanosecond)
		require.False(t, statusOf3(t, m, "s", "", "").Ended)
	})
}

func TestMemoryRevocationsRefusesNonsense(t *testing.T) {
	m := new(MemoryRevocations)
	for name, c := range map[string]grimoireauth.Revocation{
		"nothing":     {},
		"only a time": {At: time.Now()},
		"two":         {Session: "s", Member: "m"},
		"all":         {Session: "s", Member: "m", Class: "c"},
	} {
		require.ErrorIs(t, m.Add(t.Context(), c), grimoireauth.ErrInvalid, name)
	}
	require.Zero(t, statusOf3(t, m, "s", "m", "c"))
}

// TestMemoryRevocationsBounded: beyond its bound it forgets single revocations, and cuts
// everybody off instead; what is over makes room first.
func TestMemoryRevocationsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(MemoryRevocations)
		more := func(n int) {
			require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: grimoireauth.MemberID(fmt.Sprint(n))}))
		}
		// Ids of one shard only, which is the same and much quicker.
		more(0)
		only, n := m.shard(revokedKey{memberKind, "0"}), 0
		next := func() {
			for n++; m.shard(revokedKey{memberKind, fmt.Sprint(n)}) != only; n++ {
			}
			more(n)
		}
		cuts := 1
		for ; m.floor.Load() == nil; cuts++ {
			require.LessOrEqual(t, len(*only.Load()), maxRevokedPerShard)
			next()
		}
		require.Equal(t, maxRevokedPerShard+1, cuts)
		s := statusOf3(t, m, "", "never revoked", "")
		require.Equal(t, time.Now(), s.NotBefore)
		require.NotZero(t, s.Version)
		time.Sleep(RevocationLife)
		before := m.floor.Load()
		for range maxRevokedPerShard {
			next()
		}
		require.Same(t, before, m.floor.Load(), "what is over made room")
	})
}

// TestMemoryRevocationsConcurrently: readers and writers at once; a revocation counts from
// the moment that Add has returned.
func TestMemoryRevocationsConcurrently(t *testing.T) {
	m := new(MemoryRevocations)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := range 200 {
				id := fmt.Sprint(w, "/", n)
				_ = statusOf3(t, m, "s", grimoireauth.MemberID(id), "c")
				require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Member: grimoireauth.MemberID(id)}))
				require.False(t, statusOf3(t, m, "s", grimoireauth.MemberID(id), "c").NotBefore.IsZero())
				require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(id)}))
				require.True(t, statusOf3(t, m, grimoireauth.SessionID(id), "m", "c").Ended)
			}
		})
	}
	all.Wait()
}
