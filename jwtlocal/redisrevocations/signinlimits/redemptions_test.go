package signinlimits

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
)

// TestOneRedeems: of many processes that begin at one moment one redeems, and the others
// get its answer; without an answer the next one redeems.
func TestOneRedeems(t *testing.T) {
	server := redistest.Start(t)
	for _, answers := range []bool{true, false} {
		name := map[bool]string{true: "an answer", false: "none"}[answers]
		var mu sync.Mutex
		var began, got []string
		var all sync.WaitGroup
		for range 4 {
			r := limiterAt(t, server.Addr()).Redemptions()
			all.Go(func() {
				answer, err := r.Begin(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if answer != "" {
					got = append(got, answer)
					mu.Unlock()
					return
				}
				began = append(began, name)
				mu.Unlock()
				time.Sleep(50 * time.Millisecond)
				if answers {
					r.End(t.Context(), name, "sealed")
				} else {
					r.End(t.Context(), name, "")
				}
			})
		}
		all.Wait()
		if answers {
			require.Len(t, began, 1)
			require.Equal(t, []string{"sealed", "sealed", "sealed"}, got)
		} else {
			require.Len(t, began, 4, "one after the other")
		}
	}
}

// TestRedemptionsEnd: a caller who gives up gets an error, keys expire, and without Redis
// the error comes soon.
func TestRedemptionsEnd(t *testing.T) {
	server := redistest.Start(t)
	l := limiterAt(t, server.Addr())
	r := l.Redemptions()
	answer, err := r.Begin(t.Context(), "a link")
	require.NoError(t, err)
	require.Empty(t, answer)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = r.Begin(ctx, "a link")
	require.ErrorIs(t, err, context.DeadlineExceeded)

	life := func() time.Duration {
		keys, err := l.client().Keys(t.Context(), "*:redeemed:*").Result()
		require.NoError(t, err)
		require.Len(t, keys, 1)
		require.False(t, strings.Contains(keys[0], "link"))
		return l.client().PTTL(t.Context(), keys[0]).Val()
	}
	require.InDelta(t, workTime, life(), float64(5*time.Second))
	r.End(t.Context(), "a link", "sealed")
	require.InDelta(t, answerLife, life(), float64(5*time.Second))

	server.Pause()
	l.answer = answerTime
	defer server.Resume()
	began := time.Now()
	for range 3 {
		_, err = r.Begin(t.Context(), "another")
		require.Error(t, err)
		r.End(t.Context(), "another", "sealed")
	}
	require.Less(t, time.Since(began), 3*time.Second)
}
