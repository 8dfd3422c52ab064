package signin_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"

	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// wrongClock is Stytch as a machine sees it whose clock is off.
type wrongClock struct {
	http.RoundTripper
	behind time.Duration
}

func (c *wrongClock) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Header.Set("Date", time.Now().Add(c.behind).UTC().Format(http.TimeFormat))
	}
	return res, err
}

// A clock that is off makes every new session_jwt useless here. Then nothing is
// redeemed, and the log says why.
func TestC10_AWrongClockSpendsNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		behind time.Duration
		leeway time.Duration
		says   string // empty: it is tolerated
	}{
		"half a minute behind":     {30 * time.Second, 0, "behind"},
		"within another leeway":    {30 * time.Second, time.Minute, ""},
		"ten minutes ahead":        {-10 * time.Minute, 0, "ahead of"},
		"a minute ahead":           {-time.Minute, 0, ""},
		"behind, and nothing here": {30 * time.Second, -1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				clock := &wrongClock{w.stytch, tt.behind}
				w.replace(clock, signin.Config{ClockLeeway: tt.leeway})
				connection := w.stytch.AddSSO(w.law.ID, "saml", nil)
				link, code, provider := w.browser(), w.browser(), w.browser()
				form := link.open(w.link(w.law.ID, "ada@example.edu"))
				code.ask(url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "method": {"email_otp"}})
				digits := url.Values{"code": {w.newest().Code}}
				callback := w.provider(provider.leave("/auth/sso/"+connection+"?class="+w.law.Slug), "mock_persona", "ada@example.edu")
				if tt.says == "" {
					require.Equal(t, http.StatusSeeOther, link.press(form).status)
					require.Equal(t, 1, w.calls(redeemed))
					return
				}
				for _, res := range []answer{link.press(form), code.post("/auth/code", digits)} {
					require.Equal(t, http.StatusServiceUnavailable, res.status)
					require.NotEmpty(t, res.header.Get("Retry-After"))
					require.Empty(t, res.header.Values("Set-Cookie"))
				}
				require.Equal(t, "/auth/confirm", provider.get(callback).at)
				require.Zero(t, w.used()+w.calls(codeChecked))
				require.Contains(t, w.log.String(), tt.says)

				clock.behind = 0
				time.Sleep(61 * time.Second)
				require.Equal(t, "/", link.press(form).at)
				require.Equal(t, "/", code.post("/auth/code", digits).at)
				require.Equal(t, "/", provider.press(url.Values{}).at)
				for _, b := range []*browser{link, code, provider} {
					require.Equal(t, string(w.ada), b.who())
				}
			})
		})
	}
}

// settable is a transport that can be replaced by another one.
type settable struct{ http.RoundTripper }

// A new password ends the member's sessions, which is a revocation of the member. By a clock
// more than a minute ahead the new session_jwt is dated before that revocation and would be
// refused, so the link is not spent.
func TestC10_AResetByAClockAheadSpendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		clock := &settable{w.stytch.ClockAhead(-80 * time.Second)}
		w.replace(clock, signin.Config{})
		b := w.browser()
		form := b.resetLink("ada@example.edu")
		form.Set("password", goodPassword)
		res := b.post("/auth/new-password", form)
		require.Equal(t, http.StatusServiceUnavailable, res.status, res.body)
		require.Zero(t, w.calls(passwordSet), "the link is spent for nothing")
		require.Contains(t, w.log.String(), "ahead of")

		// Another way in records no revocation, and works.
		other := w.browser()
		require.Equal(t, "/", other.press(other.open(w.link(w.law.ID, "ada@example.edu"))).at)

		clock.RoundTripper = w.stytch
		time.Sleep(61 * time.Second)
		require.Equal(t, http.StatusSeeOther, b.post("/auth/new-password", form).status)
		require.Equal(t, string(w.ada), b.who())
	})
}

// replace puts another client, and pages with it, in the place of the world's.
func (w *fixture) replace(transport http.RoundTripper, config signin.Config) {
	w.t.Helper()
	var err error
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	revocations := new(jwtlocal.MemoryRevocations)
	w.client, err = stytchclient.New(stytchclient.Config{ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), PublicToken: w.stytch.PublicToken(), Transport: transport, OnRevoke: revocations.Add})
	require.NoError(w.t, err)
	w.verifier, err = jwtlocal.New(jwtlocal.Config{ProjectID: w.stytch.ProjectID(), Audiences: []string{audience}, Transport: w.stytch, Refresh: w.client.Sessions.Authenticate, Revocations: revocations})
	require.NoError(w.t, err)
	w.guard, err = middleware.New(w.verifier.Authenticate, middleware.Config{SignInURL: "/auth/", Logger: logger})
	require.NoError(w.t, err)
	w.serve(config, logger)
}
