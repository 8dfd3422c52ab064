package middleware_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// One line in the log about a problem in a minute, with how often it was met.
func TestX08_OneLineAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		auth := func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			return grimoireauth.Authentication{}, errors.New("no idea")
		}
		guard := newGuard(t, auth, middleware.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		visit := func() {
			r := httptest.NewRequest("GET", "/", nil)
			require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("a.b.c", strings.Repeat("a", 43))))
			require.Equal(t, http.StatusServiceUnavailable, serve(guard.Require(whoami), r).StatusCode)
		}
		for range 251 {
			visit()
		}
		const line = "neither yes nor no"
		require.Equal(t, 1, strings.Count(log.String(), line), log.String())
		require.Contains(t, log.String(), "count=1\n")
		time.Sleep(time.Minute)
		visit()
		require.Equal(t, 2, strings.Count(log.String(), line), log.String())
		require.Contains(t, log.String(), "count=251\n")
	})
}
