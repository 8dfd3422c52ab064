package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/stretchr/testify/require"
)

// TestOutageGrace: what an outage excuses, and what it does not.
func TestOutageGrace(t *testing.T) {
	answers := func(kind error, status int) func(int) error {
		return func(int) error { return &grimoireauth.Error{Kind: kind, Status: status} }
	}
	tests := map[string]struct {
		fault   func(int) error
		age     time.Duration // of the session_jwt
		arrange func(v *Verifier, u *upstream, l login, m *MemoryRevocations)
		change  func(*Config)
		excused bool
	}{
		"just expired":                    {fault: down, age: 306 * time.Second, excused: true},
		"within the grace":                {fault: down, age: 34*time.Minute + 59*time.Second, excused: true},
		"beyond the grace":                {fault: down, age: 35 * time.Minute},
		"too slow":                        {fault: func(int) error { time.Sleep(time.Minute); return nil }, age: 306 * time.Second, excused: true},
		"throttled":                       {fault: answers(grimoireauth.ErrRateLimited, http.StatusTooManyRequests), age: 306 * time.Second},
		"a proxy's page":                  {fault: answers(grimoireauth.ErrUnavailable, http.StatusBadGateway), age: 306 * time.Second, excused: true},
		"an error without a kind":         {fault: func(int) error { return errors.New("no route to host") }, age: 306 * time.Second, excused: true},
		"older than MaxAge only":          {fault: down, age: 200 * time.Second, change: func(c *Config) { c.MaxAge = time.Minute }, excused: true},
		"our secret is wrong":             {fault: answers(grimoireauth.ErrUnavailable, http.StatusUnauthorized), age: 306 * time.Second},
		"Stytch finds the token odd":      {fault: answers(grimoireauth.ErrUnauthenticated, http.StatusBadRequest), age: 306 * time.Second},
		"Stytch says that it is over":     {fault: answers(grimoireauth.ErrSessionEnded, http.StatusNotFound), age: 306 * time.Second},
		"no grace was configured":         {fault: down, age: 306 * time.Second, change: func(c *Config) { c.OutageGrace = 0 }},
		"the session has ended by itself": {fault: down, age: 20 * time.Minute},
		"a tombstone": {fault: down, age: 306 * time.Second, arrange: func(_ *Verifier, _ *upstream, l login, m *MemoryRevocations) {
			_ = m.Add(context.Background(), grimoireauth.Revocation{Session: grimoireauth.SessionID(l.session)})
		}},
		"a revocation of the member": {fault: down, age: 306 * time.Second, arrange: func(_ *Verifier, _ *upstream, l login, m *MemoryRevocations) {
			_ = m.Add(context.Background(), grimoireauth.Revocation{Member: grimoireauth.MemberID(l.member)})
		}},
		"a revocation of the class": {fault: down, age: 306 * time.Second, arrange: func(_ *Verifier, _ *upstream, l login, m *MemoryRevocations) {
			_ = m.Add(context.Background(), grimoireauth.Revocation{Class: grimoireauth.OrganizationID(l.class)})
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			revocations := new(MemoryRevocations)
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				if name == "the session has ended by itself" {
					l.started, l.ends = time.Now().Add(-time.Hour), time.Now().Add(-time.Second)
				}
				stale := u.credentials(l, test.age)
				require.NotEqual(t, statusRejected, v.verify(t.Context(), stale.JWT.Reveal()).status, "it is genuine")
				u.change(func() { u.fault = test.fault })
				if test.arrange != nil {
					test.arrange(v, u, l, revocations)
				}
				// The first request asks, the next ones meet the pause.
				for range 3 {
					got, err := authenticate(t, v, stale)
					if !test.excused {
						require.Error(t, err)
						require.True(t, got.IsZero())
						continue
					}
					requireSession(t, l, got, err)
					require.Equal(t, grimoireauth.SourceOutageGrace, got.Source)
					requireKept(t, stale, got)
				}
				// A guard that demands what is true now excuses nothing.
				_, err := v.Refresh(t.Context(), stale)
				require.Error(t, err)
				_, err = v.Verify(t.Context(), stale.JWT)
				require.Error(t, err)
			}, func(c *Config, u *upstream) {
				c.Revocations, c.OutageGrace = revocations, 30*time.Minute
				if test.change != nil {
					test.change(c)
				}
			})
		})
	}
}

// TestGraceDuringAnExam: in an outage only the first request waits, the
// answers say how they were reached, and the end of the outage is noticed: by those
// whose session lives as by those whose session was revoked.
func TestGraceDuringAnExam(t *testing.T) {
	var log eventLog
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l, revoked := u.login(1), u.login(2)
		c, other := u.credentials(l, 0), u.credentials(revoked, 0)
		u.change(func() { u.fault = down })
		waited := 0
		for began := time.Now(); time.Since(began) < 30*time.Minute; time.Sleep(10 * time.Second) {
			start := time.Now()
			for _, one := range []grimoireauth.Credentials{c, other} {
				got, err := authenticate(t, v, one)
				require.NoError(t, err)
				if age := time.Since(began); age > 306*time.Second {
					require.Equal(t, grimoireauth.SourceOutageGrace, got.Source)
				}
			}
			if time.Since(start) > 0 {
				waited++
			}
		}
		require.Zero(t, waited, "the outage was noticed before the token expired")
		require.LessOrEqual(t, u.count(), 2*62)
		u.change(func() { u.fault = nil })
		u.of(revoked, func(l *login) { l.over = true })
		time.Sleep(longestPause)
		for _, one := range []grimoireauth.Credentials{c, other} {
			_, err := authenticate(t, v, one) // begins the refresh
			require.NoError(t, err)
		}
		require.NoError(t, v.Wait(t.Context()))
		got, err := authenticate(t, v, c)
		requireSession(t, l, got, err)
		require.Equal(t, grimoireauth.SourceRefreshed, got.Source)
		_, err = authenticate(t, v, other)
		requireEnded(t, err)
		// Not even if the next outage comes at once.
		u.change(func() { u.fault = down })
		time.Sleep(endedPause)
		for range 3 {
			_, err = authenticate(t, v, other)
			requireUnavailable(t, err)
		}
		require.Contains(t, log.all(), grimoireauth.Event(grimoireauth.OutageGraceUsed{
			Session: grimoireauth.SessionID(l.session), Member: grimoireauth.MemberID(l.member),
		}))
	}, func(c *Config, _ *upstream) { c.OutageGrace, c.Observe = time.Hour, log.observe })
}

// TestGraceAndRevocationMeanwhile: a revocation that comes while a request waits for Stytch
// counts.
func TestGraceAndRevocationMeanwhile(t *testing.T) {
	for name, test := range map[string]struct {
		revocation func(l login) grimoireauth.Revocation
		want       error
	}{
		"session": {func(l login) grimoireauth.Revocation {
			return grimoireauth.Revocation{Session: grimoireauth.SessionID(l.session)}
		}, grimoireauth.ErrSessionEnded},
		"member": {func(l login) grimoireauth.Revocation {
			return grimoireauth.Revocation{Member: grimoireauth.MemberID(l.member)}
		}, grimoireauth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			revocations := new(MemoryRevocations)
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				l := u.login(1)
				stale := u.credentials(l, 306*time.Second)
				u.change(func() { u.fault = down })
				go func() {
					time.Sleep(50 * time.Millisecond)
					_ = revocations.Add(context.Background(), test.revocation(l))
				}()
				_, err := authenticate(t, v, stale)
				require.ErrorIs(t, err, test.want)
			}, func(c *Config, _ *upstream) { c.Revocations, c.OutageGrace = revocations, time.Hour })
		})
	}
}

// TestX03_ARevocationOutlivesTheGrace: a member who was removed is not let in by an outage, however
// long ago that was and whatever was revoked since; nor is one whose session Stytch has
// said to be over.
func TestX03_ARevocationOutlivesTheGrace(t *testing.T) {
	const grace = maxOutageGrace
	for name, revocation := range map[string]func(login) grimoireauth.Revocation{"session": revokedSession, "member": revokedMember, "class": revokedClass} {
		for _, passed := range []time.Duration{30 * time.Minute, 62 * time.Minute, 3 * time.Hour, grace, grace + 4*time.Minute} {
			t.Run(fmt.Sprint(name, " ", passed), func(t *testing.T) {
				revoking(t, func(t *testing.T, v *Verifier, u *upstream, m *MemoryRevocations) {
					put, stays := u.login(1), u.login(2)
					for _, l := range []login{put, stays} {
						u.of(l, func(l *login) { l.ends = u.clock().Add(2 * grace) })
					}
					put.ends, stays.ends = u.clock().Add(2*grace), u.clock().Add(2*grace)
					out, in := u.credentials(put, 0), u.credentials(stays, 0)
					require.NoError(t, m.Add(t.Context(), revocation(put)))
					u.change(func() { u.fault = down })
					time.Sleep(passed)
					for n := range 4000 { // what is over makes room
						require.NoError(t, m.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(fmt.Sprint("member-session-test-", n))}))
					}
					got, err := authenticate(t, v, in)
					requireSession(t, stays, got, err)
					require.Equal(t, grimoireauth.SourceOutageGrace, got.Source)
					for range 2 {
						_, err = authenticate(t, v, out)
						require.Error(t, err)
					}
				}, func(c *Config, _ *upstream) { c.OutageGrace = grace })
			})
		}
	}
	t.Run("Stytch has said so", func(t *testing.T) {
		refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
			l := u.login(1)
			u.of(l, func(l *login) { l.ends, l.over = u.clock().Add(2*grace), true })
			l.ends = u.clock().Add(2 * grace)
			c := u.credentials(l, 306*time.Second)
			marked := asker.With(t.Context(), asker.Asker{Known: true})
			_, err := v.Authenticate(marked, c)
			requireEnded(t, err)
			u.change(func() { u.fault = down })
			time.Sleep(endedPause)
			// Neither with the token of the session nor with another one.
			for _, token := range []string{l.token, u.login(2).token} {
				_, err = authenticate(t, v, grimoireauth.NewCredentials(c.JWT.Reveal(), token))
				requireEnded(t, err)
			}
		}, func(c *Config, _ *upstream) { c.OutageGrace = grace })
	})
}
