package mock_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

const (
	ssoPath  = "/v1/b2b/sso"
	ssoStart = "/v1/public/sso/start"
)

func (w wire) ssoToken(connection, email string) string {
	w.t.Helper()
	to := w.come(ssoStart, map[string]string{"connection_id": connection, "mock_persona": email})
	require.Equal(w.t, "sso", to.Query().Get("stytch_token_type"))
	return to.Query().Get("token")
}

func (w wire) sso(connection, email string) object {
	w.t.Helper()
	return w.ok(http.MethodPost, ssoPath+"/authenticate", object{"sso_token": w.ssoToken(connection, email)})
}

func TestSSOStart(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	w.refuses(400, "no_sso_connection_exists_for_organization", http.MethodGet, w.startURL(ssoStart, map[string]string{"organization_id": class.Slug}), nil)
	saml := w.stytch.AddSSO(class.ID, "saml", nil)
	require.Equal(t, "/mock/idp", w.come(ssoStart, map[string]string{"slug": class.Slug}).Path, "the only connection is meant")
	oidc := w.stytch.AddSSO(class.ID, "oidc", nil)
	pending := w.ok(http.MethodPost, ssoPath+"/saml/"+class.Slug, object{}).text("connection", "connection_id")
	for _, tt := range []struct {
		name, kind string
		status     int
		params     map[string]string
	}{
		{"no locator", "missing_sso_connection_locator", 400, nil},
		{"two locators", "too_many_sso_connection_locators", 400, map[string]string{"connection_id": saml, "slug": class.Slug}},
		{"unknown connection", "sso_connection_not_found", 404, map[string]string{"connection_id": "saml-connection-test-x"}},
		{"several connections", "indeterminate_sso_connection_for_organization", 400, map[string]string{"slug": class.Slug}},
		{"pending connection", "requires_active_sso_connection", 400, map[string]string{"connection_id": pending}},
		{"no public token", "public_token_required", 400, map[string]string{"public_token": "", "connection_id": saml}},
		{"challenge", "invalid_pkce_code_challenge", 400, map[string]string{"connection_id": saml, "pkce_code_challenge": "x"}},
		{"login URL", "invalid_login_sso_url", 400, map[string]string{"connection_id": saml, "login_redirect_url": "x"}},
		{"signup URL", "invalid_signup_sso_url", 400, map[string]string{"connection_id": saml, "signup_redirect_url": "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.kind, http.MethodGet, w.startURL(ssoStart, tt.params), nil)
		})
	}
	w.ok(http.MethodPut, organizations+"/"+class.Slug, object{"sso_default_connection_id": oidc})
	require.Equal(t, "/mock/idp", w.come(ssoStart, map[string]string{"slug": class.Slug}).Path)
	w.refuses(400, "cannot_delete_default_sso_connection", http.MethodDelete, ssoPath+"/"+class.Slug+"/connections/"+oidc, nil)
	w.refuses(400, "invalid_sso_default_connection_id", http.MethodPut, organizations+"/"+class.Slug, object{"sso_default_connection_id": "oidc-connection-test-x"})
	require.Panics(t, func() { w.stytch.AddSSO(class.ID, "ldap", nil) })
}

func TestSSOProvisioning(t *testing.T) {
	for _, tt := range []struct {
		name, setting string
		listed        bool
		kind          string
	}{
		{"everybody of the connection", "ALL_ALLOWED", false, ""},
		{"nobody", "NOT_ALLOWED", false, "invalid_connection_for_jit_provisioning"},
		{"a listed connection", "RESTRICTED", true, ""},
		{"another connection", "RESTRICTED", false, "invalid_connection_for_jit_provisioning"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			class := w.stytch.AddClass("LAWS1100")
			saml, other := w.stytch.AddSSO(class.ID, "saml", nil), w.stytch.AddSSO(class.ID, "oidc", nil)
			allowed := other
			if tt.listed {
				allowed = saml
			}
			w.ok(http.MethodPut, organizations+"/"+class.Slug, object{"sso_jit_provisioning": tt.setting, "sso_jit_provisioning_allowed_connections": []string{allowed}})
			token := w.ssoToken(saml, "new@example.edu")
			if tt.kind != "" {
				w.refuses(400, tt.kind, http.MethodPost, ssoPath+"/authenticate", object{"sso_token": token})
				return
			}
			out := w.ok(http.MethodPost, ssoPath+"/authenticate", object{"sso_token": token})
			require.Equal(t, "active", out.text("member", "status"))
			require.Equal(t, false, out.at("member", "email_address_verified"), "an identity provider of the organization's proves no address")
			require.Equal(t, false, out["reset_session"])
		})
	}
}

// What the identity provider says is written over what is known, each time; what
// it does not say stays.
func TestAttributeMapping(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED"})
	saml := w.stytch.AddSSO(class.ID, "saml", map[string]string{"eduperson_affiliation": "affiliation", "trusted_metadata.campus": "l", "absent": "nothing"})
	ada := mock.IdPUser{Email: "ada@example.edu", Name: "Ada Lovelace", Attributes: map[string]any{"affiliation": "staff;member", "l": "St Lucia", "unmapped": 1}}
	w.stytch.AddIdPUser(ada)
	out := w.sso(saml, ada.Email)
	require.Equal(t, map[string]any{"eduperson_affiliation": "staff;member", "campus": "St Lucia"}, out.at("member", "trusted_metadata"))
	require.Equal(t, "Ada Lovelace", out.text("member", "name"))
	registration := object(list(out.at("member", "sso_registrations"))[0].(map[string]any))
	require.Equal(t, "staff;member", registration.text("sso_attributes", "affiliation"))

	id := out.text("member_id")
	w.ok(http.MethodPut, organizations+"/"+class.Slug+"/members/"+id, object{"name": "Changed", "trusted_metadata": object{"campus": "Gatton", "eduperson_affiliation": "alum", "mine": true}})
	ada.Attributes = map[string]any{"affiliation": "student"}
	w.stytch.AddIdPUser(ada)
	out = w.sso(saml, ada.Email)
	require.Equal(t, map[string]any{"eduperson_affiliation": "student", "campus": "Gatton", "mine": true}, out.at("member", "trusted_metadata"))
	require.Equal(t, "Ada Lovelace", out.text("member", "name"))
	require.Equal(t, registration.text("registration_id"), object(list(out.at("member", "sso_registrations"))[0].(map[string]any)).text("registration_id"))

	// The account leads to her, whatever address the provider sends.
	w.stytch.AddIdPUser(mock.IdPUser{Email: "countess@example.edu", Subject: registration.text("external_id")})
	require.Equal(t, id, w.sso(saml, "countess@example.edu").text("member_id"))
	require.Panics(t, func() {
		w.stytch.AddIdPUser(mock.IdPUser{Email: "a@example.edu", Attributes: map[string]any{"f": func() {}}})
	})
}

// Roles that come through a connection show on the member, and count in the
// sessions that hold a factor from it.
func TestRolesOfAConnection(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED"})
	saml := w.stytch.AddSSO(class.ID, "saml", nil)
	update := ssoPath + "/saml/" + class.Slug + "/connections/" + saml
	w.ok(http.MethodPut, update, object{
		"saml_connection_implicit_role_assignments": []object{{"role_id": "tutor"}},
		"saml_group_implicit_role_assignments":      []object{{"role_id": "instructor", "group": "staff"}},
	})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Groups: []string{"staff"}})
	out := w.sso(saml, "ada@example.edu")
	require.Equal(t, []any{"stytch_member", "tutor", "instructor"}, out.at("member_session", "roles"))
	sources := map[string]any{}
	for _, role := range list(out.at("member", "roles")) {
		role := object(role.(map[string]any))
		sources[role.text("role_id")] = list(role["sources"])[0]
	}
	require.Equal(t, map[string]any{
		"stytch_member": map[string]any{"type": "direct_assignment", "details": map[string]any{}},
		"tutor":         map[string]any{"type": "sso_connection", "details": map[string]any{"connection_id": saml}},
		"instructor":    map[string]any{"type": "sso_connection_group", "details": map[string]any{"connection_id": saml, "group": "staff"}},
	}, sources)

	id := memberID(out.text("member_id"))
	byLink := w.authenticate(w.stytch.SignIn(id))
	require.Equal(t, []any{"stytch_member"}, byLink.at("member_session", "roles"), "no factor of the connection, no role of it")
	check := object{"organization_id": string(class.ID), "resource_id": "class", "action": "release"}
	w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": out.text("session_token"), "authorization_check": check})
	w.refuses(403, "session_authorization_error", http.MethodPost, sessions+"/authenticate", object{"session_token": byLink.text("session_token"), "authorization_check": check})

	t.Run("taking an explicit role away ends the sessions that would keep it", func(t *testing.T) {
		w := wire{t: t, stytch: w.stytch}
		at := organizations + "/" + class.Slug + "/members/" + string(id)
		w.stytch.SetRoles(id, "tutor")
		kept := w.sso(saml, "ada@example.edu").text("session_token")
		w.ok(http.MethodPut, at, object{"roles": []string{}, "preserve_existing_sessions": true})
		w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": kept})
		w.stytch.SetRoles(id, "tutor")
		w.ok(http.MethodPut, at, object{"roles": []string{}})
		w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": kept})
	})
	t.Run("OIDC connections give none", func(t *testing.T) {
		w := wire{t: t, stytch: w.stytch}
		oidc := w.stytch.AddSSO(class.ID, "oidc", nil)
		out := w.sso(oidc, "ada@example.edu")
		require.Equal(t, []any{"stytch_member"}, out.at("member_session", "roles"))
	})
	t.Run("a deleted connection gives none", func(t *testing.T) {
		w := wire{t: t, stytch: w.stytch}
		token := w.sso(saml, "ada@example.edu").text("session_token")
		w.ok(http.MethodDelete, ssoPath+"/"+class.Slug+"/connections/"+saml, nil)
		out := w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": token})
		require.Equal(t, []any{"stytch_member"}, out.at("member_session", "roles"))
	})
}

func TestConnectionSettings(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	saml := w.ok(http.MethodPost, ssoPath+"/saml/"+org, object{"display_name": "School"}).text("connection", "connection_id")
	oidc := w.ok(http.MethodPost, ssoPath+"/oidc/"+org, object{}).text("connection", "connection_id")
	samlAt, oidcAt := ssoPath+"/saml/"+org+"/connections/"+saml, ssoPath+"/oidc/"+org+"/connections/"+oidc
	for _, tt := range []struct {
		name, method, path, kind string
		status                   int
		body                     any
	}{
		{"provider", "PUT", samlAt, "invalid_sso_idp", 400, object{"identity_provider": "myspace"}},
		{"certificate", "PUT", samlAt, "invalid_x509_certificate", 400, object{"x509_certificate": "x"}},
		{"mapping without address", "PUT", samlAt, "saml_connection_email_mapping_required", 400, object{"attribute_mapping": object{"full_name": "n"}}},
		{"mapping without name", "PUT", samlAt, "saml_connection_name_mapping_required", 400, object{"attribute_mapping": object{"email": "e", "first_name": "f"}}},
		{"empty mapping", "PUT", samlAt, "saml_connection_attribute_mapping_required", 400, object{"attribute_mapping": object{}}},
		{"nested mapping", "PUT", samlAt, "saml_connection_no_nested_keys_in_attribute_mapping", 400, object{"attribute_mapping": object{"email": object{}}}},
		{"groups that are not mapped", "PUT", samlAt, "saml_connection_attribute_mapping_missing_groups_key", 400, object{"saml_group_implicit_role_assignments": []object{{"role_id": "tutor", "group": "g"}}}},
		{"unknown role", "PUT", samlAt, "invalid_rbac_role_id", 400, object{"saml_connection_implicit_role_assignments": []object{{"role_id": "wizard"}}}},
		{"URL", "PUT", samlAt, "saml_connection_idp_sso_url_invalid_format", 400, object{"idp_sso_url": "http://idp.example.edu"}},
		{"metadata URL", "PUT", samlAt + "/url", "invalid_saml_metadata_url", 400, object{"metadata_url": "x"}},
		{"issuer", "PUT", oidcAt, "oidc_connection_issuer_url_invalid_format", 400, object{"issuer": "x"}},
		{"SAML as OIDC", "PUT", ssoPath + "/oidc/" + org + "/connections/" + saml, "oidc_connection_not_found", 404, object{}},
		{"another organization's", "PUT", ssoPath + "/saml/" + w.organization(nil) + "/connections/" + saml, "saml_connection_not_found", 404, object{}},
		{"no such certificate", "DELETE", samlAt + "/verification_certificates/x", "sso_verification_key_not_found", 404, nil},
		{"no such key", "DELETE", samlAt + "/encryption_private_keys/x", "sso_encryption_private_key_not_found", 404, nil},
		{"no such connection", "DELETE", ssoPath + "/" + org + "/connections/x", "sso_connection_not_found", 404, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.kind, tt.method, tt.path, tt.body)
		})
	}
	require.NotEmpty(t, w.ok(http.MethodPut, oidcAt, object{"issuer": "https://idp.example.edu"})["warning"])
	shown := w.ok(http.MethodGet, organizations+"/"+org, nil)
	require.Empty(t, shown.at("organization", "sso_active_connections"), "pending ones are not active")
	w.ok(http.MethodPut, samlAt+"/url", object{"metadata_url": "https://idp.example.edu/metadata"})
	w.ok(http.MethodPut, samlAt, object{"attribute_mapping": object{"email": "e", "first_name": "f", "last_name": "l"}})
	shown = w.ok(http.MethodGet, organizations+"/"+org, nil)
	require.Len(t, shown.at("organization", "sso_active_connections"), 1)
}

// Connections are an administrator's to see and change.
func TestConnectionsAskForThePermission(t *testing.T) {
	w := newWire(t)
	class, other := w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("LAWS1200")
	saml := w.stytch.AddSSO(class.ID, "saml", nil)
	student := w.stytch.SignIn(w.stytch.AddStudent(class.ID, "ada@example.edu"))
	admin := w.stytch.SignIn(w.stytch.AddMember(class.ID, "eve@example.edu", "stytch_admin"))
	stranger := w.stytch.SignIn(w.stytch.AddMember(other.ID, "eve@example.edu", "stytch_admin"))
	at := ssoPath + "/" + class.Slug
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"GET", at, nil},
		{"POST", ssoPath + "/saml/" + class.Slug, object{}},
		{"POST", ssoPath + "/oidc/" + class.Slug, object{}},
		{"PUT", ssoPath + "/saml/" + class.Slug + "/connections/" + saml, object{}},
		{"DELETE", at + "/connections/" + saml, nil},
	} {
		w.as(student).refuses(403, "session_authorization_error", call.method, call.path, call.body)
		w.as(stranger).refuses(403, "session_authorization_tenancy_error", call.method, call.path, call.body)
		w.as(admin).ok(call.method, call.path, call.body)
	}
}

func TestExternalConnections(t *testing.T) {
	w := newWire(t)
	school, partner := w.stytch.AddClass("School"), w.stytch.AddClass("Partner", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED"})
	saml := w.stytch.AddSSO(school.ID, "saml", nil)
	create := ssoPath + "/external/" + partner.Slug
	body := object{"external_organization_id": school.Slug, "external_connection_id": saml, "connection_implicit_role_assignments": []object{{"role_id": "tutor"}}}
	pending := w.ok(http.MethodPost, ssoPath+"/saml/"+school.Slug, object{}).text("connection", "connection_id")
	w.refuses(404, "external_connection_id_not_found", http.MethodPost, create, with(body, object{"external_connection_id": "x"}))
	w.refuses(400, "external_connection_not_active", http.MethodPost, create, with(body, object{"external_connection_id": pending}))
	external := w.ok(http.MethodPost, create, body).text("connection", "connection_id")
	w.refuses(400, "duplicate_external_sso_connection", http.MethodPost, create, body)
	out := w.sso(external, "ada@example.edu")
	require.Equal(t, string(partner.ID), out.text("organization_id"))
	require.Equal(t, []any{"stytch_member", "tutor"}, out.at("member_session", "roles"))
	require.Equal(t, "sso_saml", object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any)).text("delivery_method"))
}

// What an organization's identity provider proved counts in that organization.
func TestSSOStaysInItsOrganization(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("Strict", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "sso_jit_provisioning": "ALL_ALLOWED"})
	open := w.stytch.AddClass("Open")
	w.stytch.AddStudent(open.ID, "ada@example.edu")
	saml := w.stytch.AddSSO(class.ID, "saml", nil)
	ist := requirePending(t, w.sso(saml, "ada@example.edu"))
	const kind = "invalid_intermediate_session_token_for_organization"
	w.refuses(400, kind, http.MethodPost, discover+"/organizations", object{"intermediate_session_token": ist})
	w.refuses(400, kind, http.MethodPost, discover+"/organizations/create", object{"intermediate_session_token": ist})
	w.refuses(400, kind, http.MethodPost, discover+"/intermediate_sessions/exchange", object{"intermediate_session_token": ist, "organization_id": open.Slug})

	lax := w.stytch.AddClass("Lax", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED"})
	session := w.sso(w.stytch.AddSSO(lax.ID, "oidc", nil), "ada@example.edu").text("session_token")
	w.refuses(401, "insufficient_factors_for_session_exchange", http.MethodPost, sessions+"/exchange", object{"session_token": session, "organization_id": open.Slug})
	cut := w.ssoToken(saml, "ada@example.edu")
	w.ok(http.MethodDelete, ssoPath+"/"+class.Slug+"/connections/"+saml, nil)
	w.refuses(404, "sso_token_not_found", http.MethodPost, ssoPath+"/authenticate", object{"sso_token": cut})
	saml = w.stytch.AddSSO(class.ID, "saml", nil)
	late := w.ssoToken(saml, "ada@example.edu")
	w.stytch.Age(5 * time.Minute)
	w.refuses(404, "sso_token_not_found", http.MethodPost, ssoPath+"/authenticate", object{"sso_token": late})
	w.refuses(400, "invalid_token", http.MethodPost, ssoPath+"/authenticate", object{"sso_token": ""})
}

func TestForeignTokens(t *testing.T) {
	w := newWire(t)
	class, other := w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("LAWS1200")
	ada := w.stytch.AddStudent(class.ID, "ada@example.edu")
	token := func(kind string) string { return w.stytch.ForeignToken(ada, kind).Reveal() }

	access := token(mock.AccessToken)
	w.refuses(404, "trusted_token_profile_not_found", http.MethodPost, sessions+"/attest", object{"profile_id": "x", "token": access})
	w.refuses(400, "invalid_trusted_auth_token", http.MethodPost, sessions+"/attest", object{"profile_id": mock.TrustedProfile, "token": access})
	w.ok(http.MethodPost, sessions+"/exchange_access_token", object{"access_token": access})
	w.refuses(400, "oauth_access_token_exchange_token_invalid_grant", http.MethodPost, sessions+"/exchange_access_token", object{"access_token": access})
	old := token(mock.AccessToken)
	w.stytch.Age(5 * time.Minute)
	w.refuses(400, "oauth_access_token_exchange_token_too_old", http.MethodPost, sessions+"/exchange_access_token", object{"access_token": old})

	trusted := object{"profile_id": mock.TrustedProfile, "token": token(mock.TrustedAuthToken)}
	w.refuses(400, "invalid_token_organization_id_claim", http.MethodPost, sessions+"/attest", with(trusted, object{"organization_id": other.Slug}))
	session := w.stytch.SignIn(ada)
	out := w.ok(http.MethodPost, sessions+"/attest", with(trusted, object{"session_token": session.Token.Reveal()}))
	require.Equal(t, session.Token.Reveal(), out.text("session_token"))
	require.Len(t, out.at("member_session", "authentication_factors"), 2)

	external := token(mock.ExternalSession)
	w.refuses(404, "member_not_found", http.MethodPost, sessions+"/migrate", object{"session_token": external, "organization_id": other.Slug})
	w.refuses(400, "migrate_from_external_unexpected_response", http.MethodPost, sessions+"/migrate", object{"session_token": "x", "organization_id": class.Slug})
	out = w.ok(http.MethodPost, sessions+"/migrate", object{"session_token": external, "organization_id": class.Slug, "session_duration_minutes": 5})
	require.Equal(t, "imported", object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any)).text("type"))
	require.Panics(t, func() { w.stytch.ForeignToken(ada, "gold") })
	require.Panics(t, func() { w.stytch.ForeignToken(grimoireauth.MemberID("member-test-nobody"), mock.AccessToken) })
}

// A migration replaces the roles, and ends the sessions that would keep one of them
// through a connection, as an update does.
func TestW09_MigrateEndsSessionsOfConnections(t *testing.T) {
	for _, preserve := range []bool{false, true} {
		w := newWire(t)
		class := w.stytch.AddClass("LAWS1100")
		id := w.stytch.AddMember(class.ID, "ada@example.edu", "tutor")
		saml := w.stytch.AddSSO(class.ID, "saml", nil)
		w.ok(http.MethodPut, ssoPath+"/saml/"+class.Slug+"/connections/"+saml, object{"saml_connection_implicit_role_assignments": []object{{"role_id": "tutor"}}})
		session := object{"session_token": w.sso(saml, "ada@example.edu").text("session_token")}
		other := object{"session_token": w.stytch.SignIn(id).Token.Reveal()}

		w.ok(http.MethodPost, passwordPath+"/migrate", object{
			"organization_id": string(class.ID), "email_address": "ada@example.edu", "roles": []string{},
			"hash_type": "md_5", "hash": "81dc9bdb52d04dc20036dbd8313ed055", "preserve_existing_sessions": preserve,
		})
		if preserve {
			w.ok(http.MethodPost, sessions+"/authenticate", session)
		} else {
			w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", session)
		}
		w.ok(http.MethodPost, sessions+"/authenticate", other)
	}
}

// The certificate of a signing key of one's own is one of the connection's.
func TestW09_SAMLSigningKey(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	at := ssoPath + "/saml/" + class.Slug + "/connections/" + w.stytch.AddSSO(class.ID, "saml", nil)
	before := len(list(w.ok(http.MethodPut, at, object{}).at("connection", "signing_certificates")))
	out := w.ok(http.MethodPut, at, object{"signing_private_key": pkcs1Key()})
	certificates := list(out.at("connection", "signing_certificates"))
	require.Len(t, certificates, before+1)
	block, _ := pem.Decode([]byte(object(certificates[before].(map[string]any)).text("certificate")))
	parsed, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	require.Equal(t, signingKey().PublicKey, *parsed.PublicKey.(*rsa.PublicKey))
	require.NotContains(t, snapshotOf(w), "RSA PRIVATE KEY")

	w.refuses(400, "saml_signing_private_key_format_not_supported", http.MethodPut, at, object{"signing_private_key": strings.ReplaceAll(pkcs1Key(), "RSA ", "")})
	w.refuses(400, "saml_signing_private_key_invalid", http.MethodPut, at, object{"signing_private_key": strings.Replace(pkcs1Key(), "M", "N", 1)})
	w.refuses(400, "saml_signing_private_key_invalid", http.MethodPut, at, object{"signing_private_key": "-----BEGIN RSA PRIVATE KEY-----"})
}

// signingKey is short, since nothing is signed with it.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs1Key() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(signingKey())}))
}
