package keys

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestKeyAgeUnderClockJumps (J57): neither a suspended machine nor a clock set back
// makes the key set look younger than it is.
func TestKeyAgeUnderClockJumps(t *testing.T) {
	then := time.Now()
	require.Equal(t, time.Hour, age(then.Add(time.Hour), then))
	suspended := then.Round(0).Add(time.Hour) // the monotonic clock stood still
	require.Equal(t, time.Hour, age(suspended, then).Round(time.Millisecond))
	require.GreaterOrEqual(t, age(time.Now(), then.Round(0).Add(time.Hour)), -time.Hour)
}

// TestCurrentTakesNoLock: while an old set cannot be replaced, the look at it takes no
// lock, so that an outage slows no request down.
func TestCurrentTakesNoLock(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	s := NewStore(Config[int]{
		RefreshAfter: time.Hour, MaxAge: 24 * time.Hour, NewCache: func() int { return 0 },
		Go:      func(func()) { t.Error("a fetch was started") },
		Observe: func(context.Context, grimoireauth.Event) {},
	})
	now := time.Now()
	s.Seed(Document{Keys: map[string]*Key{"k": {ID: "k", Public: &private.PublicKey}}}, now.Add(-2*time.Hour))
	s.retryAt.Store(now.Add(time.Minute).UnixNano())
	s.mu.Lock() // a look that took it would wait for ever
	defer s.mu.Unlock()
	require.NotNil(t, s.Current(t.Context(), now))
}
