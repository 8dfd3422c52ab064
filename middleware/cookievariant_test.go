package middleware_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
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

// addressed is a browser that keeps cookies by name, Domain and path, as browsers do.
type addressed struct {
	jar *cookiejar.Jar
}

func newAddressed(t testing.TB) *addressed {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &addressed{jar}
}

func (b *addressed) request(method, address string) *http.Request {
	r := httptest.NewRequest(method, address, nil)
	r.Header.Set("Accept", "text/html")
	u, _ := url.Parse(address)
	for _, cookie := range b.jar.Cookies(u) {
		r.AddCookie(cookie)
	}
	return r
}

func (b *addressed) do(app http.Handler, method, address string) *http.Response {
	r := b.request(method, address)
	res := serve(app, r)
	b.jar.SetCookies(r.URL, res.Cookies())
	return res
}

func (b *addressed) plant(address string, cookies ...*http.Cookie) {
	u, _ := url.Parse(address)
	b.jar.SetCookies(u, cookies)
}

// signsIn is an application with a page to sign in as the holder of credentials.
func signsIn(t testing.TB, p *process, credentials grimoireauth.Credentials) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		authentication, err := p.guard.Authenticate(r.Context(), credentials)
		require.NoError(t, err)
		require.NoError(t, p.guard.SetCookies(w, r, authentication))
	})
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) { p.guard.ClearCookies(w, r) })
	mux.Handle("/", whoami)
	return p.guard.Protect(mux, "POST /sign-in", "POST /sign-out")
}

func with(change func(*middleware.Config)) func(*jwtlocal.Config, *middleware.Config, *stytchclient.Client) {
	return func(_ *jwtlocal.Config, c *middleware.Config, _ *stytchclient.Client) { change(c) }
}

// C04: after a change of settings, or when another host of the site plants one, two cookies
// of one name arrive. Signing in works at once, and so does the next visit.
func TestC04_TwoCookiesOfOneName(t *testing.T) {
	const page = "https://classes.school.example/classes/laws1100"
	plain := func(c *middleware.Config) { c.PlantableCookieNames = true }
	shared := func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }
	planted := func(domain, path string) func(*addressed, grimoireauth.Credentials) {
		return func(b *addressed, c grimoireauth.Credentials) {
			b.plant(page, &http.Cookie{Name: "stytch_session", Value: c.Token.Reveal(), Domain: domain, Path: path},
				&http.Cookie{Name: "stytch_session_jwt", Value: c.JWT.Reveal(), Domain: domain, Path: path})
		}
	}
	for name, tt := range map[string]struct {
		config func(*middleware.Config)
		also   func(*addressed, grimoireauth.Credentials)
	}{
		"the Domain was removed":                {plain, planted("school.example", "/")},
		"the Domain was set":                    {shared, planted("", "/")},
		"the Domain was wider":                  {shared, planted("classes.school.example", "/")},
		"planted by a sibling":                  {plain, planted("school.example", "/")},
		"planted by a sibling, for a path":      {plain, planted("school.example", "/classes")},
		"planted by a sibling, for a folder":    {plain, planted("school.example", "/classes/")},
		"planted by a sibling, for one address": {shared, planted("school.example", "/classes/laws1100")},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(mock.Stytch)
			class := s.AddClass("LAWS1100")
			ada, mallory := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "mallory@example.edu")
			var log bytes.Buffer
			p := newProcess(t, s, with(tt.config), with(func(c *middleware.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
			app := signsIn(t, p, s.SignIn(ada))

			b := newAddressed(t)
			require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-in").StatusCode)
			tt.also(b, s.SignIn(mallory))
			require.Equal(t, 401, b.do(app, "GET", page).StatusCode, "or there is nothing to show")
			require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-in").StatusCode)
			for range 3 {
				require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
			}
			require.Equal(t, 1, strings.Count(log.String(), "two values"))
			require.NotContains(t, log.String(), "ey")

			// Planted after the last visit: the sign-in deletes those for the whole host, and
			// the first visit those for its path.
			tt.also(b, s.SignIn(mallory))
			require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-in").StatusCode)
			if strings.Contains(name, ", for ") {
				require.Equal(t, 401, b.do(app, "GET", page).StatusCode)
			}
			require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
			require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-out").StatusCode)
			require.Equal(t, 401, b.do(app, "GET", page).StatusCode)
		})
	}
}

// C04: the refusal deletes what this Guard does not write, and only that: a session of the
// next person, who has signed in meanwhile, stays.
func TestC04_RefusalDeletesForeignVariantsOnly(t *testing.T) {
	for name, config := range map[string]middleware.Config{
		"plain": {PlantableCookieNames: true}, "shared": {SharedCookieDomain: "school.example"}, "insecure": {InsecureCookies: true}, "default": {},
	} {
		guard := newGuard(t, newSchool(t).Authenticate, config)
		r := httptest.NewRequest("GET", "https://classes.school.example/classes/x", nil)
		r.Header.Set("Cookie", "stytch_session=a; stytch_session=b; __Host-stytch_session=a; __Host-stytch_session=b")
		res := serve(guard.Require(whoami), r)
		require.Equal(t, 401, res.StatusCode)
		for _, cookie := range res.Cookies() {
			require.Negative(t, cookie.MaxAge)
			own := cookie.Path == "/" && cookie.Domain == config.SharedCookieDomain
			require.False(t, own, "%s: %s", name, cookie)
		}
		require.Equal(t, name == "default", len(res.Cookies()) == 0)
	}
}

// C05: settings of cookies that a browser would drop are refused at the start, or, where
// only a request tells, before anything is written.
func TestC05_CookiesThatABrowserDrops(t *testing.T) {
	for _, domain := range []string{"edu", "127.0.0.1", "[::1]", "::1", "192.168.1.10", "school edu", "school.edu;", "https://school.edu", "school.edu:8080", ".", "school.edu.", "-.-"} {
		_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{SharedCookieDomain: domain})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, domain)
		require.ErrorContains(t, err, "SharedCookieDomain")
	}
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{SharedCookieDomain: "school.edu"})
	for host, kept := range map[string]bool{
		"school.edu": true, "classes.school.edu": true, "CLASSES.School.edu": true, "classes.school.edu:8443": true,
		"school.edu.evil.example": false, "myschool.edu": false, "localhost:8080": false, "edu": false,
	} {
		r := httptest.NewRequest("POST", "https://x/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		err := guard.SetCookies(w, r, signedIn(t, "a.b.c", "tok"))
		if kept {
			require.NoError(t, err, host)
			continue
		}
		require.ErrorIs(t, err, middleware.ErrMisconfigured, host)
		require.ErrorContains(t, err, "SharedCookieDomain")
		require.Empty(t, w.Header()["Set-Cookie"])
	}
	for _, name := range []string{"a b", "a=b", "__Host-x", "__Secure-x", "__host-x", "$x", "a;b", strings.Repeat("x", 65)} {
		_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{CookieName: name})
		require.ErrorContains(t, err, "CookieName", name)
	}
}

// C13: where a front end owns the cookies, the Guard reads them and writes none, whatever
// happens.
func TestC13_FrontEndCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const page = "https://classes.school.example/"
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
		var log bytes.Buffer
		p := newProcess(t, s, with(func(c *middleware.Config) {
			c.FrontEndCookies = true
			c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		}))
		app := p.guard.Require(whoami)
		b := newAddressed(t)
		writes := func(domain string, c grimoireauth.Credentials) {
			b.plant(page, &http.Cookie{Name: "stytch_session", Value: c.Token.Reveal(), Domain: domain, Path: "/"},
				&http.Cookie{Name: "stytch_session_jwt", Value: c.JWT.Reveal(), Domain: domain, Path: "/"})
		}
		get := func() string {
			res := b.do(app, "GET", page)
			require.Empty(t, res.Header["Set-Cookie"])
			if res.StatusCode != 200 {
				return res.Status
			}
			return body(t, res)
		}
		hers := s.SignIn(ada, mock.WithDuration(8*time.Hour))
		writes("", hers)
		require.Equal(t, string(ada), get())
		writes("", s.Stale(hers))
		require.Equal(t, string(ada), get(), "refreshed for this request, and not written")

		// availableToSubdomains was switched on: the same session, written with a Domain.
		writes("school.example", hers)
		require.Equal(t, string(ada), get())
		require.Contains(t, log.String(), "two values")

		// Another session beside it may have been planted.
		writes("school.example", s.SignIn(bob))
		require.Equal(t, "401 Unauthorized", get())

		require.ErrorIs(t, p.guard.SetCookies(httptest.NewRecorder(), b.request("POST", page), grimoireauth.Authentication{}), middleware.ErrMisconfigured)
		require.ErrorContains(t, p.guard.CheckCookies(""), "FrontEndCookies")
		w := httptest.NewRecorder()
		p.guard.ClearCookies(w, b.request("POST", page))
		require.Empty(t, w.Header())

		// The session ends: a refusal, and nothing is deleted.
		b = newAddressed(t)
		writes("", hers)
		s.EndSession(hers)
		time.Sleep(6 * time.Minute)
		require.Equal(t, "401 Unauthorized", get())
	})
}

// C13: each mixture of a front end and a Guard leaves one line a minute in the log.
func TestC13_MixturesAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tt := range map[string]struct {
			config middleware.Config
			cookie string
			want   string
		}{
			"a front end writes Stytch's names, the Guard reads its own": {middleware.Config{}, "stytch_session=tok; stytch_session_jwt=jwt.ada.x", "FrontEndCookies"},
			"a front end writes the Guard's names":                       {middleware.Config{PlantableCookieNames: true}, "stytch_session=tok; stytch_session_jwt=jwt.ada.x", "names no session"},
			"a Guard writes the front end's names":                       {middleware.Config{FrontEndCookies: true}, "stytch_session=tok~s; stytch_session_jwt=jwt.ada.x", "owns its cookies"},
			"two values":                                                 {middleware.Config{PlantableCookieNames: true}, "stytch_session=tok; stytch_session=tik", "two values"},
			"as it should be":                                            {middleware.Config{}, "__Host-stytch_session=token-ada~session-of-ada; __Host-stytch_session_jwt=jwt.ada.x", ""},
			"a stranger":                                                 {middleware.Config{}, "theme=dark", ""},
		} {
			var log bytes.Buffer
			tt.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
			guard := newGuard(t, newSchool(t).Authenticate, tt.config)
			for range 180 {
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("Cookie", tt.cookie)
				serve(guard.Require(whoami), r)
				time.Sleep(time.Second)
			}
			if tt.want == "" {
				require.Empty(t, log.String(), name)
				continue
			}
			require.Equal(t, 3, strings.Count(log.String(), "\n"), name)
			require.Contains(t, log.String(), tt.want)
			require.NotContains(t, log.String(), "tok~")
		}
	})
}

// C15: two services on one host have cookies of their own.
func TestC15_TwoServicesOnOneHost(t *testing.T) {
	s := new(mock.Stytch)
	class := s.AddClass("LAWS1100")
	ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
	for name, insecure := range map[string]bool{"https": false, "http": true} {
		set := func(cookie string) func(*middleware.Config) {
			return func(c *middleware.Config) { c.CookieName, c.InsecureCookies = cookie, insecure }
		}
		essays, marks := newProcess(t, s, with(set("essays"))), newProcess(t, s, with(set("marks")))
		one, two := signsIn(t, essays, s.SignIn(ada)), signsIn(t, marks, s.SignIn(bob))
		b := newAddressed(t)
		require.Equal(t, 200, b.do(one, "POST", name+"://127.0.0.1:8080/sign-in").StatusCode)
		require.Equal(t, 200, b.do(two, "POST", name+"://127.0.0.1:8081/sign-in").StatusCode)
		require.Equal(t, string(ada), body(t, b.do(one, "GET", name+"://127.0.0.1:8080/")))
		require.Equal(t, string(bob), body(t, b.do(two, "GET", name+"://127.0.0.1:8081/")))
		b.do(one, "POST", name+"://127.0.0.1:8080/sign-out")
		require.Equal(t, 401, b.do(one, "GET", name+"://127.0.0.1:8080/").StatusCode)
		require.Equal(t, string(bob), body(t, b.do(two, "GET", name+"://127.0.0.1:8081/")))
	}
}

// C04, C05: a change of names or Domain signs no browser out while the former ones are
// listed, and they count for nothing beyond their date, or beside a current one.
func TestC04_FormerCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const page = "https://classes.school.example/classes/laws1100?week=3"
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		ada, bob := s.AddStudent(class.ID, "ada@example.edu"), s.AddStudent(class.ID, "bob@example.edu")
		former := newProcess(t, s, with(func(c *middleware.Config) { c.SharedCookieDomain = "school.example" }))
		now := newProcess(t, s, with(func(c *middleware.Config) {
			c.FormerCookies = []middleware.FormerCookies{{Domain: "school.example", Until: time.Now().Add(30 * 24 * time.Hour)}}
		}))
		hers := s.SignIn(ada, mock.WithDuration(90*24*time.Hour))
		app := signsIn(t, now, s.SignIn(bob))
		signedIn := func() *addressed {
			b := newAddressed(t)
			require.Equal(t, 200, b.do(signsIn(t, former, hers), "POST", "https://classes.school.example/sign-in").StatusCode)
			return b
		}
		b := signedIn()
		res := b.do(app, "POST", page)
		require.Equal(t, string(ada), body(t, res), "they count for a form as well")
		require.Empty(t, res.Cookies(), "whose answer may be late, and writes nothing")
		res = b.do(app, "GET", page)
		require.Equal(t, 303, res.StatusCode)
		require.Equal(t, "/classes/laws1100?week=3", res.Header.Get("Location"))
		for range 3 {
			require.Equal(t, string(ada), body(t, b.do(app, "GET", page)))
		}
		require.NotContains(t, b.request("GET", page).Header.Get("Cookie"), " stytch_session", "the former ones are gone")

		// A browser that keeps no new cookies does not go round in circles.
		b = signedIn()
		stubborn := b.request("GET", page)
		require.Equal(t, 200, serve(app, stubborn).StatusCode, "the same token as a moment ago")

		// Beside a current one they are not looked at, and signing in and out deletes them.
		b = signedIn()
		require.Equal(t, 200, b.do(app, "POST", "https://classes.school.example/sign-in").StatusCode)
		require.Equal(t, string(bob), body(t, b.do(app, "GET", page)))
		b = signedIn()
		b.do(app, "POST", "https://classes.school.example/sign-out")
		require.Equal(t, 401, b.do(app, "GET", page).StatusCode)
		require.Equal(t, "__Host-stytch_session=~", b.request("GET", page).Header.Get("Cookie"), "and nothing else")

		b = signedIn()
		time.Sleep(31 * 24 * time.Hour)
		require.NotEqual(t, 200, b.do(app, "GET", page).StatusCode, "past their date")
	})
	for name, f := range map[string]middleware.FormerCookies{
		"without a date":  {},
		"the current one": {Prefixed: true, Until: time.Now().Add(time.Hour)},
		"a bad Domain":    {Domain: "edu", Until: time.Now().Add(time.Hour)},
		"a bad name":      {Name: "a b", Until: time.Now().Add(time.Hour)},
		"both":            {Prefixed: true, Domain: "school.edu", Until: time.Now().Add(time.Hour)},
	} {
		_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{FormerCookies: []middleware.FormerCookies{f}})
		require.ErrorContains(t, err, "FormerCookies", name)
	}
}
