package stytchclient_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// A lecture that begins asks once, and who walks away from the question harms
// nobody else.
func TestCanSharesOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		stytch.Fail(mock.Fault{Endpoint: policyEndpoint, Latency: 2 * time.Second, Times: 1})
		var waiters sync.WaitGroup
		var gaveUp, allowed atomic.Int32
		for i := range 200 {
			ctx := t.Context()
			if i%2 == 0 {
				short, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				ctx = short
			}
			waiters.Go(func() {
				switch err := client.Can(ctx, holder(t, "tutor"), "", "class", "mark"); {
				case err == nil:
					allowed.Add(1)
				case errors.Is(err, grimoireauth.ErrUnavailable) && errors.Is(err, context.DeadlineExceeded):
					gaveUp.Add(1)
				}
			})
		}
		waiters.Wait()
		require.EqualValues(t, 100, gaveUp.Load())
		require.EqualValues(t, 100, allowed.Load())
		require.Equal(t, 1, asked(stytch, policyEndpoint))
	})
}

func TestCanThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		tutor := holder(t, "tutor")
		can := func() error { return client.Can(t.Context(), tutor, "", "class", "mark") }
		require.NoError(t, can())

		stytch.Fail(mock.Fault{Endpoint: policyEndpoint, Status: http.StatusInternalServerError})
		began := time.Now()
		for time.Since(began) < 24*time.Hour-time.Minute {
			time.Sleep(time.Minute)
			require.NoError(t, can(), "after %v", time.Since(began))
			synctest.Wait()
		}
		require.Less(t, asked(stytch, policyEndpoint), 24*60+2, "no more than one attempt a minute, which is how often it is asked")
		time.Sleep(2 * time.Minute)
		require.ErrorIs(t, can(), grimoireauth.ErrUnavailable, "the last good policy has a maximum age")
		require.NotErrorIs(t, can(), grimoireauth.ErrForbidden)

		stytch.ClearFaults()
		time.Sleep(31 * time.Second) // the longest pause between two attempts
		require.NoError(t, can())
	})
}

func TestCanIsRefreshedBehindTheTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		can := func() error { return client.Can(t.Context(), holder(t, "tutor"), "", "class", "mark") }
		require.NoError(t, can())
		time.Sleep(4 * time.Minute)
		require.NoError(t, can())
		synctest.Wait()
		require.Equal(t, 1, asked(stytch, policyEndpoint), "young enough")

		stytch.Fail(mock.Fault{Endpoint: policyEndpoint, Latency: 3 * time.Second})
		time.Sleep(2 * time.Minute)
		began := time.Now()
		for range 10 {
			require.NoError(t, can())
		}
		require.Zero(t, time.Since(began), "nobody waits for a policy that is merely old")
		time.Sleep(5 * time.Second)
		require.Equal(t, 2, asked(stytch, policyEndpoint))
	})
}

// An answer that is no policy never replaces one, and permits nothing by itself.
func TestCanWithBadAnswers(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"an empty object":         {Body: `{}`},
		"no policy":               {Body: `{"status_code":200,"request_id":"r"}`},
		"null":                    {Body: `{"status_code":200,"request_id":"r","policy":null}`},
		"empty policy":            {Body: `{"status_code":200,"request_id":"r","policy":{}}`},
		"without Stytch's roles":  {Body: `{"policy":{"roles":[{"role_id":"tutor","permissions":[{"resource_id":"class","actions":["*"]}]}]}}`},
		"half an answer":          {Body: `{"policy":{"roles":[`},
		"a page of somebody else": {Status: http.StatusBadGateway, Body: "<html>502</html>"},
		"refused":                 {Status: http.StatusForbidden, ErrorType: "organization_suspended"},
		"not found":               {Status: http.StatusNotFound, ErrorType: "session_not_found"},
		"dropped":                 {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stytch, client := school(t, nil)
				fault.Endpoint = policyEndpoint
				can := func() error { return client.Can(t.Context(), holder(t, "tutor"), "", "class", "mark") }

				stytch.Fail(fault)
				err := can()
				require.ErrorIs(t, err, grimoireauth.ErrUnavailable, "I could not find out")
				require.NotErrorIs(t, err, grimoireauth.ErrForbidden)
				require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
				before := asked(stytch, policyEndpoint)
				require.ErrorIs(t, can(), grimoireauth.ErrUnavailable)
				require.Equal(t, before, asked(stytch, policyEndpoint), "not again at once")

				stytch.ClearFaults()
				time.Sleep(time.Minute)
				require.NoError(t, can())
				stytch.Fail(fault)
				time.Sleep(6 * time.Minute)
				require.NoError(t, can())
				synctest.Wait()
				require.NoError(t, can(), "the good policy stays")
			})
		})
	}
}

// A policy could name nothing at all, by a mistake of whoever edits it. Nothing is
// what a session without roles, or a forgotten constant, presents.
func TestCanOfNothing(t *testing.T) {
	stytch, client := school(t, nil)
	require.ErrorIs(t, client.Can(t.Context(), grimoireauth.Session{}, "", "class", "mark"), grimoireauth.ErrForbidden)
	require.Zero(t, asked(stytch, policyEndpoint), "strangers make nobody ask")
	stytch.Fail(mock.Fault{Endpoint: policyEndpoint, Body: `{"policy":{"roles":[
		{"role_id":"stytch_member","permissions":[]},
		{"role_id":"","permissions":[{"resource_id":"class","actions":["*"]},{"resource_id":"","actions":["*"]}]}]}}`})
	require.ErrorIs(t, client.Can(t.Context(), holder(t, ""), "", "class", "mark"), grimoireauth.ErrForbidden)
}

// An outage is not made worse: the pauses grow.
func TestCanWaitsLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		stytch.Fail(mock.Fault{Endpoint: policyEndpoint, Status: http.StatusInternalServerError})
		for range 10 * 60 {
			require.ErrorIs(t, client.Can(t.Context(), holder(t, "tutor"), "", "class", "mark"), grimoireauth.ErrUnavailable)
			time.Sleep(time.Second)
		}
		require.Less(t, asked(stytch, policyEndpoint), 30, "in ten minutes")
	})
}

func TestCanHonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		stytch.Fail(mock.Fault{Endpoint: policyEndpoint, Status: http.StatusTooManyRequests, RetryAfter: 20 * time.Second, Times: 1})
		can := func() error { return client.Can(t.Context(), holder(t, "tutor"), "", "class", "mark") }
		err := can()
		require.ErrorIs(t, err, grimoireauth.ErrRateLimited)
		wait, ok := grimoireauth.RetryAfter(err)
		require.True(t, ok)
		require.Equal(t, 20*time.Second, wait)
		before := asked(stytch, policyEndpoint)
		time.Sleep(19 * time.Second)
		require.ErrorIs(t, can(), grimoireauth.ErrRateLimited)
		require.Equal(t, before, asked(stytch, policyEndpoint))
		time.Sleep(2 * time.Second)
		require.NoError(t, can())
	})
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("a bug in a transport") }

func TestCanSurvivesABrokenTransport(t *testing.T) {
	_, client := school(t, func(c *stytchclient.Config) { c.Transport = panics{} })
	require.ErrorIs(t, client.Can(t.Context(), holder(t, "tutor"), "", "class", "mark"), grimoireauth.ErrUnavailable)
}
