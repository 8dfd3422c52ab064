package backoff_test

import (
	"math"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/stretchr/testify/require"
)

func TestWait(t *testing.T) {
	none := backoff.WithJitter(t.Context(), func(time.Duration) time.Duration { return 0 })
	all := backoff.WithJitter(t.Context(), func(limit time.Duration) time.Duration { return limit })
	for n, most := range map[int]time.Duration{
		0: 200 * time.Millisecond, 1: 400 * time.Millisecond, 4: 3200 * time.Millisecond,
		5: 5 * time.Second, 36: 5 * time.Second, 64: 5 * time.Second, math.MaxInt: 5 * time.Second,
	} {
		wait := func() time.Duration { return backoff.Wait(t.Context(), 200*time.Millisecond, 5*time.Second, n) }
		require.Equal(t, most/2, backoff.Wait(none, 200*time.Millisecond, 5*time.Second, n))
		require.Equal(t, most, backoff.Wait(all, 200*time.Millisecond, 5*time.Second, n))
		seen := make(map[time.Duration]bool)
		for range 100 {
			seen[wait()] = true
			require.GreaterOrEqual(t, wait(), most/2)
			require.Less(t, wait(), most)
		}
		require.Greater(t, len(seen), 90, "it is drawn")
	}
}

func TestPause(t *testing.T) {
	for n, want := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 5: 30 * time.Second, 64: 30 * time.Second, math.MaxInt: 30 * time.Second,
	} {
		require.Equal(t, want, backoff.Pause(time.Second, 30*time.Second, n))
	}
}
