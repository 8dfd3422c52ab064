package stytchclient_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const askWhose = "POST /v1/b2b/sessions/authenticate"

// attendance is a class whose members are signed in, and what the client told.
type attendance struct {
	stytch  *mock.Stytch
	client  *stytchclient.Client
	class   grimoireauth.ClassID
	members []grimoireauth.MemberID
	signed  []grimoireauth.Credentials

	mu   sync.Mutex // guards told
	told []grimoireauth.Event
	cut  []grimoireauth.Revocation
}

// attending runs f in virtual time.
func attending(t *testing.T, f func(t *testing.T, a *attendance)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := new(attendance)
		a.stytch, a.client = school(t, func(c *stytchclient.Config) {
			c.Retries = -1
			c.Observe = func(_ context.Context, event grimoireauth.Event) {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.told = append(a.told, event)
			}
			c.OnRevoke = func(_ context.Context, revocation grimoireauth.Revocation) error {
				a.cut = append(a.cut, revocation)
				return nil
			}
		})
		a.class = a.stytch.AddClass("LAWS1100").ID
		for n := range 10 {
			member := a.stytch.AddStudent(a.class, fmt.Sprintf("ada%d@example.edu", n))
			a.members = append(a.members, member)
			a.signed = append(a.signed, a.stytch.SignIn(member))
		}
		_, err := a.client.Sessions.Authenticate(t.Context(), a.signed[0])
		require.NoError(t, err)
		f(t, a)
	})
}

// hang makes an endpoint, or all of them, answer nothing, and waits until that is known by
// a question about a session or, for another endpoint, by none.
func (a *attendance) hang(t *testing.T, endpoint string, ask func()) {
	t.Helper()
	a.stytch.Fail(mock.Fault{Endpoint: endpoint, Latency: time.Hour})
	began := time.Now()
	ask()
	require.Equal(t, 3*time.Second, time.Since(began), "released")
	require.NotEmpty(t, a.client.Outages())
}

func (a *attendance) whose(n int) error {
	_, err := a.client.Sessions.Authenticate(context.Background(), a.signed[n])
	return err
}

func (a *attendance) sendLink(ctx context.Context) error {
	return a.client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: a.class, Email: "ada1@example.edu"})
}

// atOnce fails the test if f takes any time.
func atOnce(t *testing.T, f func()) {
	t.Helper()
	began := time.Now()
	f()
	require.Zero(t, time.Since(began))
}

func requireOutage(t *testing.T, err error) *grimoireauth.OutageError {
	t.Helper()
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	var outage *grimoireauth.OutageError
	require.ErrorAs(t, err, &outage)
	return outage
}

// One kind of endpoint hangs; the others go on.
func TestX07_OneKindOfEndpointFailsAlone(t *testing.T) {
	t.Run("sending mail", func(t *testing.T) {
		attending(t, func(t *testing.T, a *attendance) {
			a.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/magic_links/email/login_or_signup", Latency: time.Hour})
			var sending sync.WaitGroup
			for range 10 {
				sending.Go(func() { require.ErrorIs(t, a.sendLink(context.Background()), grimoireauth.ErrUnavailable) })
			}
			for n := range 10 {
				atOnce(t, func() { require.NoError(t, a.whose(n)) })
				time.Sleep(time.Second)
			}
			sending.Wait()
			require.Empty(t, a.told)
		})
	})
	t.Run("sending mail, while nobody else asks", func(t *testing.T) {
		attending(t, func(t *testing.T, a *attendance) {
			a.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/magic_links/email/login_or_signup", Latency: time.Hour})
			require.ErrorIs(t, a.sendLink(t.Context()), grimoireauth.ErrUnavailable)
			atOnce(t, func() { require.NoError(t, a.whose(0)) })
		})
	})
	t.Run("sessions", func(t *testing.T) {
		attending(t, func(t *testing.T, a *attendance) {
			a.stytch.Fail(mock.Fault{Endpoint: askWhose, Latency: time.Hour})
			var asking sync.WaitGroup
			asking.Go(func() { requireOutage(t, a.whose(1)) })
			for range 6 {
				time.Sleep(time.Second)
				_, err := a.client.Classes.Get(t.Context(), a.class)
				require.NoError(t, err)
			}
			asking.Wait()
			require.Equal(t, grimoireauth.OutageOfSessions, a.client.Outages()[0].Of)
			atOnce(t, func() { require.NoError(t, a.sendLink(t.Context())) })
			// One of the next probes, for as long as a slow answer may take; the others are
			// refused at once.
			var mu sync.Mutex
			var took time.Duration
			for n := range 3 {
				asking.Go(func() {
					began := time.Now()
					requireOutage(t, a.whose(n))
					mu.Lock()
					defer mu.Unlock()
					took += time.Since(began)
				})
			}
			asking.Wait()
			require.Equal(t, 8*time.Second, took)
			a.stytch.ClearFaults()
			time.Sleep(2 * time.Second)
			require.NoError(t, a.whose(1))
			require.Empty(t, a.client.Outages())
			require.Len(t, a.told, 2)
			ended := a.told[1].(grimoireauth.OutageEnded)
			require.Equal(t, time.Since(ended.Outage.Since), ended.Took)
			require.Equal(t, grimoireauth.CauseNoAnswer, ended.Outage.Cause)
			require.Equal(t, grimoireauth.EndAnswered, ended.Reason)
		})
	})
}

// While nothing can be reached, what may be made once only is not sent to find out. A
// question that changes nothing is, in its place, and then it is sent.
func TestX07_NoOneTimeCallIsAProbe(t *testing.T) {
	attending(t, func(t *testing.T, a *attendance) {
		a.hang(t, "", func() { requireOutage(t, a.whose(1)) })
		time.Sleep(100 * time.Millisecond)
		atOnce(t, func() {
			outage := requireOutage(t, a.sendLink(t.Context()))
			require.Equal(t, 400*time.Millisecond, outage.RetryAfter)
		})
		time.Sleep(time.Second)
		before := len(a.stytch.Journal())
		requireOutage(t, a.sendLink(t.Context()))
		require.Equal(t, "GET /v1/b2b/rbac/policy", a.stytch.Journal()[before].Endpoint)
		require.Len(t, a.stytch.Journal(), before+1)
		a.stytch.ClearFaults()
		time.Sleep(2 * time.Second)
		require.NoError(t, a.sendLink(t.Context()))
		require.Len(t, a.stytch.Outbox(), 1)
		require.Empty(t, a.client.Outages())
	})
}

// A change that is in flight when the outage is noticed may have been carried out: its
// revocation is recorded. One that was not sent has none.
func TestX07_WhatMayHaveBeenDone(t *testing.T) {
	attending(t, func(t *testing.T, a *attendance) {
		a.stytch.Fail(mock.Fault{Endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}", Latency: time.Hour, Late: true})
		began := time.Now()
		_, err := a.client.Roster.SetRole(t.Context(), a.class, a.members[1], grimoireauth.RoleTutor)
		requireOutage(t, err)
		require.Equal(t, 3*time.Second, time.Since(began))
		require.Len(t, a.cut, 1)
		require.Equal(t, a.members[1], a.cut[0].Member)
		atOnce(t, func() {
			_, err := a.client.Roster.SetRole(t.Context(), a.class, a.members[2], grimoireauth.RoleTutor)
			requireOutage(t, err)
		})
		require.Len(t, a.cut, 1, "nothing was sent")
	})
}

// What opens nothing: 429, callers who leave, and one session that fails however often.
func TestX07_WhatIsNoOutage(t *testing.T) {
	for name, tt := range map[string]struct {
		fault mock.Fault
		ask   func(a *attendance, n int)
	}{
		"429": {mock.Fault{Endpoint: askWhose, Status: 429}, func(a *attendance, n int) { _ = a.whose(n % 10) }},
		"callers who leave": {mock.Fault{Endpoint: askWhose, Latency: time.Hour}, func(a *attendance, n int) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_, _ = a.client.Sessions.Authenticate(ctx, a.signed[n%10])
		}},
		"one session":        {mock.Fault{Endpoint: askWhose, Status: 500}, func(a *attendance, _ int) { _ = a.whose(1) }},
		"a page of a portal": {mock.Fault{Endpoint: askWhose, Status: 200, Body: "<html>"}, func(a *attendance, n int) { _ = a.whose(n % 10) }},
		"two answers of three": {mock.Fault{}, func(a *attendance, n int) {
			if n%3 == 0 {
				a.stytch.Fail(mock.Fault{Endpoint: askWhose, Drop: true, Times: 1})
			}
			_ = a.whose(n % 10)
		}},
		"slow, and slower": {mock.Fault{}, func(a *attendance, n int) {
			a.stytch.Fail(mock.Fault{Endpoint: askWhose, Latency: min(7*time.Second, time.Duration(1000+300*n)*time.Millisecond), Times: 1})
			_ = a.whose(1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			attending(t, func(t *testing.T, a *attendance) {
				if tt.fault.Endpoint != "" {
					a.stytch.Fail(tt.fault)
				}
				for n := range 30 {
					tt.ask(a, n)
				}
				require.Empty(t, a.told)
				require.Empty(t, a.client.Outages())
			})
		})
	}
}

// A call that is repeated is refused at its next attempt.
func TestX07_NoRepetitionDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, func(c *stytchclient.Config) { c.Retries = 5 })
		classes := []grimoireauth.ClassID{stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID, stytch.AddClass("Trusts").ID}
		stytch.Fail(mock.Fault{Status: 503})
		var all sync.WaitGroup
		began := time.Now()
		for _, class := range classes {
			all.Go(func() {
				_, err := client.Classes.Get(t.Context(), class)
				requireOutage(t, err)
			})
		}
		all.Wait()
		require.Less(t, time.Since(began), 500*time.Millisecond)
		require.LessOrEqual(t, len(stytch.Journal()), 6)
	})
}

// Three failures, and then no request: the outage does not go on for ever, and nothing
// says that Stytch has answered. The first request after a pause asks.
func TestX07_EndsWithoutRequests(t *testing.T) {
	fail := func(t *testing.T, a *attendance) {
		t.Helper()
		time.Sleep(time.Second)
		a.stytch.Fail(mock.Fault{Endpoint: askWhose, Status: 503, Times: 3})
		for n := range 3 {
			requireOutage(t, a.whose(n))
		}
		require.Equal(t, grimoireauth.OutageOfSessions, a.client.Outages()[0].Of)
	}
	for _, quiet := range []time.Duration{time.Second, 3 * time.Second, 5 * time.Second, 9 * time.Second, 11 * time.Second} {
		attending(t, func(t *testing.T, a *attendance) {
			fail(t, a)
			time.Sleep(quiet)
			atOnce(t, func() { require.NoError(t, a.sendLink(t.Context()), quiet) })
			atOnce(t, func() { require.NoError(t, a.whose(3), quiet) })
		})
	}
	attending(t, func(t *testing.T, a *attendance) {
		fail(t, a)
		time.Sleep(time.Minute)
		require.Empty(t, a.client.Outages())
		a.mu.Lock()
		defer a.mu.Unlock()
		require.Len(t, a.told, 2)
		ended := a.told[1].(grimoireauth.OutageEnded)
		require.Equal(t, grimoireauth.EndUnknown, ended.Reason)
		require.Equal(t, 10500*time.Millisecond, ended.Took)
	})
}
