package mock_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestTruncatedBody(t *testing.T) {
	stytch := new(mock.Stytch)
	base, stop := stytch.Start()
	defer stop()
	for _, tt := range []struct {
		name      string
		transport http.RoundTripper
	}{{"in process", stytch}, {"over a connection", new(http.Transport)}} {
		t.Run(tt.name, func(t *testing.T) {
			stytch.Fail(mock.Fault{Endpoint: jwks, Truncate: true, Times: 1})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/b2b/sessions/jwks/"+stytch.ProjectID(), nil)
			require.NoError(t, err)
			res, err := tt.transport.RoundTrip(req)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, res.StatusCode)
			half, err := io.ReadAll(res.Body)
			require.True(t, errors.Is(err, io.ErrUnexpectedEOF), "%v", err)
			require.NotEmpty(t, half)
			require.Less(t, int64(len(half)), res.ContentLength)
			require.NoError(t, res.Body.Close())
		})
	}
}

func TestRedirectFault(t *testing.T) {
	w := newWire(t)
	w.stytch.Fail(mock.Fault{Endpoint: policyRoute, Location: "https://elsewhere.example.edu/", Times: 1})
	res := w.send(http.MethodGet, "/v1/b2b/rbac/policy", nil)
	require.Equal(t, http.StatusTemporaryRedirect, res.StatusCode)
	require.Equal(t, "https://elsewhere.example.edu/", res.Header.Get("Location"))
	for _, wrong := range []mock.Fault{
		{Location: "https://elsewhere.example.edu/", Status: 200},
		{Location: "https://elsewhere.example.edu/", Body: "x"},
		{Drop: true, Truncate: true},
	} {
		require.Panics(t, func() { w.stytch.Fail(wrong) })
	}
}

// A key set that is empty once is a Body: nothing is made up for it.
func TestEmptyKeySetOnce(t *testing.T) {
	w := newWire(t)
	w.stytch.Fail(mock.Fault{Endpoint: jwks, Body: `{"keys":[]}`, Times: 1})
	path := sessions + "/jwks/" + w.stytch.ProjectID()
	status, out := w.do(http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, out["keys"])
	require.Len(t, w.ok(http.MethodGet, path, nil)["keys"], 1)
}
