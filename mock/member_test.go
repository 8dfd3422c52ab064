package mock_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCreateMember(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	at := organizations + "/" + org + "/members"
	out := w.ok(http.MethodPost, at, object{
		"email_address": "Ada@example.edu", "name": "Ada", "roles": []string{"stytch_admin", "tutor", "tutor"},
		"trusted_metadata": object{"number": 12345678901234567, "none": nil}, "mfa_phone_number": "+61290000000", "external_id": "sis|7",
	})
	member := object(out["member"].(map[string]any))
	require.Equal(t, out["member_id"], member["member_id"])
	require.Equal(t, org, member["organization_id"])
	require.Equal(t, "active", member["status"])
	require.Equal(t, false, member["email_address_verified"], "nobody has proven it yet")
	require.Equal(t, true, member["is_admin"])
	require.Equal(t, "sis|7", member["external_id"])
	require.NotContains(t, member["trusted_metadata"], "none")
	direct := []any{map[string]any{"type": "direct_assignment", "details": map[string]any{}}}
	require.Equal(t, []any{
		map[string]any{"role_id": "stytch_member", "sources": direct},
		map[string]any{"role_id": "stytch_admin", "sources": direct},
		map[string]any{"role_id": "tutor", "sources": direct},
	}, member["roles"])

	t.Run("as pending", func(t *testing.T) {
		out := w.ok(http.MethodPost, at, object{"email_address": "bob@example.edu", "create_member_as_pending": true})
		require.Equal(t, "pending", out.text("member", "status"))
	})
}

func TestCreateMemberRefusals(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	w.organization(object{"claimed_email_domains": []string{"claimed.example.edu"}})
	at := organizations + "/" + org + "/members"
	ada := w.member(org, object{"email_address": "ada@example.edu", "mfa_phone_number": "+61290000000", "external_id": "sis|7"})
	w.ok(http.MethodPut, at+"/"+ada, object{"email_address": "ada.l@example.edu"})
	for _, tt := range []struct {
		name      string
		fields    object
		errorType string
	}{
		{"no address", object{"email_address": nil}, "invalid_email"},
		{"no domain", object{"email_address": "ada"}, "invalid_email"},
		{"a name with it", object{"email_address": "Ada <ada@example.edu>"}, "invalid_email"},
		{"two", object{"email_address": "a@example.edu,b@example.edu"}, "invalid_email"},
		{"line break", object{"email_address": "ada@example.edu\r\nBcc: x@example.edu"}, "invalid_email"},
		{"taken", object{"email_address": "ada.l@example.edu"}, "duplicate_member_email"},
		{"taken in another case", object{"email_address": "ADA.L@example.edu"}, "duplicate_member_email"},
		{"retired by another", object{"email_address": "ada@example.edu"}, "retired_member_email"},
		{"claimed by another organization", object{"email_address": "x@claimed.example.edu"}, "action_not_allowed_email_domain_is_claimed"},
		{"stytch_member by name", object{"roles": []string{"stytch_member"}}, "cannot_assign_default_rbac_role_id"},
		{"unknown role", object{"roles": []string{"Tutor"}}, "invalid_rbac_role_id"},
		{"phone number", object{"mfa_phone_number": "02 9000 0000"}, "invalid_phone_number"},
		{"phone number taken", object{"mfa_phone_number": "+61290000000"}, "duplicate_member_phone_number"},
		{"external id taken", object{"external_id": "sis|7"}, "duplicate_member_external_id"},
		{"external id with a space", object{"external_id": "sis 7"}, "invalid_argument"},
		{"external id like an id", object{"external_id": "member-test-" + uuid}, "invalid_argument"},
		{"metadata", object{"untrusted_metadata": "x"}, "metadata_invalid_format"},
		{"metadata that nobody can read", object{"untrusted_metadata": object{"a": []any{json.Number("-1e999")}}}, "metadata_invalid_format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields := object{"email_address": "bob@example.edu"}
			for name, value := range tt.fields {
				fields[name] = value
			}
			wire{t: t, stytch: w.stytch}.refuses(400, tt.errorType, http.MethodPost, at, fields)
		})
	}
	w.refuses(404, "organization_not_found", http.MethodPost, organizations+"/nothing/members", object{"email_address": "x@example.edu"})
	t.Run("another organization does not mind", func(t *testing.T) {
		w.member(w.organization(nil), object{"email_address": "ada@example.edu", "mfa_phone_number": "+61290000000", "external_id": "sis|7"})
	})
	t.Run("nothing was stored", func(t *testing.T) { w.member(org, object{"email_address": "bob@example.edu"}) })
}

func TestGetMember(t *testing.T) {
	w := newWire(t)
	org, other := w.organization(nil), w.organization(nil)
	id := w.member(org, object{"email_address": "ada+law@example.edu", "external_id": "sis|7"})
	at := organizations + "/" + org + "/member"
	for name, query := range map[string]string{
		"id": "?member_id=" + id, "external id": "?member_id=sis%7C7", "address": "?email_address=ada%2Blaw@example.edu",
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, id, w.ok(http.MethodGet, at+query, nil).text("member", "member_id"))
		})
	}
	for _, tt := range []struct {
		name, path string
		status     int
		errorType  string
	}{
		{"neither", at, 400, "invalid_member_get_fields"},
		{"both", at + "?member_id=" + id + "&email_address=ada@example.edu", 400, "invalid_member_get_fields"},
		{"unknown", at + "?member_id=member-test-" + uuid, 404, "member_not_found"},
		{"unknown address", at + "?email_address=eve@example.edu", 404, "member_not_found"},
		{"bad address", at + "?email_address=eve", 400, "invalid_email"},
		{"of another organization", organizations + "/" + other + "/member?member_id=" + id, 404, "member_does_not_exist_in_organization"},
		{"external id of another organization", organizations + "/" + other + "/member?member_id=sis%7C7", 404, "member_not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.errorType, http.MethodGet, tt.path, nil)
		})
	}
}

func TestDeleteAndReactivate(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	at := organizations + "/" + org
	id := w.member(org, object{"email_address": "ada@example.edu", "external_id": "sis|7"})
	signedIn := w.authenticateLink(w.link(org, "ada@example.edu", nil))
	pendingLink := w.link(org, "ada@example.edu", nil)

	w.refuses(400, "no_deleted_member_found_for_reactivation", http.MethodPut, at+"/members/"+id+"/reactivate", nil)
	out := w.ok(http.MethodDelete, at+"/members/sis%7C7", "{}")
	require.Equal(t, id, out["member_id"])
	require.NotContains(t, out, "member")

	w.refuses(404, "member_not_found", http.MethodGet, at+"/member?member_id="+id, nil)
	w.refuses(404, "member_not_found", http.MethodGet, at+"/member?email_address=ada@example.edu", nil)
	w.refuses(404, "member_not_found", http.MethodDelete, at+"/members/"+id, nil)
	w.refuses(404, "member_not_found", http.MethodPut, at+"/members/"+id, object{"name": "x"})
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": signedIn["session_token"]})
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_jwt": signedIn["session_jwt"]})
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": pendingLink})
	w.refuses(400, "email_jit_provisioning_not_allowed", http.MethodPost, links+"/email/login_or_signup", object{"organization_id": org, "email_address": "ada@example.edu"})

	t.Run("the address can be given away", func(t *testing.T) {
		second := w.member(org, object{"email_address": "ada@example.edu"})
		w.refuses(400, "reactivation_email_belongs_to_another_member", http.MethodPut, at+"/members/"+id+"/reactivate", nil)
		w.ok(http.MethodDelete, at+"/members/"+second, nil)
		w.refuses(400, "email_unverified_for_reactivation", http.MethodPut, at+"/members/"+second+"/reactivate", nil)
	})
	t.Run("the external id cannot", func(t *testing.T) {
		w.refuses(400, "duplicate_member_external_id", http.MethodPost, at+"/members", object{"email_address": "x@example.edu", "external_id": "sis|7"})
	})

	w.refuses(404, "member_not_found", http.MethodPut, at+"/members/sis%7C7/reactivate", nil) // the real id only
	w.refuses(404, "member_does_not_exist_in_organization", http.MethodPut, organizations+"/"+w.organization(nil)+"/members/"+id+"/reactivate", nil)
	require.Equal(t, "active", w.ok(http.MethodPut, at+"/members/"+id+"/reactivate", nil).text("member", "status"))
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": pendingLink})
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": signedIn["session_token"]})
}
