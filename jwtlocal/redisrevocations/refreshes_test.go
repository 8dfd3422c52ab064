package redisrevocations

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// TestP09_RefreshesAtExpiry: the requests of one browser to eight processes, at the moment
// when its session_jwt has expired, cost at most one call to Stytch for each process.
func TestP09_RefreshesAtExpiry(t *testing.T) {
	s := newService(t, 8)
	m := s.addClass("LAWS")(false)
	m.credentials = s.stytch.SignIn(m.id, mock.WithJWTAge(20*time.Minute))
	before := s.calls()
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for _, p := range s.all {
		for range 10 {
			all.Go(func() {
				status := p.status(m.path+"/page", m.credentials)
				mu.Lock()
				defer mu.Unlock()
				got[status]++
			})
		}
	}
	all.Wait()
	require.Equal(t, map[int]int{200: 80}, got)
	require.LessOrEqual(t, s.calls()-before, len(s.all))
}
