package jwtlocal

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// remembered counts what is remembered.
func remembered(r *records) (n int) {
	for i := range r.shards {
		r.shards[i].mu.Lock()
		n += len(r.shards[i].byKey)
		r.shards[i].mu.Unlock()
	}
	return n
}

// TestRecordsAreBounded: sessions that come and go leave nothing behind for ever.
func TestRecordsAreBounded(t *testing.T) {
	var r records
	now := time.Now()
	for n := range 100_000 {
		key := numbered(n)
		s := r.shard(&key)
		s.ensure(key, now.Add(time.Duration(n)*time.Millisecond)).renewal = &renewal{end: now.Unix() + 1000}
	}
	require.LessOrEqual(t, remembered(&r), len(r.shards)*maxRecordsPerShard)
	// Old ones go first, more or less.
	young := 0
	for n := 99_000; n < 100_000; n++ {
		key := numbered(n)
		if r.renewal(&key) != nil {
			young++
		}
	}
	require.Greater(t, young, 990)
	// A record with waiting requests stays.
	key := numbered(200_000)
	s := r.shard(&key)
	s.ensure(key, now.Add(-time.Hour)).inflight = &inflight{}
	for n := 300_000; n < 400_000; n++ {
		other := numbered(n)
		r.shard(&other).ensure(other, now)
	}
	require.NotNil(t, s.byKey[key])
}

// TestExpiredCredentialsAreLetGo: expired credentials are not kept for the
// life of the process.
func TestExpiredCredentialsAreLetGo(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		for n := range 50 {
			_, err := authenticate(t, v, u.credentials(u.login(n), time.Hour))
			require.NoError(t, err)
		}
		time.Sleep(7 * time.Minute)
		for n := 50; n < 300; n++ {
			_, err := authenticate(t, v, u.credentials(u.login(n), time.Hour))
			require.NoError(t, err)
		}
		held := 0
		for n := range 50 {
			key := digestOf(u.nobody(n).token)
			if v.records.renewal(&key) != nil {
				held++
			}
		}
		require.Less(t, held, 5)
	}, func(_ *Config, u *upstream) { u.latency = 0 })
}

// TestWaitersLeave: a request that waits leaves when its context ends, and nothing of it
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
		require.NoError(t, v.Wait(t.Context()))
		got, err := authenticate(t, v, stale)
		requireSession(t, l, got, err)
		require.Equal(t, 1, u.count())
	})
}
