package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// errAsked says that the credentials came to the AuthFunc.
var errAsked = fmt.Errorf("asked: %w", grimoireauth.ErrExpired)

// names returns the names of the cookies of an answer, sorted.
func names(res *http.Response) []string {
	var all []string
	for _, cookie := range res.Cookies() {
		all = append(all, cookie.Name)
	}
	slices.Sort(all)
	return all
}

func TestF08_APythonService(t *testing.T) {
	python(t, func(t *testing.T, s *site) {
		call := func(as grimoireauth.Credentials, method, path, body string, headers ...string) (int, map[string]any) {
			res, text, _ := s.call(as, method, path, body, headers...)
			var answer map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
			return res.StatusCode, answer
		}
		stale := s.stytch.Stale(s.student)
		status, answer := call(stale, "GET", "/classes/{class}/notes?week=2", "", "Cookie", "theme=dark; csrf=1")
		require.Equal(t, 200, status)
		person := answer["person"].(map[string]any)
		require.Equal(t, "student", person["role"])
		require.Equal(t, string(s.class), person["class_"])
		require.Equal(t, string(s.class), person["organization"])
		require.NotEmpty(t, person["member"])
		text, err := json.Marshal(answer)
		require.NoError(t, err)
		require.Contains(t, string(text), "theme=dark; csrf=1")
		for _, secret := range []string{stale.JWT.Reveal(), stale.Token.Reveal(), "stytch_session", s.service.options.proxy.Reveal()} {
			require.NotContains(t, string(text), secret, "it never sees a token")
		}

		status, answer = call(s.instructor, "POST", "/classes/{class}/release", "grades")
		require.Equal(t, 201, status)
		require.EqualValues(t, 6, answer["bytes"])
		status, answer = call(s.student, "GET", "/me", "")
		require.Equal(t, 200, status)
		require.Equal(t, "", answer["person"].(map[string]any)["role"])
		status, answer = call(nobody, "GET", "/", "")
		require.Equal(t, 200, status)
		require.NotEmpty(t, answer["welcome"])
	})
}

// A program in another language reads the cookies exactly as the Guard does.
func TestF08_TheCookieContract(t *testing.T) {
	need(t, "python3")
	const token, session, jwt, mark = "tok_en-1.x=", "session-test-1", "h.p.s", "0123456789abcdef"
	const tokenName, jwtName = "__Host-stytch_session", "__Host-stytch_session_jwt"
	long := func(n int) string { return strings.Repeat("x", n) }
	rows := [][]string{
		{}, {""}, {"theme=dark"}, {tokenName}, {tokenName + "="}, {jwtName + "=" + jwt},
		{tokenName + "=" + token}, {tokenName + "=" + token + "~" + session}, {tokenName + "=" + token + "~" + session + "~" + mark},
		{tokenName + "=" + token + "~" + session + "; " + jwtName + "=" + jwt}, {jwtName + "=" + jwt + ";" + tokenName + "=" + token + "~" + session},
		{tokenName + "=" + token + "~" + session, jwtName + "=" + jwt}, {"a=b; " + tokenName + "=" + token + "~" + session + "; c=d"},
		{tokenName + "=" + token + "~" + session + "; " + tokenName + "=" + token + "~" + session}, {tokenName + "=" + token + "; " + tokenName + "=other"},
		{tokenName + "=" + token + "; " + tokenName + "="}, {tokenName + "=" + token + "~" + session + "; " + jwtName + "=" + jwt + "; " + jwtName + "=x.y.z"},
		{tokenName + "=~"}, {tokenName + "=~; " + jwtName + "=" + jwt}, {tokenName + "=~" + session}, {tokenName + "=" + token + "~"}, {tokenName + "=" + token + "~~" + mark},
		{tokenName + "=" + token + "~" + session + "~"}, {tokenName + "=" + token + "~" + session + "~short"}, {tokenName + "=" + token + "~" + session + "~" + mark + "~x"}, {tokenName + "=" + token + "~" + session + "~" + long(65)},
		{tokenName + "=" + token + "~" + session + "; " + jwtName + "=ended~" + session}, {tokenName + "=" + token + "~" + session + "; " + jwtName + "=ended~other"},
		{tokenName + "=" + token + "; " + jwtName + "=ended~" + session}, {tokenName + "=" + token + "~" + session + "; " + jwtName + "=ended~"},
		{tokenName + "=\"" + token + "\""}, {tokenName + "=" + token + "~" + session + "; " + jwtName + "=\"" + jwt + "\""}, {tokenName + "= " + token}, {tokenName + " =" + token}, {"\t" + tokenName + "=" + token}, {"  " + tokenName + "=" + token},
		{tokenName + "=" + token + "~ses sion"}, {tokenName + "=tok%65n"}, {tokenName + "=" + long(1024)}, {tokenName + "=" + long(1025)}, {tokenName + "=" + token + "~" + long(1025)},
		{tokenName + "=" + token + "; " + jwtName + "=" + long(16384)}, {tokenName + "=" + token + "; " + jwtName + "=" + long(16385)},
		{strings.ToLower(tokenName) + "=" + token}, {"stytch_session=" + token}, {"__Secure-stytch_session=" + token}, {tokenName + "=" + token + ",a=b"},
	}
	var input bytes.Buffer
	for _, row := range rows {
		require.NoError(t, json.NewEncoder(&input).Encode(row))
	}
	cmd := exec.Command("python3", "-B", "python/cookies.py")
	cmd.Stdin = &input
	out, err := cmd.Output()
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(out))
	for _, row := range rows {
		var python struct {
			Pair    *struct{ Token, Session, JWT string }
			Refused string
		}
		require.NoError(t, decoder.Decode(&python))

		var given *grimoireauth.Credentials
		guard, err := middleware.New(func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			given = &c
			return grimoireauth.Authentication{}, errAsked
		}, middleware.Config{})
		require.NoError(t, err)
		r := &http.Request{Method: "GET", Header: http.Header{"Cookie": row}}
		_, err = guard.Check(r)
		switch {
		case errors.Is(err, grimoireauth.ErrNoCredentials):
			require.Nil(t, python.Pair, "%.200q", row)
			require.Empty(t, python.Refused, "%.200q", row)
		case errors.Is(err, grimoireauth.ErrSessionEnded):
			require.Equal(t, "ended", python.Refused, "%.200q", row)
		case given == nil || !errors.Is(err, errAsked):
			require.Equal(t, "bad", python.Refused, "%.200q", row)
		default:
			require.NotNil(t, python.Pair, "%.200q", row)
			require.Equal(t, [3]string{given.Token.Reveal(), string(given.NamedSession), given.JWT.Reveal()},
				[3]string{python.Pair.Token, python.Pair.Session, python.Pair.JWT}, "%.200q", row)
		}
	}
}
