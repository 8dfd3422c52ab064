package mock_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

const (
	authenticate = "POST /v1/b2b/sessions/authenticate"
	jwks         = "GET /v1/b2b/sessions/jwks/{project_id}"
	policyRoute  = "GET /v1/b2b/rbac/policy"
)

func TestFaultAnswers(t *testing.T) {
	for _, tt := range []struct {
		name         string
		fault        mock.Fault
		status       int
		contains     string
		header, want string
	}{
		{"status", mock.Fault{Status: 500}, 500, `"error_type":"internal_server_error"`, "Content-Type", "application/json"},
		{"too many requests", mock.Fault{Status: 429, RetryAfter: 2500 * time.Millisecond}, 429, `"error_type":"too_many_requests"`, "Retry-After", "3"},
		{"unavailable", mock.Fault{Status: 503, RetryAfter: time.Second}, 503, `"error_type":"server_unavailable"`, "Retry-After", "1"},
		{"type", mock.Fault{ErrorType: "session_not_found"}, 404, `"Session could not be found."`, "Retry-After", ""},
		{"type and status", mock.Fault{Status: 401, ErrorType: "something_new"}, 401, `"error_type":"something_new"`, "Retry-After", ""},
		{"401", mock.Fault{Status: 401}, 401, "unauthorized_credentials", "Retry-After", ""},
		{"403", mock.Fault{Status: 403}, 403, "session_authorization_error", "Retry-After", ""},
		{"404", mock.Fault{Status: 404}, 404, "route_not_found", "Retry-After", ""},
		{"418", mock.Fault{Status: 418}, 418, "bad_request", "Retry-After", ""},
		{"a proxy's page", mock.Fault{Status: 502, Body: "<html>Bad gateway</html>"}, 502, "<html>", "Content-Type", "text/html; charset=utf-8"},
		{"half an answer", mock.Fault{Body: `{"status_code":200,`}, 200, `{"status_code":200,`, "Content-Type", "application/json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			tt.fault.Endpoint, tt.fault.Times = policyRoute, 1
			w.stytch.Fail(tt.fault)
			res := w.send(http.MethodGet, "/v1/b2b/rbac/policy", nil)
			raw, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.Equal(t, tt.status, res.StatusCode)
			require.Contains(t, string(raw), tt.contains)
			require.Equal(t, tt.want, res.Header.Get(tt.header))
			w.ok(http.MethodGet, "/v1/b2b/rbac/policy", nil)
			require.Equal(t, []bool{true, false}, []bool{w.stytch.Journal()[0].Faulted, w.stytch.Journal()[1].Faulted})
		})
	}
}

func TestFaultRules(t *testing.T) {
	status := func(w wire, path string) int { return w.send(http.MethodGet, path, nil).StatusCode }
	t.Run("of one endpoint", func(t *testing.T) {
		w := newWire(t)
		w.stytch.Fail(mock.Fault{Endpoint: jwks, Status: 500})
		for range 3 { // until they are cleared
			require.Equal(t, 500, status(w, sessions+"/jwks/"+w.stytch.ProjectID()))
			require.Equal(t, 200, status(w, "/v1/b2b/rbac/policy"))
		}
		w.stytch.ClearFaults()
		require.Equal(t, 200, status(w, sessions+"/jwks/"+w.stytch.ProjectID()))
	})
	t.Run("of all", func(t *testing.T) {
		w := newWire(t)
		w.stytch.Fail(mock.Fault{Status: 503, Times: 2})
		require.Equal(t, 503, status(w, "/v1/b2b/rbac/policy"))
		require.Equal(t, 503, status(w, "/v1/nothing"))
		require.Equal(t, 200, status(w, "/v1/b2b/rbac/policy"))
	})
	t.Run("one after the other", func(t *testing.T) {
		w := newWire(t)
		w.stytch.Fail(mock.Fault{Endpoint: policyRoute, Status: 500, Times: 1})
		w.stytch.Fail(mock.Fault{Endpoint: policyRoute, Status: 503, Times: 2})
		var got []int
		for range 4 {
			got = append(got, status(w, "/v1/b2b/rbac/policy"))
		}
		require.Equal(t, []int{500, 503, 503, 200}, got)
	})
	t.Run("before the call, or after it", func(t *testing.T) {
		for _, late := range []bool{false, true} {
			w, _, _, credentials := signedIn(t)
			w.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/revoke", Status: 503, Late: late, Times: 1})
			w.refuses(503, "server_unavailable", http.MethodPost, sessions+"/revoke", object{"session_token": credentials.Token.Reveal()})
			code, _ := w.do(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
			require.Equal(t, map[bool]int{false: 200, true: 404}[late], code)
		}
	})
}

func TestDrop(t *testing.T) {
	t.Run("in process", func(t *testing.T) {
		w, _, _, credentials := signedIn(t)
		w.stytch.Fail(mock.Fault{Endpoint: authenticate, Drop: true, Times: 1})
		body := strings.NewReader(`{"session_token":"` + credentials.Token.Reveal() + `"}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://test.stytch.com/v1/b2b/sessions/authenticate", body)
		require.NoError(t, err)
		req.SetBasicAuth(w.stytch.ProjectID(), w.stytch.Secret().Reveal())
		_, err = w.stytch.RoundTrip(req)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		journal := w.stytch.Journal()
		require.Equal(t, 0, journal[len(journal)-1].Status)
		w.authenticate(credentials)
	})
	t.Run("over a connection", func(t *testing.T) {
		stytch := new(mock.Stytch)
		url, stop := stytch.Start()
		defer stop()
		stytch.Fail(mock.Fault{Drop: true})
		_, err := http.Get(url + "/v1/b2b/sessions/jwks/" + stytch.ProjectID()) //nolint:bodyclose // there is no answer
		require.ErrorIs(t, err, io.EOF)
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t)
		w.stytch.Fail(mock.Fault{Endpoint: policyRoute, Latency: 3 * time.Second})
		began := time.Now()
		w.ok(http.MethodGet, "/v1/b2b/rbac/policy", nil)
		require.Equal(t, 3*time.Second, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://test.stytch.com/v1/b2b/rbac/policy", nil)
		require.NoError(t, err)
		began = time.Now()
		_, err = w.stytch.RoundTrip(req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began), "a caller that gives up does not wait")

		client := &http.Client{Transport: w.stytch, Timeout: 2 * time.Second}
		_, err = client.Get("https://test.stytch.com/v1/b2b/rbac/policy") //nolint:bodyclose // there is no answer
		var timeout interface{ Timeout() bool }
		require.True(t, errors.As(err, &timeout) && timeout.Timeout())
	})
}

func TestFaultMisuse(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"unknown endpoint":       {Endpoint: "POST /v1/b2b/sessions", Status: 500},
		"unknown type":           {ErrorType: "something_new"},
		"drop with a status":     {Drop: true, Status: 500},
		"drop with a body":       {Drop: true, Body: "x"},
		"status 100":             {Status: 100},
		"success without a body": {Status: 200},
		"type and body":          {Status: 500, ErrorType: "internal_server_error", Body: "x"},
		"wait without an answer": {RetryAfter: time.Second},
		"negative times":         {Status: 500, Times: -1},
		"negative latency":       {Latency: -1},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, panicOf(func() { new(mock.Stytch).Fail(fault) }), "mock: Fail: ")
		})
	}
}
