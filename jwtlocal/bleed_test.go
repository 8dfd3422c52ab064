package jwtlocal

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestNobodySeesAnother: two hundred people hammer one Verifier, whose upstream
// answers late, out of order, with failures, and now and then with another person's
// answer. No one becomes another person, and no one is signed out.
func TestNobodySeesAnother(t *testing.T) {
	var log eventLog
	var m MemoryRevocations
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.latency = 0
		const people = 200
		logins := make([]login, people)
		for n := range logins {
			logins[n] = u.login(n)
		}
		u.change(func() {
			u.swap = func(l login) login {
				if rand.IntN(5) == 0 {
					return *u.byTok[logins[rand.IntN(people)].token]
				}
				return l
			}
			u.fault = func(call int) error {
				if rand.IntN(5) == 0 {
					return down(call)
				}
				return nil
			}
		})
		var wrong, right, refused, unavailable atomic.Int64
		var all sync.WaitGroup
		for n, l := range logins {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(n), 1))
				cookies := u.credentials(l, time.Duration(random.IntN(600))*time.Second)
				rounds := 60
				if underRace {
					rounds = 25
				}
				for range rounds {
					time.Sleep(time.Duration(random.IntN(60_000)) * time.Millisecond)
					sent := cookies
					if random.IntN(10) == 0 {
						sent.JWT = grimoireauth.Secret{}
					}
					ask := v.Authenticate
					if random.IntN(20) == 0 {
						ask = v.Refresh
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(2000))*time.Millisecond)
					got, err := ask(ctx, sent)
					cancel()
					switch {
					case errors.Is(err, grimoireauth.ErrSessionEnded):
						wrong.Add(1)
					case errors.Is(err, grimoireauth.ErrUnauthenticated):
						refused.Add(1)
					case err != nil:
						unavailable.Add(1)
					case string(got.ID()) != l.session || string(got.Member()) != l.member || string(got.Organization()) != l.class ||
						got.Token.Reveal() != l.token:
						wrong.Add(1)
					default:
						right.Add(1)
						cookies = got.Credentials
					}
					if random.IntN(50) == 0 {
						_ = m.Add(ctx, revokedMember(l))
					}
				}
			})
		}
		all.Wait()
		require.Zero(t, wrong.Load())
		require.Greater(t, right.Load(), int64(people)*10)
		require.NotZero(t, refused.Load(), "answers about another person were rejected")
		require.NotZero(t, unavailable.Load())
		t.Logf("%d right, %d refused, %d unavailable, %d calls", right.Load(), refused.Load(), unavailable.Load(), u.count())
	}, func(c *Config, u *upstream) {
		c.Observe, c.Revocations = log.observe, &m
		c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			answer, err := u.authenticate(ctx, credentials)
			select { // late, and out of order
			case <-time.After(time.Duration(rand.IntN(3000)) * time.Millisecond):
			case <-ctx.Done():
			}
			return answer, err
		}
	})
	for _, e := range log.all() {
		if failed, ok := e.(grimoireauth.RefreshFailed); ok {
			require.NotErrorIs(t, failed.Err, grimoireauth.ErrSessionEnded)
		}
	}
}
