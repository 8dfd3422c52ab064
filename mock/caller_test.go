package mock

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
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

// routesForMembers is a class with what the routes that honour the RBAC headers are about.
type routesForMembers struct {
	stytch                *Stytch
	class                 grimoireauth.ClassID
	bob                   grimoireauth.MemberID
	saml, oidc, directory string
}

func newRoutesForMembers(t *testing.T, roles []Role) routesForMembers {
	t.Helper()
	stytch := &Stytch{Roles: roles, CrossOrgPasswords: true} // otherwise require_reset has nothing to permit
	class := stytch.AddClass("LAWS1100").ID
	stytch.AddSCIM(class, "okta")
	return routesForMembers{
		stytch: stytch, class: class, bob: stytch.AddStudent(class, "bob@example.edu"),
		saml: stytch.AddSSO(class, "saml", nil), oidc: stytch.AddSSO(class, "oidc", nil), directory: stytch.core.State.Find(string(class)).SCIM.ID,
	}
}

// call returns a request for an endpoint that is about a member of the class.
func (f routesForMembers) call(endpoint string, about grimoireauth.MemberID) (method, path, body string) {
	method, path, _ = strings.Cut(endpoint, " ")
	connection := f.saml
	switch {
	case strings.Contains(path, "/oidc/"):
		connection = f.oidc
	case strings.Contains(path, "/scim/"):
		connection = f.directory
	}
	path = strings.NewReplacer("{organization_id}", string(f.class), "{member_id}", string(about), "{connection_id}", connection,
		"{member_password_id}", "password of "+string(about)).Replace(path)
	switch endpoint {
	case "POST /v1/b2b/organizations/members/search":
		body = `{"organization_ids": ["` + string(f.class) + `"]}`
	case "POST /v1/b2b/magic_links/email/invite":
		body = `{"organization_id": "` + string(f.class) + `", "email_address": "eve@example.edu"}`
	case "POST /v1/b2b/sessions/revoke":
		body = `{"member_id": "` + string(about) + `"}`
	case "POST /v1/b2b/passwords/email/require_reset":
		body = `{"organization_id": "` + string(f.class) + `", "email_address": "` + f.stytch.core.State.Member(string(about)).Email + `"}`
	case "POST /v1/b2b/organizations/{organization_id}/members":
		body = `{"email_address": "eve@example.edu"}`
	case "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/url":
		body = `{"metadata_url": "https://idp.example.edu/metadata"}`
	default:
		body = "{}"
	}
	return method, strings.ReplaceAll(path, " ", "%20"), body
}

// A route that honours the RBAC headers has to look at the caller: a student may not do
// it to others, and an administrator of another class may not do it at all. Neither call
// changes anything.
func TestW04_EveryRouteForMembersChecksTheCaller(t *testing.T) {
	f := newRoutesForMembers(t, nil)
	student := f.stytch.SignIn(f.stytch.AddStudent(f.class, "ada@example.edu"))
	foreign := f.stytch.SignIn(f.stytch.AddMember(f.stytch.AddClass("ARTS1200").ID, "admin@example.edu", "stytch_admin"))
	before := f.stytch.core.Snapshot()
	for _, r := range api.Routes {
		if r.Access != core.ByMember || r.Serve == nil {
			continue
		}
		method, path, body := f.call(r.Endpoint, f.bob)
		for _, caller := range []struct{ token, want string }{
			{student.Token.Reveal(), "session_authorization_error"},
			{foreign.Token.Reveal(), "session_authorization_tenancy_error"},
		} {
			status, kind := callAs(t, f.stytch, caller.token, method, path, body)
			require.Equal(t, caller.want, kind, r.Endpoint)
			require.Equal(t, http.StatusForbidden, status, r.Endpoint)
		}
	}
	require.JSONEq(t, string(before), string(f.stytch.core.Snapshot()), "a rejected call changes nothing")
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
