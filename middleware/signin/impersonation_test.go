package signin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	impersonated  = "POST /v1/b2b/impersonation/authenticate"
	impersonation = "/auth/callback?stytch_token_type=multi_tenant_impersonation&token=c29tZS10b2tlbi1vZi1hbi1hZG1pbg=="
)

// An administrator opens the class as another member, only if Config allows it, and
// only after a button that says so.
func TestImpersonation(t *testing.T) {
	off := newFixture(t, signin.Config{})
	require.Equal(t, http.StatusBadRequest, off.browser().get(impersonation).status)

	w := newFixture(t, signin.Config{Impersonation: true})
	// The answer has the form of that to a link.
	require.NotEmpty(t, w.link(w.law.ID, "ada@example.edu"))
	body, err := json.Marshal(map[string]string{"magic_links_token": w.newest().Token})
	require.NoError(t, err)
	r, err := http.NewRequest("POST", "https://test.stytch.com/v1/b2b/magic_links/authenticate", strings.NewReader(string(body)))
	require.NoError(t, err)
	r.SetBasicAuth(w.stytch.ProjectID(), w.stytch.Secret().Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := w.stytch.RoundTrip(r)
	require.NoError(t, err)
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	w.stytch.Fail(mock.Fault{Endpoint: impersonated, Status: 200, Body: string(answer)})

	b := w.browser()
	form := b.open(impersonation)
	require.Contains(t, b.get("/auth/confirm").body, "signs you in as somebody else")
	require.Zero(t, w.calls(impersonated))
	require.Equal(t, http.StatusSeeOther, b.post("/auth/callback", form).status)
	require.Equal(t, string(w.ada), b.who())

	other := w.browser()
	w.stytch.ClearFaults()
	w.stytch.Fail(mock.Fault{Endpoint: impersonated, Status: 401, ErrorType: "unable_to_auth_impersonation_token"})
	require.Equal(t, http.StatusGone, other.post("/auth/callback", other.open(impersonation)).status)
}
