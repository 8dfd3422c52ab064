package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func revokedSession(l login) grimoireauth.Revocation {
	return grimoireauth.Revocation{Session: grimoireauth.SessionID(l.session)}
}

func revokedMember(l login) grimoireauth.Revocation {
	return grimoireauth.Revocation{Member: grimoireauth.MemberID(l.member)}
}

func revokedClass(l login) grimoireauth.Revocation {
	return grimoireauth.Revocation{Class: grimoireauth.OrganizationID(l.class)}
}

// revoking is refreshing with revocations in memory.
func revoking(t *testing.T, f func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations), configure ...func(*Config, *upstream)) {
	t.Helper()
	m := new(MemoryRevocations)
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) { f(t, v, u, m) },
		append([]func(*Config, *upstream){func(c *Config, _ *upstream) { c.Revocations = m }}, configure...)...)
}

// skews are how far Stytch's clock is ahead of ours.
var skews = []time.Duration{-time.Minute, -30 * time.Second, -4 * time.Second, 0, 4 * time.Second, 30 * time.Second, time.Minute}

// TestDemotedAtOnce: after a change of roles the very next request sees it, however
// the clocks differ; and from then on a fresh session_jwt is taken for what it is,
// not refreshed again and again.
func TestDemotedAtOnce(t *testing.T) {
	for _, skew := range skews {
		for name, revocation := range map[string]func(login) grimoireauth.Revocation{"member": revokedMember, "class": revokedClass} {
			t.Run(fmt.Sprint(name, ", their clock ", skew), func(t *testing.T) {
				revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
					u.skew = skew
					time.Sleep(300 * time.Millisecond) // in the middle of a second of iat's
					l := u.login(1)
					u.of(l, func(l *login) { l.roles = []string{"stytch_member", "instructor"} })
					l.roles = []string{"stytch_member", "instructor"}
					cookies := u.credentials(l, 0)
					got, err := authenticate(t, v, cookies)
					requireSession(t, l, got, err)
					require.True(t, got.HasRole("instructor"))

					u.of(l, func(l *login) { l.roles = []string{"stytch_member"} })
					require.NoError(t, m.Add(t.Context(), revocation(l)))
					_, err = v.Verify(t.Context(), cookies.JWT)
					require.ErrorIs(t, err, grimoireauth.ErrExpired)
					before := u.count()
					got, err = authenticate(t, v, cookies)
					requireSession(t, l, got, err)
					require.False(t, got.HasRole("instructor"))
					require.Equal(t, before+1, u.count())

					// Old and new cookies, until, by our clock, the next refresh is due anyway.
					for range 17 {
						time.Sleep(10 * time.Second)
						for _, c := range []grimoireauth.Credentials{cookies, got.Credentials} {
							again, err := authenticate(t, v, c)
							requireSession(t, l, again, err)
							require.False(t, again.HasRole("instructor"))
						}
						_, err = v.Verify(t.Context(), got.JWT)
						require.NoError(t, err)
					}
					require.Equal(t, before+1, u.count())
				}, func(c *Config, _ *upstream) { c.Leeway = time.Minute })
			})
		}
	}
}

// TestNotYetAcceptable: a session_jwt that our clock finds too young at the time of
// the revocation is not good when our clock has caught up.
func TestNotYetAcceptable(t *testing.T) {
	revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
		u.skew = 55 * time.Second
		l := u.login(1)
		jwt := grimoireauth.NewSecret(u.jwt(l, 0))
		_, err := v.Verify(t.Context(), jwt)
		requireUnavailable(t, err)
		require.NoError(t, m.Add(t.Context(), revokedMember(l)))
		time.Sleep(time.Minute)
		_, err = v.Verify(t.Context(), jwt)
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
	})
}

// TestV03Tombstone: a session that was ended here is over at once: for remembered
// tokens, for expired ones, and for its token alone. Nobody is asked.
func TestV03Tombstone(t *testing.T) {
	for _, skew := range skews {
		t.Run(fmt.Sprint("their clock ", skew), func(t *testing.T) {
			revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
				u.skew = skew
				l, other := u.login(1), u.login(4) // of the same class
				young := u.credentials(l, 0)
				got, err := v.Refresh(t.Context(), young)
				requireSession(t, l, got, err)
				require.NoError(t, m.Add(t.Context(), revokedSession(l)))
				before := u.count()
				for _, c := range []grimoireauth.Credentials{young, u.credentials(l, time.Hour), got.Credentials, grimoireauth.NewCredentials("", l.token)} {
					_, err = authenticate(t, v, c)
					requireEnded(t, err)
					_, err = v.Refresh(t.Context(), c)
					requireEnded(t, err)
				}
				require.Equal(t, before, u.count())
				got, err = authenticate(t, v, u.credentials(other, 0))
				requireSession(t, other, got, err)
				// The day after, Stytch says the same.
				u.of(l, func(l *login) { l.over = true })
				time.Sleep(RevocationLife)
				_, err = authenticate(t, v, u.credentials(l, time.Hour))
				requireEnded(t, err)
			}, func(c *Config, _ *upstream) { c.Leeway = time.Minute })
		})
	}
}

// TestR07LogoutWins: a logout while a refresh is under way ends the session for all
// who wait, and nothing brings it back.
func TestR07LogoutWins(t *testing.T) {
	for _, at := range []time.Duration{0, time.Millisecond, 50 * time.Millisecond, 99 * time.Millisecond, 100 * time.Millisecond} {
		t.Run(at.String(), func(t *testing.T) {
			revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
				l := u.login(1)
				stale := u.credentials(l, time.Hour)
				out := make(chan struct{})
				var all sync.WaitGroup
				for range 10 {
					all.Go(func() {
						got, err := authenticate(t, v, stale)
						select {
						case <-out:
							requireEnded(t, err)
							require.True(t, got.IsZero())
						default: // it was faster than the logout
							requireSession(t, l, got, err)
						}
					})
				}
				synctest.Wait()
				time.Sleep(at)
				require.NoError(t, m.Add(t.Context(), revokedSession(l)))
				close(out)
				all.Wait()
				for range 10 {
					_, err := authenticate(t, v, stale)
					requireEnded(t, err)
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// TestRevocationsUnknown: revocations that cannot be read let nobody in, and are no outage
// that excuses.
func TestRevocationsUnknown(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		for _, c := range []grimoireauth.Credentials{u.credentials(l, 0), u.credentials(l, 306*time.Second), grimoireauth.NewCredentials("", l.token)} {
			_, err := authenticate(t, v, c)
			requireUnavailable(t, err)
		}
	}, func(c *Config, _ *upstream) { c.Revocations, c.OutageGrace = unreadable{}, time.Hour })
}

type unreadable struct{}

func (unreadable) Status(context.Context, grimoireauth.SessionID, grimoireauth.MemberID, grimoireauth.OrganizationID) (RevocationStatus, error) {
	return RevocationStatus{}, errors.New("no connection")
}
