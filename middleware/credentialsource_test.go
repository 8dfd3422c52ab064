package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// J09: only exactly one well-formed bearer token authenticates a request.
func TestJ09_Authorization(t *testing.T) {
	const nothing, invalid = "Bearer", `Bearer error="invalid_token"`
	tests := []struct {
		name      string
		lines     []string
		want      int
		challenge string
	}{
		{"none", nil, 401, nothing},
		{"bearer", []string{"Bearer jwt.ada.x"}, 200, ""},
		{"RFC 9110, 11.1: the scheme in any case", []string{"bEARER jwt.ada.x"}, 200, ""},
		{"empty", []string{""}, 401, invalid},
		{"the scheme alone", []string{"Bearer"}, 401, invalid},
		{"the scheme and a space", []string{"Bearer "}, 401, invalid},
		{"two spaces", []string{"Bearer  jwt.ada.x"}, 401, invalid},
		{"a tab", []string{"Bearer\tjwt.ada.x"}, 401, invalid},
		{"a space after", []string{"Bearer jwt.ada.x "}, 401, invalid},
		{"in quotes", []string{`Bearer "jwt.ada.x"`}, 401, invalid},
		{"two headers", []string{"Bearer jwt.ada.x", "Bearer jwt.ada.x"}, 401, invalid},
		{"two headers, one empty", []string{"Bearer jwt.ada.x", ""}, 401, invalid},
		{"two in one header", []string{"Bearer jwt.ada.x, Bearer jwt.tom.x"}, 401, invalid},
		{"with a parameter", []string{"Bearer token=jwt.ada.x"}, 401, invalid},
		{"another scheme", []string{"Basic and0LmFkYS54Og=="}, 401, invalid},
		{"a scheme that begins like it", []string{"BearerX jwt.ada.x"}, 401, invalid},
		{"the token alone", []string{"jwt.ada.x"}, 401, invalid},
		{"what b64token has and no JWT does", []string{"Bearer jwt~ada+x/"}, 401, invalid},
		{"a session_token is no bearer token", []string{"Bearer token-ada"}, 401, invalid},
		{"expired", []string{"Bearer jwt.expired.x"}, 401, invalid},
		{"ended", []string{"Bearer jwt.ended.x"}, 401, invalid},
		{"outage", []string{"Bearer jwt.down.x"}, 503, ""},
	}
	for _, source := range []middleware.CredentialSource{middleware.BearerOnly, middleware.BearerOrCookies} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{CredentialSource: source})
				r := httptest.NewRequest("GET", "/", nil)
				if tt.lines != nil {
					r.Header["Authorization"] = tt.lines
				}
				res := serve(guard.Require(whoami), r)
				require.Equal(t, tt.want, res.StatusCode)
				require.Empty(t, res.Cookies(), "no cookie is written or deleted for a bearer token")
				if source == middleware.BearerOrCookies && tt.lines == nil {
					require.Equal(t, []string{"Bearer", `Cookie realm="sign-in"`}, res.Header["Www-Authenticate"], "either would help")
					return
				}
				require.Equal(t, tt.challenge, res.Header.Get("WWW-Authenticate"))
			})
		}
	}
}

// M07: what a request presents where the guard looks first decides it.
func TestM07_NoFallBack(t *testing.T) {
	cookies, bearerOnly, both := middleware.CookiesOnly, middleware.BearerOnly, middleware.BearerOrCookies
	tests := []struct {
		name           string
		source         middleware.CredentialSource
		header, cookie string
		status         int
		who            string
	}{
		{"cookies: the header is not looked at", cookies, "Bearer jwt.tom.x", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 200, "ada"},
		{"cookies: the header is no credential", cookies, "Bearer jwt.tom.x", "", 401, ""},
		{"cookies: a bad cookie", cookies, "Bearer jwt.tom.x", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.who.x", 401, ""},
		{"bearer: cookies are no credential (CSRF)", bearerOnly, "", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 401, ""},
		{"bearer: a bad header", bearerOnly, "Bearer jwt.who.x", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 401, ""},
		{"bearer: cookies with two values do not matter", bearerOnly, "Bearer jwt.tom.x", "__Host-stytch_session_jwt=a; __Host-stytch_session_jwt=b", 200, "tom"},
		{"both: the header wins", both, "Bearer jwt.tom.x", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 200, "tom"},
		{"both: a bad header", both, "Bearer jwt.who.x", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 401, ""},
		{"both: an expired header", both, "Bearer jwt.expired.x", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 401, ""},
		{"both: a malformed header", both, "Bearer", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 401, ""},
		{"both: another scheme", both, "Basic eDp5", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 401, ""},
		{"both: cookies alone", both, "", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 200, "ada"},
		{"both: bad cookies alone", both, "", "__Host-stytch_session=t; __Host-stytch_session_jwt=jwt.who.x", 401, ""},
		{"both: the session_token of the cookies is not merged in", both, "Bearer jwt.expired.x", "__Host-stytch_session=token-ada", 401, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{CredentialSource: tt.source})
			r := httptest.NewRequest("GET", "/", nil)
			if tt.header != "" {
				r.Header.Set("Authorization", tt.header)
			}
			if tt.cookie != "" {
				r.Header.Set("Cookie", tt.cookie)
			}
			res := serve(guard.Require(guard.Load(between(guard.Require(whoami)))), r)
			require.Equal(t, tt.status, res.StatusCode)
			if tt.who != "" {
				require.Equal(t, tt.who, body(t, res))
			}
			want := map[middleware.CredentialSource]string{cookies: "Cookie", bearerOnly: "Authorization", both: "Authorization, Cookie"}[tt.source]
			require.Equal(t, []string{want}, res.Header["Vary"])
		})
	}
}

// A program that presents a token is told what is wrong with it, whatever it
// accepts; a browser without one is sent to sign in.
func TestM26_BearerIsNotRedirected(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{CredentialSource: middleware.BearerOrCookies, SignInURL: "/auth/"})
	r := request("GET", "/", "")
	r.Header.Set("Accept", chrome)
	res := serve(guard.Require(whoami), r)
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	require.Empty(t, res.Header["Www-Authenticate"])
	r.Header.Set("Authorization", "Bearer jwt.who.x")
	require.Equal(t, http.StatusUnauthorized, serve(guard.Require(whoami), r).StatusCode)
}

// A bearer token is never refreshed, not even by an AuthFunc that would: Stytch
// accepts a session_jwt that has expired, while its session lives.
func TestBearerIsNeverRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		for name, auth := range map[string]grimoireauth.AuthFunc{"local": x.verifier.Authenticate, "remote": x.client.Sessions.Authenticate} {
			guard := newGuard(t, auth, middleware.Config{CredentialSource: middleware.BearerOnly, Fresh: x.client.Sessions.Authenticate})
			credentials := x.stytch.SignIn(x.member)
			for _, wrap := range []func(http.Handler) http.Handler{guard.Require, guard.Fresh} {
				var got grimoireauth.Credentials
				h := wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					got, _ = grimoireauth.CredentialsFromContext(r.Context())
				}))
				r := httptest.NewRequest("GET", "/", nil)
				require.NoError(t, guard.Attach(r, credentials))
				require.Equal(t, http.StatusOK, serve(h, r).StatusCode, name)
				require.Equal(t, credentials.JWT.Reveal(), got.JWT.Reveal(), "no new token is handed out")
				require.True(t, got.Token.IsZero(), "five minutes do not become a session")

				r = httptest.NewRequest("GET", "/", nil)
				require.NoError(t, guard.Attach(r, x.stytch.Stale(credentials)))
				res := serve(h, r)
				require.Equal(t, http.StatusUnauthorized, res.StatusCode, name)
				require.Equal(t, `Bearer error="invalid_token"`, res.Header.Get("WWW-Authenticate"))
				require.Empty(t, res.Cookies())
			}
		}
	})
}

func TestBearerGuardHasNoCookies(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{CredentialSource: middleware.BearerOnly})
	w := httptest.NewRecorder()
	require.ErrorIs(t, guard.SetCookies(w, signingIn(), signedIn(t, "a.b.c", "tok")), middleware.ErrMisconfigured)
	guard.ClearCookies(w, signingIn())
	require.Empty(t, w.Header()["Set-Cookie"])

	r := request("GET", "/", "jwt.tom.x")
	require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("jwt.ada.x", "token-ada")))
	require.Equal(t, []string{"Bearer jwt.ada.x"}, r.Header["Authorization"])
	require.NotContains(t, r.Header.Get("Cookie"), "token-ada")
	require.ErrorIs(t, guard.Attach(r, grimoireauth.NewCredentials("", "token-ada")), grimoireauth.ErrInvalid)
	require.NoError(t, guard.Attach(r, grimoireauth.Credentials{}))
	require.Empty(t, r.Header["Authorization"])

	_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{CredentialSource: middleware.BearerOnly, SignInURL: "/auth/"})
	require.ErrorContains(t, err, "SignInURL")
	_, err = middleware.New(newSchool(t).Authenticate, middleware.Config{CredentialSource: 3})
	require.ErrorContains(t, err, "CredentialSource")
}

func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer jwt.ada.x", "bearer jwt.ada.x", "Bearer  x", "Bearer x, Bearer y", "Basic eDp5", "Bearer a.b\r\n.c"} {
		f.Add(seed)
	}
	guard := newGuard(f, newSchool(f).Authenticate, middleware.Config{CredentialSource: middleware.BearerOnly})
	f.Fuzz(func(t *testing.T, line string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{line}
		authentication, err := guard.Check(r)
		if (err == nil) == authentication.IsZero() {
			t.Fatalf("%q: %v, %v", line, authentication, err)
		}
		if err == nil && r.Header.Get("Authorization")[len("Bearer "):] != authentication.JWT.Reveal() {
			t.Fatalf("%q was taken for %q", line, authentication.JWT.Reveal())
		}
	})
}
