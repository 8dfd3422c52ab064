package middleware

import (
	"context"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestC01RememberedStorm: an older answer that comes while Stytch is being asked does
// not cover what Stytch says, in whatever order the two are remembered. It needs
// several processors: go test -cpu 2,4.
func TestC01RememberedStorm(t *testing.T) {
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "session-1", Member: "member-1", Organization: "organization-1"})
	require.NoError(t, err)
	said := grimoireauth.Authentication{Session: session, Credentials: grimoireauth.NewCredentials("a.b.c", ""), Source: grimoireauth.SourceLocal}
	local := func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		runtime.Gosched()
		return said, nil
	}
	ended := func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		runtime.Gosched()
		return grimoireauth.Authentication{}, grimoireauth.ErrSessionEnded
	}
	guard, err := New(local, Config{CredentialSource: BearerOnly, Fresh: ended})
	require.NoError(t, err)
	r := httptest.NewRequest("GET", "/", nil)
	for range 3000 {
		long := time.Since(clockStart) - 2*resultLife
		a := &requestAuth{guard: guard, authResult: authResult{
			credentials: requestCredentials{jwt: "a.b.c", bearer: true}, authentication: said, askedAt: long, answeredAt: long,
		}}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { a.current(r, false) })
		}
		all.Go(func() { a.current(r, true) })
		all.Wait()
		require.ErrorIs(t, a.current(r, false).err, grimoireauth.ErrSessionEnded)
	}
}
