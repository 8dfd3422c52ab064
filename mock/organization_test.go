package mock_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCreateOrganizationDefaults(t *testing.T) {
	w := newWire(t)
	out := w.ok(http.MethodPost, organizations, object{"organization_name": "LAWS1100", "organization_slug": "laws1100"})
	org := object(out["organization"].(map[string]any))
	require.Regexp(t, `^organization-test-`, org["organization_id"])
	for name, want := range map[string]any{
		"organization_name":                       "LAWS1100",
		"organization_slug":                       "laws1100",
		"organization_logo_url":                   "",
		"organization_external_id":                nil,
		"email_invites":                           "ALL_ALLOWED",
		"email_jit_provisioning":                  "NOT_ALLOWED",
		"sso_jit_provisioning":                    "NOT_ALLOWED",
		"oauth_tenant_jit_provisioning":           "NOT_ALLOWED",
		"auth_methods":                            "ALL_ALLOWED",
		"mfa_policy":                              "OPTIONAL",
		"mfa_methods":                             "ALL_ALLOWED",
		"first_party_connected_apps_allowed_type": "ALL_ALLOWED",
		"third_party_connected_apps_allowed_type": "ALL_ALLOWED",
		"allowed_auth_methods":                    []any{},
		"email_allowed_domains":                   []any{},
		"trusted_metadata":                        map[string]any{},
	} {
		require.Equal(t, want, org[name], name)
	}
}

// Stytch closes invitations as soon as any authentication setting is given.
func TestInvitesDefaultDependsOnOtherSettings(t *testing.T) {
	for _, tt := range []struct {
		name              string
		given             object
		invites, ssoByJIT string
	}{
		{"no setting", object{"trusted_metadata": object{"a": 1}}, "ALL_ALLOWED", "NOT_ALLOWED"},
		{"MFA policy", object{"mfa_policy": "OPTIONAL"}, "NOT_ALLOWED", "ALL_ALLOWED"},
		{"domains", object{"email_allowed_domains": []string{"example.edu"}}, "NOT_ALLOWED", "ALL_ALLOWED"},
		{"JIT, which is a way in", object{"email_allowed_domains": []string{"example.edu"}, "email_jit_provisioning": "RESTRICTED"}, "NOT_ALLOWED", "NOT_ALLOWED"},
		{"MFA policy and invites", object{"mfa_policy": "OPTIONAL", "email_invites": "ALL_ALLOWED"}, "ALL_ALLOWED", "NOT_ALLOWED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			out := w.ok(http.MethodGet, organizations+"/"+w.organization(tt.given), nil)
			require.Equal(t, tt.invites, out.text("organization", "email_invites"))
			require.Equal(t, tt.ssoByJIT, out.text("organization", "sso_jit_provisioning"))
		})
	}
}

func TestCreateOrganizationRefusals(t *testing.T) {
	w := newWire(t)
	w.organization(object{"organization_slug": "taken", "organization_external_id": "ext|1", "claimed_email_domains": []string{"law.example.edu"}})
	manyKeys := object{}
	for i := range 21 {
		manyKeys[strings.Repeat("k", i+1)] = i
	}
	for _, tt := range []struct {
		name      string
		fields    object
		errorType string
	}{
		{"no name", object{"organization_name": nil}, "organization_name_missing"},
		{"blank name", object{"organization_name": " "}, "organization_name_missing"},
		{"long name", object{"organization_name": strings.Repeat("ä", 129)}, "invalid_organization_name"},
		{"no slug", object{"organization_slug": nil}, "invalid_organization_slug"},
		{"short slug", object{"organization_slug": "a"}, "invalid_organization_slug"},
		{"long slug", object{"organization_slug": strings.Repeat("a", 129)}, "invalid_organization_slug"},
		{"slug with a space", object{"organization_slug": "a b"}, "invalid_organization_slug"},
		{"slug of punctuation", object{"organization_slug": "-._~"}, "invalid_organization_slug"},
		{"slug that looks like an id", object{"organization_slug": "organization-test-" + uuid}, "invalid_organization_slug"},
		{"slug taken", object{"organization_slug": "taken"}, "organization_slug_already_used"},
		{"slug taken in another case", object{"organization_slug": "Taken"}, "organization_slug_already_used"},
		{"external id with a space", object{"organization_external_id": "a b"}, "invalid_organization_external_id"},
		{"external id taken", object{"organization_external_id": "ext|1"}, "organization_external_id_already_used"},
		{"external id that is a slug", object{"organization_external_id": "taken"}, "organization_external_id_already_used"},
		{"external id that looks like an id", object{"organization_external_id": "organization-test-" + uuid}, "external_organization_id_same_as_organization_id"},
		{"logo that is no URL", object{"organization_logo_url": "logo.png"}, "invalid_url"},
		{"long logo URL", object{"organization_logo_url": "https://example.edu/" + strings.Repeat("a", 2048)}, "organization_logo_url_too_long"},

		{"auth_methods", object{"auth_methods": "restricted"}, "invalid_organization_auth_method_settings"},
		{"restricted to nothing", object{"auth_methods": "RESTRICTED"}, "allowed_auth_methods_required_for_restricted"},
		{"unknown method", object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"carrier_pigeon"}}, "invalid_organization_allowed_auth_methods"},
		{"mfa_policy", object{"mfa_policy": "ALWAYS"}, "invalid_organization_mfa_policy"},
		{"mfa_methods", object{"mfa_methods": "NONE"}, "invalid_organization_mfa_factor_setting"},
		{"MFA restricted to nothing", object{"mfa_methods": "RESTRICTED"}, "allowed_mfa_methods_required_for_restricted"},
		{"unknown MFA method", object{"allowed_mfa_methods": []string{"sms"}}, "invalid_organization_allowed_mfa_methods"},
		{"email_invites", object{"email_invites": "MAYBE"}, "invalid_organization_auth_factor_setting"},
		{"no way in", object{"email_invites": "NOT_ALLOWED", "email_jit_provisioning": "NOT_ALLOWED", "sso_jit_provisioning": "NOT_ALLOWED"}, "invalid_organization_auth_factor_setting"},
		{"JIT for everybody", object{"email_jit_provisioning": "ALL_ALLOWED"}, "invalid_organization_auth_factor_setting_for_email_jit_provisioning"},
		{"JIT without domains", object{"email_jit_provisioning": "RESTRICTED"}, "invalid_restricted_email_setting"},
		{"invites without domains", object{"email_invites": "RESTRICTED"}, "invalid_restricted_email_setting"},
		{"SSO JIT without connections", object{"sso_jit_provisioning": "RESTRICTED"}, "invalid_restricted_sso_setting"},
		{"tenant JIT for everybody", object{"oauth_tenant_jit_provisioning": "ALL_ALLOWED"}, "invalid_organization_auth_factor_setting_for_oauth_tenant_jit_provisioning"},
		{"tenant JIT without tenants", object{"oauth_tenant_jit_provisioning": "RESTRICTED"}, "invalid_restricted_oauth_tenants_setting"},
		{"tenants of an unknown provider", object{"allowed_oauth_tenants": object{"google": []string{"x"}}}, "invalid_oauth_allowed_tenants_format"},
		{"connected apps", object{"first_party_connected_apps_allowed_type": "SOME"}, "invalid_argument"},

		{"public domain", object{"email_allowed_domains": []string{"gmail.com"}}, "organization_settings_domain_too_common"},
		{"no domain", object{"email_allowed_domains": []string{"example"}}, "organization_settings_invalid_domain"},
		{"domain twice", object{"email_allowed_domains": []string{"example.edu", "EXAMPLE.edu"}}, "organization_settings_duplicate_domain"},
		{"claimed public domain", object{"claimed_email_domains": []string{"yahoo.com"}}, "organization_settings_claimed_domain_too_common"},
		{"claimed no domain", object{"claimed_email_domains": []string{"@"}}, "organization_settings_invalid_claimed_domain"},
		{"claimed by another", object{"claimed_email_domains": []string{"law.example.edu"}}, "organization_settings_duplicate_claimed_domain"},
		{"role for a public domain", object{"rbac_email_implicit_role_assignments": []object{{"domain": "gmail.com", "role_id": "tutor"}}}, "rbac_domain_too_common"},
		{"role for no domain", object{"rbac_email_implicit_role_assignments": []object{{"domain": "", "role_id": "tutor"}}}, "rbac_invalid_domain"},
		{"unknown role for a domain", object{"rbac_email_implicit_role_assignments": []object{{"domain": "example.edu", "role_id": "dean"}}}, "invalid_rbac_role_id"},

		{"metadata that is no object", object{"trusted_metadata": []string{"a"}}, "metadata_invalid_format"},
		{"metadata with many keys", object{"trusted_metadata": manyKeys}, "metadata_too_many_keys"},
		{"large metadata", object{"trusted_metadata": object{"a": strings.Repeat("x", 4096)}}, "metadata_too_large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			fields := object{"organization_name": "LAWS1200", "organization_slug": "laws1200"}
			for name, value := range tt.fields {
				fields[name] = value
			}
			w.refuses(400, tt.errorType, http.MethodPost, organizations, fields)
		})
	}
	t.Run("nothing was stored", func(t *testing.T) {
		require.EqualValues(t, 1, w.ok(http.MethodPost, organizations+"/search", object{}).at("results_metadata", "total"))
		w.organization(object{"organization_slug": "laws1200"})
	})
}

func TestOrganizationHasThreeNames(t *testing.T) {
	w := newWire(t)
	id := w.organization(object{"organization_slug": "laws1100", "organization_external_id": "course|1100"})
	w.organization(nil)
	member := w.member("laws1100", object{"email_address": "ada@example.edu"})
	for _, name := range []string{id, "laws1100", "course%7C1100"} {
		require.Equal(t, id, w.ok(http.MethodGet, organizations+"/"+name, nil).text("organization", "organization_id"))
		require.Equal(t, id, w.ok(http.MethodGet, organizations+"/"+name+"/member?member_id="+member, nil).text("organization", "organization_id"))
		require.Empty(t, w.ok(http.MethodGet, sessions+"?member_id="+member+"&organization_id="+name, nil)["member_sessions"])
	}
	w.link("laws1100", "ada@example.edu", nil)
	w.link("course|1100", "ada@example.edu", nil)
	for _, name := range []string{"LAWS1100", "laws110", "organization-test-" + uuid} {
		w.refuses(404, "organization_not_found", http.MethodGet, organizations+"/"+name, nil)
	}
}
