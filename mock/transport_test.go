package mock_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// closeCounter is a request body that counts.
type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

func TestRoundTripContract(t *testing.T) {
	stytch := new(mock.Stytch)
	body := &closeCounter{Reader: strings.NewReader("{}")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://any.example.edu/v1/b2b/sessions/authenticate", body)
	require.NoError(t, err)
	req.SetBasicAuth(stytch.ProjectID(), stytch.Secret().Reveal())
	before := req.Header.Clone()
	res, err := stytch.RoundTrip(req)
	require.NoError(t, err)
	require.Equal(t, 1, body.closed, "a RoundTripper closes the body")
	require.Equal(t, before, req.Header, "and leaves the request alone")
	require.Same(t, req, res.Request)
	require.Equal(t, "400 Bad Request", res.Status)
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.EqualValues(t, len(raw), res.ContentLength)

	t.Run("a context that has ended", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(io.ErrUnexpectedEOF)
		body := &closeCounter{Reader: strings.NewReader("{}")}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://any.example.edu/v1/b2b/sessions/authenticate", body)
		require.NoError(t, err)
		_, err = stytch.RoundTrip(req)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, 1, body.closed)
		require.Len(t, stytch.Journal(), 1, "nothing happened")
	})
	t.Run("a request made by hand", func(t *testing.T) {
		req := &http.Request{URL: res.Request.URL} // no method, no header
		res, err := stytch.RoundTrip(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, res.StatusCode)
	})
}

// A client of this module against Stytch in a bubble: an hour passes at once,
// and nothing is left running when the bubble ends.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := new(mock.Stytch)
		client, err := stytchclient.New(stytchclient.Config{
			ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		})
		require.NoError(t, err)
		credentials := stytch.SignIn(stytch.AddInstructor(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
		time.Sleep(59 * time.Minute)
		found, err := client.Sessions.Authenticate(t.Context(), credentials)
		require.NoError(t, err)
		require.True(t, found.HasRole("instructor"))
		time.Sleep(time.Minute)
		_, err = client.Sessions.Authenticate(t.Context(), credentials)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		stytch.Fail(mock.Fault{Status: 502, Body: "<html>"})
		_, err = client.Sessions.Authenticate(t.Context(), credentials)
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	})
}

func TestJournal(t *testing.T) {
	w := newWire(t)
	w.refuses(404, "organization_not_found", http.MethodGet, organizations+"/a%2Fb?secret=x", nil)
	w.refuses(404, "route_not_found", http.MethodDelete, "/v1/nothing", nil)
	journal := w.stytch.Journal()
	require.Len(t, journal, 2)
	require.Regexp(t, requestIDForm, journal[0].RequestID)
	require.WithinDuration(t, time.Now(), journal[0].At, time.Minute)
	require.Equal(t, mock.Request{
		Method: "GET", Endpoint: "GET /v1/b2b/organizations/{organization_id}", Path: "/v1/b2b/organizations/a%2Fb",
		Status: 404, ErrorType: "organization_not_found", RequestID: journal[0].RequestID, At: journal[0].At,
	}, journal[0])
	require.Equal(t, "", journal[1].Endpoint)
	journal[0].Path = "changed"
	require.NotEqual(t, "changed", w.stytch.Journal()[0].Path, "what is handed out is a copy")
}

func TestMemoryIsBounded(t *testing.T) {
	w := newWire(t)
	for range 10_001 {
		res := w.send(http.MethodGet, "/v1/nothing", nil)
		require.Equal(t, 404, res.StatusCode)
	}
	require.LessOrEqual(t, len(w.stytch.Journal()), 10_000)
	require.Greater(t, len(w.stytch.Journal()), 8_000)
}

func TestAge(t *testing.T) {
	w, class, member, credentials := signedIn(t)
	token := w.link(class.Slug, "ada@example.edu", nil)
	strict := w.stytch.AddClass("Strict", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	w.stytch.AddStudent(strict.ID, "ada@example.edu")
	ist := requirePending(t, w.authenticateLink(w.link(strict.Slug, "ada@example.edu", nil)))

	w.stytch.Age(30 * time.Minute)
	out := w.authenticate(credentials)
	began, err := time.Parse(time.RFC3339, out.text("member_session", "started_at"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(-30*time.Minute), began, time.Minute)
	created, err := time.Parse(time.RFC3339, out.text("member", "created_at"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(-30*time.Minute), created, time.Minute)
	require.WithinDuration(t, time.Now().Add(-30*time.Minute), w.stytch.Outbox()[0].SentAt, time.Minute)
	require.WithinDuration(t, time.Now().Add(-30*time.Minute), w.stytch.Journal()[0].At, time.Minute)
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, links+"/authenticate", object{
		"magic_links_token": w.link(strict.Slug, "ada@example.edu", nil), "intermediate_session_token": ist,
	})
	fresh := w.stytch.SignIn(member)

	w.stytch.Age(31 * time.Minute)
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": token})
	jwt := w.authenticate(fresh).text("session_jwt")
	var got struct{ Iat, Nbf int64 }
	unmarshalClaims(t, jwt, &got)
	require.LessOrEqual(t, got.Iat, time.Now().Unix(), "never dated in the future")
	require.Equal(t, got.Iat, got.Nbf)
	require.Greater(t, got.Iat, time.Now().Add(-time.Minute).Unix(), "nor in the past")
}
