package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

func TestPolicy(t *testing.T) {
	out := newWire(t).ok(http.MethodGet, "/v1/b2b/rbac/policy", nil)
	require.Equal(t, []string{"stytch_member", "stytch_admin", "tutor", "instructor", "coordinator"}, ids(out.at("policy", "roles"), "role_id"))
	require.Equal(t, []string{"stytch.organization", "stytch.member", "stytch.self", "stytch.sso", "stytch.scim", "class"}, ids(out.at("policy", "resources"), "resource_id"))
	require.Equal(t, []any{}, out.at("policy", "scopes"))

	t.Run("the role table of this module finds its roles", func(t *testing.T) {
		for _, name := range grimoireauth.DefaultRoleTable() {
			require.Contains(t, ids(out.at("policy", "roles"), "role_id"), name.ID)
		}
	})
	t.Run("of one's own", func(t *testing.T) {
		stytch := &mock.Stytch{Roles: []mock.Role{
			{ID: "dean", Permissions: []mock.Permission{{Resource: "faculty", Actions: []string{"close", "open"}}, {Resource: "stytch.member", Actions: []string{"search"}}}},
		}}
		out := wire{t: t, stytch: stytch}.ok(http.MethodGet, "/v1/b2b/rbac/policy", nil)
		require.Equal(t, []string{"stytch_member", "stytch_admin", "dean"}, ids(out.at("policy", "roles"), "role_id"))
		resources := out.at("policy", "resources").([]any)
		require.Equal(t, []any{"close", "open"}, resources[len(resources)-1].(map[string]any)["actions"])
		stytch.AddMember(stytch.AddClass("LAWS1100").ID, "ada@example.edu", "dean")
	})
	newWire(t).refuses(404, "organization_not_found", http.MethodGet, "/v1/b2b/rbac/organizations/nothing", nil)
}

// A role that comes with an address counts only once the address is proven.
func TestImplicitRoles(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"rbac_email_implicit_role_assignments": []object{
		{"domain": "law.example.edu", "role_id": "tutor"}, {"domain": "law.example.edu", "role_id": "instructor"},
	}})
	w.member(org, object{"email_address": "ada@law.example.edu", "roles": []string{"instructor"}})
	w.member(org, object{"email_address": "eve@example.edu"})
	roles := func(email string) any {
		return w.ok(http.MethodGet, organizations+"/"+org+"/member?email_address="+email, nil).at("member", "roles")
	}
	require.Equal(t, []string{"stytch_member", "instructor"}, ids(roles("ada@law.example.edu"), "role_id"))
	out := w.authenticateLink(w.link(org, "ada@law.example.edu", nil))
	require.Equal(t, []any{"stytch_member", "instructor", "tutor"}, out.at("member_session", "roles"))
	instructor := roles("ada@law.example.edu").([]any)[1].(map[string]any)
	require.Equal(t, []any{
		map[string]any{"type": "direct_assignment", "details": map[string]any{}},
		map[string]any{"type": "email_assignment", "details": map[string]any{"email_domain": "law.example.edu"}},
	}, instructor["sources"], "one role can have several sources")
	require.Equal(t, []any{"stytch_member"}, w.authenticateLink(w.link(org, "eve@example.edu", nil)).at("member_session", "roles"))
}

// What a member may do through the project with their own session.
func TestMemberHeaders(t *testing.T) {
	w := newWire(t)
	class, other := w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("ARTS1200")
	admin := w.stytch.SignIn(w.stytch.AddMember(class.ID, "admin@example.edu", "stytch_admin"))
	ada := w.stytch.AddStudent(class.ID, "ada@example.edu")
	student := w.stytch.SignIn(ada)
	foreign := w.stytch.SignIn(w.stytch.AddMember(other.ID, "admin@example.edu", "stytch_admin"))
	bob := w.stytch.AddStudent(class.ID, "bob@example.edu")
	members := organizations + "/" + string(class.ID) + "/members"
	gone := w.stytch.AddStudent(class.ID, "gone@example.edu")
	w.stytch.SignIn(gone)
	w.ok(http.MethodDelete, members+"/"+string(gone), nil)

	const forbidden, tenancy = "session_authorization_error", "session_authorization_tenancy_error"
	for _, tt := range []struct {
		name         string
		who          grimoireauth.Credentials
		method, path string
		body         any
		status       int
		errorType    string
	}{
		{"a student creates", student, "POST", members, object{"email_address": "n1@example.edu"}, 403, forbidden},
		{"an admin creates", admin, "POST", members, object{"email_address": "n1@example.edu"}, 200, ""},
		{"an admin of another class creates", foreign, "POST", members, object{"email_address": "n2@example.edu"}, 403, tenancy},
		{"trusted metadata on creation", admin, "POST", members, object{"email_address": "n3@example.edu", "trusted_metadata": object{"a": 1}}, 401, "cannot_update_trusted_metadata"},
		{"a student invites", student, "POST", links + "/email/invite", object{"organization_id": class.Slug, "email_address": "n4@example.edu"}, 403, forbidden},
		{"an admin invites", admin, "POST", links + "/email/invite", object{"organization_id": class.Slug, "email_address": "n4@example.edu"}, 200, ""},
		{"trusted metadata in an invitation", admin, "POST", links + "/email/invite", object{"organization_id": class.Slug, "email_address": "n5@example.edu", "trusted_metadata": object{}}, 401, "cannot_update_trusted_metadata"},
		{"a student reactivates", student, "PUT", members + "/" + string(gone) + "/reactivate", nil, 403, forbidden},
		{"an admin reactivates", admin, "PUT", members + "/" + string(gone) + "/reactivate", nil, 200, ""},
		{"a student searches", student, "POST", organizations + "/members/search", object{"organization_ids": []string{class.Slug}}, 403, forbidden},
		{"an admin searches", admin, "POST", organizations + "/members/search", object{"organization_ids": []string{class.Slug}}, 200, ""},
		{"an admin searches elsewhere too", admin, "POST", organizations + "/members/search", object{"organization_ids": []string{class.Slug, other.Slug}}, 403, tenancy},

		{"one's own name", student, "PUT", members + "/" + string(ada), object{"name": "Ada"}, 200, ""},
		{"somebody else's name", student, "PUT", members + "/" + string(bob), object{"name": "Bob"}, 403, forbidden},
		{"an admin changes a name", admin, "PUT", members + "/" + string(bob), object{"name": "Bob"}, 200, ""},
		{"one's own roles", student, "PUT", members + "/" + string(ada), object{"roles": []string{"instructor"}}, 403, forbidden},
		{"one's own break-glass access", student, "PUT", members + "/" + string(ada), object{"name": "Ada", "is_breakglass": true}, 403, forbidden},
		{"one's own external id", student, "PUT", members + "/" + string(ada), object{"external_id": "x"}, 403, forbidden},
		{"one's own address", student, "PUT", members + "/" + string(ada), object{"email_address": "x@example.edu"}, 403, "member_cannot_update_their_email_address"},
		{"one's own trusted metadata", student, "PUT", members + "/" + string(ada), object{"trusted_metadata": object{"a": 1}}, 401, "cannot_update_trusted_metadata"},
		{"an admin's trusted metadata", admin, "PUT", members + "/" + string(bob), object{"trusted_metadata": object{"a": 1}}, 401, "cannot_update_trusted_metadata"},
		{"nothing of somebody else", student, "PUT", members + "/" + string(bob), object{}, 403, forbidden},
		{"an admin gives a role", admin, "PUT", members + "/" + string(bob), object{"roles": []string{"tutor"}}, 200, ""},

		{"somebody else's sessions", student, "POST", sessions + "/revoke", object{"member_id": string(bob)}, 403, forbidden},
		{"somebody else's session", student, "POST", sessions + "/revoke", object{"session_token": admin.Token.Reveal()}, 403, forbidden},
		{"an admin revokes", admin, "POST", sessions + "/revoke", object{"member_id": string(bob)}, 200, ""},
		{"an admin revokes elsewhere", foreign, "POST", sessions + "/revoke", object{"member_id": string(bob)}, 403, tenancy},
		{"a student deletes somebody", student, "DELETE", members + "/" + string(bob), nil, 403, forbidden},
		{"an admin deletes", admin, "DELETE", members + "/" + string(bob), nil, 200, ""},
		{"one deletes oneself", student, "DELETE", members + "/" + string(ada), nil, 200, ""},
		{"whoever is gone does nothing", student, "POST", members, object{"email_address": "n9@example.edu"}, 404, "session_not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) { // in this order: some rows change what the next ones find
			w := wire{t: t, stytch: w.stytch}.as(tt.who)
			if tt.errorType == "" {
				w.ok(tt.method, tt.path, tt.body)
				return
			}
			w.refuses(tt.status, tt.errorType, tt.method, tt.path, tt.body)
		})
	}

	t.Run("by JWT", func(t *testing.T) {
		by := func(header http.Header) wire { return wire{t: t, stytch: w.stytch, header: header} }
		jwt, stale := admin.JWT.Reveal(), w.stytch.Stale(admin).JWT.Reveal()
		search := object{"organization_ids": []string{class.Slug}}
		by(http.Header{"X-Stytch-Member-Sessionjwt": {jwt}}).ok("POST", organizations+"/members/search", search)
		by(http.Header{"X-Stytch-Member-Sessionjwt": {stale}}).refuses(401, "jwt_invalid_claims", "POST", organizations+"/members/search", search)
		by(http.Header{"X-Stytch-Member-Sessionjwt": {"x"}}).refuses(401, "unable_to_parse_session_jwt", "POST", organizations+"/members/search", search)
		by(http.Header{"X-Stytch-Member-Session": {"x"}}).refuses(400, "invalid_session_token", "POST", organizations+"/members/search", search)
		by(http.Header{"X-Stytch-Member-Sessionjwt": {jwt}, "X-Stytch-Member-Session": {admin.Token.Reveal()}}).
			refuses(400, "too_many_session_arguments", "POST", organizations+"/members/search", search)
	})
}
