package mock_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestEmailUpdate(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "ada@example.edu"})
	at := organizations + "/" + org + "/members/" + id
	start := at + "/start_email_update"
	w.refuses(400, "member_has_no_active_verified_email", http.MethodPost, start, object{"email_address": "new@example.edu"})
	w.stytch.SignIn(memberID(id))
	taken := w.member(org, object{"email_address": "taken@example.edu"})
	w.refuses(400, "duplicate_member_email", http.MethodPost, start, object{"email_address": "TAKEN@example.edu"})
	w.refuses(400, "invalid_argument", http.MethodPost, start, object{"email_address": "new@example.edu", "delivery_method": "PIGEON"})

	old := w.link(org, "ada@example.edu", nil)
	w.ok(http.MethodPost, start, object{"email_address": "new@example.edu"})
	require.Equal(t, "email_update", w.lastMessage("new@example.edu").Kind)
	require.Equal(t, "ada@example.edu", w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).text("member", "email_address"), "not before it is proven")
	out := w.authenticateLink(w.lastMessage("new@example.edu").Token)
	require.Equal(t, "new@example.edu", out.text("member", "email_address"))
	require.Equal(t, true, out.at("member", "email_address_verified"))
	require.Equal(t, "ada@example.edu", object(list(out.at("member", "retired_email_addresses"))[0].(map[string]any)).text("email_address"))
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": old})

	w.ok(http.MethodPost, start, object{"email_address": "third@example.edu", "delivery_method": "EMAIL_OTP"})
	code := object{"organization_id": org, "email_address": "third@example.edu", "code": w.lastMessage("third@example.edu").Code}
	out = w.ok(http.MethodPost, otps+"/email/authenticate", code)
	require.Equal(t, "third@example.edu", out.text("member", "email_address"))

	w.ok(http.MethodPost, start, object{"email_address": "late@example.edu"})
	w.stytch.Age(5 * time.Minute)
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": w.lastMessage("late@example.edu").Token})

	// Who takes the address meanwhile, has it.
	w.ok(http.MethodPost, start, object{"email_address": "race@example.edu"})
	w.ok(http.MethodPut, organizations+"/"+org+"/members/"+taken, object{"email_address": "race@example.edu"})
	w.refuses(401, "unable_to_verify_member_email_update", http.MethodPost, links+"/authenticate", object{"magic_links_token": w.lastMessage("race@example.edu").Token})
}

func TestUnlinkRetiredEmail(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "old@example.edu"})
	at := organizations + "/" + org + "/members/" + id
	out := w.ok(http.MethodPut, at, object{"email_address": "new@example.edu"})
	retired := object(list(out.at("member", "retired_email_addresses"))[0].(map[string]any)).text("email_id")
	create := organizations + "/" + org + "/members"
	w.refuses(400, "retired_member_email", http.MethodPost, create, object{"email_address": "old@example.edu"})
	w.refuses(400, "retired_email_missing_email_identifiers", http.MethodPost, at+"/unlink_retired_email", object{})
	w.refuses(404, "email_not_found", http.MethodPost, at+"/unlink_retired_email", object{"email_id": retired, "email_address": "new@example.edu"})
	out = w.ok(http.MethodPost, at+"/unlink_retired_email", object{"email_id": retired, "email_address": "OLD@example.edu"})
	require.Equal(t, org, out["organization_id"])
	w.ok(http.MethodPost, create, object{"email_address": "old@example.edu"})
}

func TestExternalIDsCanBeTakenBack(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"organization_external_id": "sis-1"})
	id := w.member(org, object{"external_id": "s42"})
	require.Equal(t, id, w.ok(http.MethodGet, organizations+"/sis-1/member?member_id=s42", nil).text("member_id"))
	out := w.ok(http.MethodDelete, organizations+"/"+org+"/members/s42/external_id", nil)
	require.Nil(t, out.at("member", "external_id"))
	w.refuses(404, "member_not_found", http.MethodGet, organizations+"/"+org+"/member?member_id=s42", nil)
	require.NotEqual(t, id, w.member(org, object{"external_id": "s42"}), "the id is free for another member")
	require.Nil(t, w.ok(http.MethodDelete, organizations+"/sis-1/external_id", nil).at("organization", "organization_external_id"))
	w.refuses(404, "organization_not_found", http.MethodGet, organizations+"/sis-1", nil)
}

func TestDangerouslyGet(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"external_id": "s42"})
	path := organizations + "/members/dangerously_get/"
	require.Equal(t, org, w.ok(http.MethodGet, path+id, nil).text("organization", "organization_id"))
	w.refuses(404, "member_not_found", http.MethodGet, path+"s42", nil)
	w.ok(http.MethodDelete, organizations+"/"+org+"/members/"+id, nil)
	w.refuses(404, "member_not_found", http.MethodGet, path+id, nil)
	require.Equal(t, "deleted", w.ok(http.MethodGet, path+id+"?include_deleted=true", nil).text("member", "status"))
	require.EqualValues(t, 0, w.ok(http.MethodGet, organizations+"/"+org+"/metrics", nil)["member_count"])
}

func TestDeletePassword(t *testing.T) {
	w := newWire(t)
	org, id, email := withPassword(w, nil)
	session := w.stytch.SignIn(memberID(id))
	stranger := w.stytch.SignIn(memberID(w.member(org, nil)))
	password := w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).text("member", "member_password_id")
	path := organizations + "/" + org + "/members/passwords/"
	w.refuses(404, "member_password_not_found", http.MethodDelete, path+"member-password-test-x", nil)
	w.as(stranger).refuses(403, "session_authorization_error", http.MethodDelete, path+password, nil)
	w.as(stranger).refuses(403, "session_authorization_error", http.MethodDelete, path+"member-password-test-x", nil)
	w.as(session).ok(http.MethodDelete, path+password, nil)
	w.authenticate(session)
	w.refuses(404, "member_password_not_found", http.MethodPost, passwordPath+"/authenticate", object{"organization_id": org, "email_address": email, "password": goodPassword})
}

func TestConnectedApps(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, nil)
	at := organizations + "/" + org
	require.Empty(t, w.ok(http.MethodGet, at+"/connected_apps", nil)["connected_apps"])
	require.Empty(t, w.ok(http.MethodGet, at+"/members/"+id+"/connected_apps", nil)["connected_apps"])
	w.as(w.stytch.SignIn(memberID(id))).refuses(403, "session_authorization_error", http.MethodGet, at+"/connected_apps", nil)
	w.refuses(404, "organization_not_found", http.MethodGet, organizations+"/nowhere/connected_apps", nil)
}

// An organization's own roles count there, and nowhere else.
func TestOrganizationRoles(t *testing.T) {
	w := newWire(t)
	class, other := w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("LAWS1200")
	path := "/v1/b2b/rbac/organizations/"
	marker := object{"role_id": "marker", "description": "Marks", "permissions": []object{{"resource_id": "class", "actions": []string{"mark"}}}}
	set := func(roles ...object) object { return object{"org_policy": object{"roles": roles}} }
	for _, tt := range []struct {
		name, kind string
		roles      []object
	}{
		{"no id", "empty_rbac_role_id", []object{with(marker, object{"role_id": ""})}},
		{"the project's", "rbac_org_custom_roles_only", []object{with(marker, object{"role_id": "tutor"})}},
		{"Stytch's", "rbac_org_custom_roles_only", []object{with(marker, object{"role_id": "stytch_owner"})}},
		{"twice", "rbac_role_duplicate", []object{marker, marker}},
		{"no permissions", "rbac_role_missing_permissions", []object{with(marker, object{"permissions": []object{}})}},
		{"no actions", "rbac_permission_missing_actions", []object{with(marker, object{"permissions": []object{{"resource_id": "class"}}})}},
		{"unknown action", "invalid_permission_action", []object{with(marker, object{"permissions": []object{{"resource_id": "class", "actions": []string{"burn"}}}})}},
		{"unknown resource", "invalid_permission_resource", []object{with(marker, object{"permissions": []object{{"resource_id": "moon", "actions": []string{"*"}}}})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(400, tt.kind, http.MethodPut, path+class.Slug, set(tt.roles...))
		})
	}
	w.ok(http.MethodPut, path+class.Slug, set(marker))
	require.Len(t, w.ok(http.MethodGet, path+class.Slug, nil).at("org_policy", "roles"), 1)
	require.Len(t, w.ok(http.MethodGet, organizations+"/"+class.Slug, nil).at("organization", "custom_roles"), 1)
	w.refuses(400, "invalid_rbac_role_id", http.MethodPost, organizations+"/"+other.Slug+"/members", object{"email_address": "ada@example.edu", "roles": []string{"marker"}})
	ada := w.stytch.SignIn(w.stytch.AddMember(class.ID, "ada@example.edu", "marker"), mock.WithDuration(time.Hour))
	out := w.ok(http.MethodPost, sessions+"/authenticate", object{
		"session_token":       ada.Token.Reveal(),
		"authorization_check": object{"organization_id": string(class.ID), "resource_id": "class", "action": "mark"},
	})
	require.Equal(t, []any{"marker"}, out.at("verdict", "granting_roles"))
	w.refuses(400, "rbac_cannot_delete_attribute_used_in_org_policy", http.MethodPut, path+class.Slug, set())
}
