package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"

	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// C02, C04: Ada's browser brings cookies of an earlier configuration. The response that
// moves them is late: meanwhile she signs out, or not, and Bob signs in on that browser, or
// not. It does not change who Bob is, and it signs Ada in again on no process.
func TestC02_LateReplacementOfFormerCookies(t *testing.T) {
	const page = "https://classes.school.example/classes/laws1100"
	for name, bobSignsIn := range map[string]bool{"Bob signs in": true, "nobody signs in": false} {
		for _, signsOut := range []bool{true, false} {
			if !bobSignsIn && !signsOut {
				continue
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := new(mock.Stytch)
					class := s.AddClass("LAWS1100")
					ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
					former := newProcess(t, s, with(func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }))
					listed := with(func(c *middleware.Config) {
						c.FormerCookies = []middleware.FormerCookies{{Domain: "school.example", Until: time.Now().Add(30 * 24 * time.Hour)}}
					})
					one, two := newProcess(t, s, listed), newProcess(t, s, listed)
					b := newAddressed(t)
					require.Equal(t, 200, b.do(signsIn(t, former, s.SignIn(ada, mock.WithDuration(90*24*time.Hour))), "POST", "https://classes.school.example/sign-in").StatusCode)

					app := signsIn(t, one, s.SignIn(bob))
					late := serve(app, b.request("GET", page))
					require.Equal(t, http.StatusSeeOther, late.StatusCode)
					if signsOut {
						// As the pages do: at Stytch, and in the browser.
						r := b.request("GET", page)
						now, err := one.guard.Check(r)
						require.NoError(t, err)
						require.NoError(t, one.client.Sessions.Revoke(t.Context(), now.Session))
						b.do(app, "POST", "https://classes.school.example/sign-out")
					}
					if bobSignsIn {
						require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-in").StatusCode)
					}
					b.jar.SetCookies(b.request("GET", page).URL, late.Cookies())
					for _, p := range []*process{two, one, two} {
						res := b.do(signsIn(t, p, s.SignIn(bob)), "GET", page)
						if bobSignsIn {
							require.Equal(t, string(bob), body(t, res))
						} else {
							require.NotEqual(t, 200, res.StatusCode, body(t, res))
						}
					}
				})
			})
		}
	}
}

// The same, after a sign-out of which Stytch never heard: the session lives, and the browser
// has signed out of it all the same.
func TestC02_LateReplacementAfterASignOutThatStytchMissed(t *testing.T) {
	const page = "https://classes.school.example/classes/laws1100"
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		ada := s.AddStudent(s.AddClass("LAWS1100").ID, "ada@example.edu")
		former := newProcess(t, s, with(func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }))
		listed := with(func(c *middleware.Config) {
			c.FormerCookies = []middleware.FormerCookies{{Domain: "school.example", Until: time.Now().Add(30 * 24 * time.Hour)}}
		})
		one, two := newProcess(t, s, listed), newProcess(t, s, listed)
		b := newAddressed(t)
		hers := s.SignIn(ada, mock.WithDuration(90*24*time.Hour))
		require.Equal(t, 200, b.do(signsIn(t, former, hers), "POST", "https://classes.school.example/sign-in").StatusCode)
		app := signsIn(t, one, hers)
		late := serve(app, b.request("GET", page))
		require.Equal(t, http.StatusSeeOther, late.StatusCode)
		b.do(app, "POST", "https://classes.school.example/sign-out")
		b.jar.SetCookies(b.request("GET", page).URL, late.Cookies())
		for _, p := range []*process{two, one} {
			require.Equal(t, 401, b.do(signsIn(t, p, hers), "GET", page).StatusCode)
		}
		// Signing in works as ever.
		require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-in").StatusCode)
		require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
	})
}

// A browser whose cookies were replaced stays signed in like any other: its session_jwt is
// renewed, and signing out is the end of it.
func TestC04_ReplacedCookiesLiveOn(t *testing.T) {
	const page = "https://classes.school.example/classes/laws1100"
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		ada := s.AddStudent(class.ID, "ada@example.edu")
		former := newProcess(t, s, with(func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }))
		now := newProcess(t, s, with(func(c *middleware.Config) {
			c.FormerCookies = []middleware.FormerCookies{{Domain: "school.example", Until: time.Now().Add(30 * 24 * time.Hour)}}
		}))
		b := newAddressed(t)
		hers := s.SignIn(ada, mock.WithDuration(90*24*time.Hour))
		require.Equal(t, 200, b.do(signsIn(t, former, hers), "POST", "https://classes.school.example/sign-in").StatusCode)
		app := signsIn(t, now, hers)
		require.Equal(t, 303, b.do(app, "GET", page).StatusCode)
		for range 20 {
			require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
			time.Sleep(4 * time.Minute)
		}
		require.Contains(t, b.request("GET", page).Header.Get("Cookie"), jwtCookie+"=ey", "with a session_jwt of its own")
		// After the date of the former ones, and after they are not listed any more.
		time.Sleep(31 * 24 * time.Hour)
		require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
		require.Equal(t, string(ada), body(t, b.do(signsIn(t, newProcess(t, s), hers), "GET", page)))
		b.do(app, "POST", "https://classes.school.example/sign-out")
		require.Empty(t, b.request("GET", page).Header.Get("Cookie"))
	})
}

// C04: names change twice, so that what took the place of a former cookie is a former one.
func TestC04_NamesThatChangeTwice(t *testing.T) {
	const page = "https://classes.school.example/classes/laws1100"
	s := new(mock.Stytch)
	class := s.AddClass("LAWS1100")
	ada := s.AddStudent(class.ID, "ada@example.edu")
	until := time.Now().Add(30 * 24 * time.Hour)
	hers := s.SignIn(ada, mock.WithDuration(90*24*time.Hour))
	first := newProcess(t, s, with(func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }))
	domain := middleware.FormerCookies{Domain: "school.example", Until: until}
	second := newProcess(t, s, with(func(c *middleware.Config) { c.FormerCookies = []middleware.FormerCookies{domain} }))
	third := newProcess(t, s, with(func(c *middleware.Config) {
		c.CookieName = "classes"
		c.FormerCookies = []middleware.FormerCookies{{Prefixed: true, Until: until}, domain}
	}))
	b := newAddressed(t)
	require.Equal(t, 200, b.do(signsIn(t, first, hers), "POST", "https://classes.school.example/sign-in").StatusCode)
	for _, p := range []*process{second, third} {
		app := signsIn(t, p, hers)
		require.Equal(t, 303, b.do(app, "GET", page).StatusCode)
		require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
	}
	require.NotContains(t, b.request("GET", page).Header.Get("Cookie"), "stytch_session_moved", "the former ones are gone")
}

// The same on a process that has refreshed the session a moment ago, for the very request
// whose answer is late: what it remembers of that refresh must not count for a browser that
// has signed out at another process.
func TestC02_LateReplacementAndARefreshBefore(t *testing.T) {
	const page = "https://classes.school.example/classes/laws1100"
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		ada := s.AddStudent(s.AddClass("LAWS1100").ID, "ada@example.edu")
		former := newProcess(t, s, with(func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }))
		listed := func(jc *jwtlocal.Config, c *middleware.Config, client *stytchclient.Client) {
			c.FormerCookies = []middleware.FormerCookies{{Domain: "school.example", Until: time.Now().Add(30 * 24 * time.Hour)}}
			c.Fresh = client.Sessions.Authenticate
		}
		one, two := newProcess(t, s, listed), newProcess(t, s, listed)
		b := newAddressed(t)
		hers := s.SignIn(ada, mock.WithDuration(90*24*time.Hour))
		require.Equal(t, 200, b.do(signsIn(t, former, hers), "POST", "https://classes.school.example/sign-in").StatusCode)
		time.Sleep(6 * time.Minute)

		late := serve(signsIn(t, two, hers), b.request("GET", page))
		require.Equal(t, http.StatusSeeOther, late.StatusCode)
		now, err := one.guard.Check(b.request("GET", page))
		require.NoError(t, err)
		require.NoError(t, one.client.Sessions.Revoke(t.Context(), now.Session))
		b.do(signsIn(t, one, hers), "POST", "https://classes.school.example/sign-out")
		b.jar.SetCookies(b.request("GET", page).URL, late.Cookies())
		require.NotEqual(t, 200, b.do(signsIn(t, two, hers), "GET", page).StatusCode)
	})
}
