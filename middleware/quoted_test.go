package middleware_test

import (
	"context"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// M04: a value with bytes that no token has is rejected, whatever an AuthFunc makes of it,
// and is no reason to delete a cookie or to answer 503.
func TestM04_WhatNoTokenHolds(t *testing.T) {
	values := []string{`"jwt.ada.x"`, "jwt ada.x", "jwt.ada.x ", "jwt,ada.x", "jwt.ada.ç", "jwt.ada.\x80", "jwt.ada\r\n.x", "jwt\x00.ada.x", "jwt+ada/x", "jwt\t.ada.x", "jwt.ada.\u00a0"}
	answers := map[string]answer{
		"somebody, asked of Stytch":                  {authentication: grimoireauth.Authentication{Session: session(t, "ada", law), Credentials: grimoireauth.NewCredentials("jwt.ada.x", ""), Source: grimoireauth.SourceRemote}},
		"somebody, refreshed":                        {authentication: grimoireauth.Authentication{Session: session(t, "ada", law), Credentials: grimoireauth.NewCredentials("jwt.ada.x", ""), Source: grimoireauth.SourceRefreshed}},
		"somebody, by a trimmed JWT":                 {authentication: grimoireauth.Authentication{Session: session(t, "ada", law), Credentials: grimoireauth.NewCredentials("jwt.ada.x", ""), Source: grimoireauth.SourceLocal}},
		"somebody, nobody knows how":                 {authentication: grimoireauth.Authentication{Session: session(t, "ada", law)}},
		"somebody, asked of Stytch, as it was shown": {authentication: grimoireauth.Authentication{Session: session(t, "ada", law), Source: grimoireauth.SourceRemote}},
		"ended":  {err: grimoireauth.ErrSessionEnded},
		"outage": {err: grimoireauth.ErrUnavailable},
	}
	for name, a := range answers {
		guard := newGuard(t, func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			if strings.HasSuffix(name, "as it was shown") {
				a.authentication.Credentials = c
			}
			return a.authentication, a.err
		}, middleware.Config{})
		for _, value := range values {
			r := request("GET", "/", "")
			r.Header.Set("Cookie", "__Host-stytch_session=t; __Host-stytch_session_jwt="+value)
			res := serve(guard.Require(whoami), r)
			require.Equal(t, 401, res.StatusCode, "%s: %q", name, value)
			require.Empty(t, res.Cookies())
			_, err := guard.Check(r)
			require.NotErrorIs(t, err, grimoireauth.ErrNoCredentials, "bad is not none")
		}
	}
}
