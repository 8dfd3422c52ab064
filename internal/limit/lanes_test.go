package limit_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/stretchr/testify/require"
)

func TestLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes := limit.NewLanes[string](16, 100)
		var inUse, most atomic.Int64
		var of [2]atomic.Int64
		call := func(ctx context.Context, n int, key string, each int) bool {
			if !lanes.Enter(ctx, key, each) {
				return false
			}
			defer lanes.Leave(key)
			most.Store(max(most.Load(), inUse.Add(1)))
			of[n].Add(1)
			time.Sleep(100 * time.Millisecond)
			of[n].Add(-1)
			inUse.Add(-1)
			return true
		}
		var all sync.WaitGroup
		var served [2]atomic.Int64
		for range 200 {
			all.Go(func() {
				if call(t.Context(), 0, "stranger", 4) {
					served[0].Add(1)
				}
			})
		}
		time.Sleep(10 * time.Millisecond)
		require.EqualValues(t, 4, of[0].Load(), "it has four places")
		began := time.Now()
		for range 12 {
			all.Go(func() {
				require.True(t, call(t.Context(), 1, "student", 16))
				require.LessOrEqual(t, time.Since(began), 200*time.Millisecond)
				served[1].Add(1)
			})
		}
		all.Wait()
		require.EqualValues(t, 12, served[1].Load())
		require.EqualValues(t, 4+100-0, served[0].Load(), "as many as may wait, and no more")
		require.EqualValues(t, 16, most.Load())
		require.Zero(t, inUse.Load())
	})
}

// Where no more can wait, the key gives way for which most calls wait.
func TestLanesGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes := limit.NewLanes[int](1, 10)
		require.True(t, lanes.Enter(t.Context(), 0, 1))
		var all sync.WaitGroup
		var strangers, students atomic.Int64
		enter := func(key int, n *atomic.Int64) {
			all.Go(func() {
				if lanes.Enter(t.Context(), key, 1) {
					n.Add(1)
					lanes.Leave(key)
				}
			})
			synctest.Wait()
		}
		for range 50 {
			enter(0, &strangers)
		}
		for key := range 5 {
			enter(1+key, &students)
		}
		lanes.Leave(0)
		all.Wait()
		require.EqualValues(t, 5, students.Load())
		require.EqualValues(t, 5, strangers.Load())
		require.True(t, lanes.Enter(t.Context(), 0, 1), "all places are free again")
	})
}

func TestLanesEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes := limit.NewLanes[string](1, 10)
		require.True(t, lanes.Enter(t.Context(), "a", 1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.False(t, lanes.Enter(ctx, "b", 1))
		require.Equal(t, time.Second, time.Since(began))
		lanes.Leave("a")
		require.True(t, lanes.Enter(t.Context(), "b", 1))
		lanes.Leave("b")
	})
}
