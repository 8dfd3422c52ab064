package stytchclient_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// dated is a Stytch whose clock is not this machine's.
type dated struct {
	*mock.Stytch
	ahead   time.Duration // of Stytch's clock
	latency time.Duration // half of it before the answer is made
	header  func(http.Header)
	calls   int
}

func (d *dated) RoundTrip(req *http.Request) (*http.Response, error) {
	d.calls++
	time.Sleep(d.latency / 2)
	date := time.Now().Add(d.ahead)
	res, err := d.Stytch.RoundTrip(req)
	time.Sleep(d.latency / 2)
	if err != nil {
		return nil, err
	}
	res.Header.Set("Date", date.UTC().Format(http.TimeFormat))
	if d.header != nil {
		d.header(res.Header)
	}
	return res, nil
}

func (d *dated) client(t testing.TB) *stytchclient.Client {
	t.Helper()
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: d.ProjectID(), Secret: d.Secret(), BaseURL: d.BaseURL(), Transport: d, Retries: -1,
	})
	require.NoError(t, err)
	return client
}

// TestC10ClockError: what is said of the clock is never more than is true, and never
// less by more than a second and the time that the answer took.
func TestC10ClockError(t *testing.T) {
	for _, latency := range []time.Duration{0, 300 * time.Millisecond, 3 * time.Second} {
		for _, ahead := range []time.Duration{
			0, 400 * time.Millisecond, -400 * time.Millisecond, time.Second, -time.Second, 5 * time.Second, -5 * time.Second,
			30 * time.Second, -30 * time.Second, 24 * time.Hour, -24 * time.Hour,
		} {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(731 * time.Millisecond) // not at a whole second
				d := &dated{Stytch: new(mock.Stytch), ahead: ahead, latency: latency}
				client := d.client(t)
				_, known := client.ClockError()
				require.False(t, known)
				off, err := client.MeasureClock(t.Context())
				require.NoError(t, err)
				again, known := client.ClockError()
				require.True(t, known)
				require.Equal(t, off, again)

				truth := -ahead // how far ours is ahead of theirs
				if truth < 0 {
					off, truth = -off, -truth
				}
				require.GreaterOrEqual(t, off, time.Duration(0), "%v %v", ahead, latency)
				require.LessOrEqual(t, off, truth, "%v %v", ahead, latency)
				require.GreaterOrEqual(t, off, truth-time.Second-latency, "%v %v", ahead, latency)
			})
		}
	}
}

// TestC10ClockErrorOfAnyAnswer: each answer of Stytch's tells, also a refusal; those
// of others do not, and nothing is believed for long.
func TestC10ClockErrorOfAnyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dated{Stytch: new(mock.Stytch), ahead: 30 * time.Second}
		client := d.client(t)
		_, err := client.Classes.Get(t.Context(), "organization-test-00000000-0000-4000-8000-000000000000")
		require.ErrorIs(t, err, grimoireauth.ErrNotFound)
		off, known := client.ClockError()
		require.True(t, known)
		require.InDelta(t, -30*time.Second, off, float64(time.Second))

		off, err = client.MeasureClock(t.Context())
		require.NoError(t, err)
		require.InDelta(t, -30*time.Second, off, float64(time.Second))
		require.Equal(t, 1, d.calls, "what is known is not asked")

		time.Sleep(time.Minute + 1)
		_, known = client.ClockError()
		require.False(t, known)
		_, err = client.MeasureClock(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, d.calls)
	})
	for name, d := range map[string]*dated{
		"a cache":        {header: func(h http.Header) { h.Set("Age", "3600") }},
		"no Date":        {header: func(h http.Header) { h.Del("Date") }},
		"no Date at all": {header: func(h http.Header) { h.Set("Date", "yesterday") }},
	} {
		t.Run(name, func(t *testing.T) {
			d.Stytch = new(mock.Stytch)
			client := d.client(t)
			_, err := client.MeasureClock(t.Context())
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			_, known := client.ClockError()
			require.False(t, known)
		})
	}
	t.Run("a proxy", func(t *testing.T) {
		d := &dated{Stytch: new(mock.Stytch), ahead: time.Hour}
		d.Fail(mock.Fault{Status: 502, Body: "<h1>Bad Gateway</h1>"})
		client := d.client(t)
		_, err := client.MeasureClock(t.Context())
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		_, known := client.ClockError()
		require.False(t, known)
	})
	t.Run("a caller that leaves", func(t *testing.T) {
		d := &dated{Stytch: new(mock.Stytch)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := d.client(t).MeasureClock(ctx)
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	})
}
