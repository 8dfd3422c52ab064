package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// A name that is made from an address is for members who have none.
func TestW11_TheMembersOwnNameStands(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED", "email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
	connections := map[string]string{"saml": w.stytch.AddSSO(class.ID, "saml", nil), "oidc": w.stytch.AddSSO(class.ID, "oidc", nil)}
	parts := w.stytch.AddSSO(class.ID, "saml", map[string]string{"full_name": "", "first_name": "first_name", "last_name": "last_name"})
	member := func(email string) string {
		return w.ok(http.MethodPost, organizations+"/"+class.Slug+"/members", object{"email_address": email, "name": "Sam Lindqvist"}).text("member_id")
	}
	name := func(email string) string {
		return w.ok(http.MethodGet, organizations+"/"+class.Slug+"/member?email_address="+email, nil).text("member", "name")
	}

	member("sam@example.edu")
	for kind, connection := range connections {
		require.Equal(t, "Sam Lindqvist", w.sso(connection, "sam@example.edu").text("member", "name"), kind)
	}
	require.Equal(t, "Sam Lindqvist", w.sso(parts, "sam@example.edu").text("member", "name"))
	w.oauth("google", class.Slug, "sam@example.edu")
	require.Equal(t, "Sam Lindqvist", name("sam@example.edu"))

	t.Run("with an account under another address", func(t *testing.T) {
		id := member("old@example.edu")
		w.stytch.AddIdPUser(mock.IdPUser{Email: "old@example.edu", Subject: "s1"})
		w.sso(connections["saml"], "old@example.edu")
		w.ok(http.MethodPut, organizations+"/"+class.Slug+"/members/"+id, object{"email_address": "new@example.edu"})
		require.Equal(t, "Sam Lindqvist", w.sso(connections["saml"], "old@example.edu").text("member", "name"))
	})
	t.Run("a person who has a name brings it", func(t *testing.T) {
		w.stytch.AddIdPUser(mock.IdPUser{Email: "sam@example.edu", Name: "Sam Berg"})
		require.Equal(t, "Sam Berg", w.sso(connections["saml"], "sam@example.edu").text("member", "name"))
		require.Equal(t, "Sam Berg", w.sso(parts, "sam@example.edu").text("member", "name"))
	})
	t.Run("as does one with the attribute", func(t *testing.T) {
		w.stytch.AddIdPUser(mock.IdPUser{Email: "sam@example.edu", Attributes: map[string]any{"full_name": "Sam B."}})
		require.Equal(t, "Sam B.", w.sso(connections["oidc"], "sam@example.edu").text("member", "name"))
	})
	t.Run("a member without a name gets one", func(t *testing.T) {
		require.Equal(t, "eve", w.sso(connections["saml"], "eve@example.edu").text("member", "name"))
		w.oauth("google", class.Slug, "joe@example.edu")
		require.Equal(t, "joe", name("joe@example.edu"))
	})
}
