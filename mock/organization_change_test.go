package mock_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	orgs "github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

func TestUpdateOrganization(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"trusted_metadata": object{"a": 1, "b": 2}, "email_allowed_domains": []string{"example.edu"}})
	at := organizations + "/" + org
	before := w.ok(http.MethodGet, at, nil)

	out := w.ok(http.MethodPut, at, object{"organization_name": "Equity", "trusted_metadata": object{"a": nil, "c": 3}, "mfa_policy": "REQUIRED_FOR_ALL"})
	complete(t, map[string]any(out), reflect.TypeFor[orgs.UpdateResponse](), "UpdateResponse")
	require.Equal(t, "Equity", out.text("organization", "organization_name"))
	require.Equal(t, map[string]any{"b": 2.0, "c": 3.0}, out.at("organization", "trusted_metadata"), "merged at the first level, null deletes")
	require.Equal(t, before.at("organization", "email_allowed_domains"), out.at("organization", "email_allowed_domains"), "what is absent stays")
	out = w.ok(http.MethodPut, at, object{"email_allowed_domains": []string{}})
	require.Equal(t, []any{}, out.at("organization", "email_allowed_domains"), "a list is replaced as a whole")

	w.organization(object{"organization_slug": "taken", "organization_external_id": "ext"})
	now := w.ok(http.MethodGet, at, nil)
	for errorType, body := range map[string]object{
		"organization_slug_already_used":                  {"organization_slug": "taken"},
		"organization_external_id_already_used":           {"organization_external_id": "ext"},
		"invalid_organization_slug":                       {"organization_slug": "a/b"},
		"organization_name_missing":                       {"organization_name": " "},
		"allowed_auth_methods_required_for_restricted":    {"auth_methods": "RESTRICTED"},
		"invalid_organization_auth_factor_setting":        {"email_invites": "NOT_ALLOWED", "sso_jit_provisioning": "NOT_ALLOWED"},
		"invalid_restricted_email_setting":                {"email_jit_provisioning": "RESTRICTED"},
		"invalid_restricted_sso_setting":                  {"sso_jit_provisioning": "RESTRICTED"},
		"invalid_sso_default_connection_id":               {"sso_default_connection_id": "oidc-connection-test-1"},
		"invalid_oauth_allowed_tenants_format":            {"allowed_oauth_tenants": object{"gitlab": []string{"x"}}},
		"cannot_assign_default_rbac_role_id":              {"rbac_email_implicit_role_assignments": []object{{"domain": "example.edu", "role_id": "stytch_member"}}},
		"organization_settings_claimed_domain_too_common": {"claimed_email_domains": []string{"gmail.com"}},
	} {
		// A good field beside the bad one is not applied, either.
		body["organization_logo_url"] = "https://example.edu/new.png"
		w.refuses(http.StatusBadRequest, errorType, http.MethodPut, at, body)
	}
	require.Equal(t, now.at("organization"), w.ok(http.MethodGet, at, nil).at("organization"), "all of a change or nothing")
	w.refuses(http.StatusNotFound, "organization_not_found", http.MethodPut, organizations+"/nobody", object{})
}

// Each field needs its own permission when a member asks.
func TestUpdateOrganizationAsAMember(t *testing.T) {
	fields := map[string]struct {
		value  any
		action string
	}{
		"organization_name":                    {"Equity", "update.info.name"},
		"organization_slug":                    {"equity", "update.info.slug"},
		"organization_logo_url":                {"https://example.edu/x.png", "update.info.logo-url"},
		"email_invites":                        {"ALL_ALLOWED", "update.settings.email-invites"},
		"email_jit_provisioning":               {"NOT_ALLOWED", "update.settings.email-jit-provisioning"},
		"email_allowed_domains":                {[]string{}, "update.settings.allowed-domains"},
		"sso_jit_provisioning":                 {"NOT_ALLOWED", "update.settings.sso-jit-provisioning"},
		"sso_default_connection_id":            {"", "update.settings.default-sso-connection"},
		"auth_methods":                         {"ALL_ALLOWED", "update.settings.allowed-auth-methods"},
		"mfa_policy":                           {"OPTIONAL", "update.settings.mfa-policy"},
		"mfa_methods":                          {"ALL_ALLOWED", "update.settings.allowed-mfa-methods"},
		"oauth_tenant_jit_provisioning":        {"NOT_ALLOWED", "update.settings.oauth-tenant-jit-provisioning"},
		"allowed_oauth_tenants":                {object{}, "update.settings.allowed-oauth-tenants"},
		"rbac_email_implicit_role_assignments": {[]object{}, "update.settings.implicit-roles"},
	}
	for field, f := range fields {
		t.Run(field, func(t *testing.T) {
			stytch := &mock.Stytch{Roles: []mock.Role{
				{ID: "with", Permissions: []mock.Permission{{Resource: "stytch.organization", Actions: []string{f.action}}}}, {ID: "without"},
			}}
			w := wire{t: t, stytch: stytch}
			class, other := stytch.AddClass("Torts").ID, stytch.AddClass("Other").ID
			may := stytch.SignIn(stytch.AddMember(class, "may@example.edu", "with"))
			mayNot := stytch.SignIn(stytch.AddMember(class, "not@example.edu", "without"))
			foreign := stytch.SignIn(stytch.AddMember(other, "far@example.edu", "with"))
			at, body := organizations+"/"+string(class), object{field: f.value}
			w.as(mayNot).refuses(http.StatusForbidden, "session_authorization_error", http.MethodPut, at, body)
			w.as(foreign).refuses(http.StatusForbidden, "session_authorization_tenancy_error", http.MethodPut, at, body)
			w.as(may).refuses(http.StatusUnauthorized, "cannot_update_trusted_metadata", http.MethodPut, at, object{field: f.value, "trusted_metadata": object{}})
			w.as(may).refuses(http.StatusForbidden, "session_authorization_error", http.MethodDelete, at, nil)
			w.as(may).ok(http.MethodPut, at, body)
		})
	}
}

func TestDeleteOrganization(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"organization_slug": "torts"})
	id := w.member(org, object{"email_address": "sam@example.edu"})
	link := w.link(org, "sam@example.edu", nil)
	live := w.stytch.SignIn(grimoireauth.MemberID(id))
	out := w.ok(http.MethodDelete, organizations+"/"+org, nil)
	complete(t, map[string]any(out), reflect.TypeFor[orgs.DeleteResponse](), "DeleteResponse")
	require.Equal(t, org, out["organization_id"])
	w.refuses(http.StatusNotFound, "organization_not_found", http.MethodGet, organizations+"/"+org, nil)
	w.refuses(http.StatusNotFound, "organization_not_found", http.MethodDelete, organizations+"/torts", nil)
	w.refuses(http.StatusNotFound, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": live.Token.Reveal()})
	w.refuses(http.StatusUnauthorized, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": link})
	w.organization(object{"organization_slug": "torts"})
}

func TestExchangeSession(t *testing.T) {
	w := newWire(t)
	here, there := w.stytch.AddClass("Torts").ID, w.stytch.AddClass("Equity").ID
	sam := w.stytch.SignIn(w.stytch.AddStudent(here, "sam@example.edu"))
	exchange := sessions + "/exchange"
	body := func(more object) object {
		all := object{"organization_id": there, "session_token": sam.Token.Reveal()}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	w.refuses(http.StatusNotFound, "member_not_found", http.MethodPost, exchange, body(nil))
	waiting := w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": there, "email_address": "Sam@example.edu"})
	require.Equal(t, "invited", waiting.text("member", "status"))

	out := w.ok(http.MethodPost, exchange, body(object{"session_duration_minutes": 30}))
	require.Equal(t, waiting["member_id"], out["member_id"])
	require.Equal(t, "active", out.text("member", "status"), "an invitation counts as accepted")
	require.Equal(t, true, out.at("member", "email_address_verified"))
	require.Equal(t, true, out["member_authenticated"])
	require.NotContains(t, out, "organization_id", "this answer has the organization only")
	require.NotEqual(t, sam.Token.Reveal(), out["session_token"])
	w.authenticate(sam) // the old session goes on

	w.refuses(http.StatusNotFound, "organization_not_found", http.MethodPost, exchange, body(object{"organization_id": "nobody"}))
	w.refuses(http.StatusBadRequest, "invalid_session_duration_minutes", http.MethodPost, exchange, body(object{"session_duration_minutes": 4}))
	w.refuses(http.StatusBadRequest, "no_session_arguments", http.MethodPost, exchange, object{"organization_id": there})
	w.refuses(http.StatusBadRequest, "too_many_session_arguments", http.MethodPost, exchange, body(object{"session_jwt": sam.JWT.Reveal()}))
	for name, test := range map[string]struct {
		factor grimoireauth.Factor
		passes bool
	}{
		"magic link": {grimoireauth.Factor{Type: "magic_link", DeliveryMethod: "email"}, true},
		"password":   {grimoireauth.Factor{Type: "password", DeliveryMethod: "knowledge"}, false},
		"SSO":        {grimoireauth.Factor{Type: "sso", DeliveryMethod: "sso_saml"}, false},
		"OAuth":      {grimoireauth.Factor{Type: "oauth", DeliveryMethod: "oauth_google"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			known := w.authenticate(sam).text("member_session", "member_id")
			c := w.stytch.SignIn(grimoireauth.MemberID(known), mock.WithFactors(test.factor))
			request := object{"organization_id": there, "session_token": c.Token.Reveal()}
			if test.passes {
				w.ok(http.MethodPost, exchange, request)
			} else {
				w.refuses(http.StatusUnauthorized, "insufficient_factors_for_session_exchange", http.MethodPost, exchange, request)
			}
		})
	}
}

func TestResetSecondFactors(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"mfa_phone_number": "+15005550006"})
	phone, app := organizations+"/"+org+"/members/mfa_phone_numbers/"+id, organizations+"/"+org+"/members/"+id+"/totp"
	w.ok(http.MethodPut, organizations+"/"+org+"/members/"+id, object{"default_mfa_method": "sms_otp"})
	out := w.ok(http.MethodDelete, phone, nil)
	complete(t, map[string]any(out), reflect.TypeFor[members.DeleteMFAPhoneNumberResponse](), "DeleteMFAPhoneNumberResponse")
	require.Empty(t, out.at("member", "mfa_phone_number"))
	require.Empty(t, out.at("member", "default_mfa_method"))
	w.refuses(http.StatusNotFound, "member_phone_number_not_found", http.MethodDelete, phone, nil)
	w.refuses(http.StatusNotFound, "totp_not_found", http.MethodDelete, app, nil)
	w.ok(http.MethodPut, organizations+"/"+org+"/members/"+id, object{"mfa_phone_number": "+15005550006"})
}
