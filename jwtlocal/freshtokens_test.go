package jwtlocal

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestRevokedWhileRefreshing: a refresh that began before the revocation may tell of what was
// true before it, so its answer is not believed; one that began after it is.
func TestRevokedWhileRefreshing(t *testing.T) {
	revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
		l := u.login(1)
		u.of(l, func(l *login) { l.roles = []string{"instructor"} })
		stale := u.credentials(l, time.Hour)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				got, err := authenticate(t, v, stale)
				requireSession(t, l, got, err)
				require.False(t, got.HasRole("instructor"))
			})
		}
		// The upstream decides at once, and its answer is long on its way.
		u.change(func() { u.swap = func(l login) login { l.roles = []string{"instructor"}; return l } })
		time.Sleep(50 * time.Millisecond)
		require.NoError(t, m.Add(t.Context(), revokedMember(l)))
		time.Sleep(60 * time.Millisecond)
		u.change(func() { u.swap = nil })
		u.of(l, func(l *login) { l.roles = nil })
		all.Wait()
		require.Equal(t, 2, u.count())
	})
}

// TestRevokedTwice: as when a role is changed: before the call to Stytch and after it. A
// session_jwt that was refreshed in between is stale as well.
func TestRevokedTwice(t *testing.T) {
	revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
		u.latency = 0 // all at one moment: no clock can tell before from after
		l := u.login(1)
		u.of(l, func(l *login) { l.roles = []string{"instructor"} })
		stale := u.credentials(l, time.Hour)
		require.NoError(t, m.Add(t.Context(), revokedMember(l)))
		between, err := authenticate(t, v, stale)
		requireSession(t, l, between, err)
		require.True(t, between.HasRole("instructor"), "it is still true")
		u.of(l, func(l *login) { l.roles = nil })
		require.NoError(t, m.Add(t.Context(), revokedMember(l)))
		for _, c := range []grimoireauth.Credentials{between.Credentials, stale} {
			got, err := authenticate(t, v, c)
			requireSession(t, l, got, err)
			require.False(t, got.HasRole("instructor"))
		}
		require.Equal(t, 2, u.count())
	})
}

// TestOldAnswer: an upstream that hands out a session_jwt from before the revocation,
// such as a cache in between, does not get it vouched for.
func TestOldAnswer(t *testing.T) {
	var old string
	revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
		l := u.login(1)
		old = u.jwt(l, 2*time.Minute)
		require.NoError(t, m.Add(t.Context(), revokedMember(l)))
		_, err := authenticate(t, v, grimoireauth.NewCredentials(old, l.token))
		requireUnavailable(t, err)
		require.Equal(t, maxCalls, u.count())
	}, func(c *Config, u *upstream) {
		c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			got, err := u.authenticate(ctx, credentials)
			got.JWT = grimoireauth.NewSecret(old)
			return got, err
		}
	})
}

// TestTokenAloneAfterRevocation: for a token whose session is not known before the answer, Stytch is asked
// about once more, now that it is known which revocations concern them.
func TestTokenAloneAfterRevocation(t *testing.T) {
	revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
		l := u.login(1)
		require.NoError(t, m.Add(t.Context(), revokedClass(l)))
		got, err := authenticate(t, v, grimoireauth.NewCredentials("", l.token))
		requireSession(t, l, got, err)
		require.Equal(t, 2, u.count())
		got, err = authenticate(t, v, got.Credentials)
		requireSession(t, l, got, err)
		require.Equal(t, grimoireauth.SourceLocal, got.Source)
	})
}

// TestFreshTokens: in spite of which revocations a session_jwt counts, since Stytch issued it later.
func TestFreshTokens(t *testing.T) {
	now := time.Now()
	token, other := numbered(1), numbered(2)
	at := func(d time.Duration, version uint64) RevocationStatus {
		return RevocationStatus{NotBefore: now.Add(d), Version: version}
	}
	for name, test := range map[string]struct {
		known, now RevocationStatus
		token      digest
		issued     time.Duration
		want       bool
	}{
		"the same":                             {known: at(0, 7), now: at(0, 7), want: true},
		"another token":                        {known: at(0, 7), now: at(0, 7), token: other},
		"a later one":                          {known: at(0, 7), now: at(time.Second, 8)},
		"a later one with the same time":       {known: at(0, 7), now: at(0, 8)},
		"a later one with an earlier time":     {known: at(0, 7), now: at(-time.Second, 8)},
		"one that was forgotten meanwhile":     {known: at(0, 7), now: at(-time.Second, 3), want: true},
		"no numbers, the same":                 {known: at(0, 0), now: at(0, 0), want: true},
		"no numbers, a later one":              {known: at(0, 0), now: at(1, 0)},
		"nothing was known":                    {known: RevocationStatus{}, now: at(0, 1)},
		"issued a little before, by its clock": {known: at(0, 7), now: at(0, 7), issued: -59 * time.Second, want: true},
		"issued long before":                   {known: at(0, 7), now: at(0, 7), issued: -2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			var v freshTokens
			v.add(token, test.known, now)
			asked := token
			if test.token == other {
				asked = other
			}
			require.Equal(t, test.want, v.obtainedAfter(&asked, test.now, now.Add(test.issued).Unix()))
		})
	}
	t.Run("bounded", func(t *testing.T) {
		var v freshTokens
		for n := range 3 * maxFreshTokens {
			v.add(numbered(n), at(0, 1), now)
		}
		require.LessOrEqual(t, len(v.byToken), maxFreshTokens)
		v.add(numbered(-1), at(0, 1), now)
		last := numbered(-1)
		require.True(t, v.obtainedAfter(&last, at(0, 1), now.Unix()))
	})
}
