package jwtlocal

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// browser holds cookies, and sends what it has with every request.
type browser struct {
	mu      sync.Mutex // guards cookies
	cookies grimoireauth.Credentials
}

func (b *browser) get() grimoireauth.Credentials {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cookies
}

func (b *browser) set(c grimoireauth.Credentials) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cookies = c
}

// TestPageInUse: a page that sends twenty requests at once every ten seconds, for an
// hour, has none that fails, none but the first that waits for Stytch, and costs at
// most sixteen calls.
func TestPageInUse(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = 700 * time.Millisecond
		l := u.login(1)
		page := &browser{cookies: u.credentials(l, time.Hour)}
		requests, waited := 0, 0
		for began := time.Now(); time.Since(began) <= time.Hour; time.Sleep(10 * time.Second) {
			var all sync.WaitGroup
			var mu sync.Mutex // guards waited
			for range 20 {
				requests++
				sent := page.get()
				all.Go(func() {
					start := time.Now()
					got, err := authenticate(t, v, sent)
					requireSession(t, l, got, err)
					if time.Since(start) > 0 {
						mu.Lock()
						waited++
						mu.Unlock()
					}
					page.set(got.Credentials)
				})
			}
			all.Wait()
		}
		require.Equal(t, 20, waited, "the first twenty wait, for one call")
		require.LessOrEqual(t, u.count(), 16)
		require.GreaterOrEqual(t, u.count(), 12, "it was refreshed at all")
		t.Logf("%d requests, %d calls", requests, u.count())
	})
}

// TestAhead: where the last part of a token's life begins, and that it is refreshed
// once, behind the request.
func TestAhead(t *testing.T) {
	tests := map[string]struct {
		configure func(*Config)
		quiet     time.Duration // no call at this age
		late      time.Duration // a call at this age
	}{
		"a minute":            {func(*Config) {}, 239 * time.Second, 240 * time.Second},
		"ten seconds":         {func(c *Config) { c.RefreshAhead = 10 * time.Second }, 289 * time.Second, 290 * time.Second},
		"at most half a life": {func(c *Config) { c.RefreshAhead = time.Hour }, 149 * time.Second, 150 * time.Second},
		"before MaxAge":       {func(c *Config) { c.MaxAge = 3 * time.Minute }, 119 * time.Second, 120 * time.Second},
		"never":               {func(c *Config) { c.RefreshAhead = -1 }, 299 * time.Second, 0},
		"nothing to refresh":  {func(c *Config) { c.Refresh = nil }, 299 * time.Second, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				c := u.credentials(l, 0)
				time.Sleep(test.quiet)
				got, err := authenticate(t, v, c)
				requireSession(t, l, got, err)
				require.NoError(t, v.Wait(t.Context()))
				require.Zero(t, u.count())
				if test.late == 0 {
					return
				}
				time.Sleep(test.late - test.quiet)
				instantly(t, func() {
					for range 10 {
						got, err = authenticate(t, v, c)
						requireSession(t, l, got, err)
						requireKept(t, c, got)
						require.Equal(t, grimoireauth.SourceLocal, got.Source)
					}
				})
				require.NoError(t, v.Wait(t.Context()))
				require.Equal(t, 1, u.count())
				instantly(t, func() {
					got, err = authenticate(t, v, c)
					requireSession(t, l, got, err)
					require.NotEqual(t, c.JWT.Reveal(), got.JWT.Reveal())
					require.Equal(t, l.token, got.Token.Reveal())
					require.Equal(t, grimoireauth.SourceRefreshed, got.Source)
				})
				require.Equal(t, 1, u.count())
			}, func(c *Config, _ *upstream) { test.configure(c) })
		})
	}
}

// TestAheadOfNothing: what cannot be made to last longer is not refreshed ahead, and
// what comes without a token cannot be.
func TestAheadOfNothing(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		u.of(l, func(l *login) { l.ends = time.Now().Add(200 * time.Second) })
		l.ends = time.Now().Add(200 * time.Second)
		ending := u.credentials(l, 0)
		time.Sleep(199 * time.Second)
		for range 10 {
			got, err := authenticate(t, v, ending)
			requireSession(t, l, got, err)
		}
		other := u.login(2)
		alone := grimoireauth.NewCredentials(u.jwt(other, 280*time.Second), "")
		got, err := authenticate(t, v, alone)
		requireSession(t, other, got, err)
		require.NoError(t, v.Wait(t.Context()))
		require.Zero(t, u.count())
		time.Sleep(10 * time.Second)
		_, err = authenticate(t, v, ending)
		requireEnded(t, err)
	})
}

// TestAheadDuringOutage: while the token is good no request shows that Stytch cannot be
// reached, and the pauses grow.
func TestAheadDuringOutage(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		c := u.credentials(l, 240*time.Second)
		u.change(func() { u.fault = down })
		for range 60 {
			instantly(t, func() {
				got, err := authenticate(t, v, c)
				requireSession(t, l, got, err)
			})
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, u.count(), 6) // after 1, 2, 4, 8, 16 and 30 seconds
		u.change(func() { u.fault = nil })
		time.Sleep(longestPause)
		got, err := authenticate(t, v, c)
		requireSession(t, l, got, err)
		require.Equal(t, grimoireauth.SourceRefreshed, got.Source)
	})
}

// TestLateRequests: the result of a refresh stays until its session_jwt enters its
// last minute, for requests that still carry the old cookie.
func TestLateRequests(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		old := u.credentials(l, time.Hour)
		first, err := authenticate(t, v, old)
		requireSession(t, l, first, err)
		for range 23 {
			time.Sleep(10 * time.Second)
			instantly(t, func() {
				got, err := authenticate(t, v, old)
				requireSession(t, l, got, err)
				require.Equal(t, first.JWT.Reveal(), got.JWT.Reveal())
				got, err = authenticate(t, v, grimoireauth.NewCredentials("", l.token))
				requireSession(t, l, got, err)
				require.Equal(t, first.JWT.Reveal(), got.JWT.Reveal())
				require.Equal(t, grimoireauth.SourceRemote, got.Source)
			})
		}
		require.Equal(t, 1, u.count())
		time.Sleep(10 * time.Second)
		got, err := authenticate(t, v, old)
		requireSession(t, l, got, err)
		require.NotEqual(t, first.JWT.Reveal(), got.JWT.Reveal())
		require.Equal(t, 2, u.count())
	})
}

// TestTokenOnly: a browser that keeps no session_jwt, because it is too long for a
// cookie, waits for Stytch once.
func TestTokenOnly(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		alone := grimoireauth.NewCredentials("", l.token)
		waited := 0
		for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(10 * time.Second) {
			start := time.Now()
			got, err := authenticate(t, v, alone)
			requireSession(t, l, got, err)
			if time.Since(start) > 0 {
				waited++
			}
		}
		require.Equal(t, 1, waited)
		require.LessOrEqual(t, u.count(), 16)
		u.of(l, func(l *login) { l.over = true })
		time.Sleep(5 * time.Minute)
		_, err := authenticate(t, v, alone)
		requireEnded(t, err)
	})
}

// TestRefreshAsksAlways: Refresh asks Stytch, whatever is known, and gives nobody
// more than they had.
func TestRefreshAsksAlways(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		both := u.credentials(l, 0)
		for n := range 3 {
			got, err := v.Refresh(t.Context(), both)
			requireSession(t, l, got, err)
			require.Equal(t, grimoireauth.SourceRemote, got.Source)
			require.Equal(t, n+1, u.count())
			time.Sleep(time.Second)
		}
		alone := grimoireauth.NewCredentials(both.JWT.Reveal(), "")
		got, err := v.Refresh(t.Context(), alone)
		requireSession(t, l, got, err)
		require.Equal(t, alone, got.Credentials, "five minutes do not become a session")
		require.Equal(t, 4, u.count())
		require.Equal(t, 1, remembered(&v.records), "a session_jwt is not remembered as a token is")
		got, err = v.Refresh(t.Context(), grimoireauth.NewCredentials("", l.token))
		requireSession(t, l, got, err)
		require.Equal(t, 5, u.count())

		// Roles are what they are now.
		u.of(l, func(l *login) { l.roles = []string{"stytch_member", "instructor"} })
		got, err = v.Refresh(t.Context(), both)
		requireSession(t, l, got, err)
		require.True(t, got.HasRole("instructor"))

		// Stale and alone: nothing to refresh it with.
		_, err = v.Refresh(t.Context(), grimoireauth.NewCredentials(u.jwt(l, time.Hour), ""))
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		_, err = v.Refresh(t.Context(), grimoireauth.Credentials{})
		require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)

		u.of(l, func(l *login) { l.over = true })
		_, err = v.Refresh(t.Context(), both)
		requireEnded(t, err)
		u.change(func() { u.fault = down })
		other := u.login(2)
		_, err = v.Refresh(t.Context(), u.credentials(other, 0))
		requireUnavailable(t, err)
	})
}

// TestWithoutRefresh: what would need Stytch has expired, and nobody is asked.
func TestWithoutRefresh(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		_, err := authenticate(t, v, u.credentials(l, time.Hour))
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		_, err = authenticate(t, v, grimoireauth.NewCredentials("", l.token))
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		_, err = v.Refresh(t.Context(), u.credentials(l, 0))
		requireUnavailable(t, err)
	}, func(c *Config, _ *upstream) { c.Refresh = nil })
}

// TestWarmAuthenticateAllocatesNothing: a token that was seen before costs no memory.
func TestWarmAuthenticateAllocatesNothing(t *testing.T) {
	v := newVerifier(t, func(c *Config) {
		u := new(upstream)
		c.Refresh, c.Revocations = u.authenticate, new(MemoryRevocations)
	})
	c := grimoireauth.NewCredentials(goodToken(time.Now()), testToken)
	ctx := t.Context()
	_, err := v.Authenticate(ctx, c)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, err = v.Authenticate(ctx, c) }))
	require.NoError(t, err)
}
