package jwtlocal_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// outcomes is what each of Stytch's error types says about a session that is to be
// refreshed. The table is closed: one of them ends sessions, and it is the only one.
var outcomes = map[string]struct {
	status int
	want   error
	alarm  bool // an operator has to act
}{
	"session_not_found": {404, grimoireauth.ErrSessionEnded, false},

	"too_many_requests":            {429, grimoireauth.ErrRateLimited, false},
	"too_few_tokens_authenticated": {429, grimoireauth.ErrRateLimited, false},
	"user_lock_limit_reached":      {429, grimoireauth.ErrRateLimited, false},
	"captcha_failed":               {429, grimoireauth.ErrRateLimited, false},

	"internal_server_error": {500, grimoireauth.ErrUnavailable, false},
	"server_unavailable":    {503, grimoireauth.ErrUnavailable, false},
	"client_closed_request": {499, grimoireauth.ErrUnavailable, false},

	// About our own credentials and how we ask.
	"unauthorized_credentials":          {401, grimoireauth.ErrUnavailable, true},
	"invalid_project_id_authentication": {400, grimoireauth.ErrUnavailable, true},
	"invalid_secret_authentication":     {400, grimoireauth.ErrUnavailable, true},
	"invalid_authorization_header":      {400, grimoireauth.ErrUnavailable, true},
	"unauthorized_project_id_live":      {401, grimoireauth.ErrUnavailable, true},
	"unauthorized_project_id_test":      {401, grimoireauth.ErrUnavailable, true},
	"wrong_stack_live":                  {400, grimoireauth.ErrUnavailable, true},
	"wrong_stack_test":                  {400, grimoireauth.ErrUnavailable, true},
	"invalid_b2b_endpoint":              {400, grimoireauth.ErrUnavailable, true},
	"project_not_found":                 {404, grimoireauth.ErrUnavailable, true},
	"route_not_found":                   {404, grimoireauth.ErrUnavailable, true},
	"use_https":                         {403, grimoireauth.ErrUnavailable, true},
	"live_id_used_in_test_environment":  {400, grimoireauth.ErrUnavailable, true},
	"test_id_used_in_live_environment":  {400, grimoireauth.ErrUnavailable, true},

	// About the credentials, and no end of any session.
	"invalid_session_token":       {400, grimoireauth.ErrUnavailable, false},
	"unable_to_parse_session_jwt": {401, grimoireauth.ErrUnavailable, false},
	"jwt_invalid_audience":        {401, grimoireauth.ErrUnavailable, false},
	"jwt_invalid_issuer":          {401, grimoireauth.ErrUnavailable, false},
	"jwt_invalid_claims":          {401, grimoireauth.ErrUnavailable, false},

	// About something else.
	"organization_suspended":              {403, grimoireauth.ErrUnavailable, false},
	"session_authorization_error":         {403, grimoireauth.ErrUnavailable, false},
	"session_authorization_tenancy_error": {403, grimoireauth.ErrUnavailable, false},
	"organization_not_found":              {404, grimoireauth.ErrUnavailable, false},
	"member_not_found":                    {404, grimoireauth.ErrUnavailable, false},
	"unable_to_auth_magic_link":           {401, grimoireauth.ErrUnavailable, false},
	"intermediate_session_not_found":      {404, grimoireauth.ErrUnavailable, false},
	"stale_factors":                       {401, grimoireauth.ErrUnavailable, false},
	"invalid_session_duration":            {400, grimoireauth.ErrUnavailable, false},
	"invalid_session_duration_minutes":    {400, grimoireauth.ErrUnavailable, false},

	// Words that this version does not know, some of which exist.
	"user_unauthenticated":               {401, grimoireauth.ErrUnavailable, true},
	"session_expired":                    {401, grimoireauth.ErrUnavailable, true},
	"session_revoked":                    {404, grimoireauth.ErrUnavailable, true},
	"attribute_mismatch":                 {401, grimoireauth.ErrUnavailable, true},
	"deprecated_endpoint":                {400, grimoireauth.ErrUnavailable, true},
	"something_that_stytch_adds_in_2031": {410, grimoireauth.ErrUnavailable, true},
}

func TestOutcomes(t *testing.T) {
	for kind, outcome := range outcomes {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newChain(t)
				credentials := c.stytch.SignIn(c.stytch.AddStudent(c.class, "ada@example.edu"), mock.WithJWTAge(10*time.Minute))
				c.stytch.Fail(mock.Fault{Endpoint: authenticateEndpoint, Status: outcome.status, ErrorType: kind})
				_, err := c.verifier.Authenticate(t.Context(), credentials)
				require.ErrorIs(t, err, outcome.want)
				ended := outcome.want == grimoireauth.ErrSessionEnded
				for _, other := range []error{grimoireauth.ErrSessionEnded, grimoireauth.ErrUnauthenticated, grimoireauth.ErrExpired} {
					require.Equal(t, ended && other != grimoireauth.ErrExpired, errors.Is(err, other), other)
				}
				require.Equal(t, outcome.alarm, c.alarmed() > 0)
				answer := c.get(t, credentials)
				require.Equal(t, ended, len(answer.Header["Set-Cookie"]) > 0, "cookies are deleted by the end of a session only")
				require.NoError(t, c.verifier.Wait(t.Context()))
			})
		})
	}
}

// TestR05AnOutageIsNoLogout: an hour of every sort of outage ends no session and
// deletes no cookie, costs as few calls as the pauses allow, and is over when it is
// over.
func TestR05AnOutageIsNoLogout(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"500":                 {Status: 500},
		"502 with a page":     {Status: 502, Body: "<html><h1>Bad Gateway</h1></html>"},
		"200 with a page":     {Body: "<html>maintenance</html>"},
		"half an answer":      {Body: `{"session_token":"`},
		"an empty object":     {Body: `{}`},
		"404 of a proxy":      {Status: 404, Body: "not found"},
		"401 of a proxy":      {Status: 401, Body: `{"message":"no"}`},
		"429 and Retry-After": {Status: 429, RetryAfter: 20 * time.Second},
		"429 without":         {Status: 429},
		"too slow":            {Latency: 30 * time.Second},
		"reset":               {Drop: true},
		"reset, late":         {Drop: true, Late: true},
		"our secret is wrong": {Status: 401, ErrorType: "unauthorized_credentials"},
		"our project is gone": {Status: 404, ErrorType: "project_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newChain(t)
				const students = 2
				browsers := make([]grimoireauth.Credentials, students)
				for n := range browsers {
					email := string(rune('a'+n)) + "@example.edu"
					browsers[n] = c.stytch.SignIn(c.stytch.AddStudent(c.class, email), mock.WithDuration(8*time.Hour), mock.WithJWTAge(10*time.Minute))
				}
				_, err := c.verifier.Verify(t.Context(), browsers[0].JWT) // it has the keys
				require.ErrorIs(t, err, grimoireauth.ErrExpired)
				fault.Endpoint = authenticateEndpoint
				c.stytch.Fail(fault)
				for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(20 * time.Second) {
					for _, credentials := range browsers {
						answer := c.get(t, credentials)
						require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
						require.NotEmpty(t, answer.Header.Get("Retry-After"))
						require.Empty(t, answer.Header["Set-Cookie"])
					}
				}
				// 1, 2, 4, 8 and 16 seconds, and then one in thirty.
				require.LessOrEqual(t, c.calls(), students*(6+3600/30))
				c.stytch.ClearFaults()
				time.Sleep(30 * time.Second)
				for _, credentials := range browsers {
					answer := c.get(t, credentials)
					require.Equal(t, http.StatusOK, answer.StatusCode)
					require.NotEmpty(t, answer.Header["Set-Cookie"])
				}
				require.NoError(t, c.verifier.Wait(t.Context()))
			})
		})
	}
}
