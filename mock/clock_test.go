package mock_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// askBy sends a call of the project's by a clock and returns the answer.
func askBy(t *testing.T, s *mock.Stytch, by http.RoundTripper, method, path string, in any) (header http.Header, status int, out map[string]any) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	req, err := http.NewRequest(method, s.BaseURL()+path, strings.NewReader(string(body)))
	require.NoError(t, err)
	req.SetBasicAuth(s.ProjectID(), s.Secret().Reveal())
	res, err := by.RoundTrip(req)
	require.NoError(t, err)
	require.Same(t, req, res.Request)
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &out))
	return res.Header, res.StatusCode, out
}

func claimsIn(t *testing.T, jwt string) (claims map[string]any) {
	t.Helper()
	unmarshalClaims(t, jwt, &claims)
	return claims
}

func TestClockAhead(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ahead": 3 * time.Hour, "behind": -90 * time.Second, "by a fraction": 1500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(mock.Stytch)
				class := s.AddClass("LAWS1100")
				credentials := s.SignIn(s.AddStudent(class.ID, "ada@example.edu"))
				in := map[string]any{"session_token": credentials.Token.Reveal()}
				began := time.Now()
				time.Sleep(10 * time.Second)
				now, clock := time.Now(), s.ClockAhead(ahead)

				header, status, out := askBy(t, s, clock, http.MethodPost, "/v1/b2b/sessions/authenticate", in)
				require.Equal(t, 200, status)
				require.Equal(t, now.Add(ahead).UTC().Format(http.TimeFormat), header.Get("Date"))
				session := out["member_session"].(map[string]any)
				at := func(object map[string]any, field string) time.Time {
					got, err := time.Parse(time.RFC3339, object[field].(string))
					require.NoError(t, err)
					return got
				}
				require.Equal(t, began.Add(ahead).UnixMicro(), at(session, "started_at").UnixMicro())
				require.Equal(t, now.Add(ahead).UnixMicro(), at(session, "last_accessed_at").UnixMicro())
				require.Equal(t, began.Add(time.Hour+ahead).UnixMicro(), at(session, "expires_at").UnixMicro())
				factor := session["authentication_factors"].([]any)[0].(map[string]any)
				require.Equal(t, began.Add(ahead).UnixMicro(), at(factor, "last_authenticated_at").UnixMicro())

				claims := claimsIn(t, out["session_jwt"].(string))
				require.EqualValues(t, now.Add(ahead).Unix(), claims["iat"])
				require.Equal(t, claims["iat"], claims["nbf"])
				require.EqualValues(t, now.Add(ahead+5*time.Minute).Unix(), claims["exp"])
				inside := claims["https://stytch.com/session"].(map[string]any)
				require.Equal(t, began.Add(time.Hour+ahead).Unix(), at(inside, "expires_at").Unix())

				header, _, keys := askBy(t, s, clock, http.MethodGet, "/v1/b2b/sessions/jwks/"+s.ProjectID(), nil)
				require.NotEmpty(t, keys["keys"])
				require.Equal(t, now.Add(ahead).UTC().Format(http.TimeFormat), header.Get("Date"))

				// What is kept is not moved: for others the session is what it was.
				header, _, out = askBy(t, s, s, http.MethodPost, "/v1/b2b/sessions/authenticate", in)
				require.Equal(t, now.UTC().Format(http.TimeFormat), header.Get("Date"))
				require.Equal(t, began.Add(time.Hour).UnixMicro(), at(out["member_session"].(map[string]any), "expires_at").UnixMicro())
				require.EqualValues(t, now.Unix(), claimsIn(t, out["session_jwt"].(string))["iat"])
			})
		})
	}
}

// A session ends when it ends, by whichever clock it is looked at, and a session_jwt in
// a request is read by the clock that has dated it.
func TestClockAheadEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		credentials := s.SignIn(s.AddStudent(class.ID, "ada@example.edu"))
		clock := s.ClockAhead(12 * time.Hour)
		_, status, out := askBy(t, s, clock, http.MethodPost, "/v1/b2b/sessions/authenticate", map[string]any{"session_token": credentials.Token.Reveal()})
		require.Equal(t, 200, status)
		moved := map[string]any{"session_jwt": out["session_jwt"]}
		_, status, _ = askBy(t, s, clock, http.MethodPost, "/v1/b2b/sessions/authenticate", moved)
		require.Equal(t, 200, status)
		_, status, _ = askBy(t, s, s, http.MethodPost, "/v1/b2b/sessions/authenticate", moved)
		require.Equal(t, 401, status, "dated in the future there")
		time.Sleep(time.Hour)
		for _, by := range []http.RoundTripper{s, clock, s.ClockAhead(-12 * time.Hour)} {
			_, status, _ = askBy(t, s, by, http.MethodPost, "/v1/b2b/sessions/authenticate", map[string]any{"session_token": credentials.Token.Reveal()})
			require.Equal(t, 404, status)
		}
	})
}

// A session_jwt that is moved is the one that the other clock's machine would have been
// given, to the byte.
func TestClockJWT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		credentials := s.SignIn(s.AddStudent(class.ID, "ada@example.edu"), mock.WithClaims(map[string]any{"n": json.Number("12345678901234567890"), "a": "<b>"}))
		for _, ahead := range []time.Duration{time.Hour, -time.Minute} {
			_, _, out := askBy(t, s, s.ClockAhead(ahead), http.MethodPost, "/v1/b2b/sessions/authenticate", map[string]any{"session_token": credentials.Token.Reveal()})
			moved := s.ClockAhead(ahead).JWT(credentials.JWT)
			require.Equal(t, out["session_jwt"], moved.Reveal())
			require.Equal(t, credentials.JWT.Reveal(), s.ClockAhead(-ahead).JWT(moved).Reveal())
		}
		require.Equal(t, credentials.JWT.Reveal(), s.ClockAhead(0).JWT(credentials.JWT).Reveal())
		for _, other := range []string{"", "a.b.c", s.Forged(s.AddStudent(class.ID, "bob@example.edu")).JWT.Reveal(), new(mock.Stytch).ProjectID()} {
			require.Equal(t, other, s.ClockAhead(time.Hour).JWT(grimoireauth.NewSecret(other)).Reveal())
		}
	})
}

// Two machines with different clocks share one Stytch.
func TestClockOfOneMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(mock.Stytch)
		class := s.AddClass("LAWS1100")
		credentials := s.SignIn(s.AddStudent(class.ID, "ada@example.edu"))
		verifier := func(by http.RoundTripper) *jwtlocal.Verifier {
			client, err := stytchclient.New(stytchclient.Config{ProjectID: s.ProjectID(), Secret: s.Secret(), BaseURL: s.BaseURL(), Transport: by})
			require.NoError(t, err)
			v, err := jwtlocal.New(jwtlocal.Config{ProjectID: s.ProjectID(), BaseURL: s.BaseURL(), Transport: by, Refresh: client.Sessions.Authenticate})
			require.NoError(t, err)
			return v
		}
		right, behind := verifier(s), verifier(s.ClockAhead(time.Hour))
		alone := grimoireauth.Credentials{Token: credentials.Token}
		_, err := right.Authenticate(context.Background(), alone)
		require.NoError(t, err)
		_, err = behind.Authenticate(context.Background(), alone)
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	})
}

func TestClockOverHTTP(t *testing.T) {
	s := new(mock.Stytch)
	server := httptest.NewServer(s.ClockAhead(-time.Hour))
	defer server.Close()
	res, err := http.Get(server.URL + "/v1/b2b/sessions/jwks/" + s.ProjectID())
	require.NoError(t, err)
	defer res.Body.Close()
	date, err := http.ParseTime(res.Header.Get("Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(-time.Hour), date, time.Minute)
	require.NotContains(t, s.ClockAhead(time.Hour).String(), s.Secret().Reveal())
}
