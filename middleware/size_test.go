package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// M22: however long the headers are, the guard finds what is its own, hands on no
// value that no token has, and is soon done; the server's limit, which the package
// comment asks for, ends it before that.
func TestM22_HugeHeaders(t *testing.T) {
	const cookies, mebibyte = "; __Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x", 1 << 20
	tests := []struct {
		name, cookie string
		want         int
		asked        int64 // how often the AuthFunc was
	}{
		{"one long cookie beside ours", "a=" + strings.Repeat("x", mebibyte) + cookies, 200, 1},
		{"many cookies beside ours", strings.Repeat("a=1; ", mebibyte/5) + "b=2" + cookies, 200, 1},
		{"nothing but semicolons", strings.Repeat(";", mebibyte) + cookies, 200, 1},
		{"names that begin like ours", strings.Repeat("__Host-stytch_session_jw=1; ", mebibyte/21) + "b=2" + cookies, 200, 1},
		{"ours, many times over", strings.Repeat("__Host-stytch_session_jwt=jwt.ada.x; ", mebibyte/30) + "__Host-stytch_session=t", 200, 1},
		{"ours, and once another", strings.Repeat("__Host-stytch_session_jwt=jwt.ada.x; ", mebibyte/30) + "__Host-stytch_session_jwt=jwt.tom.x", 401, 0},
		{"a JWT of a mebibyte", "__Host-stytch_session=t; __Host-stytch_session_jwt=" + strings.Repeat("x", mebibyte), 401, 0},
		{"a token of a mebibyte", "__Host-stytch_session=" + strings.Repeat("x", mebibyte), 401, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			school := newSchool(t)
			r := request("GET", "/", "")
			r.Header.Set("Cookie", tt.cookie)
			// A scan takes a millisecond; one that begins anew at every cookie takes minutes,
			// longer than "go test" waits.
			res := serve(newGuard(t, school.Authenticate, middleware.Config{}).Require(whoami), r)
			require.Equal(t, tt.want, res.StatusCode)
			require.Equal(t, tt.asked, school.calls.Load())
		})
	}
	t.Run("bearer of a mebibyte", func(t *testing.T) {
		school := newSchool(t)
		r := request("GET", "/", "")
		r.Header.Set("Authorization", "Bearer "+strings.Repeat("x", mebibyte))
		require.Equal(t, 401, serve(newGuard(t, school.Authenticate, middleware.Config{CredentialSource: middleware.BearerOnly}).Require(whoami), r).StatusCode)
		require.Zero(t, school.calls.Load())
	})
}

// M22: the server's own limits hold around a guard, and say what they say.
func TestM22_LimitsOfTheServer(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	reached := 0
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached++
		_, err := io.Copy(io.Discard, r.Body)
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		session, ok := grimoireauth.SessionFromContext(r.Context())
		say(w, "%s %s", session.Member(), yes(ok))
	})
	server := httptest.NewUnstartedServer(http.MaxBytesHandler(guard.Require(read), 1<<10))
	server.Config.MaxHeaderBytes = 64 << 10
	server.Start()
	defer server.Close()
	for _, tt := range []struct {
		name           string
		header, body   int
		want, handlers int
		closed         bool
	}{
		{"as people send it", 3 << 10, 1 << 10, 200, 1, false},
		{"as long as it may be", 60 << 10, 0, 200, 1, false},
		{"headers that are too long", 80 << 10, 0, 431, 0, true},
		{"a body that is too long", 0, 2 << 10, 413, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reached = 0
			r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader(strings.Repeat("x", tt.body)))
			require.NoError(t, err)
			r.Header.Set("Cookie", "a="+strings.Repeat("x", tt.header)+"; __Host-stytch_session=t; __Host-stytch_session_jwt=jwt.ada.x")
			res, err := server.Client().Do(r)
			require.NoError(t, err)
			defer func() { require.NoError(t, res.Body.Close()) }()
			require.Equal(t, tt.want, res.StatusCode)
			require.Equal(t, tt.handlers, reached)
			require.Equal(t, tt.closed, res.Close, "who sends too much is not listened to any longer")
		})
	}
}

// C04: a proxy takes 4 kB of response headers as a rule (nginx: proxy_buffer_size). The
// refusal that deletes planted cookies has to arrive, on long paths as well.
func TestC04_DeletionsFitAResponse(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{PlantableCookieNames: true})
	r := httptest.NewRequest("GET", "https://classes.law.school.example/classes/organization-live-00000000-0000-0000-0000-000000000000/weeks/3/essays/9", nil)
	r.Header.Set("Cookie", "stytch_session=a; stytch_session=b")
	res := serve(guard.Require(whoami), r)
	require.Equal(t, 401, res.StatusCode)
	size := 0
	for name, lines := range res.Header {
		for _, line := range lines {
			size += len(name) + len(line) + 4
		}
	}
	t.Logf("%d bytes, %d cookies", size, len(res.Header["Set-Cookie"]))
	require.Less(t, size, 3500)
}
