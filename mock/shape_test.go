package mock_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/mfa"
	orgs "github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/rbac"
	sdk "github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
	factors "github.com/stytchauth/stytch-go/v16/stytch/consumer/sessions"
)

// optional are the fields that Stytch may leave out or null, by the SDK's type.
// Everything else must be there, because typed SDKs of other languages refuse an
// answer without it.
var optional = map[reflect.Type][]string{
	reflect.TypeFor[orgs.Organization](): {
		"trusted_metadata", "created_at", "updated_at", "organization_external_id",
		"sso_default_connection_id", "scim_active_connection", "allowed_oauth_tenants",
	},
	reflect.TypeFor[orgs.Member](): {
		"trusted_metadata", "untrusted_metadata", "created_at", "updated_at",
		"scim_registration", "external_id", "lock_created_at", "lock_expires_at",
	},
	reflect.TypeFor[orgs.MemberRoleSource]():           {"details"},
	reflect.TypeFor[orgs.ResultsMetadata]():            {"next_cursor"},
	reflect.TypeFor[sdk.MemberSession]():               {"custom_claims"},
	reflect.TypeFor[sdk.AuthenticateResponse]():        {"verdict"},
	reflect.TypeFor[magiclinks.AuthenticateResponse](): {"member_session", "mfa_required", "primary_required", "member_device"},
	reflect.TypeFor[mfa.MfaRequired]():                 {"member_options", "secondary_auth_initiated"},
	// A key's thumbprint goes over the wire as x5tS256, which the SDK does not read.
	reflect.TypeFor[factors.JWK](): {"x5t_s256"},
}

// newer are the fields on the wire that stytch-go v16 does not read; request_id in one
// response only, that of GetConnectedApp.
var newer = []string{"custom_roles", "request_id", "intermediate_session_token_expires_at", "sequence_order", "x5tS256"}

// complete fails for every field of the SDK's type that raw lacks.
func complete(t *testing.T, raw any, want reflect.Type, path string) {
	t.Helper()
	for want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	switch want.Kind() {
	case reflect.Slice:
		list, ok := raw.([]any)
		require.True(t, ok, "%s is no array: %v", path, raw)
		for _, item := range list {
			complete(t, item, want.Elem(), path+"[]")
		}
	case reflect.Map:
		m, ok := raw.(map[string]any)
		require.True(t, ok, "%s is no object: %v", path, raw)
		for _, item := range m {
			if want.Elem().Kind() == reflect.Struct {
				complete(t, item, want.Elem(), path+"{}")
			}
		}
	case reflect.Struct:
		if want.PkgPath() == "time" {
			require.Regexp(t, `^[0-9-]{10}T[0-9:]{8}\.[0-9]{1,9}Z$`, raw, path)
			return
		}
		completeObject(t, raw, want, path)
	case reflect.String:
		require.IsType(t, "", raw, path)
	case reflect.Bool:
		require.IsType(t, false, raw, path)
	case reflect.Int32, reflect.Int, reflect.Uint32:
		require.IsType(t, 0.0, raw, path)
	}
}

func completeObject(t *testing.T, raw any, want reflect.Type, path string) {
	t.Helper()
	m, ok := raw.(map[string]any)
	require.True(t, ok, "%s is no object: %v", path, raw)
	known := newer
	for i := range want.NumField() {
		name, _, _ := strings.Cut(want.Field(i).Tag.Get("json"), ",")
		known = append(known, name)
		value, there := m[name]
		if !there || value == nil {
			require.True(t, mayLack(want, name, want.Field(i).Type), "%s.%s is missing or null", path, name)
			continue
		}
		complete(t, value, want.Field(i).Type, path+"."+name)
	}
	for name := range m {
		require.Contains(t, known, name, "%s has a field that Stytch does not have", path)
	}
}

func mayLack(of reflect.Type, name string, field reflect.Type) bool {
	if of == reflect.TypeFor[factors.AuthenticationFactor]() {
		return field.Kind() == reflect.Pointer && field.Elem().Kind() == reflect.Struct && field.Elem().PkgPath() != "time" // one detail object of many
	}
	for _, o := range optional[of] {
		if o == name {
			return true
		}
	}
	return false
}

func TestAnswersAreComplete(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"rbac_email_implicit_role_assignments": []object{{"domain": "example.edu", "role_id": "tutor"}}})
	id := w.member(org, object{"email_address": "ada@example.edu", "roles": []string{"instructor"}})
	strict := w.organization(object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	w.member(strict, object{"email_address": "ada@example.edu", "mfa_phone_number": "+15005550006"})
	token := w.link(org, "ada@example.edu", nil)
	unfinished := w.link(strict, "ada@example.edu", nil)
	at := organizations + "/" + org

	w.organization(nil) // so that the first page of the search below has a second
	signedIn := w.authenticateLink(token)
	credential := object{"session_token": signedIn.text("session_token"), "session_custom_claims": object{"seat": 4}}
	withCheck := object{
		"session_token":       signedIn.text("session_token"),
		"authorization_check": object{"organization_id": org, "resource_id": "class", "action": "mark"},
	}

	for _, tt := range []struct {
		name, method, path string
		body               any
		want               reflect.Type
	}{
		{"create organization", "POST", organizations, object{"organization_name": "A", "organization_slug": "aa"}, reflect.TypeFor[orgs.CreateResponse]()},
		{"get organization", "GET", at, nil, reflect.TypeFor[orgs.GetResponse]()},
		{"search organizations", "POST", organizations + "/search", object{"limit": 1}, reflect.TypeFor[orgs.SearchResponse]()},
		{"create member", "POST", at + "/members", object{"email_address": "bob@example.edu"}, reflect.TypeFor[members.CreateResponse]()},
		{"get member", "GET", at + "/member?member_id=" + id, nil, reflect.TypeFor[members.GetResponse]()},
		{"update member", "PUT", at + "/members/" + id, object{"email_address": "ada.l@example.edu"}, reflect.TypeFor[members.UpdateResponse]()},
		{"search members", "POST", organizations + "/members/search", object{"organization_ids": []string{org}}, reflect.TypeFor[members.SearchResponse]()},
		{"login or signup", "POST", links + "/email/login_or_signup", object{"organization_id": org, "email_address": "bob@example.edu"}, reflect.TypeFor[email.LoginOrSignupResponse]()},
		{"invite", "POST", links + "/email/invite", object{"organization_id": org, "email_address": "eve@example.edu"}, reflect.TypeFor[email.InviteResponse]()},
		{"magic link that owes MFA", "POST", links + "/authenticate", object{"magic_links_token": unfinished}, reflect.TypeFor[magiclinks.AuthenticateResponse]()},
		{"authenticate session", "POST", sessions + "/authenticate", credential, reflect.TypeFor[sdk.AuthenticateResponse]()},
		{"authenticate with a check", "POST", sessions + "/authenticate", withCheck, reflect.TypeFor[sdk.AuthenticateResponse]()},
		{"get sessions", "GET", sessions + "?organization_id=" + org + "&member_id=" + id, nil, reflect.TypeFor[sdk.GetResponse]()},
		{"key set", "GET", sessions + "/jwks/" + w.stytch.ProjectID(), nil, reflect.TypeFor[sdk.GetJWKSResponse]()},
		{"policy", "GET", "/v1/b2b/rbac/policy", nil, reflect.TypeFor[rbac.PolicyResponse]()},
		{"revoke session", "POST", sessions + "/revoke", object{"session_token": signedIn.text("session_token")}, reflect.TypeFor[sdk.RevokeResponse]()},
		{"delete member", "DELETE", at + "/members/" + id, nil, reflect.TypeFor[members.DeleteResponse]()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := wire{t: t, stytch: w.stytch}.ok(tt.method, tt.path, tt.body)
			complete(t, map[string]any(out), tt.want, tt.want.Name())
		})
	}
	t.Run("magic link", func(t *testing.T) {
		complete(t, map[string]any(signedIn), reflect.TypeFor[magiclinks.AuthenticateResponse](), "AuthenticateResponse")
	})
	t.Run("reactivate member", func(t *testing.T) {
		back := w.stytch.AddClass("Reactivated")
		m := w.stytch.AddStudent(back.ID, "zoe@example.edu")
		w.stytch.SignIn(m)
		path := organizations + "/" + string(back.ID) + "/members/" + string(m)
		w.ok(http.MethodDelete, path, nil)
		out := w.ok(http.MethodPut, path+"/reactivate", nil)
		complete(t, map[string]any(out), reflect.TypeFor[members.ReactivateResponse](), "ReactivateResponse")
	})
	t.Run("newer than stytch-go v16", func(t *testing.T) {
		require.Equal(t, []any{}, w.ok(http.MethodGet, at, nil).at("organization", "custom_roles"))
		require.Equal(t, []any{}, w.ok(http.MethodGet, "/v1/b2b/rbac/organizations/"+org, nil).at("org_policy", "roles"))
	})
}
