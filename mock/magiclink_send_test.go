package mock_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestLoginOrSignup(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}, "email_invites": "ALL_ALLOWED"})
	w.member(org, object{"email_address": "active@example.edu"})
	w.member(org, object{"email_address": "pending@elsewhere.edu", "create_member_as_pending": true})
	w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": "invited@elsewhere.edu"})
	for _, tt := range []struct {
		name, email, kind, status string
		created                   bool
	}{
		{"active", "active@example.edu", "login", "active", false},
		{"in another case", "ACTIVE@example.edu", "login", "active", false},
		{"pending", "pending@elsewhere.edu", "signup", "pending", false},
		{"invited", "invited@elsewhere.edu", "signup", "invited", false},
		{"new, of an allowed domain", "new@EXAMPLE.edu", "signup", "pending", true},
		{"new, again", "new@example.edu", "signup", "pending", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			out := w.ok(http.MethodPost, links+"/email/login_or_signup", object{"organization_id": org, "email_address": tt.email})
			require.Equal(t, tt.created, out["member_created"])
			require.Equal(t, tt.status, out.text("member", "status"))
			require.Equal(t, out["member_id"], out.at("member", "member_id"))
			outbox := w.stytch.Outbox()
			sent := outbox[len(outbox)-1]
			require.Equal(t, "email", sent.Channel)
			require.Equal(t, tt.kind, sent.Kind)
			require.True(t, strings.EqualFold(tt.email, sent.To))
			require.True(t, strings.HasPrefix(sent.Link, "http://stytch.localhost/v1/b2b/magic_links/redirect?"))
			require.WithinDuration(t, time.Now(), sent.SentAt, time.Minute)

			signedIn := w.authenticateLink(sent.Token)
			require.Equal(t, "active", signedIn.text("member", "status"))
			require.Equal(t, true, signedIn.at("member", "email_address_verified"))
			if tt.kind == "signup" { // back to how it was, for the rows that follow
				w.ok(http.MethodDelete, organizations+"/"+org+"/members/"+signedIn.text("member_id"), nil)
				w.ok(http.MethodPost, organizations+"/"+org+"/members", object{"email_address": tt.email, "create_member_as_pending": true})
			}
		})
	}
}

func TestSendRefusals(t *testing.T) {
	stytch := &mock.Stytch{RedirectURLs: []string{
		"https://grimoire.example.edu/auth/callback",
		"https://grimoire.example.edu/auth/callback?return_to={}",
	}}
	w := wire{t: t, stytch: stytch}
	open := w.organization(nil)
	closed := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
	some := w.organization(object{"email_invites": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
	sso := w.organization(object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}, "email_invites": "ALL_ALLOWED"})
	for _, org := range []string{open, closed, some, sso} {
		w.member(org, object{"email_address": "ada@example.edu"})
	}
	login, inviting := links+"/email/login_or_signup", links+"/email/invite"
	for _, tt := range []struct {
		name, path, org, email string
		fields                 object
		errorType              string
	}{
		{"unknown organization", login, "nothing", "ada@example.edu", nil, "organization_not_found"},
		{"no organization", login, "", "ada@example.edu", nil, "organization_not_found"},
		{"address", login, open, "ada", nil, "invalid_email"},
		{"JIT is off", login, open, "new@example.edu", nil, "email_jit_provisioning_not_allowed"},
		{"another domain", login, closed, "new@elsewhere.edu", nil, "invalid_email_for_jit_provisioning"},
		{"a longer domain", login, closed, "new@not-example.edu", nil, "invalid_email_for_jit_provisioning"},
		{"a domain below", login, closed, "new@law.example.edu", nil, "invalid_email_for_jit_provisioning"},
		{"method not allowed", login, sso, "ada@example.edu", nil, "operation_restricted_by_organization_auth_methods"},
		{"method not allowed, nobody known", login, sso, "new@example.edu", nil, "operation_restricted_by_organization_auth_methods"},
		{"no URL", login, open, "ada@example.edu", object{"login_redirect_url": "/callback"}, "invalid_login_redirect_url"},
		{"no URL for signup", login, open, "ada@example.edu", object{"signup_redirect_url": "ftp://x"}, "invalid_signup_redirect_url"},
		{"another URL", login, open, "ada@example.edu", object{"login_redirect_url": "https://evil.example.com/auth/callback"}, "no_match_for_provided_magic_link_url"},
		{"another path", login, open, "ada@example.edu", object{"login_redirect_url": "https://grimoire.example.edu/auth/callback/x"}, "no_match_for_provided_magic_link_url"},
		{"another scheme", login, open, "ada@example.edu", object{"login_redirect_url": "http://grimoire.example.edu/auth/callback"}, "no_match_for_provided_magic_link_url"},
		{"another query", login, open, "ada@example.edu", object{"login_redirect_url": "https://grimoire.example.edu/auth/callback?a=b"}, "no_match_for_provided_magic_link_url"},
		{"short life", login, open, "ada@example.edu", object{"login_expiration_minutes": 4}, "invalid_expiration"},
		{"long life", login, open, "ada@example.edu", object{"signup_expiration_minutes": 10081}, "invalid_expiration"},
		{"language", login, open, "ada@example.edu", object{"locale": "tlh"}, "invalid_locale"},
		{"challenge", login, open, "ada@example.edu", object{"pkce_code_challenge": "plain"}, "invalid_pkce_code_challenge"},

		{"invite: unknown organization", inviting, "nothing", "new@example.edu", nil, "organization_not_found"},
		{"invite: address", inviting, open, "new", nil, "invalid_email"},
		{"invite: active member", inviting, open, "ada@example.edu", nil, "duplicate_member_email"},
		{"invite: closed", inviting, closed, "new@example.edu", nil, "invalid_email_for_invites"},
		{"invite: another domain", inviting, some, "new@elsewhere.edu", nil, "invalid_email_for_invites"},
		{"invite: unknown inviter", inviting, open, "new@example.edu", object{"invited_by_member_id": "member-test-" + uuid}, "member_not_found"},
		{"invite: URL", inviting, open, "new@example.edu", object{"invite_redirect_url": "x"}, "invalid_invite_redirect_url"},
		{"invite: life", inviting, open, "new@example.edu", object{"invite_expiration_minutes": 10081}, "invalid_expiration"},
		{"invite: role", inviting, open, "new@example.edu", object{"roles": []string{"dean"}}, "invalid_rbac_role_id"},
		{"invite: metadata", inviting, open, "new@example.edu", object{"trusted_metadata": 1}, "metadata_invalid_format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := object{"organization_id": tt.org, "email_address": tt.email}
			for name, value := range tt.fields {
				given[name] = value
			}
			status := 400
			if strings.HasSuffix(tt.errorType, "_not_found") {
				status = 404
			}
			wire{t: t, stytch: stytch}.refuses(status, tt.errorType, http.MethodPost, tt.path, given)
		})
	}
	require.Empty(t, stytch.Outbox(), "a refused call sends nothing")
	for _, org := range []string{open, closed, some, sso} {
		out := w.ok(http.MethodPost, organizations+"/members/search", object{"organization_ids": []string{org}})
		require.EqualValues(t, 1, out.at("results_metadata", "total"), "a refused call stores nobody")
	}
	t.Run("registered ones pass", func(t *testing.T) {
		w.link(open, "ada@example.edu", object{"login_redirect_url": "https://grimoire.example.edu/auth/callback"})
		w.link(open, "ada@example.edu", object{"login_redirect_url": "https://grimoire.example.edu/auth/callback?return_to=%2Fx"})
	})
	t.Run("none registered", func(t *testing.T) {
		w := wire{t: t, stytch: &mock.Stytch{RedirectURLs: []string{}}}
		org := w.organization(nil)
		w.refuses(400, "no_login_redirect_urls_set", http.MethodPost, login, object{"organization_id": org, "email_address": "ada@example.edu"})
		w.refuses(400, "no_invite_redirect_urls_set", http.MethodPost, inviting, object{"organization_id": org, "email_address": "ada@example.edu"})
	})
	t.Run("members with break-glass access may", func(t *testing.T) {
		w.member(sso, object{"email_address": "dean@example.edu", "is_breakglass": true})
		require.Equal(t, true, w.authenticateLink(w.link(sso, "dean@example.edu", nil))["member_authenticated"])
	})
}

func TestInvite(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	boss := w.member(org, object{"email_address": "boss@example.edu"})
	given := object{
		"organization_id": org, "email_address": "new@example.edu", "name": "New", "roles": []string{"tutor"},
		"trusted_metadata": object{"group": 1}, "invited_by_member_id": boss, "invite_redirect_url": "https://grimoire.example.edu/in?x=1",
	}
	out := w.ok(http.MethodPost, links+"/email/invite", given)
	require.Equal(t, "invited", out.text("member", "status"))
	require.Equal(t, "New", out.text("member", "name"))
	require.Len(t, out.at("member", "roles"), 2)
	first := w.stytch.Outbox()[0]
	require.Equal(t, "invite", first.Kind)

	again := w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": "new@example.edu"})
	require.Equal(t, out["member_id"], again["member_id"])
	require.Equal(t, "New", again.text("member", "name"), "what is not given again stays")
	require.Len(t, again.at("member", "roles"), 2)

	signedIn := w.authenticateLink(w.stytch.Outbox()[1].Token)
	require.Equal(t, "active", signedIn.text("member", "status"))
	w.refuses(400, "duplicate_member_email", http.MethodPost, links+"/email/invite", given)
	w.authenticateLink(first.Token) // an earlier link stays good

	t.Run("pending becomes invited", func(t *testing.T) {
		w.member(org, object{"email_address": "p@example.edu", "create_member_as_pending": true})
		out := w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": "p@example.edu"})
		require.Equal(t, "invited", out.text("member", "status"))
	})
	t.Run("to an allowed domain", func(t *testing.T) {
		some := w.organization(object{"email_invites": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
		w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": some, "email_address": "x@Example.edu"})
	})
	t.Run("deleting takes it back", func(t *testing.T) {
		out := w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": "gone@example.edu"})
		outbox := w.stytch.Outbox()
		w.ok(http.MethodDelete, organizations+"/"+org+"/members/"+out.text("member_id"), nil)
		w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": outbox[len(outbox)-1].Token})
	})
}
