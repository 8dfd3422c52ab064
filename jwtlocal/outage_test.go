package jwtlocal_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// TestX03_OnlyAnOutageExcuses: a session has ended at Stytch, which can be reached. Nothing
// that we or the caller have brought about lets it in.
func TestX03_OnlyAnOutageExcuses(t *testing.T) {
	type fixture struct {
		*chain
		stale  grimoireauth.Credentials        // of the session that has ended
		others []grimoireauth.Credentials      // live ones, stale too
		refuse atomic.Pointer[func(int) error] // what Config.Refresh does instead of asking
		asked  atomic.Int64
	}
	only := func(endpoint func(x *fixture)) func(t *testing.T, x *fixture) {
		return func(_ *testing.T, x *fixture) { endpoint(x) }
	}
	instead := func(err func(int) error) func(t *testing.T, x *fixture) {
		return func(_ *testing.T, x *fixture) { x.refuse.Store(&err) }
	}
	ask := func(x *fixture, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		return x.verifier.Authenticate(context.Background(), credentials)
	}
	for name, arrange := range map[string]func(t *testing.T, x *fixture){
		"too many wait for a slot": func(_ *testing.T, x *fixture) {
			// Stytch answers late, so the slots are taken, and those before this one in the
			// queue are too many.
			x.stytch.Fail(mock.Fault{Endpoint: authenticateEndpoint, Latency: 2900 * time.Millisecond})
			for n := range 600 {
				if n == 200 {
					time.Sleep(time.Second)
				}
				credentials := x.stytch.SignIn(x.stytch.AddStudent(x.class, fmt.Sprintf("busy%d@example.edu", n)), mock.WithJWTAge(10*time.Minute))
				go func() { _, _ = ask(x, credentials) }()
			}
			synctest.Wait()
		},
		"throttled": only(func(x *fixture) { x.stytch.Fail(mock.Fault{Endpoint: authenticateEndpoint, Status: 429}) }),
		"throttled by ourselves": instead(func(int) error {
			return &grimoireauth.Error{Kind: grimoireauth.ErrRateLimited, RetryAfter: time.Second}
		}),
		"a panic":              instead(func(int) error { panic("a bug") }),
		"the caller's context": instead(func(int) error { return context.Canceled }),
		"the caller's context, through a client": instead(func(int) error {
			return &grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Err: fmt.Errorf("ask: %w", context.Canceled)}
		}),
		"an answer that lacks something": only(func(x *fixture) {
			x.stytch.Fail(mock.Fault{Endpoint: authenticateEndpoint, Status: 200, Body: "{}"})
		}),
		"its failure alone": func(t *testing.T, x *fixture) {
			// Stytch fails for this session, and answers for the others.
			x.stytch.Fail(mock.Fault{Endpoint: authenticateEndpoint, Status: 500, Times: 1})
			_, _ = ask(x, x.stale) // it can still be an outage
			_, err := ask(x, x.others[0])
			require.NoError(t, err)
		},
		"its time-out alone": func(_ *testing.T, x *fixture) {
			x.stytch.Fail(mock.Fault{Endpoint: authenticateEndpoint, Latency: time.Minute, Times: 1})
			go func() {
				for _, other := range x.others {
					time.Sleep(time.Second)
					_, _ = ask(x, other)
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				x := new(fixture)
				x.chain = newChain(t, func(c *jwtlocal.Config) {
					c.OutageGrace = time.Hour
					own := c.Refresh
					c.Refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
						n := int(x.asked.Add(1))
						if refuse := x.refuse.Load(); refuse != nil {
							return grimoireauth.Authentication{}, (*refuse)(n)
						}
						return own(ctx, credentials)
					}
				})
				for n := range 12 {
					member := x.stytch.AddStudent(x.class, fmt.Sprintf("ada%d@example.edu", n))
					credentials := x.stytch.SignIn(member, mock.WithDuration(8*time.Hour), mock.WithJWTAge(10*time.Minute))
					if n == 0 {
						x.stale = credentials
						// Elsewhere, so that this process knows nothing of it.
						_, err := x.client.Stytch().Sessions.Revoke(t.Context(), &sessions.RevokeParams{SessionToken: credentials.Token.Reveal()})
						require.NoError(t, err)
						continue
					}
					x.others = append(x.others, credentials)
				}
				_, err := ask(x, x.others[10]) // the key set, and that Stytch answers
				require.NoError(t, err)
				arrange(t, x)
				for range 12 {
					_, err := ask(x, x.stale)
					require.Error(t, err, "let in")
					time.Sleep(500 * time.Millisecond)
				}
				require.NoError(t, x.verifier.Wait(t.Context()))
			})
		})
	}
}

// TestX03_AnOutageExcuses: what still does, with a client of this module.
func TestX03_AnOutageExcuses(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"5xx":         {Status: 503},
		"a proxy":     {Status: 502, Body: "<html>"},
		"resets":      {Drop: true},
		"a blackhole": {Latency: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newChain(t, func(c *jwtlocal.Config) { c.OutageGrace = time.Hour })
				var class []grimoireauth.Credentials
				for n := range 10 {
					member := c.stytch.AddStudent(c.class, fmt.Sprintf("ada%d@example.edu", n))
					class = append(class, c.stytch.SignIn(member, mock.WithDuration(8*time.Hour), mock.WithJWTAge(10*time.Minute)))
				}
				_, err := c.verifier.Authenticate(t.Context(), class[0])
				require.NoError(t, err)
				c.stytch.Fail(fault)
				began := time.Now()
				for time.Since(began) < time.Minute {
					for _, credentials := range class[1:] {
						got, err := c.verifier.Authenticate(t.Context(), credentials)
						require.NoError(t, err)
						require.Equal(t, grimoireauth.SourceOutageGrace, got.Source)
						if time.Since(began) > 5*time.Second {
							require.NotEmpty(t, c.client.Outages())
						}
					}
					time.Sleep(time.Second)
				}
				c.stytch.ClearFaults()
				time.Sleep(5 * time.Second)
				for range 2 { // the first of them begins the refresh
					for _, credentials := range class[1:] {
						_, err := c.verifier.Authenticate(t.Context(), credentials)
						require.NoError(t, err)
					}
					time.Sleep(time.Second)
				}
				require.Empty(t, c.client.Outages())
				for _, credentials := range class[1:] {
					got, err := c.verifier.Authenticate(t.Context(), credentials)
					require.NoError(t, err)
					require.Equal(t, grimoireauth.SourceRefreshed, got.Source)
				}
				require.NoError(t, c.verifier.Wait(t.Context()))
			})
		})
	}
}

// TestX07_PausesEndWithTheOutage: a session that failed before and during an outage is
// asked about as soon as it is over, however often it failed.
func TestX07_PausesEndWithTheOutage(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"5xx": {Endpoint: authenticateEndpoint, Status: 503}, "resets": {Drop: true}, "hang": {Latency: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newChain(t)
				var class []grimoireauth.Credentials
				for n := range 10 {
					member := c.stytch.AddStudent(c.class, fmt.Sprintf("ada%d@example.edu", n))
					class = append(class, c.stytch.SignIn(member, mock.WithDuration(8*time.Hour), mock.WithJWTAge(10*time.Minute)))
				}
				_, err := c.verifier.Authenticate(t.Context(), class[0])
				require.NoError(t, err)
				c.stytch.Fail(fault)
				var all sync.WaitGroup
				visit := func(until time.Duration) {
					for _, credentials := range class[1:] {
						all.Go(func() {
							for began := time.Now(); time.Since(began) < until; time.Sleep(100 * time.Millisecond) {
								_, err := c.verifier.Authenticate(t.Context(), credentials)
								require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
								wait, ok := grimoireauth.RetryAfter(err)
								require.True(t, ok)
								if began.Before(time.Now().Add(-5 * time.Second)) {
									require.LessOrEqual(t, wait, 2*time.Second, "when it is asked again")
								}
							}
						})
					}
					all.Wait()
				}
				visit(time.Minute)
				c.stytch.ClearFaults()
				back := time.Now()
				for _, credentials := range class[1:] {
					all.Go(func() {
						for {
							_, err := c.verifier.Authenticate(t.Context(), credentials)
							if err == nil {
								require.Less(t, time.Since(back), 5*time.Second)
								return
							}
							require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
							time.Sleep(100 * time.Millisecond)
						}
					})
				}
				all.Wait()
				t.Logf("served after %v", time.Since(back))
				require.NoError(t, c.verifier.Wait(t.Context()))
			})
		})
	}
}
