package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

func signedIn(t testing.TB, jwt, token string) grimoireauth.Authentication {
	return grimoireauth.Authentication{Session: session(t, "ada", law, "stytch_member"), Credentials: grimoireauth.NewCredentials(jwt, token)}
}

func TestSetCookies(t *testing.T) {
	tests := []struct {
		name   string
		config middleware.Config
		want   []string
	}{
		{"M02 M27 default", middleware.Config{}, []string{
			"__Host-stytch_session=tok~session-of-ada; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
			"__Host-stytch_session_jwt=a.b.c; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
		}},
		{"C15 a name", middleware.Config{CookieName: "marks"}, []string{
			"__Host-marks=tok~session-of-ada; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
			"__Host-marks_jwt=a.b.c; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
		}},
		{"Stytch's names", middleware.Config{PlantableCookieNames: true}, []string{
			"stytch_session=tok~session-of-ada; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
			"stytch_session_jwt=a.b.c; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
		}},
		{"domain", middleware.Config{SharedCookieDomain: "app.example"}, []string{
			"stytch_session=tok~session-of-ada; Path=/; Domain=app.example; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
			"stytch_session_jwt=a.b.c; Path=/; Domain=app.example; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax",
		}},
		{"insecure", middleware.Config{InsecureCookies: true}, []string{
			"stytch_session=tok~session-of-ada; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax",
			"stytch_session_jwt=a.b.c; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				guard := newGuard(t, newSchool(t).Authenticate, tt.config)
				w := httptest.NewRecorder()
				require.NoError(t, guard.SetCookies(w, signingIn(), signedIn(t, "a.b.c", "tok")))
				require.Equal(t, tt.want, written(w))
				require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
				require.Equal(t, []string{"Cookie"}, w.Header()["Vary"])

				require.NoError(t, guard.SetCookies(w, signingIn(), signedIn(t, "a.b.d", "tok2")))
				require.Len(t, written(w), 2, "one Set-Cookie per name")
				require.Contains(t, written(w)[0], "tok2")

				guard.ClearCookies(w, signingIn())
				require.Empty(t, written(w))
				for _, want := range tt.want {
					name, _, _ := strings.Cut(want, "=")
					domain := ""
					if tt.config.SharedCookieDomain != "" {
						domain = " Domain=app.example;"
					}
					require.Contains(t, strings.Join(w.Header()["Set-Cookie"], "\n"), name+"=; Path=/;"+domain+" Max-Age=0")
				}
			})
		})
	}
}

// written are the Set-Cookie lines of a response that do not delete.
func written(w *httptest.ResponseRecorder) []string {
	return slices.DeleteFunc(slices.Clone(w.Header()["Set-Cookie"]), func(line string) bool { return strings.Contains(line, "Max-Age=0") })
}

func TestSetCookiesRefuses(t *testing.T) {
	over, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "s", Member: "m", Organization: "o", ExpiresAt: time.Now().Add(-time.Second)})
	require.NoError(t, err)
	tests := []struct {
		name           string
		authentication grimoireauth.Authentication
	}{
		{"nobody", grimoireauth.Authentication{Credentials: grimoireauth.NewCredentials("a.b.c", "tok")}},
		{"no credentials", signedIn(t, "", "")},
		{"a session that is over", grimoireauth.Authentication{Session: over, Credentials: grimoireauth.NewCredentials("a.b.c", "tok")}},
		{"a token that would end the cookie", signedIn(t, "a.b.c", "tok; Domain=evil.example")},
		{"a JWT with a line break", signedIn(t, "a.b\r\nSet-Cookie: x=y", "tok")},
		{"C02 a JWT without a token", signedIn(t, "a.b.c", "")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
			w := httptest.NewRecorder()
			require.ErrorIs(t, guard.SetCookies(w, signingIn(), tt.authentication), grimoireauth.ErrInvalid)
			require.Empty(t, w.Header()["Set-Cookie"])
		})
	}
}

// M05: a browser drops a cookie of more than 4096 bytes and the student would be
// sent to sign in for ever.
func TestM05_TooLongForACookie(t *testing.T) {
	long := "a." + strings.Repeat("b", 4200) + ".c"
	school := newSchool(t)
	school.answers["tok"] = answer{authentication: signedIn(t, long, "tok")}
	school.answers["a.b.c"] = answer{authentication: signedIn(t, long, "tok")}
	guard := newGuard(t, school.Authenticate, middleware.Config{})

	w := httptest.NewRecorder()
	require.NoError(t, guard.SetCookies(w, signingIn(), signedIn(t, long, "tok")))
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 2)
	require.Equal(t, "tok~session-of-ada", cookies[0].Value)
	require.Negative(t, cookies[1].MaxAge, "a JWT of an earlier session must not stay beside the token")

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "__Host-stytch_session=tok")
	res := serve(guard.Require(whoami), r)
	require.Equal(t, "ada", body(t, res))
	require.Empty(t, res.Cookies(), "nothing to write, again and again")

	r.Header.Set("Cookie", "__Host-stytch_session=tok; __Host-stytch_session_jwt=a.b.c")
	res = serve(guard.Require(whoami), r)
	require.Len(t, res.Cookies(), 1, "the stale JWT goes")
	require.Negative(t, res.Cookies()[0].MaxAge)

	for size := 3900; size < 4100; size++ {
		w := httptest.NewRecorder()
		require.NoError(t, guard.SetCookies(w, signingIn(), signedIn(t, strings.Repeat("a", size), "tok")))
		for _, line := range w.Header()["Set-Cookie"] {
			require.LessOrEqual(t, len(line), 4096)
		}
	}
}

// R09: whatever carries a new cookie is for one browser only, and the cookie is
// there before the handler runs.
func TestR09_RefreshedCookieIsNotCached(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST"} {
		for _, status := range []int{http.StatusOK, http.StatusNotModified} {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
			res := serve(guard.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				require.Len(t, w.Header()["Set-Cookie"], 1, "R16")
				w.WriteHeader(status)
			})), request(method, "/", "jwt.stale.x"))
			require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
			require.Equal(t, "Cookie", res.Header.Get("Vary"))
			require.Len(t, res.Cookies(), 1)
			require.Equal(t, "jwt.ada.fresh", res.Cookies()[0].Value)
		}
	}
}

// M23: pages of signed-in people stay out of caches unless a handler says more.
func TestM23_NoStoreByDefault(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	res := serve(guard.Require(whoami), request("GET", "/", "jwt.ada.x"))
	require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	require.Empty(t, res.Cookies())
	own := guard.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "private, max-age=60") }))
	require.Equal(t, "private, max-age=60", serve(own, request("GET", "/", "jwt.ada.x")).Header.Get("Cache-Control"))
	require.Equal(t, "Cookie", serve(guard.Load(whoami), request("GET", "/", "")).Header.Get("Vary"), "a stranger's page is not everybody's")

	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding, cookie")
		guard.Require(whoami).ServeHTTP(w, r)
	})
	require.Equal(t, []string{"Accept-Encoding, cookie"}, serve(outer, request("GET", "/", "jwt.ada.x")).Header["Vary"])
}

// R08: a refresh renews the session_jwt and nothing else. The cookie of the session_token
// is written by a sign-in alone.
func TestR08_RefreshRenewsTheJWTOnly(t *testing.T) {
	school := newSchool(t)
	school.answers["jwt.rotated.x"] = answer{authentication: signedIn(t, "jwt.ada.fresh", "token-new")}
	guard := newGuard(t, school.Authenticate, middleware.Config{})
	r := request("GET", "/", "")
	for _, token := range []string{"token-old", "token-old~session-of-ada"} {
		r.Header.Set("Cookie", "__Host-stytch_session="+token+"; __Host-stytch_session_jwt=jwt.rotated.x")
		res := serve(guard.Require(whoami), r)
		require.Len(t, res.Cookies(), 1)
		require.Equal(t, "__Host-stytch_session_jwt", res.Cookies()[0].Name)
		require.Equal(t, "jwt.ada.fresh", res.Cookies()[0].Value)
	}
}

func TestAttachWritesWhatTheGuardReads(t *testing.T) {
	for name, config := range map[string]middleware.Config{
		"default": {}, "plain": {PlantableCookieNames: true}, "a name": {CookieName: "marks"}, "front end": {FrontEndCookies: true},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, config)
			r := request("GET", "/", "jwt.tom.x")
			for _, credentials := range []grimoireauth.Credentials{
				{JWT: grimoireauth.NewSecret("jwt.ada.x"), Token: grimoireauth.NewSecret("token-ada"), NamedSession: "session-of-ada"},
				grimoireauth.NewCredentials("jwt.ivy.x", "token-ivy"),
			} {
				require.NoError(t, guard.Attach(r, credentials))
				authentication, err := guard.Check(r)
				require.NoError(t, err)
				require.Equal(t, credentials.JWT.Reveal(), authentication.JWT.Reveal())
				require.Contains(t, r.Header.Get("Cookie"), "theme=dark; ")
			}
			require.NoError(t, guard.Attach(r, grimoireauth.Credentials{}))
			_, err := guard.Check(r)
			require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
			require.ErrorIs(t, guard.Attach(r, grimoireauth.NewCredentials("a; b", "")), grimoireauth.ErrInvalid)
		})
	}
}

// M07 and M08: a token counts where the guard says that it reads one, and nowhere in
// the address or the body, from where it would get into logs and into links.
func TestM07_M08_NotFromTheAddressOrTheBody(t *testing.T) {
	for _, source := range []middleware.CredentialSource{middleware.CookiesOnly, middleware.BearerOnly, middleware.BearerOrCookies} {
		school := newSchool(t)
		guard := newGuard(t, school.Authenticate, middleware.Config{CredentialSource: source})
		const form = "__Host-stytch_session_jwt=jwt.ada.x&session_jwt=jwt.ada.x&access_token=jwt.ada.x&__Host-stytch_session=token-ada&token=token-ada"
		r := httptest.NewRequest("POST", "/;jwt.ada.x?"+form, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // RFC 6750, 2.2 and 2.3, would be read here
		r.Header.Set("X-Stytch-Session-Jwt", "jwt.ada.x")
		if source == middleware.CookiesOnly {
			r.Header.Set("Authorization", "Bearer jwt.ada.x")
		}
		_, err := guard.Check(r)
		require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
		require.Zero(t, school.calls.Load())
	}
}
