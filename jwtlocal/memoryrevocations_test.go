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

func statusOf3(t *testing.T, m *MemoryCutoffs, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) Standing {
	t.Helper()
	s, err := m.Standing(t.Context(), session, member, class)
	require.NoError(t, err)
	return s
}

func TestMemoryCutoffs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(MemoryCutoffs)
		require.Zero(t, statusOf3(t, m, "s", "m", "c"))
		now := time.Now()

		require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Member: "m", At: now.Add(-time.Minute)}))
		first := statusOf3(t, m, "s", "m", "c")
		require.Equal(t, now.Add(-time.Minute), first.StaleUntil)
		require.Zero(t, statusOf3(t, m, "m", "c", "s"), "the three sorts of ids are kept apart")

		// A later cutoff counts as later, also with the same or an earlier time.
		for _, at := range []time.Time{now.Add(-time.Minute), now.Add(-time.Hour)} {
			require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Member: "m", At: at}))
			next := statusOf3(t, m, "s", "m", "c")
			require.Equal(t, now.Add(-time.Minute), next.StaleUntil)
			require.Greater(t, next.Raised, first.Raised)
			first = next
		}
		require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Class: "c", At: now.Add(-2 * time.Minute)}))
		next := statusOf3(t, m, "s", "m", "c")
		require.Equal(t, now.Add(-time.Minute), next.StaleUntil)
		require.Greater(t, next.Raised, first.Raised)
		require.Equal(t, now.Add(-2*time.Minute), statusOf3(t, m, "s", "other", "c").StaleUntil)

		// Another replica's clock may be ahead; what it means is now.
		require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Member: "ahead", At: now.Add(24 * time.Hour)}))
		require.Equal(t, now, statusOf3(t, m, "s", "ahead", "").StaleUntil)

		require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Session: "s"}))
		require.True(t, statusOf3(t, m, "s", "m", "c").Ended)
		require.False(t, statusOf3(t, m, "t", "m", "c").Ended)
		time.Sleep(revocationLife - 1)
		require.True(t, statusOf3(t, m, "s", "", "").Ended)
		time.Sleep(time.Nanosecond)
		require.False(t, statusOf3(t, m, "s", "", "").Ended)
	})
}

func TestMemoryCutoffsRefusesNonsense(t *testing.T) {
	m := new(MemoryCutoffs)
	for name, c := range map[string]grimoireauth.Cutoff{
		"nothing":     {},
		"only a time": {At: time.Now()},
		"two":         {Session: "s", Member: "m"},
		"all":         {Session: "s", Member: "m", Class: "c"},
	} {
		require.ErrorIs(t, m.Cut(t.Context(), c), grimoireauth.ErrInvalid, name)
	}
	require.Zero(t, statusOf3(t, m, "s", "m", "c"))
}

// TestMemoryCutoffsBounded: beyond its bound it forgets single cutoffs, and cuts
// everybody off instead; what is over makes room first.
func TestMemoryCutoffsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(MemoryCutoffs)
		more := func(n int) {
			require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Member: grimoireauth.MemberID(fmt.Sprint(n))}))
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
		s := statusOf3(t, m, "", "never cut off", "")
		require.Equal(t, time.Now(), s.StaleUntil)
		require.NotZero(t, s.Raised)
		time.Sleep(revocationLife)
		before := m.floor.Load()
		for range maxRevokedPerShard {
			next()
		}
		require.Same(t, before, m.floor.Load(), "what is over made room")
	})
}

// TestMemoryCutoffsConcurrently: readers and writers at once; a cutoff counts from
// the moment that Cut has returned.
func TestMemoryCutoffsConcurrently(t *testing.T) {
	m := new(MemoryCutoffs)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := range 200 {
				id := fmt.Sprint(w, "/", n)
				_ = statusOf3(t, m, "s", grimoireauth.MemberID(id), "c")
				require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Member: grimoireauth.MemberID(id)}))
				require.False(t, statusOf3(t, m, "s", grimoireauth.MemberID(id), "c").StaleUntil.IsZero())
				require.NoError(t, m.Cut(t.Context(), grimoireauth.Cutoff{Session: grimoireauth.SessionID(id)}))
				require.True(t, statusOf3(t, m, grimoireauth.SessionID(id), "m", "c").Ended)
			}
		})
	}
	all.Wait()
}
