package mock_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/idp"
	"github.com/stytchauth/stytch-go/v16/stytch/consumer/connectedapps/clients"
	"github.com/stytchauth/stytch-go/v16/stytch/consumer/m2m"
	"github.com/stytchauth/stytch-go/v16/stytch/consumer/project"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/mock"
)

// forAllProjects are the parts of Stytch outside B2B that B2B projects have as well.
var forAllProjects = regexp.MustCompile(`^/v1/(m2m|connected_apps|projects|email/risk|fingerprint|rules|verdict_reasons)(/|$)`)

var pathParameter = regexp.MustCompile(`\{[a-z_.]+\}`)

// Stytch has 87 operations outside B2B. A client that calls one learns whether Stytch
// would refuse it or only the mock does.
func TestW06_OperationsOutsideB2B(t *testing.T) {
	w := newWire(t)
	operations := contract.Elsewhere()
	require.Len(t, operations, 87)
	for _, o := range operations {
		t.Run(o.Endpoint(), func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			path := pathParameter.ReplaceAllString(o.Path, "abc")
			switch {
			case o.Path == "/v1/debug/whoami":
				w.ok(o.Method, path, nil)
			case forAllProjects.MatchString(o.Path):
				w.notBuilt(o.Method, path, o.Endpoint())
			default:
				w.refuses(400, "invalid_consumer_endpoint", o.Method, path, nil)
			}
			journal := w.stytch.Journal()
			require.Equal(t, o.Endpoint(), journal[len(journal)-1].Endpoint)
		})
	}
}

// notBuilt requires a 501 that names the endpoint and has one sentence about it.
func (w wire) notBuilt(method, path, endpoint string) {
	w.t.Helper()
	out := w.refuses(501, "mock_not_implemented", method, path, nil)
	require.Regexp(w.t, `^The mock does not have `+regexp.QuoteMeta(endpoint)+`: [^.]+\.$`, out["error_message"])
}

// What Stytch's description leaves out, because clients of other kinds call it.
func TestW06_PathsOfOtherClients(t *testing.T) {
	w := newWire(t)
	stranger := wire{t: t, stytch: w.stytch, header: http.Header{"Authorization": {"Bearer of something else"}}}
	public := "/v1/public/" + w.stytch.ProjectID()
	for _, tt := range []struct{ method, path, endpoint string }{
		{"GET", "/sdk/v1/projects/bootstrap/" + w.stytch.PublicToken(), "/sdk/v1/{path...}"},
		{"POST", "/sdk/v1/b2b/sessions/authenticate", "/sdk/v1/{path...}"},
		{"OPTIONS", "/sdk/v1/b2b/sessions/authenticate", "/sdk/v1/{path...}"},
		{"DELETE", "/sdk/v1/b2b/organizations/members/deletePassword/abc", "/sdk/v1/{path...}"},
		{"POST", "/pwa/v3/projects", "/pwa/{path...}"},
		{"GET", public + "/.well-known/openid-configuration", "/v1/public/{project_id}/.well-known/{path...}"},
		{"GET", public + "/.well-known/oauth-authorization-server", "/v1/public/{project_id}/.well-known/{path...}"},
		{"GET", "/.well-known/openid-configuration", "/.well-known/{path...}"},
		{"GET", "/.well-known/oauth-authorization-server", "/.well-known/{path...}"},
		{"GET", "/.well-known/jwks.json", "/.well-known/{path...}"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			wire{t: t, stytch: w.stytch, header: stranger.header}.notBuilt(tt.method, tt.path, tt.method+" "+tt.endpoint)
			journal := w.stytch.Journal()
			require.Equal(t, "* "+tt.endpoint, journal[len(journal)-1].Endpoint)
		})
	}
	for _, path := range []string{"/v1/public/oauth/google/start", "/v1/magic_links/redirect"} {
		stranger.refuses(400, "invalid_consumer_endpoint", http.MethodGet, path, nil)
	}
}

// The endpoints of OAuth 2.0 have no HTTP Basic of the project, and an error object of
// their own, which stytch-go reads.
func TestW06_OAuth2(t *testing.T) {
	stytch := new(mock.Stytch)
	api := connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), stytch)
	_, err := api.M2M.Token(t.Context(), &m2m.TokenParams{ClientID: "m2m-client-test-" + uuid, ClientSecret: "secret"})
	var refused stytcherror.OAuth2Error
	require.True(t, errors.As(err, &refused), "%v", err)
	require.Equal(t, http.StatusNotImplemented, refused.StatusCode)
	require.EqualValues(t, "mock_not_implemented", refused.ErrorType)
	require.Contains(t, string(refused.ErrorMessage), "POST /v1/public/{project_id}/oauth2/token")
	require.Regexp(t, requestIDForm, refused.RequestID)

	_, err = api.IDP.IntrospectTokenNetwork(t.Context(), &idp.IntrospectTokenNetworkParams{Token: "abc", ClientID: "connected-app-test-" + uuid})
	require.True(t, errors.As(err, &refused), "%v", err)
	require.Contains(t, string(refused.ErrorMessage), "POST /v1/public/{project_id}/oauth2/introspect")

	w := wire{t: t, stytch: stytch}
	for _, endpoint := range []string{"POST token", "POST introspect", "POST revoke", "POST register", "GET userinfo", "POST userinfo"} {
		method, name, _ := strings.Cut(endpoint, " ")
		// The second is that of the project's domain.
		for _, at := range []string{"/v1/public/" + stytch.ProjectID() + "/oauth2/", "/v1/oauth2/"} {
			status, out := w.do(method, at+name, nil)
			require.Equal(t, http.StatusNotImplemented, status, endpoint)
			require.Len(t, out, 5)
			require.Equal(t, "mock_not_implemented", out["error"])
		}
	}
}

func TestW06_StytchGo(t *testing.T) {
	stytch := new(mock.Stytch)
	api := connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), stytch)
	for name, call := range map[string]func() error{
		"GET /v1/projects/metrics": func() error { _, err := api.Project.Metrics(t.Context(), &project.MetricsParams{}); return err },
		"POST /v1/connected_apps/clients/search": func() error {
			_, err := api.ConnectedApp.Clients.Search(t.Context(), &clients.SearchParams{})
			return err
		},
	} {
		var refused stytcherror.Error
		require.True(t, errors.As(call(), &refused), name)
		require.Equal(t, http.StatusNotImplemented, refused.StatusCode)
		require.Contains(t, string(refused.ErrorMessage), name)
	}
}

// A stranger learns by a wrong secret no more than before, and a path that Stytch does
// not have is not there.
func TestW06_OrderOfErrors(t *testing.T) {
	w := newWire(t)
	wrong := wire{t: t, stytch: w.stytch, header: http.Header{"Authorization": {"Bearer x"}}}
	wrong.refuses(400, "invalid_authorization_header", http.MethodPost, "/v1/m2m/clients", nil)
	wrong.refuses(400, "invalid_authorization_header", http.MethodPost, "/v1/users", nil)
	for _, path := range []string{"/v1/m2m", "/v1/m2m/clients/abc/nothing", "/v1/users/a/b/c/d", "/sdk/v1", "/sdk/v2/x", "/v1/public/abc/oauth2/nothing"} {
		w.refuses(404, "route_not_found", http.MethodGet, path, nil)
	}
	w.refuses(405, "method_not_allowed", http.MethodPatch, "/v1/m2m/clients/abc", nil)
	w.refuses(405, "method_not_allowed", http.MethodGet, sessions+"/authenticate", nil)
}
