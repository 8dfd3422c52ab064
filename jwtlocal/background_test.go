package jwtlocal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A05: a shutdown waits for as long as it wants, whatever a call takes.
func TestA05WaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Verifier
		require.NoError(t, v.Wait(t.Context()), "nothing runs")
		release := make(chan struct{})
		v.background.start(func() { <-release })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, v.Wait(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		close(release)
		require.NoError(t, v.Wait(t.Context()))
	})
}
