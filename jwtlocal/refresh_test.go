package jwtlocal

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestR01Stampede: ten thousand requests of a hundred sessions at expiry are one call
// per session, and all of them succeed, also if half of those who came first give up.
func TestR01Stampede(t *testing.T) {
	for name, leaving := range map[string]bool{"all stay": false, "half of the leaders leave": true} {
		t.Run(name, func(t *testing.T) {
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				sessions, each := 100, 100
				if leaving {
					sessions, each = 20, 50
				}
				logins := make([]login, sessions)
				stale := make([]grimoireauth.Credentials, sessions)
				for n := range logins {
					logins[n] = u.login(n)
					stale[n] = u.credentials(logins[n], 301*time.Second)
				}
				time.Sleep(10 * time.Second) // leeway
				var all sync.WaitGroup
				var failed, left sync.Map
				for n := range sessions {
					leader, cancel := context.WithCancel(t.Context())
					for k := range each {
						ctx := t.Context()
						if k == 0 {
							ctx = leader
						}
						all.Go(func() {
							got, err := v.Authenticate(ctx, stale[n])
							switch {
							case err != nil && k == 0 && leaving && errors.Is(err, context.Canceled):
								left.Store(n, true)
							case err != nil:
								failed.Store([2]int{n, k}, err)
							case string(got.ID()) != logins[n].session || got.Source != grimoireauth.SourceRefreshed:
								failed.Store([2]int{n, k}, got)
							}
						})
						if k == 0 {
							synctest.Wait() // so that it is the leader
						}
					}
					if leaving && n%2 == 0 {
						cancel()
					}
					defer cancel()
				}
				all.Wait()
				failed.Range(func(k, v any) bool { t.Errorf("%v: %v", k, v); return true })
				require.Equal(t, sessions, u.count())
				require.LessOrEqual(t, u.most, maxKnownCalls)
				gone := 0
				left.Range(func(any, any) bool { gone++; return true })
				if leaving {
					require.Equal(t, sessions/2, gone)
				}
			})
		})
	}
}

// TestR02NeverCoarser: two sessions of one member, in one class, with one key, are
// two refreshes.
func TestR02NeverCoarser(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		phone, laptop := u.login(1), u.login(2)
		u.change(func() {
			laptop.member, laptop.class = phone.member, phone.class
			*u.byTok[laptop.token] = laptop
		})
		var all sync.WaitGroup
		for _, l := range []login{phone, laptop, phone, laptop} {
			all.Go(func() {
				got, err := authenticate(t, v, u.credentials(l, time.Hour))
				requireSession(t, l, got, err)
				require.Equal(t, l.token, got.Token.Reveal())
			})
		}
		all.Wait()
		require.Equal(t, 2, u.count())
	})
}

// TestR03LeaderLeaves: the request that started a refresh may leave; the others get its answer,
// and so does one that comes late.
func TestR03LeaderLeaves(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		stale := u.credentials(l, time.Hour)
		leader, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			_, err := v.Authenticate(leader, stale)
			require.ErrorIs(t, err, context.Canceled)
			requireUnavailable(t, err)
		})
		synctest.Wait()
		for range 10 {
			all.Go(func() {
				got, err := authenticate(t, v, stale)
				requireSession(t, l, got, err)
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
		instantly(t, func() {
			got, err := authenticate(t, v, stale)
			requireSession(t, l, got, err)
		})
		require.Equal(t, 1, u.count())
	})
}

// TestR04Breakdown: whatever a refresh does instead of returning, all who wait get an
// error, and the next one finds everything in order.
func TestR04Breakdown(t *testing.T) {
	for name, broken := range map[string]func(ctx context.Context) error{
		"panics":               func(context.Context) error { panic("secret " + testToken) },
		"panics with nil":      func(context.Context) error { panic(nil) }, //nolint:govet // on purpose
		"ends its goroutine":   func(context.Context) error { runtime.Goexit(); return nil },
		"ignores its context":  func(context.Context) error { time.Sleep(time.Hour); return nil },
		"returns an error":     func(context.Context) error { return errors.New("about " + testToken) },
		"returns nothing":      func(context.Context) error { return nil },
		"waits for its caller": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			var working atomic.Bool
			var log eventLog
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				stale := u.credentials(l, time.Hour)
				began := time.Now()
				var all sync.WaitGroup
				for range 20 {
					all.Go(func() {
						_, err := authenticate(t, v, stale)
						requireUnavailable(t, err)
						require.NotContains(t, printed(err), testToken)
					})
				}
				all.Wait()
				require.LessOrEqual(t, time.Since(began), refreshDeadline)
				require.NotContains(t, log.String(), testToken)
				working.Store(true)
				time.Sleep(firstPause)
				got, err := authenticate(t, v, stale)
				requireSession(t, l, got, err)
			}, func(c *Config, u *upstream) {
				c.Observe = log.observe
				c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
					if working.Load() {
						return u.authenticate(ctx, credentials)
					}
					return grimoireauth.Authentication{}, broken(ctx)
				}
			})
		})
	}
}

// TestR06Revoked: a session that was revoked at Stytch ends at the first refresh, for
// all who wait, once; and with it its session_jwts that had not expired.
func TestR06Revoked(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		other, err := authenticate(t, v, u.credentials(l, time.Hour)) // now it is known whose the token is
		requireSession(t, l, other, err)
		u.of(l, func(l *login) { l.over = true })
		time.Sleep(200 * time.Second)
		young := u.credentials(l, 0) // of another tab, good for five minutes
		got, err := authenticate(t, v, young)
		requireSession(t, l, got, err)
		stale := u.credentials(l, 301*time.Second)
		time.Sleep(100 * time.Second)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := authenticate(t, v, stale)
				requireEnded(t, err)
			})
		}
		all.Wait()
		require.Equal(t, 2, u.count())
		instantly(t, func() {
			_, err = authenticate(t, v, young)
			requireEnded(t, err)
			_, err = v.Verify(t.Context(), young.JWT)
			requireEnded(t, err)
			_, err = authenticate(t, v, stale)
			requireEnded(t, err)
		})
		require.Equal(t, 2, u.count())
	})
}

// TestR06NotSomebodyElses: a made-up token does not end the session of the
// session_jwt that it comes with.
func TestR06NotSomebodyElses(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		young := u.credentials(l, 0)
		_, err := authenticate(t, v, grimoireauth.NewCredentials(u.jwt(l, time.Hour), testToken))
		requireEnded(t, err)
		got, err := authenticate(t, v, young)
		requireSession(t, l, got, err)
		time.Sleep(firstPause)
		got, err = authenticate(t, v, u.credentials(l, time.Hour))
		requireSession(t, l, got, err)
	})
}
