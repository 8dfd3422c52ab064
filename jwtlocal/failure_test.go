package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// tree is everything that an error and its causes say.
func tree(err error) string {
	if err == nil {
		return ""
	}
	said := err.Error() + "\n"
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			said += tree(cause)
		}
	case interface{ Unwrap() error }:
		said += tree(e.Unwrap())
	}
	return said
}

// TestFailures: what is concluded from whatever a Config.Refresh may return. The
// four answers stay apart, no secret gets out, and what Stytch said to operators does.
func TestFailures(t *testing.T) {
	secret := "about " + testToken
	tests := map[string]struct {
		err  error
		want error
		kind failureKind
		odd  bool
		says string
	}{
		"ended":                    {err: &grimoireauth.Error{Kind: grimoireauth.ErrSessionEnded, Err: errors.New(secret)}, want: grimoireauth.ErrSessionEnded, kind: failSessionEnded},
		"ended, wrapped":           {err: fmt.Errorf("%s: %w", secret, grimoireauth.ErrSessionEnded), want: grimoireauth.ErrSessionEnded, kind: failSessionEnded},
		"ended and unavailable":    {err: errors.Join(grimoireauth.ErrSessionEnded, grimoireauth.ErrUnavailable), want: grimoireauth.ErrUnavailable, kind: failUnreachable},
		"throttled":                {err: &grimoireauth.Error{Kind: grimoireauth.ErrRateLimited, Type: "too_many_requests", Status: 429}, want: grimoireauth.ErrRateLimited, kind: failThrottled, says: "too_many_requests"},
		"unavailable":              {err: &grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Status: 502}, want: grimoireauth.ErrUnavailable, kind: failUnreachable, says: "502"},
		"our secret":               {err: &grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Status: 401, Type: "unauthorized_credentials", RequestID: "request-id-test-1"}, want: grimoireauth.ErrUnavailable, kind: failUnusable, says: "request-id-test-1"},
		"our secret, misread":      {err: &grimoireauth.Error{Kind: grimoireauth.ErrUnauthenticated, Status: 401, Type: "unauthorized_credentials"}, want: grimoireauth.ErrUnavailable, kind: failUnusable, says: "unauthorized_credentials"},
		"refused":                  {err: fmt.Errorf("%s: %w", secret, grimoireauth.ErrUnauthenticated), want: grimoireauth.ErrUnavailable, kind: failUnusable},
		"expired":                  {err: grimoireauth.ErrExpired, want: grimoireauth.ErrUnavailable, kind: failUnusable},
		"too late":                 {err: fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), want: grimoireauth.ErrUnavailable, kind: failUnreachable, says: "deadline"},
		"canceled":                 {err: context.Canceled, want: grimoireauth.ErrUnavailable, kind: failCanceled},
		"of no kind":               {err: errors.New(secret), want: grimoireauth.ErrUnavailable, kind: failUnreachable, odd: true, says: "errors.errorString"},
		"of a kind that is not it": {err: &grimoireauth.Error{Kind: grimoireauth.ErrForbidden, Status: 403, Type: "something"}, want: grimoireauth.ErrUnavailable, kind: failUnreachable, odd: true, says: "something"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, odd := failureFrom(test.err)
			require.ErrorIs(t, f.err, test.want)
			for _, other := range []error{grimoireauth.ErrSessionEnded, grimoireauth.ErrRateLimited, grimoireauth.ErrUnavailable, grimoireauth.ErrExpired, grimoireauth.ErrForbidden} {
				require.Equal(t, other == test.want, errors.Is(f.err, other), other)
			}
			require.Equal(t, test.want == grimoireauth.ErrSessionEnded, errors.Is(f.err, grimoireauth.ErrUnauthenticated))
			require.Equal(t, test.kind, f.kind)
			require.Equal(t, test.odd, odd)
			require.NotContains(t, tree(f.err), testToken)
			require.Contains(t, tree(f.err), test.says)
		})
	}
}

// TestOddErrorsAlarm: an AuthFunc that answers in no known way is the operator's
// business.
func TestOddErrorsAlarm(t *testing.T) {
	var log eventLog
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		u.change(func() { u.fault = func(int) error { return errors.New("about " + testToken) } })
		_, err := authenticate(t, v, u.credentials(u.login(1), time.Hour))
		requireUnavailable(t, err)
	}, func(c *Config, _ *upstream) { c.Observe = log.observe })
	require.Contains(t, log.String(), alarmOddError)
	require.NotContains(t, log.String(), testToken)
}

// TestObserverPanicsBehindTheTraffic: a panic of the observer fails no request.
func TestObserverPanicsBehindTheTraffic(t *testing.T) {
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		got, err := authenticate(t, v, u.credentials(l, time.Hour))
		requireSession(t, l, got, err)
	}, func(c *Config, _ *upstream) {
		c.Observe = func(_ context.Context, e grimoireauth.Event) {
			if _, ok := e.(grimoireauth.SessionRefreshed); ok {
				panic("no metrics today")
			}
		}
	})
}

// TestEvents: what an operator gets to see of refreshes: ids, never a secret.
func TestEvents(t *testing.T) {
	var log eventLog
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		young, stale := u.credentials(l, 0), u.credentials(l, time.Hour)
		for range 2 {
			_, err := authenticate(t, v, young)
			require.NoError(t, err)
		}
		for range 2 {
			_, err := authenticate(t, v, stale)
			require.NoError(t, err)
		}
		u.change(func() { u.fault = down })
		for range 2 {
			_, err := v.Refresh(t.Context(), stale)
			requireUnavailable(t, err)
		}
		session, member := grimoireauth.SessionID(l.session), grimoireauth.MemberID(l.member)
		for _, want := range []grimoireauth.Event{
			grimoireauth.TokenVerified{Session: session, Member: member},
			grimoireauth.TokenVerified{Session: session, Member: member, Cached: true},
			grimoireauth.TokenRefused{Reason: "expired"},
			grimoireauth.SessionRefreshed{Session: session, Member: member, Took: u.latency},
			grimoireauth.RefreshShared{Session: session},
			grimoireauth.RefreshWithheld{Session: session, Wait: firstPause},
		} {
			require.Contains(t, log.all(), want)
		}
		failed := false
		for _, e := range log.all() {
			if f, ok := e.(grimoireauth.RefreshFailed); ok {
				failed = f.Session == session && errors.Is(f.Err, grimoireauth.ErrUnavailable)
			}
		}
		require.True(t, failed)
		for _, secret := range []string{l.token, young.JWT.Reveal(), stale.JWT.Reveal()} {
			require.NotContains(t, fmt.Sprintf("%+v", log.all()), secret[:20])
		}
	}, func(c *Config, _ *upstream) { c.Observe = log.observe })
}
