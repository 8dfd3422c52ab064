package middleware_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// process is one process of a service: a client, a verifier and a guard of its own.
type process struct {
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
}

func newProcess(t testing.TB, s *mock.Stytch, options ...func(*jwtlocal.Config, *middleware.Config, *stytchclient.Client)) *process {
	t.Helper()
	revocations := new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: s.ProjectID(), Secret: s.Secret(), Transport: s, OnRevoke: revocations.Add})
	require.NoError(t, err)
	local := jwtlocal.Config{ProjectID: s.ProjectID(), Transport: s, Refresh: client.Sessions.Authenticate, Revocations: revocations}
	config := middleware.Config{Revoke: client.Sessions.Revoke}
	for _, option := range options {
		option(&local, &config, client)
	}
	p := &process{client: client}
	p.verifier, err = jwtlocal.New(local)
	require.NoError(t, err)
	p.guard = newGuard(t, p.verifier.Authenticate, config)
	t.Cleanup(func() { _ = p.verifier.Wait(context.Background()) })
	return p
}

// signIn is a sign-in by hand, as the guide shows it.
func (p *process) signIn(t testing.TB, b *browser, credentials grimoireauth.Credentials) {
	t.Helper()
	r := httptest.NewRequest("POST", "https://app.example/sign-in", nil)
	for _, cookie := range b.jar.Cookies(site) {
		r.AddCookie(cookie)
	}
	authentication, err := p.guard.Authenticate(r.Context(), credentials)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	require.NoError(t, p.guard.SetCookies(w, r, authentication))
	b.jar.SetCookies(site, w.Result().Cookies())
}

// slowly is a page that takes ten seconds on /slow.
var slowly = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		time.Sleep(10 * time.Second)
	}
	whoami(w, r)
})

// C02: Ada's slow page carries a session_jwt that her request has renewed. She signs out
// and Bob signs in before it arrives. The browser is Bob's from his sign-in on, on every
// process.
func TestC02_LateRenewalMakesNobodyElse(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		for _, signsIn := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				s := new(mock.Stytch)
				class := s.AddClass("LAWS1100")
				ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
				one := newProcess(t, s)
				two := one
				if replicas == 2 {
					two = newProcess(t, s)
				}
				b := newBrowser(t, one.guard.Require(slowly))
				elsewhere := &browser{b.jar, two.guard.Require(slowly)}
				one.signIn(t, b, s.SignIn(ada, mock.WithDuration(8*time.Hour)))
				require.Equal(t, string(ada), body(t, b.get("/")))
				time.Sleep(6 * time.Minute)

				late := make(chan *http.Response)
				go func() { late <- elsewhere.get("/slow") }()
				time.Sleep(5 * time.Second)
				if signsIn {
					one.signIn(t, b, s.SignIn(bob, mock.WithDuration(8*time.Hour)))
				} else {
					w := httptest.NewRecorder()
					one.guard.ClearCookies(w, signingIn())
					b.jar.SetCookies(site, w.Result().Cookies())
				}
				res := <-late
				require.Len(t, res.Cookies(), 1, "or the test shows nothing")

				for range 10 {
					for _, at := range []*browser{b, elsewhere} {
						res := at.get("/")
						if signsIn {
							require.Equal(t, string(bob), body(t, res))
						} else {
							require.Equal(t, http.StatusUnauthorized, res.StatusCode)
						}
					}
					time.Sleep(time.Minute)
				}
			})
		}
	}
}

// C02: a refusal about Ada's session that arrives after Bob has signed in takes nothing
// from him, whatever it took to find out.
func TestC02_LateRefusalTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
		p := newProcess(t, s)
		b := newBrowser(t, p.guard.Require(whoami))
		first := s.SignIn(ada)
		p.signIn(t, b, first)
		s.EndSession(first)
		time.Sleep(6 * time.Minute)
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		for _, cookie := range b.jar.Cookies(site) {
			r.AddCookie(cookie)
		}
		late := serve(b.app, r) // on the way to the browser
		require.Equal(t, http.StatusUnauthorized, late.StatusCode)
		p.signIn(t, b, s.SignIn(bob))
		b.jar.SetCookies(site, late.Cookies())
		require.Equal(t, string(bob), body(t, b.get("/")))
		require.Equal(t, string(bob), body(t, (&browser{b.jar, newProcess(t, s).guard.Require(whoami)}).get("/")))
	})
}

// C02: the pair decides, before Stytch is asked, and with an AuthFunc that knows nothing
// of names as well.
func TestC02_PairsOfTwoSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
		hers, his := s.SignIn(ada, mock.WithDuration(8*time.Hour)), s.SignIn(bob, mock.WithDuration(8*time.Hour))
		gone := s.SignIn(ada)
		s.EndSession(gone)
		verifying, asking := newProcess(t, s), newProcess(t, s)
		asking.guard = newGuard(t, asking.client.Sessions.Authenticate, middleware.Config{})
		forgetful := newProcess(t, s)
		forgetful.guard = newGuard(t, func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			c.NamedSession = ""
			return forgetful.verifier.Authenticate(ctx, c)
		}, middleware.Config{})
		for name, tt := range map[string]struct {
			jwt, token grimoireauth.Secret
			named      grimoireauth.SessionID
			want       string
		}{
			"a good one of hers beside his":  {hers.JWT, his.Token, his.NamedSession, string(bob)},
			"a stale one of hers beside his": {s.Stale(hers).JWT, his.Token, his.NamedSession, string(bob)},
			"one of a session that is over":  {gone.JWT, his.Token, his.NamedSession, string(bob)},
			"his own":                        {his.JWT, his.Token, his.NamedSession, string(bob)},
			"his own, stale":                 {s.Stale(his).JWT, his.Token, his.NamedSession, string(bob)},
			"none":                           {grimoireauth.Secret{}, his.Token, his.NamedSession, string(bob)},
			"none, and a token that is not the session's":    {grimoireauth.Secret{}, his.Token, hers.NamedSession, ""},
			"a stale one of hers, named, with his token":     {s.Stale(hers).JWT, his.Token, hers.NamedSession, ""},
			"a stale one of hers beside a token of no one's": {s.Stale(hers).JWT, s.Forged(bob).Token, his.NamedSession, ""},
		} {
			for kind, p := range map[string]*process{"verifier": verifying, "Stytch": asking, "an AuthFunc without names": forgetful} {
				r := httptest.NewRequest("GET", "https://app.example/", nil)
				require.NoError(t, p.guard.Attach(r, grimoireauth.Credentials{JWT: tt.jwt, Token: tt.token, NamedSession: tt.named}))
				res := serve(p.guard.Require(whoami), r)
				if tt.want == "" {
					require.Equal(t, http.StatusUnauthorized, res.StatusCode, "%s, %s", name, kind)
				} else {
					require.Equal(t, tt.want, body(t, res), "%s, %s", name, kind)
				}
			}
		}
	})
}

// C02: SetCookies ends the session that the browser had, once it is proved, and says so if
// it cannot.
func TestC02_TheEarlierSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
		var log bytes.Buffer
		logging := func(_ *jwtlocal.Config, c *middleware.Config, _ *stytchclient.Client) {
			c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		}
		p := newProcess(t, s, logging)
		b := newBrowser(t, p.guard.Require(whoami))
		hers := s.SignIn(ada)
		p.signIn(t, b, hers)
		p.signIn(t, b, hers) // her own session again
		require.Equal(t, string(ada), body(t, b.get("/")))
		p.signIn(t, b, s.SignIn(bob))
		_, err := p.client.Sessions.Authenticate(t.Context(), hers)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		require.Empty(t, log.String())

		// A session that the request does not prove is not ended: a cookie can name any.
		victim := s.SignIn(ada)
		forged := newBrowser(t, b.app)
		forged.put(grimoireauth.Credentials{Token: s.Forged(bob).Token, JWT: grimoireauth.NewSecret("a.b.c"), NamedSession: victim.NamedSession})
		p.signIn(t, forged, s.SignIn(bob))
		_, err = p.client.Sessions.Authenticate(t.Context(), victim)
		require.NoError(t, err)

		without := newProcess(t, s, logging, func(_ *jwtlocal.Config, c *middleware.Config, _ *stytchclient.Client) { c.Revoke = nil })
		without.signIn(t, b, s.SignIn(ada))
		without.signIn(t, b, s.SignIn(bob))
		require.Equal(t, 1, strings.Count(log.String(), "Config.Revoke"))
	})
}

// C03: with sliding sessions a browser in use every few minutes stays signed in up to the
// absolute limit, and no further.
func TestC03_SlidingSessionOutlivesItsFirstHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		ivy := s.AddInstructor(s.AddClass("LAWS1100").ID, "ivy@example.edu")
		p := newProcess(t, s, func(l *jwtlocal.Config, _ *middleware.Config, c *stytchclient.Client) {
			l.SlidingSession = jwtlocal.SlidingSession{Extend: c.Sessions.Extend, IdleTimeout: time.Hour, AbsoluteTimeout: 12 * time.Hour}
		})
		b := newBrowser(t, p.guard.Require(whoami))
		jar := newAgingJar()
		began := time.Now()
		keep := func(res *http.Response) { jar.take(res) }
		w := httptest.NewRecorder()
		authentication, err := p.guard.Authenticate(t.Context(), s.SignIn(ivy))
		require.NoError(t, err)
		require.NoError(t, p.guard.SetCookies(w, signingIn(), authentication))
		keep(w.Result())
		for n := 0; time.Since(began) < 11*time.Hour+50*time.Minute; n++ {
			time.Sleep(time.Duration(1+n%6) * time.Minute)
			r := httptest.NewRequest("GET", "https://app.example/", nil)
			jar.give(r)
			res := serve(b.app, r)
			require.Equal(t, http.StatusOK, res.StatusCode, "after %v", time.Since(began))
			keep(res)
		}
		time.Sleep(20 * time.Minute)
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		jar.give(r)
		require.Equal(t, http.StatusUnauthorized, serve(b.app, r).StatusCode, "beyond the limit")
	})
}

// agingJar keeps cookies for as long as Max-Age says, by the clock of the test.
type agingJar map[string]agingCookie

type agingCookie struct {
	value string
	until time.Time
}

func newAgingJar() agingJar { return agingJar{} }

func (j agingJar) take(res *http.Response) {
	for _, c := range res.Cookies() {
		j[c.Name] = agingCookie{c.Value, time.Now().Add(time.Duration(c.MaxAge) * time.Second)}
	}
}

func (j agingJar) give(r *http.Request) {
	for name, c := range j {
		if time.Now().Before(c.until) {
			r.AddCookie(&http.Cookie{Name: name, Value: c.value})
		}
	}
}
