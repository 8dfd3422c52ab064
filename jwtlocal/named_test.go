package jwtlocal

import (
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// pair are the credentials of a browser whose two cookies were written apart: a
// session_jwt of one login, this old, and the named session_token of another.
func (u *upstream) pair(jwt login, old time.Duration, token login) grimoireauth.Credentials {
	c := grimoireauth.NewCredentials(u.jwt(jwt, old), token.token)
	c.NamedSession = grimoireauth.SessionID(token.session)
	return c
}

// TestC02NamedSessionDecides: a session_jwt of another session than the one that the
// session_token is named after, whatever it is worth by itself, is ignored before
// Stytch is asked.
func TestC02NamedSessionDecides(t *testing.T) {
	revocations := func(c *Config, _ *upstream) { c.Revocations = new(MemoryRevocations) }
	for name, row := range map[string]struct {
		old time.Duration
		cut func(ada login) grimoireauth.Revocation
	}{
		"good":     {},
		"near end": {old: 4*time.Minute + 30*time.Second},
		"stale":    {old: time.Hour},
		"ancient":  {old: 10 * 366 * 24 * time.Hour},
		"signed out": {cut: func(ada login) grimoireauth.Revocation {
			return grimoireauth.Revocation{Session: grimoireauth.SessionID(ada.session)}
		}},
		"revoked": {cut: func(ada login) grimoireauth.Revocation {
			return grimoireauth.Revocation{Member: grimoireauth.MemberID(ada.member)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				ada, bob := u.login(1), u.login(2)
				credentials := u.pair(ada, row.old, bob)
				if row.cut != nil {
					require.NoError(t, v.config.Revocations.(*MemoryRevocations).Add(t.Context(), row.cut(ada)))
				}
				answer, err := authenticate(t, v, credentials)
				requireSession(t, bob, answer, err)
				require.Equal(t, grimoireauth.SourceRemote, answer.Source)
				require.Equal(t, bob.session, string(answer.NamedSession))
				require.Equal(t, bob.token, answer.Token.Reveal())
				require.Equal(t, 1, u.count())

				again, err := authenticate(t, v, credentials)
				requireSession(t, bob, again, err)
				require.Equal(t, 1, u.count(), "what was found out is kept")

				answer, err = v.Refresh(t.Context(), credentials)
				requireSession(t, bob, answer, err)
				require.Equal(t, bob.session, string(answer.NamedSession))
				require.Empty(t, v.limiter.pairs.failures, "a name is no evidence against anybody")

				u.of(bob, func(l *login) { l.over = true })
				_, err = v.Refresh(t.Context(), credentials)
				requireEnded(t, err)
				_, err = authenticate(t, v, credentials)
				requireEnded(t, err)

				// Ada's own credentials are what they were.
				own := u.credentials(ada, 0)
				_, err = authenticate(t, v, own)
				if name == "signed out" {
					requireEnded(t, err)
				} else {
					require.NoError(t, err)
				}
			}, revocations)
		})
	}
}

// TestC02JWTWithoutItsToken: beside the name of another session, and without a
// session_token, a session_jwt proves nothing.
func TestC02JWTWithoutItsToken(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada, bob := u.login(1), u.login(2)
		for _, old := range []time.Duration{0, time.Hour} {
			credentials := u.pair(ada, old, bob)
			credentials.Token = grimoireauth.Secret{}
			_, err := authenticate(t, v, credentials)
			require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
			_, err = v.Refresh(t.Context(), credentials)
			require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
		}
		require.Zero(t, u.count())
	})
}

// TestC02WrongNames: a session_token that turns out to be another session's than it
// is named after is a pair that contradicts itself, and no end of either session.
func TestC02WrongNames(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada, bob := u.login(1), u.login(2)
		wrong := grimoireauth.Credentials{Token: grimoireauth.NewSecret(bob.token), NamedSession: grimoireauth.SessionID(ada.session)}
		for range 2 {
			_, err := authenticate(t, v, wrong)
			requireRefused(t, err)
			require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded)
			_, err = v.Refresh(t.Context(), wrong)
			requireRefused(t, err)
			require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded)
		}
		wrong.JWT = grimoireauth.NewSecret(u.jwt(bob, 0)) // fits the token, not the name
		_, err := authenticate(t, v, wrong)
		requireRefused(t, err)

		answer, err := authenticate(t, v, u.pair(ada, 0, ada))
		requireSession(t, ada, answer, err)
		answer, err = authenticate(t, v, u.pair(bob, 0, bob))
		requireSession(t, bob, answer, err)
	})
}

// TestC02BadJWTStaysBad: what is no session_jwt of this project is refused, with a
// name or without one, and nothing is asked.
func TestC02BadJWTStaysBad(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada, bob := u.login(1), u.login(2)
		good := u.jwt(ada, 0)
		for _, bad := range []string{"x", good[:len(good)-4] + "AAAA", sign(otherKey(), goodHeader, goodClaims(time.Now()).json()), unsigned("jwk-test-x")} {
			credentials := u.pair(ada, 0, bob)
			credentials.JWT = grimoireauth.NewSecret(bad)
			_, err := authenticate(t, v, credentials)
			requireRefused(t, err)
			_, err = v.Refresh(t.Context(), credentials)
			requireRefused(t, err)
		}
		require.Zero(t, u.count())
	})
}

// TestC02NameIsAClaim: naming a session, even one that is known here, makes an
// invented session_token no better than a stranger's, and does its session no harm.
func TestC02NameIsAClaim(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		credentials := u.credentials(ada, time.Hour)
		credentials.NamedSession = grimoireauth.SessionID(ada.session)
		answer, err := authenticate(t, v, credentials)
		requireSession(t, ada, answer, err)
		u.latency = 0
		for n := range 3 * strangersBurst {
			invented := u.nobody(100 + n)
			_, err := authenticate(t, v, grimoireauth.Credentials{
				Token: grimoireauth.NewSecret(invented.token), NamedSession: credentials.NamedSession,
			})
			require.Error(t, err)
		}
		require.Less(t, u.count(), strangersBurst+100, "the budget of strangers")
		require.Empty(t, v.limiter.pairs.failures)
		time.Sleep(2 * time.Minute)
		answer, err = v.Refresh(t.Context(), credentials)
		requireSession(t, ada, answer, err)
	})
}

// TestC02NamesAreGiven: an answer that carries a session_token names its session.
func TestC02NamesAreGiven(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada := u.login(1)
		for _, old := range []time.Duration{0, 4*time.Minute + 30*time.Second, time.Hour} {
			answer, err := authenticate(t, v, u.credentials(ada, old))
			requireSession(t, ada, answer, err)
			require.Equal(t, ada.session, string(answer.NamedSession), "%v", old)
			require.NoError(t, v.Wait(t.Context()))
		}
		u.change(func() { u.fault = down })
		excused, err := authenticate(t, v, u.credentials(u.login(2), 10*time.Minute))
		require.NoError(t, err)
		require.Equal(t, grimoireauth.SourceOutageGrace, excused.Source)
		require.Equal(t, excused.ID(), excused.NamedSession)
		alone, err := authenticate(t, v, grimoireauth.Credentials{JWT: grimoireauth.NewSecret(u.jwt(ada, 0))})
		require.NoError(t, err)
		require.Empty(t, alone.NamedSession, "there is no session_token")
	}, func(c *Config, _ *upstream) { c.OutageGrace = time.Hour })
}

// TestC02Watch: a connection is watched by the session that was named.
func TestC02Watch(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		ada, bob := u.login(1), u.login(2)
		credentials := u.pair(ada, 0, bob)
		answer, err := authenticate(t, v, credentials)
		requireSession(t, bob, answer, err)
		answer.Credentials = credentials // as if they had not been replaced
		ctx := v.Watch(t.Context(), answer)
		require.NoError(t, v.endedSessions.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(ada.session)}))
		time.Sleep(time.Minute)
		require.NoError(t, ctx.Err(), "Ada's end is not Bob's")
		require.NoError(t, v.endedSessions.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(bob.session)}))
		time.Sleep(2 * watchEvery)
		require.Error(t, ctx.Err())

		answer.Token = grimoireauth.Secret{}
		ctx = v.Watch(t.Context(), answer)
		require.Error(t, ctx.Err(), "nothing proves Bob's session")
	})
}

// requireKept: the answer brings the credentials that were presented, with the name
// of their session.
func requireKept(t testing.TB, presented grimoireauth.Credentials, got grimoireauth.Authentication) {
	t.Helper()
	presented.NamedSession = got.ID()
	require.Equal(t, presented, got.Credentials)
}
