package jwtlocal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestC03EndsBy: an answer says how long the session can last, however it was
// reached, so that a cookie can be kept that long.
func TestC03EndsBy(t *testing.T) {
	const longest = 12 * time.Hour
	sliding := func(c *Config, u *upstream) {
		c.SlidingSession = SlidingSession{Extend: u.extend, IdleTimeout: time.Hour, AbsoluteTimeout: longest}
		c.OutageGrace = time.Hour
	}
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		want := ada.started.Add(longest)
		requireEndsBy := func(source grimoireauth.Source, answer grimoireauth.Authentication, err error) {
			t.Helper()
			requireSession(t, ada, answer, err)
			require.Equal(t, source, answer.Source)
			require.True(t, want.Equal(answer.EndsBy()), "%v, not %v", answer.EndsBy(), want)
		}
		for _, row := range []struct {
			source grimoireauth.Source
			old    time.Duration
		}{
			{grimoireauth.SourceLocal, 0},
			{grimoireauth.SourceLocal, 4*time.Minute + 30*time.Second},
			{grimoireauth.SourceRefreshed, time.Hour},
		} {
			answer, err := authenticate(t, v, u.credentials(ada, row.old))
			requireEndsBy(row.source, answer, err)
			require.NoError(t, v.Wait(t.Context()))
		}
		answer, err := v.Refresh(t.Context(), u.credentials(ada, 0))
		requireEndsBy(grimoireauth.SourceRemote, answer, err)
		answer, err = authenticate(t, v, grimoireauth.Credentials{Token: grimoireauth.NewSecret(ada.token)})
		requireEndsBy(grimoireauth.SourceRemote, answer, err)
		answer, err = authenticate(t, v, grimoireauth.Credentials{JWT: grimoireauth.NewSecret(u.jwt(ada, 0))})
		requireEndsBy(grimoireauth.SourceLocal, answer, err)
		time.Sleep(10 * time.Minute)
		u.change(func() { u.fault = down })
		answer, err = authenticate(t, v, u.credentials(ada, 10*time.Minute))
		requireEndsBy(grimoireauth.SourceOutageGrace, answer, err)
	}, sliding)

	// A session that sign-in made longer than AbsoluteTimeout is not shortened by it.
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		u.of(ada, func(l *login) { l.ends = l.started.Add(20 * time.Hour); ada = *l })
		answer, err := authenticate(t, v, u.credentials(ada, 0))
		requireSession(t, ada, answer, err)
		require.True(t, ada.ends.Equal(answer.EndsBy()))
	}, sliding)

	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		answer, err := authenticate(t, v, u.credentials(u.login(1), 0))
		require.NoError(t, err)
		require.Zero(t, answer.EndsBy(), "nothing slides")
	})
}
