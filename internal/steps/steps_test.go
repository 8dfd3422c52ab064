package steps_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/steps"
	"github.com/stretchr/testify/require"
)

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inFlight, most, done atomic.Int64
		began := time.Now()
		steps.Each(slices.Values(numbers(20)), 8, func(int) {
			most.Store(max(most.Load(), inFlight.Add(1)))
			time.Sleep(time.Second)
			inFlight.Add(-1)
			done.Add(1)
		})
		require.EqualValues(t, 20, done.Load(), "it returns after every call")
		require.EqualValues(t, 8, most.Load())
		require.Equal(t, 3*time.Second, time.Since(began))
		steps.Each(slices.Values(numbers(0)), 8, func(int) { t.Error("there is nothing to do") })
	})
}

// A panic is the caller's, after every call has returned, and no further call begins.
func TestEachPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun, ended atomic.Int64
		require.PanicsWithValue(t, 2, func() {
			steps.Each(slices.Values(numbers(100)), 4, func(n int) {
				begun.Add(1)
				defer ended.Add(1)
				if n == 2 {
					panic(n)
				}
				time.Sleep(time.Second)
			})
		})
		require.Equal(t, begun.Load(), ended.Load())
		require.LessOrEqual(t, begun.Load(), int64(8))
	})
}

// Nor does a call go on when the iterator panics.
func TestEachWaitsIfItsItemsPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int64
		require.PanicsWithValue(t, "items", func() {
			steps.Each(func(yield func(int) bool) {
				_ = yield(1) && yield(2)
				panic("items")
			}, 4, func(int) {
				time.Sleep(time.Second)
				ended.Add(1)
			})
		})
		require.EqualValues(t, 2, ended.Load())
	})
}

func limited(wait time.Duration) error {
	return &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrRateLimited, Status: 429, RetryAfter: wait}
}

func TestPace(t *testing.T) {
	down := &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrUnavailable, Status: 503}
	gone := &grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrNotFound, Status: 404}
	for name, row := range map[string]struct {
		outcomes []error // of the calls, one after another; the last one stays
		calls    int     // of 40 calls of Do
		want     error   // of the last
		deadline time.Duration
		least    time.Duration // that all of it takes
		most     time.Duration
	}{
		"all is well":                    {outcomes: []error{nil}, calls: 40},
		"a wait":                         {outcomes: []error{limited(7 * time.Second), nil}, calls: 41, least: 7 * time.Second, most: 7 * time.Second},
		"a minute without a Retry-After": {outcomes: []error{limited(0)}, calls: 7, want: grimoireauth.ErrRateLimited, least: time.Minute, most: 3 * time.Minute},
		"too long":                       {outcomes: []error{limited(31 * time.Second)}, calls: 1, want: grimoireauth.ErrRateLimited},
		"beyond the deadline":            {outcomes: []error{limited(7 * time.Second)}, calls: 1, want: grimoireauth.ErrRateLimited, deadline: 5 * time.Second},
		"the share of an address is no limit of Stytch": {outcomes: []error{&grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrOverShare, RetryAfter: time.Second}}, calls: 40, want: grimoireauth.ErrOverShare},
		"no answer":                          {outcomes: []error{down}, calls: 16, want: grimoireauth.ErrUnavailable},
		"an answer in between":               {outcomes: append(slices.Repeat([]error{down}, 15), gone, down), calls: 32, want: grimoireauth.ErrUnavailable},
		"a refusal is an answer":             {outcomes: []error{gone}, calls: 40, want: grimoireauth.ErrNotFound},
		"one that may have been carried out": {outcomes: []error{&grimoireauth.Error{Op: "test", Kind: grimoireauth.ErrRateLimited, Status: 429, Unanswered: true}}, calls: 40, want: grimoireauth.ErrRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				if row.deadline > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), row.deadline)
				}
				defer cancel()
				var pace steps.Pace
				calls, began := 0, time.Now()
				var err error
				for range 40 {
					err = pace.Do(ctx, func(context.Context) error {
						calls++
						return row.outcomes[min(calls, len(row.outcomes))-1]
					})
				}
				require.ErrorIs(t, err, row.want)
				require.Equal(t, row.calls, calls)
				require.GreaterOrEqual(t, time.Since(began), row.least)
				require.LessOrEqual(t, time.Since(began), row.most)
			})
		})
	}
}

// While one call waits, no other is made; a context that ends ends the waiting.
func TestPaceHoldsAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pace steps.Pace
		began := time.Now()
		var first, second time.Duration
		done := make(chan struct{})
		go func() {
			defer close(done)
			refused := false
			_ = pace.Do(t.Context(), func(context.Context) error {
				if !refused {
					refused = true
					return limited(10 * time.Second)
				}
				first = time.Since(began)
				return nil
			})
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		require.ErrorIs(t, pace.Do(ctx, func(ctx context.Context) error { return ctx.Err() }), context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(began))
		require.NoError(t, pace.Do(t.Context(), func(context.Context) error { second = time.Since(began); return nil }))
		<-done
		require.Equal(t, 10*time.Second, first)
		require.Equal(t, 10*time.Second, second)
	})
}

// A limit of a hundred calls a minute, without a Retry-After: all calls are made, if slowly,
// and few are refused.
func TestPaceAtALimitOfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pace steps.Pace
		var made, refused atomic.Int64
		var mu sync.Mutex
		used := make(map[time.Time]int)
		began := time.Now()
		steps.Each(slices.Values(numbers(500)), 8, func(int) {
			require.NoError(t, pace.Do(t.Context(), func(context.Context) error {
				time.Sleep(100 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				minute := time.Now().Truncate(time.Minute)
				if used[minute] == 100 {
					refused.Add(1)
					return limited(0)
				}
				used[minute]++
				made.Add(1)
				return nil
			}))
		})
		require.EqualValues(t, 500, made.Load())
		require.Less(t, refused.Load(), int64(5*7*8))
		require.Less(t, time.Since(began), 6*time.Minute)
	})
}
