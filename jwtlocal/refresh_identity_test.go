package jwtlocal

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestR08Newest: requests with an old cookie get the newest credentials, never older
// ones than they brought.
func TestR08Newest(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		old := u.credentials(l, time.Hour)
		first, err := authenticate(t, v, old)
		requireSession(t, l, first, err)
		time.Sleep(time.Minute)
		second, err := v.Refresh(t.Context(), first.Credentials)
		requireSession(t, l, second, err)
		require.NotEqual(t, first.JWT.Reveal(), second.JWT.Reveal())
		for name, c := range map[string]grimoireauth.Credentials{"the oldest": old, "the newest": second.Credentials} {
			got, err := authenticate(t, v, c)
			requireSession(t, l, got, err)
			require.Equal(t, second.JWT.Reveal(), got.JWT.Reveal(), name)
		}
		// In its last minute, the one in between is replaced; a newer one than ours,
		// which another process got, is not.
		time.Sleep(185 * time.Second)
		got, err := authenticate(t, v, first.Credentials)
		requireSession(t, l, got, err)
		require.Equal(t, second.JWT.Reveal(), got.JWT.Reveal())
		elsewhere := u.credentials(l, 0)
		got, err = authenticate(t, v, elsewhere)
		requireSession(t, l, got, err)
		require.Equal(t, elsewhere.JWT.Reveal(), got.JWT.Reveal())
	})
}

// TestR10AnothersAnswer: an answer about another person is dropped, alarmed and
// rejected, and no later request gets it.
func TestR10AnothersAnswer(t *testing.T) {
	var log eventLog
	alarms := func() (n int) {
		for _, e := range log.all() {
			if _, ok := e.(grimoireauth.OperatorAlarm); ok {
				n++
			}
		}
		return n
	}
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		mine, other := u.login(1), u.login(2)
		sameMember := u.login(3)
		u.change(func() {
			sameMember.member, sameMember.class = mine.member, mine.class
			*u.byTok[sameMember.token] = sameMember
		})
		for _, wrong := range []login{other, sameMember} {
			u.change(func() { u.swap = func(login) login { return wrong } })
			before := alarms()
			_, err := authenticate(t, v, u.credentials(mine, time.Hour))
			requireRefused(t, err)
			require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded)
			require.Equal(t, before+1, alarms())
			// The same token, alone: nothing was remembered of the answer.
			time.Sleep(firstPause)
			_, err = authenticate(t, v, grimoireauth.NewCredentials("", mine.token))
			requireRefused(t, err)
			require.Equal(t, before+1, alarms(), "once a minute")
			u.change(func() { u.swap = nil })
			time.Sleep(time.Minute)
			got, err := authenticate(t, v, u.credentials(mine, time.Hour))
			requireSession(t, mine, got, err)
			got, err = authenticate(t, v, grimoireauth.NewCredentials("", mine.token))
			requireSession(t, mine, got, err)
			time.Sleep(time.Hour)
		}
	}, func(c *Config, _ *upstream) { c.Observe = log.observe })
}

// TestR10TwoNames: an answer that says one thing and whose session_jwt says another
// goes to no request.
func TestR10TwoNames(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		_, err := authenticate(t, v, u.credentials(l, time.Hour))
		requireRefused(t, err)
		_, err = authenticate(t, v, grimoireauth.NewCredentials("", l.token))
		requireRefused(t, err)
	}, func(c *Config, u *upstream) {
		c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			answer, err := u.authenticate(ctx, credentials)
			answer.Session = someSession(t, 7, 0)
			return answer, err
		}
	})
}

// TestReplacedToken: Stytch repeats a session_token, as far as anybody knows. If it
// ever replaces one, the new one is handed on, and the end of the old one is not the
// end of the session.
func TestReplacedToken(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		replaced := l
		u.change(func() {
			replaced.token = u.nobody(2).token
			u.byTok[replaced.token] = &replaced
			u.swap = func(login) login { u.byTok[l.token].over = true; return replaced }
		})
		old := u.credentials(l, time.Hour)
		got, err := authenticate(t, v, old)
		requireSession(t, l, got, err)
		require.Equal(t, replaced.token, got.Token.Reveal())
		_, err = v.Refresh(t.Context(), old)
		requireEnded(t, err)
		got, err = authenticate(t, v, got.Credentials)
		requireSession(t, l, got, err)
	})
}

// TestR11AnswerIsVerified: the answer's session_jwt is verified like any other.
func TestR11AnswerIsVerified(t *testing.T) {
	var jwt func(u *upstream, l login) string
	for name, bad := range map[string]func(u *upstream, l login) string{
		"no session_jwt": func(*upstream, login) string { return "" },
		"garbage":        func(*upstream, login) string { return "garbage" },
		"expired":        func(u *upstream, l login) string { return u.jwt(l, time.Hour) },
		"another key":    func(u *upstream, l login) string { return sign(otherKey(), goodHeader, goodClaims(time.Now()).json()) },
		"no algorithm":   func(u *upstream, l login) string { return encode(`{"alg":"none"}`) + "." + encode("{}") + "." },
		"another audience": func(u *upstream, l login) string {
			return sign(mainKey(), goodHeader, goodClaims(time.Now()).with("aud", "project-test-x").json())
		},
		"from the future": func(u *upstream, l login) string { return u.jwt(l, -time.Hour) },
		"not a session_jwt": func(u *upstream, l login) string {
			return sign(mainKey(), goodHeader, goodClaims(time.Now()).without(sessionClaim).json())
		},
	} {
		t.Run(name, func(t *testing.T) {
			jwt = bad
			otherKey()
			var log eventLog
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				u.change(func() { u.swap = nil })
				_, err := authenticate(t, v, u.credentials(l, time.Hour))
				requireUnavailable(t, err)
				_, err = authenticate(t, v, grimoireauth.NewCredentials("", l.token))
				requireUnavailable(t, err)
				found := false
				for _, e := range log.all() {
					if alarm, ok := e.(grimoireauth.OperatorAlarm); ok {
						found = found || alarm.Problem == alarmBadAnswer || alarm.Problem == alarmClock && (name == "expired" || name == "from the future")
					}
				}
				require.True(t, found, "the operator is told")
			}, func(c *Config, u *upstream) {
				c.Observe = log.observe
				c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
					for _, l := range u.byTok {
						return grimoireauth.Authentication{Credentials: grimoireauth.NewCredentials(jwt(u, *l), l.token)}, nil
					}
					return grimoireauth.Authentication{}, errors.New("no login")
				}
			})
		})
	}
}

// TestR12AnotherClass: a session that has moved to another class is another session:
// no one gets into a class that they did not ask for.
func TestR12AnotherClass(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		stale := u.credentials(l, time.Hour)
		u.of(l, func(l *login) { l.class = "organization-test-cccccccc-1111-4222-8333-999999999999" })
		_, err := authenticate(t, v, stale)
		requireRefused(t, err)
		require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded)
	})
}

// TestR13BothCookies: a stale session_jwt is refreshed by its own session's token and
// by nothing else.
func TestR13BothCookies(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		mine, theirs := u.login(1), u.login(2)
		_, err := authenticate(t, v, grimoireauth.NewCredentials(u.jwt(mine, time.Hour), ""))
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		require.Zero(t, u.count())
		mixed := grimoireauth.NewCredentials(u.jwt(mine, time.Hour), theirs.token)
		for range 5 {
			_, err = authenticate(t, v, mixed)
			requireRefused(t, err)
			require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded)
		}
		require.Equal(t, 1, u.count(), "the contradiction is remembered")
		// It is no answer to those whose credentials agree, and costs them nothing.
		got, err := authenticate(t, v, u.credentials(theirs, time.Hour))
		requireSession(t, theirs, got, err)
		require.Equal(t, 2, u.count())
		_, err = authenticate(t, v, mixed)
		requireRefused(t, err)
		require.Equal(t, 2, u.count())
		time.Sleep(10 * time.Minute)
		_, err = authenticate(t, v, mixed)
		requireRefused(t, err)
		require.Equal(t, 2, u.count(), "it is known whose the token is")

		// A good session_jwt decides; the token of another session is not followed.
		good := grimoireauth.NewCredentials(u.jwt(mine, 250*time.Second), theirs.token)
		got, err = authenticate(t, v, good)
		requireSession(t, mine, got, err)
		requireKept(t, good, got)
		require.NoError(t, v.Wait(t.Context()))
		got, err = authenticate(t, v, good)
		requireSession(t, mine, got, err)
	})
}

// TestR13Together: a request with contradicting credentials does not spoil the answer
// of those who wait for the same token.
func TestR13Together(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		mine, theirs := u.login(1), u.login(2)
		mixed := grimoireauth.NewCredentials(u.jwt(mine, time.Hour), theirs.token)
		var all sync.WaitGroup
		all.Go(func() {
			_, err := authenticate(t, v, mixed)
			requireRefused(t, err)
		})
		synctest.Wait()
		for range 5 {
			all.Go(func() {
				got, err := authenticate(t, v, u.credentials(theirs, time.Hour))
				requireSession(t, theirs, got, err)
			})
		}
		all.Wait()
		require.Equal(t, 2, u.count())
	})
	// And the other way round: the answer of those who were first is not theirs who
	// come with a contradiction.
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		mine, theirs := u.login(1), u.login(2)
		var all sync.WaitGroup
		all.Go(func() {
			got, err := authenticate(t, v, u.credentials(theirs, time.Hour))
			requireSession(t, theirs, got, err)
		})
		synctest.Wait()
		for range 5 {
			all.Go(func() {
				_, err := authenticate(t, v, grimoireauth.NewCredentials(u.jwt(mine, time.Hour), theirs.token))
				requireRefused(t, err)
				require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded)
			})
		}
		all.Wait()
		require.Equal(t, 1, u.count())
	})
}
