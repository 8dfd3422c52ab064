package forwardauth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestF03_FiveAnswers(t *testing.T) {
	for _, mapping := range mappings {
		t.Run(mapping, func(t *testing.T) {
			s := newSchool(t, mapping, middleware.Config{})
			for _, row := range []struct {
				name, method, path string
				as                 grimoireauth.Credentials
				want               int
				role               string
			}{
				{"a student", "GET", "/classes/{class}/notes", s.student, 204, "student"},
				{"an instructor", "POST", "/classes/{class}/release", s.instructor, 204, "instructor"},
				{"about no class", "GET", "/me", s.student, 204, ""},
				{"a public route", "GET", "/", grimoireauth.Credentials{}, 204, ""},
				{"a stranger", "GET", "/classes/{class}/notes", grimoireauth.Credentials{}, 401, ""},
				{"a student who releases", "POST", "/classes/{class}/release", s.student, 403, ""},
				{"another class", "GET", "/classes/{class}/notes", s.outsider, 404, ""},
				{"a class that is not there", "GET", "/classes/nothing/notes", s.student, 404, ""},
				{"a route that is not there", "GET", "/classes/{class}/grades", s.student, 404, ""},
				{"a method that is not there", "DELETE", "/classes/{class}/notes", s.student, 404, ""},
				{"a route that is not there, to a stranger", "GET", "/x", grimoireauth.Credentials{}, 401, ""},
			} {
				t.Run(row.name, func(t *testing.T) {
					res := s.answer(s.authRequest(row.as, row.method, row.path))
					require.Equal(t, row.want, res.StatusCode)
					require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
					require.Equal(t, row.role, res.Header.Get(forwardauth.HeaderRole))
					require.Equal(t, row.want == 204 && !row.as.IsZero(), res.Header.Get(forwardauth.HeaderMember) != "")
					require.Equal(t, row.role != "", res.Header.Get(forwardauth.HeaderClass) == string(s.class))
					require.Equal(t, row.want == 401, res.Header.Get("WWW-Authenticate") != "")
				})
			}
			s.stytch.Fail(mock.Fault{Drop: true})
			res := s.answer(s.authRequest(s.stytch.Stale(s.student), "GET", "/classes/{class}/notes"))
			require.Equal(t, 503, res.StatusCode)
			require.NotEmpty(t, res.Header.Get("Retry-After"))
			require.Empty(t, res.Header["Set-Cookie"])
		})
	}
}

func TestF05_OnlyTheProxyIsAnswered(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	old, next := grimoireauth.NewSecret(secret), grimoireauth.NewSecret(strings.Repeat("n", 22))
	rotating, err := forwardauth.New(s.guard, s.routes(), forwardauth.Config{Secrets: []grimoireauth.Secret{old, next}})
	require.NoError(t, err)
	for _, row := range []struct {
		name  string
		lines []string
		want  int
	}{
		{"none", nil, 403},
		{"empty", []string{""}, 403},
		{"wrong", []string{secret + "x"}, 403},
		{"the beginning", []string{secret[:22]}, 403},
		{"two", []string{secret, secret}, 403},
		{"the old one", []string{secret}, 204},
		{"the new one", []string{next.Reveal()}, 204},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := s.authRequest(s.student, "GET", "/classes/{class}/notes")
			r.Header[forwardauth.HeaderSecret] = row.lines
			w := httptest.NewRecorder()
			rotating.ServeHTTP(w, r)
			require.Equal(t, row.want, w.Code)
			if row.want == 403 {
				require.Equal(t, http.Header{"Cache-Control": {"no-store"}}, w.Header(), "it says nothing about the cookie")
			}
		})
	}
	for _, secrets := range [][]grimoireauth.Secret{
		nil, {{}}, {old, {}}, {grimoireauth.NewSecret("short")}, {grimoireauth.NewSecret(strings.Repeat("a b", 10))}, {grimoireauth.NewSecret(strings.Repeat("é", 22))},
	} {
		_, err := forwardauth.New(s.guard, s.routes(), forwardauth.Config{Secrets: secrets})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		require.NotContains(t, err.Error(), secret)
	}
	_, err = forwardauth.New(nil, nil, forwardauth.Config{})
	for _, fault := range []string{"Guard", "routes", "Secrets"} {
		require.ErrorContains(t, err, fault)
	}
	for _, zero := range []*forwardauth.Handler{nil, {}} {
		w := httptest.NewRecorder()
		zero.ServeHTTP(w, s.authRequest(s.student, "GET", "/"))
		require.Equal(t, 500, w.Code)
	}
}

// A configuration that lacks a line gets 500, and no decision about a person.
func TestF06_AnIncompleteQuestion(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	var log bytes.Buffer
	var err error
	s.handler, err = forwardauth.New(s.guard, s.routes(), forwardauth.Config{
		Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(secret)}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	for _, name := range []string{forwardauth.HeaderMethod, forwardauth.HeaderURI, forwardauth.HeaderHost, forwardauth.HeaderProto} {
		for _, lines := range [][]string{nil, {""}, {"GET", "GET"}} {
			log.Reset()
			r := s.authRequest(s.student, "GET", "/me")
			r.Header[name] = lines
			require.Equal(t, 500, s.answer(r).StatusCode, "%s %q", name, lines)
			require.Contains(t, log.String(), name)
			require.NotContains(t, log.String(), secret)
		}
	}
	for name, lines := range map[string][]string{
		forwardauth.HeaderProto: {"ftp"}, forwardauth.HeaderUpgrade: {"websocket", ""}, forwardauth.HeaderLength: {"1", "2"}, forwardauth.HeaderProxyClass: {"a", "b"},
	} {
		r := s.authRequest(s.student, "GET", "/me")
		r.Header[name] = lines
		require.Equal(t, 500, s.answer(r).StatusCode, "%s %q", name, lines)
	}
	for name, value := range map[string]string{forwardauth.HeaderMethod: "GET /", forwardauth.HeaderHost: "a/b", forwardauth.HeaderProxyClass: "a/b"} {
		r := s.authRequest(s.student, "GET", "/me")
		r.Header.Set(name, value)
		require.Equal(t, 404, s.answer(r).StatusCode, "%s: %s", name, value)
	}
}

// The guard sees the original request and not the authentication request.
func TestF06_MethodOriginAndUpgrade(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	ask := func(method, path string, headers ...string) int {
		r := s.authRequest(s.student, method, path)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return s.answer(r).StatusCode
	}
	const live, notes = "/classes/{class}/live", "/classes/{class}/notes"
	require.Equal(t, 204, ask("GET", live))
	require.Equal(t, 204, ask("GET", live, forwardauth.HeaderUpgrade, "websocket", "Origin", "https://school.example"))
	require.Equal(t, 403, ask("GET", live, forwardauth.HeaderUpgrade, "websocket", "Origin", "https://blog.school.example"))
	require.Equal(t, 403, ask("GET", live, forwardauth.HeaderUpgrade, "websocket", "Origin", "http://school.example"))
	require.Equal(t, 403, ask("GET", live, forwardauth.HeaderUpgrade, "websocket"))
	require.Equal(t, 404, ask("POST", live))
	require.Equal(t, 204, ask("POST", notes, "Sec-Fetch-Site", "same-origin"))
	require.Equal(t, 403, ask("POST", notes, "Sec-Fetch-Site", "cross-site"), "http.CrossOriginProtection sees the method")
	require.Equal(t, 403, ask("CONNECT", notes))
}

// nginx's auth_request passes on 2xx, 401 and 403 only, and logs an error for the others.
func TestF03_AnswersForAuthRequest(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	stale := s.stytch.Stale(s.student)
	for _, row := range []struct {
		path   string
		as     grimoireauth.Credentials
		status int
		told   string
	}{
		{"/me", s.student, 204, "204"},
		{"/me", grimoireauth.Credentials{}, 401, "401"},
		{"/classes/{class}/notes", s.outsider, 403, "404"},
		{"/x//y", s.student, 403, "404"},
		{"/by-host/", s.student, 403, "500"},
		{"", s.student, 403, "500"},
		{"/me", stale, 403, "503"},
	} {
		if row.told == "503" {
			s.stytch.Fail(mock.Fault{Drop: true})
		}
		r := s.authRequest(row.as, "GET", row.path)
		r.Header.Set(forwardauth.HeaderAnswer, "auth_request")
		res := s.answer(r)
		require.Equal(t, row.status, res.StatusCode, row.path)
		require.Equal(t, row.told, res.Header.Get(forwardauth.HeaderStatus), row.path)
		require.Equal(t, row.told == "503", res.Header.Get("Retry-After") != "")
		require.Equal(t, row.status == 204, res.Header.Get(forwardauth.HeaderMember) != "")
	}
	r := s.authRequest(s.student, "GET", "/me")
	r.Header.Set(forwardauth.HeaderAnswer, "auth_request")
	r.Header.Del(forwardauth.HeaderSecret)
	require.Empty(t, s.answer(r).Header.Get(forwardauth.HeaderStatus), "this is no answer about a request")
}

// One browser's pages go to the page to sign in, scripts get the 401.
func TestF03_RedirectToTheSignInPage(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{SignInURL: "/auth/"})
	r := s.authRequest(grimoireauth.Credentials{}, "GET", "/classes/{class}/notes?week=2")
	require.Empty(t, s.answer(r).Header.Get("Location"))
	r.Header.Set("Accept", "text/html")
	res := s.answer(r)
	require.Equal(t, 401, res.StatusCode)
	require.Equal(t, "/auth/?return_to=%2Fclasses%2F"+string(s.class)+"%2Fnotes%3Fweek%3D2", res.Header.Get("Location"))
}

// What a renewal, a refused form and a planted cookie write arrives in one answer.
func TestF04_EveryCookie(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	r := s.authRequest(s.stytch.Stale(s.student), "POST", "/classes/{class}/release")
	r.Header.Set("Accept", "text/html")
	r.Header.Set(forwardauth.HeaderLength, "12")
	res := s.answer(r)
	require.Equal(t, 403, res.StatusCode)
	require.Len(t, res.Header["Set-Cookie"], 2)

	r = s.authRequest(s.stytch.Stale(s.student), "GET", "/classes/{class}/notes")
	r.Header.Set(forwardauth.HeaderAnswer, "auth_request")
	res = s.answer(r)
	require.Equal(t, 204, res.StatusCode)
	require.Empty(t, res.Header["Set-Cookie"])
	require.True(t, strings.HasPrefix(res.Header.Get(forwardauth.HeaderSetCookie+"1"), "__Host-stytch_session_jwt="))
	require.Equal(t, "no-store", res.Header.Get(forwardauth.HeaderCacheControl))

	s = newSchool(t, mappings[0], middleware.Config{PlantableCookieNames: true})
	r = s.authRequest(s.student, "POST", "/classes/{class}/notes")
	r.Header.Set("Cookie", "stytch_session=a; stytch_session=b")
	r.Header.Set("Accept", "text/html")
	r.Header.Set(forwardauth.HeaderHost, "a.b.c.d.school.example")
	r.Header.Set(forwardauth.HeaderAnswer, "auth_request")
	res = s.answer(r)
	require.Equal(t, 401, res.StatusCode)
	require.Contains(t, res.Header.Get(forwardauth.HeaderSetCookie+"1"), "_forms=", "what sets a cookie comes first")
	require.NotEmpty(t, res.Header.Get(forwardauth.HeaderSetCookie+"20"))
	require.Empty(t, res.Header.Get(fmt.Sprint(forwardauth.HeaderSetCookie, forwardauth.MaxNumbered+1)))
}

// A service behind the proxy sees no token, and its own cookies stay.
func TestF08_TheServiceGetsNoToken(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{CredentialSource: middleware.BearerOrCookies, FormerCookies: []middleware.FormerCookies{{Name: "old", Until: time.Now().Add(time.Hour)}}})
	r := s.authRequest(s.student, "GET", "/me")
	r.Header["Cookie"] = append(r.Header["Cookie"], "theme=dark;__Host-stytch_session_forms=x; old=1; old_jwt=2; stytch_session_moved=3", "__Host-grimoire_attempt_4=pkce;csrf=a=b; stytch_sessions=mine")
	res := s.answer(r)
	require.Equal(t, 204, res.StatusCode)
	require.Equal(t, "theme=dark; csrf=a=b; stytch_sessions=mine", res.Header.Get(forwardauth.HeaderUpstreamCookie))

	bearer := s.authRequest(grimoireauth.Credentials{}, "GET", "/me")
	require.NoError(t, s.guard.Attach(bearer, grimoireauth.NewCredentials(s.student.JWT.Reveal(), "")))
	require.NotEmpty(t, bearer.Header.Get("Authorization"))
	res = s.answer(bearer)
	require.Equal(t, 204, res.StatusCode)
	require.Empty(t, res.Header.Get(forwardauth.HeaderUpstreamAuthorization))

	s = newSchool(t, mappings[0], middleware.Config{})
	r = s.authRequest(s.student, "GET", "/me")
	r.Header.Set("Authorization", "Basic eDp5")
	require.Equal(t, "Basic eDp5", s.answer(r).Header.Get(forwardauth.HeaderUpstreamAuthorization), "this Guard reads none")

	for _, guard := range []*middleware.Guard{nil, {}} {
		r := &http.Request{Header: http.Header{"Cookie": {"a=b"}, "Authorization": {"c"}}}
		guard.Detach(r)
		require.Empty(t, r.Header)
	}
}

// A class that the proxy has found, and ids that hold anything.
func TestF01_ValuesInjectNoHeaders(t *testing.T) {
	s := newSchool(t, mappings[1], middleware.Config{})
	r := s.authRequest(s.student, "GET", "/by-host/x")
	require.Equal(t, 500, s.answer(r).StatusCode, "a class guard without a class lets nobody in")
	r.Header.Set(forwardauth.HeaderProxyClass, string(s.class))
	res := s.answer(r)
	require.Equal(t, 204, res.StatusCode)
	require.Equal(t, string(s.class), res.Header.Get(forwardauth.HeaderClass))
	r.Header.Set(forwardauth.HeaderProxyClass, string(s.other))
	require.Equal(t, 404, s.answer(r).StatusCode)
	require.Empty(t, forwardauth.ProxyClass(r), "outside of a Handler")

	const odd = "a\r\nX-Auth-Role: coordinator, ü"
	guard, err := middleware.New(s.verifier.Authenticate, middleware.Config{Role: everywhere})
	require.NoError(t, err)
	of := func(*http.Request) grimoireauth.ClassID { return odd }
	s.handler, err = forwardauth.New(guard, guard.InClass(of, grimoireauth.RoleStudent)(forwardauth.Allow()),
		forwardauth.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(secret)}})
	require.NoError(t, err)
	res = s.answer(s.authRequest(s.student, "GET", "/"))
	require.Equal(t, "a%0D%0AX-Auth-Role:%20coordinator%2C%20%C3%BC", res.Header.Get(forwardauth.HeaderClass))
	require.Equal(t, []string{"student"}, res.Header[forwardauth.HeaderRole])
}

// Only Allow lets a request pass, and only inside a Handler.
func TestOnlyAllowAllows(t *testing.T) {
	s := newSchool(t, mappings[0], middleware.Config{})
	with := func(app http.HandlerFunc) *http.Response {
		handler, err := forwardauth.New(s.guard, app, forwardauth.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(secret)}})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, s.authRequest(s.student, "GET", "/"))
		return w.Result()
	}
	for status, want := range map[int]int{200: 500, 204: 500, 302: 500, 400: 403, 405: 404, 409: 409, 418: 403, 429: 503, 500: 500, 502: 500, 503: 503} {
		res := with(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(forwardauth.HeaderMember, "member-1")
			w.WriteHeader(status)
		})
		require.Equal(t, want, res.StatusCode, "%d", status)
		require.Empty(t, res.Header.Get(forwardauth.HeaderMember))
	}
	require.Equal(t, 500, with(func(http.ResponseWriter, *http.Request) {}).StatusCode, "nothing was said")
	w := httptest.NewRecorder()
	forwardauth.Allow().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 500, w.Code)
}

// During an hour of outage the proxy gets what a browser would get: 503, when to try
// again, and no cookie is deleted. Afterwards all sessions go on.
func TestF07_AnHourOfOutage(t *testing.T) {
	for _, mapping := range mappings {
		t.Run(mapping, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSchool(t, mapping, middleware.Config{})
				credentials := s.stytch.SignIn(s.memberOf(s.student), mock.WithDuration(8*time.Hour))
				require.Equal(t, 204, s.answer(s.authRequest(credentials, "GET", "/classes/{class}/notes")).StatusCode)
				s.stytch.Fail(mock.Fault{Drop: true})
				served, refused := 0, 0
				for begin := time.Now(); time.Since(begin) < time.Hour; time.Sleep(7 * time.Second) {
					res := s.answer(s.authRequest(credentials, "GET", "/classes/{class}/notes"))
					require.Empty(t, res.Header["Set-Cookie"])
					switch res.StatusCode {
					case 204:
						served++
					case 503:
						refused++
						require.NotEmpty(t, res.Header.Get("Retry-After"))
					default:
						t.Fatalf("status %d after %v", res.StatusCode, time.Since(begin))
					}
				}
				require.Greater(t, served, 35, "as long as the session_jwt lasts")
				require.Greater(t, refused, 400)
				s.stytch.ClearFaults()
				time.Sleep(time.Minute)
				res := s.answer(s.authRequest(credentials, "GET", "/classes/{class}/notes"))
				require.Equal(t, 204, res.StatusCode)
				require.Len(t, res.Header["Set-Cookie"], 1, "the new session_jwt")
				require.NoError(t, s.verifier.Wait(t.Context()))
			})
		})
	}
}
