package mock_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// Every method of the SDK that calls Stytch B2B has a route here: the request
// paths are read from the SDK's source.
func TestEveryEndpointOfTheSDKIsKnown(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/stytchauth/stytch-go/v16/stytch/b2b").Output()
	require.NoError(t, err)
	source, err := exec.CommandContext(t.Context(), "grep", "-rhoE", `"/v1/b2b/[^"]*"|fmt.Sprintf\("/v1/b2b/[^"]*"`, "--include=*.go", "--exclude=*_test.go", strings.TrimSpace(string(dir))).Output()
	require.NoError(t, err)
	paths := regexp.MustCompile(`/v1/b2b/[^"]*`).FindAllString(string(source), -1)
	require.Greater(t, len(paths), 90)
	w := newWire(t)
	for _, path := range paths {
		path = regexp.MustCompile(`%[sv]`).ReplaceAllString(path, "abc")
		// An unknown method, so that a path that exists answers 405.
		w.refuses(405, "method_not_allowed", http.MethodPatch, path, nil)
	}
}

func TestUnknownRoutes(t *testing.T) {
	for _, tt := range []struct{ name, method, path string }{
		{"root", "GET", "/"},
		{"consumer, and not there either", "POST", "/v1/users/abc/nothing"},
		{"another version", "GET", "/v2/b2b/rbac/policy"},
		{"in capitals", "GET", "/V1/B2B/rbac/policy"},
		{"trailing slash", "GET", "/v1/b2b/rbac/policy/"},
		{"empty id at the end", "GET", "/v1/b2b/organizations/"},
		{"escaped slash separates nothing", "GET", "/v1/b2b/rbac%2Fpolicy"},
		{"there is no way to create a password", "POST", "/v1/b2b/passwords"},
		{"dots are not resolved", "GET", "/v1/b2b/x/../rbac/policy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			newWire(t).refuses(404, "route_not_found", tt.method, tt.path, nil)
		})
	}
}

func TestMethodNotAllowed(t *testing.T) {
	w := newWire(t)
	for _, tt := range []struct{ method, path, allow string }{
		{"GET", sessions + "/authenticate", "POST"},
		{"PATCH", organizations + "/abc", "DELETE, GET, PUT"},
		{"POST", sessions + "/jwks/" + w.stytch.ProjectID(), "GET"},
		{"HEAD", organizations + "/abc", "DELETE, GET, PUT"},
		{"OPTIONS", organizations, "POST"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			res := wire{t: t, stytch: w.stytch}.send(tt.method, tt.path, nil)
			require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
			require.Equal(t, tt.allow, res.Header.Get("Allow"))
		})
	}
}

func TestSlashes(t *testing.T) {
	w := newWire(t)
	w.ok(http.MethodGet, "//v1/b2b/sessions//jwks/"+w.stytch.ProjectID(), nil)
	w.ok(http.MethodGet, "///v1//b2b/rbac/policy", nil)
	// An empty id in the middle is no member's, and reaches no other endpoint.
	w.refuses(405, "method_not_allowed", http.MethodPost, organizations+"//members", object{"email_address": "ada@example.edu"})
	w.refuses(404, "route_not_found", http.MethodDelete, organizations+"//members/abc", nil)
}

// What the path names comes before what could be an id.
func TestNamesBeforeIDs(t *testing.T) {
	w := newWire(t)
	w.do(http.MethodDelete, organizations+"/abc/members/mfa_phone_numbers/totp", nil)
	require.Equal(t, "DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}", w.stytch.Journal()[0].Endpoint)
}

func TestBodies(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	create := organizations + "/" + org + "/members"
	good := `{"email_address":"ada@example.edu"`
	for _, tt := range []struct{ name, method, path, body string }{
		{"no JSON", "POST", create, "email_address=ada"},
		{"cut off", "POST", create, good},
		{"two values", "POST", create, good + "}{}"},
		{"array", "POST", create, "[" + good + "}]"},
		{"null", "POST", create, "null"},
		{"number for a string", "POST", create, `{"email_address":7}`},
		{"string for a boolean", "POST", create, good + `,"is_breakglass":"yes"}`},
		{"string for a list", "POST", create, good + `,"roles":"tutor"}`},
		{"list of numbers", "POST", create, good + `,"roles":[1]}`},
		{"fraction for minutes", "POST", sessions + "/authenticate", `{"session_token":"x","session_duration_minutes":5.5}`},
		{"string for minutes", "POST", sessions + "/authenticate", `{"session_token":"x","session_duration_minutes":"60"}`},
		{"string for a check", "POST", sessions + "/authenticate", `{"session_token":"x","authorization_check":"all"}`},
		{"the path says something else", "POST", create, good + `,"organization_id":"organization-test-` + uuid + `"}`},
		{"too large", "POST", create, good + `,"name":"` + strings.Repeat("a", 1<<20) + `"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(400, "bad_request", tt.method, tt.path, tt.body)
		})
	}
	t.Run("names are exact", func(t *testing.T) {
		w.refuses(400, "invalid_email", http.MethodPost, create, `{"Email_Address":"ada@example.edu"}`)
	})
	t.Run("what is unknown, repeated or null does not matter", func(t *testing.T) {
		w.ok(http.MethodPost, create, good+`,"colour":"red","organization_id":"`+org+`","name":null,"roles":null}`)
	})
}

// Whoever can reach the outbox's links can sign in as anybody.
func TestLoopbackOnly(t *testing.T) {
	serve := func(stytch *mock.Stytch, local net.Addr) int {
		r := httptest.NewRequest(http.MethodGet, "/v1/b2b/sessions/jwks/"+stytch.ProjectID(), nil)
		if local != nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
		}
		recorder := httptest.NewRecorder()
		stytch.ServeHTTP(recorder, r)
		return recorder.Code
	}
	lan := &net.TCPAddr{IP: net.IPv4(192, 168, 1, 7), Port: 80}
	for _, tt := range []struct {
		name  string
		local net.Addr
		want  int
	}{
		{"called directly", nil, 200},
		{"127.0.0.1", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, 200},
		{"::1", &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, 200},
		{"unix socket", &net.UnixAddr{Name: "/tmp/s", Net: "unix"}, 200},
		{"the local network", lan, 403},
		{"everywhere", &net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, serve(new(mock.Stytch), tt.local)) })
	}
	t.Run("unless told otherwise", func(t *testing.T) {
		require.Equal(t, 200, serve(&mock.Stytch{DangerouslyRemote: true}, lan))
	})
	t.Run("in process nobody is remote", func(t *testing.T) {
		stytch := new(mock.Stytch)
		ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, lan) // as in a handler of a public server
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://test.stytch.com/v1/b2b/sessions/jwks/"+stytch.ProjectID(), nil)
		require.NoError(t, err)
		res, err := stytch.RoundTrip(req)
		require.NoError(t, err)
		require.Equal(t, 200, res.StatusCode)
	})
}
