package signin_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// What OnSignIn returned is the application's own: the log holds its whole text, and
// the page does not blame the sign-in service.
func TestC11_AnErrorOfOnSignInReachesTheLogWhole(t *testing.T) {
	failing := errors.New("dial tcp 10.0.0.7:5432: connection refused")
	tests := map[string]struct {
		err    error
		status int
		says   string
		level  string
	}{
		"a plain error":           {failing, http.StatusServiceUnavailable, "could not finish signing you in", "level=ERROR"},
		"an error of the client":  {fmt.Errorf("row of the student: %w: %w", grimoireauth.ErrUnavailable, failing), http.StatusServiceUnavailable, "could not finish signing you in", "level=ERROR"},
		"a refusal":               {fmt.Errorf("%w: %w", grimoireauth.ErrForbidden, failing), http.StatusForbidden, "cannot sign in to this class", "level=INFO"},
		"a refusal with a reason": {fmt.Errorf("%w: %w", grimoireauth.ErrNotInvited, failing), http.StatusForbidden, "does not know you", "level=INFO"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, signin.Config{OnSignIn: func(context.Context, stytchclient.SignedIn) error { return tt.err }})
			b := w.browser()
			res := b.press(b.open(w.link(w.law.ID, "ada@example.edu")))
			require.Equal(t, tt.status, res.status)
			require.Contains(t, res.body, tt.says)
			require.NotContains(t, res.body, "connection refused", "the page is for the person")
			require.NotContains(t, res.body, "does not work at the moment")
			require.Contains(t, w.log.String(), tt.err.Error())
			require.Contains(t, w.log.String(), tt.level)
			require.NotContains(t, w.log.String(), "errorString")
			require.NotContains(t, w.log.String(), `OnSignIn: `+grimoireauth.ErrUnavailable.Error()+`"`)
		})
	}
}

// A template of the application that fails is a line in the log and a page all the
// same.
func TestC11_ATemplateThatFails(t *testing.T) {
	pages := template.Must(signin.DefaultPages().Parse(`{{define "sign-out"}}half a page {{.NoSuchField}}{{end}}`))
	w := newFixture(t, signin.Config{Pages: pages})
	res := w.browser().get("/auth/logout")
	require.Equal(t, http.StatusInternalServerError, res.status)
	require.Contains(t, res.header.Get("Content-Type"), "text/html")
	require.Contains(t, res.body, "<h1>")
	require.Contains(t, res.body, `href="/auth/"`)
	require.NotContains(t, res.body, "half a page")
	require.Contains(t, w.log.String(), "NoSuchField")
}

// Where a RoleFunc of the application fails, the status leaves the role out and the
// log says why.
func TestC11_AnErrorOfARoleFuncReachesTheLogWhole(t *testing.T) {
	w := newFixture(t, signin.Config{})
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	guard, err := middleware.New(w.verifier.Authenticate, middleware.Config{Logger: logger,
		Role: func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
			return grimoireauth.RoleNone, errors.New("table roles does not exist")
		}})
	require.NoError(t, err)
	pages, err := signin.New(guard, w.client, signin.Config{BaseURL: home, Logger: logger})
	require.NoError(t, err)
	w.app = pages
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	require.NotContains(t, b.sessionOf(), "role")
	require.Contains(t, w.log.String(), "table roles does not exist")
}
