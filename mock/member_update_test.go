package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUpdateMember(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "ada@example.edu", "name": "Ada", "roles": []string{"tutor"}})
	at := organizations + "/" + org + "/members/" + id
	update := func(fields object) object {
		t.Helper()
		return object(w.ok(http.MethodPut, at, fields)["member"].(map[string]any))
	}
	roles := func(m object) (ids []string) {
		for _, r := range m["roles"].([]any) {
			ids = append(ids, r.(map[string]any)["role_id"].(string))
		}
		return ids
	}

	t.Run("what is absent stays", func(t *testing.T) {
		m := update(object{"is_breakglass": true})
		require.Equal(t, "Ada", m["name"])
		require.Equal(t, []string{"stytch_member", "tutor"}, roles(m))
		m = update(object{"name": "", "is_breakglass": false})
		require.Equal(t, "", m["name"])
		require.Equal(t, false, m["is_breakglass"])
	})
	t.Run("roles are replaced", func(t *testing.T) {
		require.Equal(t, []string{"stytch_member", "instructor"}, roles(update(object{"roles": []string{"instructor"}})))
		require.Equal(t, []string{"stytch_member", "instructor"}, roles(update(object{"roles": nil})))
		require.Equal(t, []string{"stytch_member"}, roles(update(object{"roles": []string{}})))
	})
	t.Run("metadata is merged at the first level", func(t *testing.T) {
		update(object{"trusted_metadata": object{"a": object{"x": 1, "y": 2}, "b": []int{1}, "c": "c"}})
		m := update(object{"trusted_metadata": object{"a": object{"x": 3}, "b": nil, "d": 4}})
		require.Equal(t, map[string]any{"a": map[string]any{"x": 3.0}, "c": "c", "d": 4.0}, m["trusted_metadata"])
		m = update(object{"untrusted_metadata": object{"theme": "dark"}})
		require.Equal(t, map[string]any{"theme": "dark"}, m["untrusted_metadata"])
		require.Len(t, m["trusted_metadata"], 3)
	})
	t.Run("phone and default method", func(t *testing.T) {
		w.refuses(400, "default_mfa_member_missing_factor", http.MethodPut, at, object{"default_mfa_method": "sms_otp"})
		w.refuses(400, "invalid_mfa_default_method", http.MethodPut, at, object{"default_mfa_method": "sms"})
		m := update(object{"mfa_phone_number": "+61290000000", "default_mfa_method": "sms_otp", "mfa_enrolled": true})
		require.Equal(t, "sms_otp", m["default_mfa_method"])
		require.Equal(t, true, m["mfa_enrolled"])
		w.refuses(400, "default_mfa_member_missing_factor", http.MethodPut, at, object{"default_mfa_method": "totp"})
		w.refuses(400, "duplicate_member_phone_number_for_member", http.MethodPut, at, object{"mfa_phone_number": "+61290000001"})
	})
	t.Run("all or nothing", func(t *testing.T) {
		w.refuses(400, "invalid_rbac_role_id", http.MethodPut, at, object{"name": "Mallory", "roles": []string{"dean"}})
		require.Equal(t, "", w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).text("member", "name"))
	})
	t.Run("external id", func(t *testing.T) {
		update(object{"external_id": "sis|7"})
		require.Equal(t, "sis|7", update(object{"external_id": "sis|7"})["external_id"], "one's own is not taken")
	})
}

func TestChangeOfAddress(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "ada@example.edu"})
	w.member(org, object{"email_address": "bob@example.edu"})
	at := organizations + "/" + org + "/members/" + id
	session := w.authenticateLink(w.link(org, "ada@example.edu", nil)).text("session_token")
	old := w.link(org, "ada@example.edu", nil)
	update := func(fields object) object {
		t.Helper()
		return object(w.ok(http.MethodPut, at, fields)["member"].(map[string]any))
	}

	w.refuses(400, "duplicate_member_email", http.MethodPut, at, object{"email_address": "bob@example.edu"})
	m := update(object{"email_address": "ada.l@example.edu"})
	require.Equal(t, "ada.l@example.edu", m["email_address"])
	require.Equal(t, false, m["email_address_verified"], "the new address is unproven")
	retired := m["retired_email_addresses"].([]any)
	require.Len(t, retired, 1)
	require.Equal(t, "ada@example.edu", object(retired[0].(map[string]any))["email_address"])
	w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": session})
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": old})

	m = update(object{"email_address": "ada@example.edu"})
	require.Equal(t, "ada.l@example.edu", object(m["retired_email_addresses"].([]any)[0].(map[string]any))["email_address"], "one may take one's own back")
	m = update(object{"email_address": "a@example.edu", "unlink_email": true})
	require.Len(t, m["retired_email_addresses"], 1)
	w.member(org, object{"email_address": "ada@example.edu"}) // unlinked, so it is free
	w.refuses(400, "retired_member_email", http.MethodPost, organizations+"/"+org+"/members", object{"email_address": "ada.l@example.edu"})
}
