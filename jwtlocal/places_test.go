package jwtlocal

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
)

// TestX01_PlacesForEachAddress: one client address holds four places, all of those that
// are not known hold sixteen, and Config.Refresh gets the address in its context.
func TestX01_PlacesForEachAddress(t *testing.T) {
	var mu sync.Mutex
	var last asker.Asker
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		guess := func(ctx context.Context, of int) {
			u.change(func() { u.most = 0 })
			var all sync.WaitGroup
			for n := range 40 {
				all.Go(func() {
					_, err := v.Authenticate(ctx, grimoireauth.NewCredentials("", fmt.Sprintf("%044d", of+n)))
					require.Error(t, err)
				})
			}
			all.Wait()
		}
		guess(from(t, 1), 0)
		require.Equal(t, maxPerSource, u.most)
		require.Equal(t, asker.Asker{Address: strangerFrom(last.Address, false).source}, last)
		require.True(t, last.Address.IsValid())
		guess(t.Context(), 1000)
		require.Equal(t, maxStrangers, u.most)
		require.Equal(t, asker.Asker{}, last)
		l := u.login(1)
		got, err := v.Authenticate(marked(t), grimoireauth.NewCredentials("", l.token))
		requireSession(t, l, got, err)
		require.Equal(t, asker.Asker{Known: true}, last)
	}, func(c *Config, u *upstream) {
		c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			said, _ := asker.From(ctx)
			mu.Lock()
			last = said
			mu.Unlock()
			return u.authenticate(ctx, credentials)
		}
	})
}
