package jwtlocal

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// alarmed collects the alarms of a verifier, and its log at warning.
type alarmed struct {
	events eventLog
	log    bytes.Buffer
}

func (a *alarmed) configure(c *Config, _ *upstream) {
	c.Logger = slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c.Observe = func(ctx context.Context, e grimoireauth.Event) {
		if _, ok := e.(grimoireauth.OperatorAlarm); ok {
			a.events.observe(ctx, e)
		}
	}
}

func (a *alarmed) require(t testing.TB, alarms int, texts ...string) {
	t.Helper()
	all := a.events.all()
	require.Len(t, all, alarms)
	for _, event := range all {
		alarm := event.(grimoireauth.OperatorAlarm)
		for _, text := range texts {
			require.Contains(t, alarm.Problem+": "+alarm.Err.Error(), text)
		}
	}
	require.Equal(t, alarms, strings.Count(a.log.String(), "\n"), a.log.String())
	for _, text := range texts {
		require.Contains(t, a.log.String(), text)
	}
}

// TestC10ClockBehind: a genuine session_jwt that is not valid yet says that this
// machine's clock is behind. No answer to that is a logout, and there is one alarm a
// minute.
func TestC10ClockBehind(t *testing.T) {
	var a alarmed
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		c := u.credentials(ada, 0)
		for range 50 {
			_, err := v.Verify(t.Context(), c.JWT)
			requireUnavailable(t, err)
			wait, ok := grimoireauth.RetryAfter(err)
			require.True(t, ok)
			require.Positive(t, wait)
			_, err = authenticate(t, v, c)
			requireUnavailable(t, err)
			_, err = v.Refresh(t.Context(), c)
			requireUnavailable(t, err)
			ctx := v.Watch(t.Context(), grimoireauth.Authentication{Session: watchable(t, v, u), Credentials: c})
			requireUnavailable(t, context.Cause(ctx))
		}
		require.Zero(t, u.count(), "Stytch would answer with another one")
		require.NotZero(t, v.Stats().Refused[ReasonNotYet])
		a.require(t, 1, "behind", "at least 30s", "NTP")
		for range 100 {
			c = u.credentials(ada, 0)
			_, err := authenticate(t, v, c)
			requireUnavailable(t, err)
			time.Sleep(time.Second)
		}
		a.require(t, 2, "at least 30s")
		u.skew = 0 // the clock is put right
		time.Sleep(30 * time.Second)
		answer, err := authenticate(t, v, c)
		requireSession(t, ada, answer, err)
	}, a.configure, func(c *Config, u *upstream) { u.skew, c.OutageGrace = 30*time.Second, time.Hour })
}

// watchable is a session to watch.
func watchable(t testing.TB, v *Verifier, u *upstream) grimoireauth.Session {
	t.Helper()
	session, err := v.Verify(t.Context(), grimoireauth.NewSecret(u.jwt(u.nobody(9), u.skew)))
	require.NoError(t, err)
	return session
}

// TestC10RefreshByAClockBehind: the same of the answer to a refresh, which no outage
// grace excuses, since there is no outage.
func TestC10RefreshByAClockBehind(t *testing.T) {
	var a alarmed
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		for range 60 {
			_, err := authenticate(t, v, u.credentials(ada, 10*time.Minute))
			requireUnavailable(t, err)
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, u.count(), 8, "it backs off")
		a.require(t, 1, "behind", "at least 29s") // the call took its time
	}, a.configure, func(c *Config, u *upstream) { u.skew, c.OutageGrace = 30*time.Second, time.Hour })
}

// TestC10ClockAhead: what Stytch has issued a moment ago has expired already by this
// machine's clock.
func TestC10ClockAhead(t *testing.T) {
	var a alarmed
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		for range 60 {
			_, err := authenticate(t, v, u.credentials(ada, 0))
			requireUnavailable(t, err)
			_, err = v.Refresh(t.Context(), u.credentials(ada, 0))
			requireUnavailable(t, err)
			_, err = authenticate(t, v, grimoireauth.Credentials{Token: grimoireauth.NewSecret(ada.token)})
			requireUnavailable(t, err)
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, u.count(), 8, "it backs off")
		a.require(t, 1, "ahead", "at least 5m0s", "NTP")
		u.skew = 0
		time.Sleep(time.Minute)
		answer, err := authenticate(t, v, u.credentials(ada, time.Hour))
		requireSession(t, ada, answer, err)
	}, a.configure, func(c *Config, u *upstream) { u.skew, c.OutageGrace = -10*time.Minute, time.Hour })
}

// TestC10ClockAheadWithinALife: by a clock that is ahead by most of a session_jwt's
// life a fresh one is near its end. That is no reason to refresh at every request.
func TestC10ClockAheadWithinALife(t *testing.T) {
	for _, alone := range []bool{false, true} {
		refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
			ada := u.login(1)
			c := u.credentials(ada, 0)
			if alone {
				c.JWT = grimoireauth.Secret{}
			}
			for range 600 {
				answer, err := authenticate(t, v, c)
				requireSession(t, ada, answer, err)
				if !alone {
					c = answer.Credentials
				}
				time.Sleep(100 * time.Millisecond)
			}
			require.LessOrEqual(t, u.count(), 7)
		}, func(c *Config, u *upstream) { u.skew = -4*time.Minute - 30*time.Second })
	}
}

// TestC10OnlyGenuineTokensTell: anybody can date a token in the future; it is refused
// and says nothing about the clock.
func TestC10OnlyGenuineTokensTell(t *testing.T) {
	var a alarmed
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		future := goodClaims(time.Now().Add(time.Minute))
		for _, token := range []string{
			sign(otherKey(), goodHeader, future.json()),
			sign(mainKey(), goodHeader, future.with("aud", []string{"project-test-22222222-2222-4333-8444-555555555555"}).json()),
		} {
			_, err := verify(t, v, token)
			requireRefused(t, err)
		}
		a.require(t, 0)
	}, a.configure)
}
