package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

const (
	testProject = "project-test-00000000-0000-4000-8000-000000000000"
	liveProject = "project-live-00000000-0000-4000-8000-000000000000"
	testSecret  = "secret-test-abcdefghijklmnopqrstuvwxyz012345="
	liveSecret  = "secret-live-abcdefghijklmnopqrstuvwxyz012345="
)

func TestNewNamesEveryFault(t *testing.T) {
	tests := map[string]struct {
		config stytchclient.Config
		want   []string // nil: accepted
	}{
		"test project": {config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret)}},
		"live project": {config: stytchclient.Config{ProjectID: liveProject, Secret: grimoireauth.NewSecret(liveSecret)}},
		"loopback":     {config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), BaseURL: "http://127.0.0.1:4010/"}},
		"custom domain": {config: stytchclient.Config{
			ProjectID: liveProject, Secret: grimoireauth.NewSecret(liveSecret),
			BaseURL: "https://login.example.edu", SessionDuration: 8 * time.Hour,
		}},
		"nothing": {
			config: stytchclient.Config{},
			want:   []string{"ProjectID is missing", "Secret is missing"},
		},
		"malformed, all of it": {
			config: stytchclient.Config{
				ProjectID: "my-project", Secret: grimoireauth.NewSecret("hunter2-hunter2"),
				BaseURL: "login.example.edu", Timeout: -1, SessionDuration: time.Minute,
			},
			want: []string{"ProjectID", "Secret", "BaseURL", "Timeout", "SessionDuration"},
		},
		"test secret with a live project": {
			config: stytchclient.Config{ProjectID: liveProject, Secret: grimoireauth.NewSecret(testSecret)},
			want:   []string{"Secret is a test secret, ProjectID is a live project"},
		},
		"plain http to another machine": {
			config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), BaseURL: "http://stytch.example.edu"},
			want:   []string{"plain http to another machine"},
		},
		"plain http for a live project": {
			config: stytchclient.Config{ProjectID: liveProject, Secret: grimoireauth.NewSecret(liveSecret), BaseURL: "http://127.0.0.1:4010"},
			want:   []string{"plain http"},
		},
		"a host that only looks like loopback": {
			config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), BaseURL: "http://127.0.0.1.example.edu"},
			want:   []string{"plain http"},
		},
		"the live host for a test project": {
			config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), BaseURL: "https://api.stytch.com"},
			want:   []string{"does not serve test projects"},
		},
		"a path": {
			config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), BaseURL: "https://login.example.edu/v1"},
			want:   []string{"more than a scheme and a host"},
		},
		"half a minute": {
			config: stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), SessionDuration: 6*time.Minute + 30*time.Second},
			want:   []string{"SessionDuration"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, err := stytchclient.New(test.config)
			if test.want == nil {
				require.NoError(t, err)
				require.NotNil(t, client.Stytch())
				return
			}
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			require.Nil(t, client)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "hunter2", "the error quotes the secret")
		})
	}
}

// A recorder of what New does on the network: nothing.
func TestNewDoesNoIO(t *testing.T) {
	_, err := stytchclient.New(stytchclient.Config{
		ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret),
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			t.Errorf("New asked for %s", r.URL.Path)
			return nil, errors.New("no network")
		}),
	})
	require.NoError(t, err)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// clientOf returns a client whose every call is answered by handler.
func clientOf(t *testing.T, observe grimoireauth.Observe, handler http.HandlerFunc) *stytchclient.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret),
		BaseURL: server.URL, Timeout: 5 * time.Second, Observe: observe,
	})
	require.NoError(t, err)
	return client
}

func envelope(status int, errorType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"status_code":%d,"request_id":"request-id-test-1","error_type":%q,"error_message":"about jane@example.edu","error_url":""}`, status, errorType)
	}
}

func body(status int, text string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// What Stytch, or something in front of it, can answer to the question whose a
// session is, and what may be concluded from it. Only session_not_found ends a
// session.
func TestAuthenticateOutcomes(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		want   error
		alarm  bool
		retry  time.Duration
	}{
		"gone":                            {answer: envelope(404, "session_not_found"), want: grimoireauth.ErrSessionEnded},
		"malformed token":                 {answer: envelope(400, "invalid_session_token"), want: grimoireauth.ErrUnauthenticated},
		"our own secret is wrong":         {answer: envelope(401, "unauthorized_credentials"), want: grimoireauth.ErrUnavailable, alarm: true},
		"our own project is wrong":        {answer: envelope(400, "invalid_project_id_authentication"), want: grimoireauth.ErrUnavailable, alarm: true},
		"an unknown 401":                  {answer: envelope(401, "something_new"), want: grimoireauth.ErrUnavailable, alarm: true},
		"an unknown 404":                  {answer: envelope(404, "something_not_found"), want: grimoireauth.ErrUnavailable, alarm: true},
		"an unknown 403":                  {answer: envelope(403, "something_new"), want: grimoireauth.ErrUnavailable, alarm: true},
		"an unknown 400":                  {answer: envelope(400, "something_new"), want: grimoireauth.ErrUnavailable, alarm: true},
		"too many":                        {answer: envelope(429, "too_many_requests"), want: grimoireauth.ErrRateLimited},
		"broken":                          {answer: envelope(500, "internal_server_error"), want: grimoireauth.ErrUnavailable},
		"a proxy's page":                  {answer: body(502, "<html>Bad Gateway", "Retry-After", "7"), want: grimoireauth.ErrUnavailable, retry: 7 * time.Second},
		"a proxy's limit":                 {answer: body(429, "slow down", "Retry-After", "3"), want: grimoireauth.ErrRateLimited, retry: 3 * time.Second},
		"a proxy's 404":                   {answer: body(404, "not found"), want: grimoireauth.ErrUnavailable},
		"a redirect":                      {answer: body(307, "", "Location", "http://127.0.0.1:1/elsewhere"), want: grimoireauth.ErrUnavailable},
		"no content":                      {answer: body(204, ""), want: grimoireauth.ErrUnavailable},
		"a page with status 200":          {answer: body(200, "<html>maintenance"), want: grimoireauth.ErrUnavailable},
		"an empty object":                 {answer: body(200, "{}"), want: grimoireauth.ErrUnavailable},
		"null":                            {answer: body(200, "null"), want: grimoireauth.ErrUnavailable},
		"an error envelope with 200":      {answer: body(200, `{"error_type":"session_not_found"}`), want: grimoireauth.ErrUnavailable},
		"an error without a type":         {answer: body(404, `{"error_message":"x"}`), want: grimoireauth.ErrUnavailable},
		"larger than anything Stytch has": {answer: body(200, strings.Repeat(" ", 17<<20)), want: grimoireauth.ErrUnavailable},
		"cut short": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"session_token":"`)
		}, want: grimoireauth.ErrUnavailable},
		"dropped": {answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: grimoireauth.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var alarms int
			client := clientOf(t, func(_ context.Context, e grimoireauth.Event) {
				if _, ok := e.(grimoireauth.OperatorAlarm); ok {
					alarms++
				}
			}, test.answer)
			authentication, err := client.Sessions.Authenticate(t.Context(), grimoireauth.Credentials{Token: grimoireauth.NewSecret(confidential)})
			require.ErrorIs(t, err, test.want)
			require.True(t, authentication.IsZero())
			require.Equal(t, errors.Is(test.want, grimoireauth.ErrSessionEnded), errors.Is(err, grimoireauth.ErrSessionEnded))
			require.Equal(t, errors.Is(test.want, grimoireauth.ErrUnauthenticated), errors.Is(err, grimoireauth.ErrUnauthenticated))
			require.Equal(t, test.alarm, alarms == 1)
			wait, _ := grimoireauth.RetryAfter(err)
			require.Equal(t, test.retry, wait)
			requireHidden(t, err.Error())
			require.NotContains(t, err.Error(), "jane@example.edu", "the error repeats Stytch's prose")
		})
	}
}

func TestAuthenticateWithNothing(t *testing.T) {
	client := clientOf(t, nil, func(http.ResponseWriter, *http.Request) { t.Error("Stytch was asked about nobody") })
	_, err := client.Sessions.Authenticate(t.Context(), grimoireauth.Credentials{})
	require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
}

func TestUnreachable(t *testing.T) {
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret),
		BaseURL: "http://127.0.0.1:1", Timeout: time.Second,
	})
	require.NoError(t, err)
	_, err = client.Classes.Get(t.Context(), "organization-test-1")
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.Classes.Get(canceled, "organization-test-1")
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTimeoutBoundsTheWholeCall(t *testing.T) {
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), Timeout: time.Millisecond,
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}),
	})
	require.NoError(t, err)
	_, err = client.Sessions.Authenticate(t.Context(), grimoireauth.Credentials{Token: grimoireauth.NewSecret(confidential)})
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
}

// The SDK underneath keeps its own error type.
func TestRawClientKeepsItsErrors(t *testing.T) {
	client := clientOf(t, nil, envelope(404, "organization_not_found"))
	_, err := client.Stytch().Organizations.Get(t.Context(), &organizations.GetParams{OrganizationID: "organization-test-1"})
	var raw stytcherror.Error
	require.ErrorAs(t, err, &raw)
	require.EqualValues(t, "organization_not_found", raw.ErrorType)

	_, err = client.Classes.Get(t.Context(), "organization-test-1")
	require.ErrorIs(t, err, grimoireauth.ErrNotFound)
	require.ErrorAs(t, err, &raw, "and it can be reached through ours")
	var ours *grimoireauth.Error
	require.ErrorAs(t, err, &ours)
	require.Equal(t, "request-id-test-1", ours.RequestID)
	require.Equal(t, 404, ours.Status)
	require.Equal(t, "organization_not_found", ours.Type)
}
