package jwtlocal

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// use sends a request every minute, with whatever cookies the last one got, and
// returns how long that went well.
func use(t *testing.T, v *Verifier, c grimoireauth.Credentials, atMost time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for ; time.Since(began) < atMost; time.Sleep(time.Minute) {
		got, err := authenticate(t, v, c)
		if err != nil {
			requireEnded(t, err)
			break
		}
		c = got.Credentials
	}
	return time.Since(began).Round(time.Minute)
}

// TestSlidingSession: sessions end when sign-in said they would, unless SlidingSession moves their end
// while they are in use, and never beyond AbsoluteTimeout.
func TestSlidingSession(t *testing.T) {
	for name, test := range map[string]struct {
		sliding bool
		idle    time.Duration
		want    time.Duration
	}{
		"off":                     {want: time.Hour},
		"in use":                  {sliding: true, want: 5 * time.Hour},
		"unused for too long":     {sliding: true, idle: 61 * time.Minute, want: 0},
		"unused for a little":     {sliding: true, idle: 59 * time.Minute, want: 5*time.Hour - 59*time.Minute},
		"off, unused for a while": {idle: 30 * time.Minute, want: 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				u.of(l, func(l *login) { l.ends = l.started.Add(time.Hour) })
				l.ends = l.started.Add(time.Hour)
				c := u.credentials(l, 0)
				time.Sleep(test.idle)
				require.InDelta(t, test.want.Minutes(), use(t, v, c, 10*time.Hour).Minutes(), 2)
				u.change(func() {
					require.False(t, u.byTok[l.token].ends.After(l.started.Add(5*time.Hour)), "beyond the cap")
				})
			}, func(c *Config, u *upstream) {
				if test.sliding {
					c.SlidingSession = SlidingSession{Extend: u.extend, IdleTimeout: time.Hour, AbsoluteTimeout: 5 * time.Hour}
				}
			})
		})
	}
}

// TestSlidingNeverShortens: Stytch counts from now, so a short SlidingSession must not bring the
// end of a long session nearer.
func TestSlidingNeverShortens(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1) // eight hours
		require.Equal(t, 8*time.Hour, use(t, v, u.credentials(l, 0), 8*time.Hour))
		u.change(func() { require.Equal(t, l.ends, u.byTok[l.token].ends) })
	}, func(c *Config, u *upstream) {
		c.SlidingSession = SlidingSession{Extend: u.extend, IdleTimeout: time.Hour, AbsoluteTimeout: 8 * time.Hour}
	})
}

// TestAbsoluteTimeoutHoldsForTheToken: AbsoluteTimeout is about the session whose token it is, not
// about the one that a session_jwt beside it names.
func TestAbsoluteTimeoutHoldsForTheToken(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		old := u.login(1)
		u.of(old, func(l *login) { l.ends = l.started.Add(90 * time.Minute) })
		time.Sleep(80 * time.Minute)
		young := u.login(2)
		_, err := authenticate(t, v, grimoireauth.NewCredentials(u.jwt(young, time.Hour), old.token))
		requireRefused(t, err)
		_, err = authenticate(t, v, grimoireauth.NewCredentials("", old.token))
		require.NoError(t, err)
		u.change(func() { require.False(t, u.byTok[old.token].ends.After(old.started.Add(2*time.Hour))) })
	}, func(c *Config, u *upstream) {
		c.SlidingSession = SlidingSession{Extend: u.extend, IdleTimeout: time.Hour, AbsoluteTimeout: 2 * time.Hour}
	})
}

// TestSlidingRejected: a project whose maximum is shorter refreshes all the same, and
// the operator is told; and what was refreshed before an outage is not thrown away.
func TestSlidingRejected(t *testing.T) {
	var log eventLog
	var refusal error
	for name, err := range map[string]error{
		"too long for the project": &grimoireauth.Error{Kind: grimoireauth.ErrInvalid, Type: "invalid_session_duration"},
		"an outage":                down(0),
	} {
		t.Run(name, func(t *testing.T) {
			refusal = err
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				u.of(l, func(l *login) { l.ends = l.started.Add(time.Hour) })
				got, err := authenticate(t, v, u.credentials(l, time.Hour))
				requireSession(t, l, got, err)
			}, func(c *Config, u *upstream) {
				c.Observe = log.observe
				c.SlidingSession = SlidingSession{IdleTimeout: 2 * time.Hour, AbsoluteTimeout: 8 * time.Hour, Extend: func(context.Context, grimoireauth.Credentials, time.Duration) (grimoireauth.Authentication, error) {
					return grimoireauth.Authentication{}, refusal
				}}
			})
		})
	}
	require.Contains(t, log.String(), alarmExtend)
}

func TestSlidingConfig(t *testing.T) {
	extend := func(context.Context, grimoireauth.Credentials, time.Duration) (grimoireauth.Authentication, error) {
		return grimoireauth.Authentication{}, nil
	}
	refresh := func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		return grimoireauth.Authentication{}, nil
	}
	for name, test := range map[string]struct {
		config Config
		want   []string // nil: accepted
	}{
		"off":               {Config{Refresh: refresh}, nil},
		"an hour, a day":    {Config{Refresh: refresh, SlidingSession: SlidingSession{Extend: extend, IdleTimeout: time.Hour, AbsoluteTimeout: 24 * time.Hour}}, nil},
		"nothing to extend": {Config{Refresh: refresh, SlidingSession: SlidingSession{IdleTimeout: time.Hour, AbsoluteTimeout: 24 * time.Hour}}, []string{"SlidingSession.Extend"}},
		"without durations": {Config{Refresh: refresh, SlidingSession: SlidingSession{Extend: extend}}, []string{"SlidingSession.IdleTimeout", "SlidingSession.AbsoluteTimeout"}},
		"cap below by":      {Config{Refresh: refresh, SlidingSession: SlidingSession{Extend: extend, IdleTimeout: time.Hour, AbsoluteTimeout: time.Minute}}, []string{"SlidingSession.AbsoluteTimeout"}},
		"too short":         {Config{Refresh: refresh, SlidingSession: SlidingSession{Extend: extend, IdleTimeout: time.Minute, AbsoluteTimeout: time.Hour}}, []string{"SlidingSession.IdleTimeout"}},
		"too long":          {Config{Refresh: refresh, SlidingSession: SlidingSession{Extend: extend, IdleTimeout: 367 * 24 * time.Hour, AbsoluteTimeout: 367 * 24 * time.Hour}}, []string{"SlidingSession.IdleTimeout", "SlidingSession.AbsoluteTimeout"}},
		"without Refresh":   {Config{SlidingSession: SlidingSession{Extend: extend, IdleTimeout: time.Hour, AbsoluteTimeout: time.Hour}}, []string{"need Refresh"}},
		"negative grace":    {Config{Refresh: refresh, OutageGrace: -1}, []string{"OutageGrace"}},
		"endless grace":     {Config{Refresh: refresh, OutageGrace: 25 * time.Hour}, []string{"OutageGrace"}},
		"grace alone":       {Config{OutageGrace: time.Hour}, []string{"need Refresh"}},
		"all of it":         {Config{OutageGrace: -1, SlidingSession: SlidingSession{IdleTimeout: 1}}, []string{"OutageGrace", "SlidingSession.IdleTimeout", "SlidingSession.AbsoluteTimeout", "SlidingSession.Extend"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.config.ProjectID = testProject
			_, err := New(test.config)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			for _, want := range test.want {
				require.ErrorContains(t, causeOf(err), want)
			}
		})
	}
}

// causeOf is what a configuration error wraps: the faults.
func causeOf(err error) error {
	var e *grimoireauth.Error
	if errorsAs(err, &e) {
		return e.Err
	}
	return err
}
