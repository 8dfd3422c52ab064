package mock_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/scim/connection"
	"github.com/stytchauth/stytch-go/v16/stytch/methodoptions"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

const scimPath = "/v1/b2b/scim"

// Stytch's own client makes, shows, changes and deletes the SCIM connection of a class.
// The bearer token is in two answers, and shown by its end in all others.
func TestW01_SCIMConnection(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	api := connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), stytch).SCIM.Connection
	org, ctx := string(class.ID), t.Context()

	okta := connection.CreateRequestIdentityProviderOkta
	made, err := api.Create(ctx, &connection.CreateParams{OrganizationID: org, DisplayName: "School", IdentityProvider: &okta})
	require.NoError(t, err)
	n := made.Connection
	require.Regexp(t, `^scim-connection-test-[0-9a-f-]{36}$`, n.ConnectionID)
	require.Equal(t, stytch.BaseURL()+"/v1/b2b/scim/"+n.ConnectionID, n.BaseURL)
	require.Len(t, n.BearerToken, 48)
	require.True(t, n.BearerTokenExpiresAt.After(time.Now().AddDate(1, 0, 0)))

	got, err := api.Get(ctx, &connection.GetParams{OrganizationID: class.Slug})
	require.NoError(t, err)
	require.Equal(t, n.ConnectionID, got.Connection.ConnectionID)
	require.Equal(t, n.BearerToken[44:], got.Connection.BearerTokenLastFour)
	require.Empty(t, got.Connection.NextBearerTokenLastFour)

	entra := connection.UpdateRequestIdentityProviderMicrosoftentra
	changed, err := api.Update(ctx, &connection.UpdateParams{OrganizationID: org, ConnectionID: n.ConnectionID, IdentityProvider: &entra})
	require.NoError(t, err)
	require.Equal(t, "School", changed.Connection.DisplayName, "what is not given stays")
	require.True(t, strings.HasSuffix(changed.Connection.BaseURL, n.ConnectionID+"?aadOptscim062020"), changed.Connection.BaseURL)

	started, err := api.RotateStart(ctx, &connection.RotateStartParams{OrganizationID: org, ConnectionID: n.ConnectionID})
	require.NoError(t, err)
	next := started.Connection.NextBearerToken
	require.Len(t, next, 48)
	require.NotEqual(t, n.BearerToken, next)
	require.Equal(t, n.BearerToken[44:], started.Connection.BearerTokenLastFour)
	got, err = api.Get(ctx, &connection.GetParams{OrganizationID: org})
	require.NoError(t, err)
	require.Equal(t, next[44:], got.Connection.NextBearerTokenLastFour)
	require.NotNil(t, got.Connection.NextBearerTokenExpiresAt)
	completed, err := api.RotateComplete(ctx, &connection.RotateCompleteParams{OrganizationID: org, ConnectionID: n.ConnectionID})
	require.NoError(t, err)
	require.Equal(t, next[44:], completed.Connection.BearerTokenLastFour)
	require.Empty(t, completed.Connection.NextBearerTokenLastFour)
	_, err = api.RotateCancel(ctx, &connection.RotateCancelParams{OrganizationID: org, ConnectionID: n.ConnectionID})
	require.ErrorContains(t, err, "scim_connection_not_rotating_token")

	groups, err := api.GetGroups(ctx, &connection.GetGroupsParams{OrganizationID: org, ConnectionID: n.ConnectionID})
	require.NoError(t, err)
	require.Empty(t, groups.SCIMGroups)

	deleted, err := api.Delete(ctx, &connection.DeleteParams{OrganizationID: org, ConnectionID: n.ConnectionID})
	require.NoError(t, err)
	require.Equal(t, n.ConnectionID, deleted.ConnectionID)
	_, err = api.Get(ctx, &connection.GetParams{OrganizationID: org})
	require.ErrorContains(t, err, "no_active_scim_connection")
}

func TestW01_SCIMConnectionRejects(t *testing.T) {
	w := newWire(t)
	class, other := w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("LAWS1200")
	at := scimPath + "/" + class.Slug + "/connection"
	w.refuses(400, "no_active_scim_connection", http.MethodGet, at, nil)
	w.refuses(400, "invalid_scim_idp", http.MethodPost, at, object{"identity_provider": "myspace"})
	w.refuses(400, "bad_request", http.MethodPost, at, object{"identity_provider": 4})
	id := w.ok(http.MethodPost, at, nil).text("connection", "connection_id")
	one := at + "/" + id
	for _, tt := range []struct {
		name, method, path, kind string
		body                     any
	}{
		{"a second one", "POST", at, "active_scim_connection_exists", object{}},
		{"another organization's", "PUT", scimPath + "/" + other.Slug + "/connection/" + id, "no_active_scim_connection", object{}},
		{"unknown", "DELETE", at + "/x", "no_active_scim_connection", nil},
		{"provider", "PUT", one, "invalid_scim_idp", object{"identity_provider": "classlink"}}, // one of SSO
		{"name", "PUT", one, "invalid_display_name", object{"display_name": strings.Repeat("a", 129)}},
		{"assignment without a group", "PUT", one, "scim_group_role_assignment_does_not_contain_group_id", object{"scim_group_implicit_role_assignments": []object{{"role_id": "tutor"}}}},
		{"assignment of an unknown group", "PUT", one, "scim_group_role_assignment_group_does_not_exist", object{"scim_group_implicit_role_assignments": []object{{"role_id": "tutor", "group_id": "g"}}}},
		{"assignments of another type", "PUT", one, "bad_request", object{"scim_group_implicit_role_assignments": "tutor"}},
		{"no rotation to complete", "POST", one + "/rotate/complete", "scim_connection_not_rotating_token", object{}},
		{"no rotation to cancel", "POST", one + "/rotate/cancel", "scim_connection_not_rotating_token", object{}},
		{"limit", "GET", one + "?limit=1001", "user_search_invalid_limit", nil},
		{"limit in words", "GET", one + "?limit=ten", "bad_request", nil},
		{"cursor", "GET", one + "?cursor=x", "user_search_invalid_cursor", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(400, tt.kind, tt.method, tt.path, tt.body)
		})
	}
	require.Equal(t, id, w.ok(http.MethodGet, at, nil).text("connection", "connection_id"), "a rejected call changes nothing")
}

// A member acts by the permissions on stytch.scim, which an administrator has.
func TestW04_SCIMConnectionAsksForThePermission(t *testing.T) {
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "auditor", Permissions: []mock.Permission{{Resource: "stytch.scim", Actions: []string{"get"}}}}}}
	w := wire{t: t, stytch: stytch}
	class, other := stytch.AddClass("LAWS1100"), stytch.AddClass("LAWS1200")
	at := scimPath + "/" + class.Slug + "/connection"
	admin := stytch.SignIn(stytch.AddMember(class.ID, "eve@example.edu", "stytch_admin"))
	auditor := stytch.SignIn(stytch.AddMember(class.ID, "bob@example.edu", "auditor"))
	student := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))
	stranger := stytch.SignIn(stytch.AddMember(other.ID, "eve@example.edu", "stytch_admin"))

	const not = "session_authorization_error"
	w.as(auditor).refuses(403, not, http.MethodPost, at, object{})
	id := w.as(admin).ok(http.MethodPost, at, object{}).text("connection", "connection_id")
	one := at + "/" + id
	for _, call := range []struct{ method, path string }{{"GET", at}, {"GET", one}} {
		for _, caller := range []grimoireauth.Credentials{auditor, admin} {
			status, out := w.as(caller).do(call.method, call.path, nil) // the groups come without a request_id
			require.Equal(t, 200, status, "%v", out)
		}
	}
	for _, call := range []struct{ method, path string }{
		{"POST", one + "/rotate/start"}, {"POST", one + "/rotate/cancel"},
		{"POST", one + "/rotate/start"}, {"POST", one + "/rotate/complete"},
		{"PUT", one}, {"DELETE", one},
	} {
		w.as(auditor).refuses(403, not, call.method, call.path, object{})
		w.as(student).refuses(403, not, call.method, call.path, object{})
		w.as(stranger).refuses(403, "session_authorization_tenancy_error", call.method, call.path, object{})
		w.as(admin).ok(call.method, call.path, object{})
	}

	t.Run("through Stytch's client", func(t *testing.T) {
		api := connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), stytch).SCIM.Connection
		_, err := api.Create(t.Context(), &connection.CreateParams{OrganizationID: string(class.ID)}, &connection.CreateRequestOptions{
			Authorization: methodoptions.Authorization{SessionToken: student.Token.Reveal()},
		})
		require.ErrorContains(t, err, not)
	})
}

// A seed pins what a directory is configured with.
func TestW12_SCIMInTheSeed(t *testing.T) {
	const id, token = "scim-connection-test-5f1c1e6a-8a4e-4c0b-9d3a-0c4f7e2b6a10", "school-directory-token-of-tests"
	stytch := new(mock.Stytch)
	require.NoError(t, stytch.Seed([]byte(`{"organizations": [
		{"organization_name": "A", "organization_slug": "aa", "scim_connection": {
			"display_name": "School", "identity_provider": "okta", "connection_id": "`+id+`", "bearer_token": "`+token+`"}},
		{"organization_name": "B", "organization_slug": "bb", "scim_connection": {}}
	]}`)))
	d := directory{t: t, stytch: stytch, base: stytch.BaseURL() + "/v1/b2b/scim/" + id, bearer: token}
	d.provision("ada@example.edu")
	w := wire{t: t, stytch: stytch}
	require.Equal(t, "okta", w.ok(http.MethodGet, scimPath+"/aa/connection", nil).text("connection", "identity_provider"))
	require.Equal(t, "generic", w.ok(http.MethodGet, scimPath+"/bb/connection", nil).text("connection", "identity_provider"))

	wrong := new(mock.Stytch)
	err := wrong.Seed([]byte(`{"organizations": [
		{"organization_name": "A", "organization_slug": "aa", "scim_connection": {"connection_id": "` + id + `"}},
		{"organization_name": "B", "organization_slug": "bb", "scim_connection": {"connection_id": "` + id + `"}},
		{"organization_name": "C", "organization_slug": "cc", "scim_connection": {"bearer_token": "short"}},
		{"organization_name": "D", "organization_slug": "dd", "scim_connection": {"identity_provider": "myspace"}},
		{"organization_name": "E", "organization_slug": "ee", "scim_connection": {"token": "x"}},
		{"organization_name": "F", "organization_slug": "ff", "scim_connection": {"connection_id": "` + strings.Replace(id, "test", "live", 1) + `"}}
	]}`))
	for _, want := range []string{
		"organizations[1].scim_connection: connection_id should be", "organizations[2].scim_connection: bearer_token should have",
		"organizations[3].scim_connection: invalid_scim_idp", `organizations[4].scim_connection: the field "token" is unknown`,
		"organizations[5].scim_connection: connection_id should be scim-connection-test-",
	} {
		require.ErrorContains(t, err, want)
	}
}
