package limit_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/stretchr/testify/require"
)

func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quota := limit.Quota{Within: 10 * time.Minute, Most: 10, Each: 3}
		tries := limit.NewWindows[string](quota, 100)
		for source := range 3 {
			for range 3 {
				require.Zero(t, tries.Reserve("ada", addr(source)))
				time.Sleep(time.Second)
			}
			require.NotZero(t, tries.Reserve("ada", addr(source)))
		}
		require.Zero(t, tries.Reserve("ada", addr(4)), "a fourth source has a try left")
		require.Equal(t, 10*time.Minute-9*time.Second, tries.Reserve("ada", addr(5)), "until the first of all is ten minutes old")
		require.Zero(t, tries.Reserve("bob", addr(0)), "each key has a quota of its own")

		require.True(t, tries.Release("ada", addr(4)))
		require.Zero(t, tries.Reserve("ada", addr(5)), "what was given back can be used")
		require.True(t, tries.Release("ada", addr(77)), "the latest, if the address has none")
		require.False(t, tries.Release("eve", addr(0)))

		time.Sleep(quota.Within - 9*time.Second)
		require.Zero(t, tries.Reserve("ada", addr(0)))
		require.Zero(t, tries.Reserve("ada", addr(6)))
		require.NotZero(t, tries.Reserve("ada", addr(0)), "no stretch of ten minutes has more")
	})
}

// No stretch of time holds more than the quota, whenever the uses come.
func TestWindowsAnyStretch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quota := limit.Quota{Within: time.Minute, Most: 5, Each: 2}
		tries := limit.NewWindows[string](quota, 100)
		var granted []time.Time
		for i := range 2000 {
			source := netip.Addr{}
			if i%2 == 0 {
				source = addr(i % 5)
			}
			if tries.Reserve("ada", source) == 0 {
				granted = append(granted, time.Now())
			}
			time.Sleep(time.Duration(i%7) * 100 * time.Millisecond)
		}
		require.Greater(t, len(granted), 40)
		for i := range len(granted) - quota.Most {
			require.GreaterOrEqual(t, granted[i+quota.Most].Sub(granted[i]), quota.Within)
		}
	})
}

// A full table refuses few keys that it does not know, and none for ever.
func TestWindowsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := limit.NewWindows[string](limit.Quota{Within: time.Minute, Most: 1, Each: 1}, 100)
		for i := range 100 {
			require.Zero(t, tries.Reserve(fmt.Sprint("stranger", i), addr(i)))
		}
		refused := 0
		for i := range 50 {
			if tries.Reserve(fmt.Sprint("student", i), addr(i)) > 0 {
				refused++
			}
		}
		require.Less(t, refused, 15, "of 50 in 1,024 places")
		require.NotZero(t, tries.Reserve("student1", addr(1)), "also there the quota holds")
		time.Sleep(time.Hour)
		for i := range 100 {
			require.Zero(t, tries.Reserve(fmt.Sprint("later", i), addr(i)))
		}
	})
}
