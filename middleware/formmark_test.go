package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// forms is a class with two students, several processes of one service, and a browser
// on which both sit down.
type forms struct {
	*real
	class    grimoireauth.ClassID
	ada, bob grimoireauth.MemberID
	apps     []http.Handler
	guards   []*middleware.Guard
	browser  *browser
	saved    []string // who posted what
	turn     int
}

const essay = "text=It+was+a+dark+night"

func newForms(t testing.TB, mapping string, processes int, config middleware.Config) *forms {
	x := &forms{real: newReal(t)}
	x.class = x.real.class.ID
	x.ada = x.stytch.AddStudent(x.class, "ada@example.edu")
	x.bob = x.stytch.AddStudent(x.class, "bob@example.edu")
	config.SignInURL = "/auth/?class=LAWS1100"
	if mapping != mappings[0] {
		x.class = "LAWS1100-in-a-table"
		config.Role = func(_ context.Context, s grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
			if class == x.class && (s.Member() == x.ada || s.Member() == x.bob) {
				return grimoireauth.RoleStudent, nil
			}
			return grimoireauth.RoleNone, nil
		}
	}
	for range processes {
		verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: x.stytch.ProjectID(), Transport: x.stytch, Refresh: x.client.Sessions.Authenticate})
		require.NoError(t, err)
		t.Cleanup(func() { _ = verifier.Wait(context.Background()) })
		guard := newGuard(t, verifier.Authenticate, config)
		mux := http.NewServeMux()
		save := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s, _ := grimoireauth.SessionFromContext(r.Context())
			x.saved = append(x.saved, string(s.Member())+": "+r.FormValue("text"))
		})
		mux.Handle("POST /classes/{class}/essays", ofStudents(guard)(save))
		mux.Handle("GET /classes/{class}/essays", ofStudents(guard)(whoami))
		mux.Handle("POST /loaded", guard.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := guard.Check(r); err != nil {
				guard.Respond(w, r, err)
				return
			}
			save(w, r)
		})))
		mux.HandleFunc("POST /by-hand", func(w http.ResponseWriter, r *http.Request) {
			a, err := guard.Check(r)
			if err != nil {
				guard.Respond(w, r, err)
				return
			}
			save(w, r.WithContext(grimoireauth.ContextWithAuthentication(r.Context(), a)))
		})
		x.guards = append(x.guards, guard)
		x.apps = append(x.apps, guard.Protect(mux, "POST /loaded", "POST /by-hand"))
	}
	x.browser = newBrowser(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.turn++
		x.apps[x.turn%len(x.apps)].ServeHTTP(w, r)
	}))
	return x
}

// signIn gives the browser the cookies of a new session, as a sign-in page does.
func (x *forms) signIn(t testing.TB, member grimoireauth.MemberID) grimoireauth.Credentials {
	t.Helper()
	credentials := x.stytch.SignIn(member, mock.WithDuration(8*time.Hour))
	x.browser.take(t, x.guards[0], credentials)
	return credentials
}

func (x *forms) path() string { return "/classes/" + string(x.class) + "/essays" }

// post sends a form as a browser does, from the page of the same address.
func (b *browser) post(path, form string, header ...string) *http.Response {
	r := httptest.NewRequest("POST", path, strings.NewReader(form))
	r.Host = "app.example"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", chrome)
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Referer", "https://app.example"+path+"?draft=1")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for _, cookie := range b.jar.Cookies(site) {
		r.AddCookie(cookie)
	}
	res := serve(b.app, r)
	b.jar.SetCookies(site, res.Cookies())
	return res
}

func everyForm(t *testing.T, run func(t *testing.T, x *forms)) {
	for _, mapping := range mappings {
		for name, processes := range map[string]int{"one process": 1, "two processes": 2} {
			t.Run(mapping+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { run(t, newForms(t, mapping, processes, middleware.Config{})) })
			})
		}
	}
}

// C12: a form that is refused because the session has ended is not lost, and is not
// sent as another person without a question.
func TestC12_RefusedFormOffersAWay(t *testing.T) {
	everyForm(t, func(t *testing.T, x *forms) {
		x.stytch.EndSession(x.signIn(t, x.ada))
		time.Sleep(6 * time.Minute)
		res := x.browser.post(x.path(), essay)
		require.Equal(t, 401, res.StatusCode)
		page := body(t, res)
		back := url.QueryEscape(x.path() + "?draft=1")
		require.Contains(t, page, `<a href="/auth/?class=LAWS1100&amp;return_to=`+back+`" target="_blank" rel="noopener">`)
		require.Contains(t, page, "Nothing was saved")
		require.Contains(t, strings.ToLower(page), "reload")
		require.NotContains(t, page, "night")
		require.NotContains(t, page, `href=""`)

		x.signIn(t, x.ada)
		require.Equal(t, 200, x.browser.post(x.path(), essay).StatusCode, "the same person, signed in again")
		require.Equal(t, []string{string(x.ada) + ": It was a dark night"}, x.saved)
	})
}

func TestC12_AnotherPersonIsAsked(t *testing.T) {
	everyForm(t, func(t *testing.T, x *forms) {
		x.stytch.EndSession(x.signIn(t, x.ada))
		time.Sleep(6 * time.Minute)
		require.Equal(t, 401, x.browser.post(x.path(), essay).StatusCode)
		second := "text=And+a+bright+morning+followed"
		require.Equal(t, 401, x.browser.post(x.path(), second).StatusCode, "another tab, the same address")

		x.signIn(t, x.bob)
		require.Equal(t, 200, x.browser.post(x.path(), "text=Of+mine").StatusCode, "a form of his own")
		x.saved = nil
		for _, form := range []string{essay, second} {
			res := x.browser.post(x.path(), form)
			require.Equal(t, 409, res.StatusCode, form)
			page := body(t, res)
			require.Contains(t, page, "Nothing was saved")
			require.Contains(t, strings.ToLower(page), "reload")
			require.NotContains(t, page, "<a ")
			require.Empty(t, x.saved)
		}
		for range 2 {
			require.Equal(t, 200, x.browser.post(x.path(), essay).StatusCode)
			require.Equal(t, 200, x.browser.post(x.path(), second).StatusCode)
		}
		require.Equal(t, string(x.bob)+": It was a dark night", x.saved[0])

		// The next one is asked again.
		x.saved = nil
		x.signIn(t, x.ada)
		require.Equal(t, 409, x.browser.post(x.path(), essay).StatusCode)
		require.Empty(t, x.saved)
	})
}

// Who filled a form in is not always known. Then there is a question for everybody.
func TestC12_UnknownPersonIsAsked(t *testing.T) {
	everyForm(t, func(t *testing.T, x *forms) {
		require.Equal(t, 401, x.browser.post(x.path(), essay).StatusCode, "no cookie at all")
		x.signIn(t, x.ada)
		require.Equal(t, 409, x.browser.post(x.path(), essay).StatusCode)
		require.Equal(t, 200, x.browser.post(x.path(), essay).StatusCode)
		require.Len(t, x.saved, 1)
	})
}

// An outage refuses forms as well, and its page offers no GET of their address.
func TestC12_Outage(t *testing.T) {
	everyForm(t, func(t *testing.T, x *forms) {
		x.signIn(t, x.ada)
		time.Sleep(6 * time.Minute)
		before := len(x.browser.jar.Cookies(site))
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 500})
		res := x.browser.post(x.path(), essay)
		require.Equal(t, 503, res.StatusCode)
		page := body(t, res)
		require.NotContains(t, page, "<a ")
		require.Contains(t, page, "Nothing was saved")
		require.Contains(t, strings.ToLower(page), "reload")
		require.GreaterOrEqual(t, len(x.browser.jar.Cookies(site)), before, "an outage deletes nothing")
		get := httptest.NewRequest("GET", x.path(), nil)
		get.Header.Set("Accept", chrome)
		require.Contains(t, body(t, serve(x.browser.app, withCookies(get, x.browser))), `<a href="">Try again</a>`)

		x.stytch.ClearFaults()
		time.Sleep(time.Minute)
		require.Equal(t, 200, x.browser.post(x.path(), essay).StatusCode)
		x.saved = nil
		x.signIn(t, x.bob)
		require.Equal(t, 409, x.browser.post(x.path(), essay).StatusCode, "it was filled in by another person")
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 500})
		time.Sleep(6 * time.Minute)
		require.Equal(t, 503, x.browser.post(x.path(), essay).StatusCode)
		require.Empty(t, x.saved)
	})
}

// A second outage does not make Ada's form Bob's.
func TestC12_RefusedTwice(t *testing.T) {
	everyForm(t, func(t *testing.T, x *forms) {
		x.stytch.EndSession(x.signIn(t, x.ada))
		time.Sleep(6 * time.Minute)
		require.Equal(t, 401, x.browser.post(x.path(), essay).StatusCode)
		x.signIn(t, x.bob)
		time.Sleep(6 * time.Minute)
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 500})
		require.Equal(t, 503, x.browser.post(x.path(), essay).StatusCode)
		x.stytch.ClearFaults()
		time.Sleep(time.Minute)
		require.Equal(t, 409, x.browser.post(x.path(), essay).StatusCode)
		require.Empty(t, x.saved)
	})
}

func withCookies(r *http.Request, b *browser) *http.Request {
	for _, cookie := range b.jar.Cookies(site) {
		r.AddCookie(cookie)
	}
	return r
}

// Scripts, bearer tokens and GETs are left alone, and so is a form of an hour ago.
func TestC12_OnlyForms(t *testing.T) {
	everyForm(t, func(t *testing.T, x *forms) {
		x.stytch.EndSession(x.signIn(t, x.ada))
		time.Sleep(6 * time.Minute)
		script := []string{"Sec-Fetch-Mode", "cors", "Accept", "application/json"}
		res := x.browser.post(x.path(), essay, script...)
		require.Equal(t, 401, res.StatusCode)
		for _, cookie := range res.Cookies() {
			require.NotContains(t, cookie.Name, "_forms")
		}
		require.Equal(t, 401, x.browser.post(x.path(), essay).StatusCode)
		x.signIn(t, x.bob)
		require.Equal(t, 200, x.browser.post(x.path(), essay, script...).StatusCode)
		require.Equal(t, 200, x.browser.get(x.path()).StatusCode)
		time.Sleep(time.Hour + time.Second)
		require.Equal(t, 200, x.browser.post(x.path(), essay).StatusCode)
	})
}

// The mark has the attributes of the Guard's own cookies, says nothing in plain words
// and has a bound.
func TestC12_Mark(t *testing.T) {
	for prefix, config := range map[string]middleware.Config{"__Host-": {}, "": {InsecureCookies: true}} {
		synctest.Test(t, func(t *testing.T) {
			x := newForms(t, mappings[0], 1, config)
			var mark *http.Cookie
			for n := range 30 {
				for _, cookie := range x.browser.post(x.path(), essay+strings.Repeat("z", n)).Cookies() {
					if strings.HasSuffix(cookie.Name, "_forms") {
						mark = cookie
					}
				}
			}
			require.NotNil(t, mark)
			require.Equal(t, prefix+"stytch_session_forms", mark.Name)
			require.True(t, mark.HttpOnly)
			require.Equal(t, prefix != "", mark.Secure)
			require.Equal(t, 3600, mark.MaxAge)
			require.Equal(t, "/", mark.Path)
			require.Empty(t, mark.Domain)
			require.Less(t, len(mark.Value), 300)
			require.NotContains(t, mark.Value, string(x.class))
		})
	}
}

// Marks that are planted or broken refuse nothing for ever.
func TestC12_PlantedMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newForms(t, mappings[0], 1, middleware.Config{})
		x.stytch.EndSession(x.signIn(t, x.ada))
		time.Sleep(6 * time.Minute)
		require.Equal(t, 401, x.browser.post(x.path(), essay).StatusCode)
		planted := ""
		for _, cookie := range x.browser.jar.Cookies(site) {
			if strings.HasSuffix(cookie.Name, "_forms") {
				planted = cookie.String()
			}
		}
		x.signIn(t, x.bob)
		inner := x.browser.app
		x.browser.app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("Cookie", planted+"; __Host-stytch_session_forms=.;__Host-stytch_session_forms="+strings.Repeat("a", 4000)+"; "+r.Header.Get("Cookie"))
			inner.ServeHTTP(w, r)
		})
		require.Equal(t, 409, x.browser.post(x.path(), essay).StatusCode)
		require.Equal(t, 200, x.browser.post(x.path(), essay).StatusCode)
	})
}

// The Guard marks forms and asks also if Config.Respond writes the response.
func TestC12_OwnRespond(t *testing.T) {
	for _, mapping := range mappings {
		synctest.Test(t, func(t *testing.T) {
			x := newForms(t, mapping, 2, middleware.Config{Respond: func(w http.ResponseWriter, _ *http.Request, err error) {
				switch {
				case errors.Is(err, middleware.ErrOtherPersonsForm):
					w.WriteHeader(http.StatusTeapot)
				default:
					w.WriteHeader(http.StatusUnauthorized)
				}
			}})
			for _, path := range []string{x.path(), "/loaded", "/by-hand"} {
				x.saved = nil
				x.stytch.EndSession(x.signIn(t, x.ada))
				time.Sleep(6 * time.Minute)
				require.Equal(t, 401, x.browser.post(path, essay).StatusCode, path)
				x.signIn(t, x.bob)
				require.Equal(t, 418, x.browser.post(path, essay).StatusCode, path)
				require.Empty(t, x.saved)
				require.Equal(t, 200, x.browser.post(path, essay).StatusCode, path)
				require.Equal(t, []string{string(x.bob) + ": It was a dark night"}, x.saved)
			}
		})
	}
}

// The return address is a page of this host, or none.
func TestC12_WhereFromIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newForms(t, mappings[0], 1, middleware.Config{})
		for referer, want := range map[string]string{
			"https://app.example/essays/new?a=b": `href="/auth/?class=LAWS1100&amp;return_to=%2Fessays%2Fnew%3Fa%3Db"`,
			"https://evil.example/essays":        `href="/auth/?class=LAWS1100"`,
			"https://app.example//evil.example":  `href="/auth/?class=LAWS1100"`,
			"https://app.example/auth/?class=x":  `href="/auth/?class=LAWS1100"`,
			"javascript://app.example/%0aalert":  `href="/auth/?class=LAWS1100"`,
			"https://app.example:444/x":          `href="/auth/?class=LAWS1100"`,
			"":                                   `href="/auth/?class=LAWS1100"`,
		} {
			require.Contains(t, body(t, x.browser.post(x.path(), essay, "Referer", referer)), want, referer)
		}
	})
}

// A sign-in form of the application's own that was refused is a form like others, and
// still ends the session that was there before.
func TestC12_SignInByHandEndsTheEarlierSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var revoked []grimoireauth.MemberID
		x := newForms(t, mappings[0], 1, middleware.Config{Revoke: func(_ context.Context, s grimoireauth.Session) error {
			revoked = append(revoked, s.Member())
			return nil
		}})
		fails := true
		x.browser.app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if fails {
				x.guards[0].Respond(w, r, grimoireauth.ErrUnauthenticated)
				return
			}
			a, err := x.guards[0].Authenticate(r.Context(), x.stytch.SignIn(x.ada))
			require.NoError(t, err)
			require.NoError(t, x.guards[0].SetCookies(w, r, a))
		})
		require.Equal(t, 401, x.browser.post("/login", "password=a").StatusCode)
		x.signIn(t, x.bob)
		fails = false
		require.Equal(t, 200, x.browser.post("/login", "password=b").StatusCode)
		require.Equal(t, []grimoireauth.MemberID{x.bob}, revoked)
	})
}

// C12: a form that was refused because the person may not send it, left open. The next
// person, who may, reloads the page: it is not theirs without a question.
func TestC12_RefusedForWantOfARight(t *testing.T) {
	x := newReal(t)
	ada := x.stytch.AddStudent(x.class.ID, "ada@example.edu")
	other := x.stytch.AddClass("ARTS2000")
	zoe := x.stytch.AddStudent(other.ID, "zoe@example.edu")
	saved := 0
	mux := http.NewServeMux()
	mux.Handle("POST /classes/{class}/marks", x.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { saved++ })))
	for member, status := range map[grimoireauth.MemberID]int{ada: http.StatusForbidden, zoe: http.StatusNotFound} {
		saved = 0
		b := newBrowser(t, x.guard.Protect(mux))
		path, form := "/classes/"+string(x.class.ID)+"/marks", "ada=100"
		b.take(t, x.guard, x.stytch.SignIn(member))
		require.Equal(t, status, b.post(path, form).StatusCode)
		require.Equal(t, status, b.post(path, form).StatusCode, "no question about one's own")
		b.take(t, x.guard, x.stytch.SignIn(x.member))
		require.Equal(t, http.StatusConflict, b.post(path, form).StatusCode)
		require.Zero(t, saved)
		require.Equal(t, http.StatusOK, b.post(path, form+"0").StatusCode, "the instructor's own form")
		require.Equal(t, http.StatusOK, b.post(path, form).StatusCode, "sent again, knowingly")
		require.Equal(t, 2, saved)
	}
}
