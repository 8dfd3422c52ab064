package mock

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Stytch's description lists the RBAC headers of an operation as parameters. The table of
// routes honours them for these operations and for no others.
func TestW04_WhoMayCall(t *testing.T) {
	routes := make(map[string]core.Route)
	for _, r := range api.Routes {
		routes[r.Endpoint] = r
	}
	for _, o := range contract.Operations() {
		var headers []string
		for _, p := range o.Parameters {
			if p.In == "header" {
				headers = append(headers, p.Name)
			}
		}
		want := core.BySecret
		if strings.Contains(o.Path, "/jwks/") {
			want = core.ByAnyone // Stytch's own SDKs fetch the keys without credentials
		}
		if len(headers) > 0 {
			require.ElementsMatch(t, []string{core.SessionTokenHeader, core.SessionJWTHeader}, headers, o.Endpoint())
			want = core.ByMember
		}
		r, ok := routes[o.Endpoint()]
		if !ok {
			t.Errorf("%s is not in the table of routes", o.Endpoint())
			continue
		}
		if r.Access != want {
			t.Errorf("%s: who may call it is %d, want %d", o.Endpoint(), r.Access, want)
		}
	}
}

// A route that honours the RBAC headers has to look at the caller: a student may not do
// it to others, and an administrator of another class may not do it at all. Neither call
// changes anything.
func TestW04_EveryRouteForMembersChecksTheCaller(t *testing.T) {
	stytch := &Stytch{CrossOrgPasswords: true} // otherwise require_reset has nothing to permit
	class, other := stytch.AddClass("LAWS1100"), stytch.AddClass("ARTS1200")
	student := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))
	foreign := stytch.SignIn(stytch.AddMember(other.ID, "admin@example.edu", "stytch_admin"))
	bob := string(stytch.AddStudent(class.ID, "bob@example.edu"))
	stytch.AddSCIM(class.ID, "okta")
	directory := stytch.core.State.Find(string(class.ID)).SCIM.ID
	saml, oidc := stytch.AddSSO(class.ID, "saml", nil), stytch.AddSSO(class.ID, "oidc", nil)
	before := stytch.core.Snapshot()

	bodies := map[string]string{
		"POST /v1/b2b/organizations/members/search":                              `{"organization_ids": ["` + string(class.ID) + `"]}`,
		"POST /v1/b2b/magic_links/email/invite":                                  `{"organization_id": "` + string(class.ID) + `", "email_address": "eve@example.edu"}`,
		"POST /v1/b2b/sessions/revoke":                                           `{"member_id": "` + bob + `"}`,
		"POST /v1/b2b/passwords/email/require_reset":                             `{"organization_id": "` + string(class.ID) + `", "email_address": "bob@example.edu"}`,
		"POST /v1/b2b/organizations/{organization_id}/members":                   `{"email_address": "eve@example.edu"}`,
		"PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/url": `{"metadata_url": "https://idp.example.edu/metadata"}`,
	}
	for _, r := range api.Routes {
		if r.Access != core.ByMember || r.Serve == nil {
			continue
		}
		method, path, _ := strings.Cut(r.Endpoint, " ")
		connection := saml
		if strings.Contains(path, "/oidc/") {
			connection = oidc
		}
		if strings.Contains(path, "/scim/") {
			connection = directory
		}
		path = strings.NewReplacer("{organization_id}", string(class.ID), "{member_id}", bob, "{connection_id}", connection).Replace(path)
		body := bodies[r.Endpoint]
		if body == "" {
			body = "{}"
		}
		for _, caller := range []struct{ token, want string }{
			{student.Token.Reveal(), "session_authorization_error"},
			{foreign.Token.Reveal(), "session_authorization_tenancy_error"},
		} {
			status, kind := callAs(t, stytch, caller.token, method, path, body)
			require.Equal(t, caller.want, kind, r.Endpoint)
			require.Equal(t, http.StatusForbidden, status, r.Endpoint)
		}
	}
	require.JSONEq(t, string(before), string(stytch.core.Snapshot()), "a rejected call changes nothing")
}

// callAs calls Stytch through the project, on behalf of a member's session.
func callAs(t *testing.T, stytch *Stytch, token, method, path, body string) (status int, errorType string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, stytch.BaseURL()+path, strings.NewReader(body))
	require.NoError(t, err)
	req.SetBasicAuth(stytch.ProjectID(), stytch.Secret().Reveal())
	req.Header.Set(core.SessionTokenHeader, token)
	res, err := stytch.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var out struct {
		ErrorType string `json:"error_type"`
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&out))
	return res.StatusCode, out.ErrorType
}
