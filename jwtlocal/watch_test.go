package jwtlocal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// watched authenticates and watches, for as long as the test.
func watched(t *testing.T, v *Verifier, c grimoireauth.Credentials) context.Context {
	t.Helper()
	a, err := authenticate(t, v, c)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return v.Watch(ctx, a)
}

// endsAfter returns how long it takes for the context to end.
func endsAfter(t *testing.T, ctx context.Context, atMost time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case <-ctx.Done():
	case <-time.After(atMost):
	}
	return time.Since(began)
}

// TestWatch: how long a connection lasts, and why it ends.
func TestWatch(t *testing.T) {
	tests := map[string]struct {
		change func(u *upstream, l login, m *MemoryRevocations) // ten minutes after the watch began
		least  time.Duration                                    // from then
		most   time.Duration
		want   error
	}{
		"to the end of the session": {least: 50 * time.Minute, most: 50*time.Minute + time.Second, want: grimoireauth.ErrSessionEnded},
		"logged out": {
			change: func(_ *upstream, l login, m *MemoryRevocations) { _ = m.Add(context.Background(), revokedSession(l)) },
			most:   time.Second, want: grimoireauth.ErrSessionEnded,
		},
		"removed from the class": {
			change: func(_ *upstream, l login, m *MemoryRevocations) { _ = m.Add(context.Background(), revokedMember(l)) },
			most:   time.Second, want: grimoireauth.ErrExpired,
		},
		"the class was revoked": {
			change: func(_ *upstream, l login, m *MemoryRevocations) { _ = m.Add(context.Background(), revokedClass(l)) },
			most:   time.Second, want: grimoireauth.ErrExpired,
		},
		"revoked elsewhere": {
			change: func(u *upstream, l login, _ *MemoryRevocations) { u.of(l, func(l *login) { l.over = true }) },
			most:   4*time.Minute + time.Second, want: grimoireauth.ErrSessionEnded,
		},
		"demoted elsewhere": {
			change: func(u *upstream, l login, _ *MemoryRevocations) { u.of(l, func(l *login) { l.roles = nil }) },
			most:   4*time.Minute + time.Second, want: grimoireauth.ErrExpired,
		},
		"an outage that lasts": {
			change: func(u *upstream, _ login, _ *MemoryRevocations) { u.change(func() { u.fault = down }) },
			least:  time.Minute, most: 5*time.Minute + 10*time.Second, want: grimoireauth.ErrUnavailable,
		},
		"an outage that passes": {
			change: func(u *upstream, _ login, _ *MemoryRevocations) {
				u.change(func() { u.fault = down })
				time.AfterFunc(150*time.Second, func() { u.change(func() { u.fault = nil }) })
			},
			least: 50 * time.Minute, most: 50*time.Minute + time.Second, want: grimoireauth.ErrSessionEnded,
		},
		"extended elsewhere": {
			change: func(u *upstream, l login, _ *MemoryRevocations) {
				u.of(l, func(l *login) { l.ends = l.ends.Add(time.Hour) })
			},
			least: 110 * time.Minute, most: 110*time.Minute + time.Second, want: grimoireauth.ErrSessionEnded,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
				l := u.login(1)
				u.of(l, func(l *login) { l.ends = l.started.Add(time.Hour) })
				l.ends = l.started.Add(time.Hour)
				ctx := watched(t, v, u.credentials(l, 0))
				time.Sleep(10 * time.Minute)
				require.NoError(t, ctx.Err())
				if test.change != nil {
					test.change(u, l, m)
				}
				took := endsAfter(t, ctx, 3*time.Hour)
				require.ErrorIs(t, context.Cause(ctx), test.want)
				require.GreaterOrEqual(t, took, test.least)
				require.LessOrEqual(t, took, test.most+u.latency)
				require.LessOrEqual(t, u.count(), 70, "as a page in use")
			})
		})
	}
}

// TestWatchOfNothing: credentials that prove no session are not watched.
func TestWatchOfNothing(t *testing.T) {
	revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
		out, cut := u.login(1), u.login(2)
		a, err := authenticate(t, v, u.credentials(out, 0))
		require.NoError(t, err)
		b, err := authenticate(t, v, u.credentials(cut, 0))
		require.NoError(t, err)
		require.NoError(t, m.Add(t.Context(), revokedSession(out)))
		require.NoError(t, m.Add(t.Context(), revokedMember(cut)))
		forged := a
		forged.JWT = grimoireauth.NewSecret("garbage")
		nobody := grimoireauth.Authentication{}
		for want, a := range map[error]grimoireauth.Authentication{
			grimoireauth.ErrSessionEnded: a, grimoireauth.ErrExpired: b, grimoireauth.ErrUnauthenticated: forged, grimoireauth.ErrNoCredentials: nobody,
		} {
			ctx := v.Watch(t.Context(), a)
			require.Error(t, ctx.Err())
			require.ErrorIs(t, context.Cause(ctx), want)
		}
	})
}

// TestWatchWithoutToken: a session_jwt alone is watched until it expires.
func TestWatchWithoutToken(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ctx := watched(t, v, grimoireauth.NewCredentials(u.jwt(u.login(1), 0), ""))
		require.InDelta(t, 305, endsAfter(t, ctx, time.Hour).Seconds(), 1)
		require.ErrorIs(t, context.Cause(ctx), grimoireauth.ErrExpired)
		require.Zero(t, u.count())
	})
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		a, err := authenticate(t, v, grimoireauth.NewCredentials("", l.token))
		require.NoError(t, err)
		a.JWT = grimoireauth.Secret{} // as after a cookie that was too long
		ctx := v.Watch(t.Context(), a)
		time.Sleep(time.Hour)
		require.NoError(t, ctx.Err())
		u.of(l, func(l *login) { l.over = true })
		require.LessOrEqual(t, endsAfter(t, ctx, time.Hour), 301*time.Second)
		require.ErrorIs(t, context.Cause(ctx), grimoireauth.ErrSessionEnded)
	})
}

// TestWatchEndsWithItsParent: the request's own end is the end, and nothing is left
// behind, whichever ends first.
func TestWatchEndsWithItsParent(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		for n := range 100 {
			a, err := authenticate(t, v, u.credentials(u.login(n), time.Duration(n)*3*time.Second))
			require.NoError(t, err)
			parent, cancel := context.WithCancelCause(t.Context())
			ctx := v.Watch(parent, a)
			time.Sleep(time.Duration(n) * 31 * time.Millisecond)
			cancel(context.DeadlineExceeded)
			synctest.Wait()
			require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
		}
		require.NoError(t, v.Wait(t.Context()))
		before := u.count()
		time.Sleep(time.Hour)
		require.Equal(t, before, u.count(), "no call is made for connections that are gone")
	})
}

// TestWatchIsNoUse: a connection that is only open does not keep its session alive.
func TestWatchIsNoUse(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		u.of(l, func(l *login) { l.ends = l.started.Add(time.Hour) })
		l.ends = l.started.Add(time.Hour)
		ctx := watched(t, v, u.credentials(l, 0))
		require.InDelta(t, time.Hour.Seconds(), endsAfter(t, ctx, 5*time.Hour).Seconds(), 1)
		require.ErrorIs(t, context.Cause(ctx), grimoireauth.ErrSessionEnded)
	}, func(c *Config, u *upstream) {
		c.SlidingSession = SlidingSession{Extend: u.extend, IdleTimeout: time.Hour, AbsoluteTimeout: 4 * time.Hour}
	})
}
