package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestProjectCredentials(t *testing.T) {
	stytch := new(mock.Stytch)
	id, secret := stytch.ProjectID(), stytch.Secret().Reveal()
	other := new(mock.Stytch)
	basic := func(user, password string) http.Header {
		req := &http.Request{Header: http.Header{}}
		req.SetBasicAuth(user, password)
		return req.Header
	}
	for _, tt := range []struct {
		name      string
		header    http.Header
		status    int
		errorType string
	}{
		{"no Basic", http.Header{"Authorization": {"Bearer abc"}}, 400, "invalid_authorization_header"},
		{"no base64", http.Header{"Authorization": {"Basic %%%"}}, 400, "invalid_authorization_header"},
		{"two headers", http.Header{"Authorization": {basic(id, secret).Get("Authorization"), "Basic x"}}, 400, "invalid_authorization_header"},
		{"id of another form", basic("ada", secret), 400, "invalid_project_id_authentication"},
		{"id of another form before secret of another form", basic("ada", "x"), 400, "invalid_project_id_authentication"},
		{"secret of another form", basic(id, "hunter2"), 400, "invalid_secret_authentication"},
		{"empty secret", basic(id, ""), 400, "invalid_secret_authentication"},
		{"another project", basic(other.ProjectID(), other.Secret().Reveal()), 401, "unauthorized_credentials"},
		{"another project's secret", basic(id, other.Secret().Reveal()), 401, "unauthorized_credentials"},
		{"another project's id", basic(other.ProjectID(), secret), 401, "unauthorized_credentials"},
		{"live", basic("project-live-"+uuid, "secret-live-0123456789abcdef"), 401, "unauthorized_credentials"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := wire{t: t, stytch: stytch, header: tt.header}
			w.refuses(tt.status, tt.errorType, http.MethodGet, "/v1/b2b/rbac/policy", nil)
			w.refuses(tt.status, tt.errorType, http.MethodGet, "/v1/nothing", nil) // before the route is looked at
			w.refuses(tt.status, tt.errorType, http.MethodPost, "/v1/b2b/totp", nil)
		})
	}
	t.Run("none", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stytch.BaseURL()+"/v1/b2b/rbac/policy", nil)
		require.NoError(t, err)
		res, err := stytch.RoundTrip(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, res.StatusCode)
		require.Equal(t, "invalid_authorization_header", stytch.Journal()[len(stytch.Journal())-1].ErrorType)
	})
}
