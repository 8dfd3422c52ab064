package once

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func TestAttemptsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group[struct{}]
		works := 0
		run := func(key string) {
			_, err := g.Do(t.Context(), key, func(*struct{}) (bool, error) { works++; return true, nil })
			require.NoError(t, err)
		}
		const one = "n:t"
		run(one)
		run(one)
		require.Equal(t, 1, works)
		run("other:t")
		run("n:other")
		require.Equal(t, 3, works, "another browser or another link is another attempt")

		time.Sleep(life + time.Second)
		synctest.Wait()
		require.Empty(t, g.all, "credentials are kept for a minute and no longer")
		run(one)
		require.Equal(t, 4, works)
	})
}

func TestAttemptsAreBounded(t *testing.T) {
	var g Group[struct{}]
	for i := range maxAll + 10 {
		g.result(strconv.Itoa(i))
	}
	require.Len(t, g.all, maxAll)
}

// L13: many clicks at once, of which some give up.
func TestL13_ManyClicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group[struct{}]
		var works, good, gone atomic.Int64
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				ctx := t.Context()
				if i%2 == 1 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Second)
					defer cancel()
				}
				_, err := g.Do(ctx, "n:t", func(*struct{}) (bool, error) {
					works.Add(1)
					time.Sleep(2 * time.Second)
					return true, nil
				})
				switch {
				case err == nil:
					good.Add(1)
				case errors.Is(err, grimoireauth.ErrUnavailable):
					gone.Add(1)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, works.Load())
		require.GreaterOrEqual(t, good.Load(), int64(50))
		require.EqualValues(t, 100, good.Load()+gone.Load())
	})
}

func TestAttemptSurvivesAPanic(t *testing.T) {
	var g Group[struct{}]
	require.Panics(t, func() {
		_, _ = g.Do(t.Context(), "key", func(*struct{}) (bool, error) { panic(http.ErrAbortHandler) })
	})
	_, err := g.Do(t.Context(), "key", func(*struct{}) (bool, error) { return true, nil })
	require.NoError(t, err, "the turn was given back")
}
