package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// A05: a connection that is open is no use of the session by itself: where sessions slide,
// a page that is left open overnight is signed out like any other.
func TestA05_AnOpenConnectionIsNoUse(t *testing.T) {
	for _, signal := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			x := newReal(t)
			verifier, err := jwtlocal.New(jwtlocal.Config{
				ProjectID: x.stytch.ProjectID(), Transport: x.stytch, Refresh: x.client.Sessions.Authenticate,
				SlidingSession: jwtlocal.SlidingSession{Extend: x.client.Sessions.Extend, IdleTimeout: time.Hour, AbsoluteTimeout: 12 * time.Hour},
			})
			require.NoError(t, err)
			config := middleware.Config{}
			if signal {
				config.Watch = verifier.Watch
			}
			s := &streaming{real: x, guard: newGuard(t, verifier.Authenticate, config), class: x.class.ID}
			open := s.open(t, x.stytch.SignIn(x.member, mock.WithDuration(time.Hour)), func(next http.Handler) http.Handler { return s.guard.Require(next) })
			took, cause := open.endsWithin(t, 24*time.Hour)
			require.ErrorIs(t, cause, grimoireauth.ErrUnauthenticated)
			require.InDelta(t, time.Hour, took, float64(11*time.Second))
			require.NoError(t, verifier.Wait(t.Context()))
		})
	}
}
