package mock_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

const oauthPath = "/v1/b2b/oauth"

// startURL is a public start URL with these parameters besides the public token.
func (w wire) startURL(path string, params map[string]string) string {
	query := url.Values{"public_token": {w.stytch.PublicToken()}}
	for name, value := range params {
		query.Set(name, value)
	}
	return path + "?" + query.Encode()
}

// come follows a start URL without credentials, and returns where it leads.
func (w wire) come(path string, params map[string]string) *url.URL {
	w.t.Helper()
	w.header = http.Header{"Authorization": {"none"}} // a browser has no project secret
	res := w.send(http.MethodGet, w.startURL(path, params), nil)
	body, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusFound, res.StatusCode, "%s", body)
	to, err := url.Parse(res.Header.Get("Location"))
	require.NoError(w.t, err)
	return to
}

// oauthToken signs an IdPUser in at a provider.
func (w wire) oauthToken(provider, org, email string) string {
	w.t.Helper()
	return w.come("/v1/b2b/public/oauth/"+provider+"/start", map[string]string{"organization_id": org, "mock_persona": email}).Query().Get("token")
}

func (w wire) oauth(provider, org, email string) object {
	w.t.Helper()
	return w.ok(http.MethodPost, oauthPath+"/authenticate", object{"oauth_token": w.oauthToken(provider, org, email)})
}

func TestOAuthStartRefusals(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	start := "/v1/b2b/public/oauth/google/start"
	for _, tt := range []struct {
		name, path, kind string
		status           int
		params           map[string]string
	}{
		{"another public token", start, "public_token_not_found", 404, map[string]string{"public_token": "public-token-test-x", "organization_id": org}},
		{"no public token", start, "public_token_required", 400, map[string]string{"public_token": "", "organization_id": org}},
		{"no organization", start, "missing_oauth_organization_locator", 400, nil},
		{"two organizations", start, "too_many_oauth_organization_locators", 400, map[string]string{"organization_id": org, "slug": "x"}},
		{"unknown organization", start, "organization_not_found", 404, map[string]string{"slug": "nowhere"}},
		{"unknown provider", "/v1/b2b/public/oauth/myspace/start", "invalid_oauth_provider", 400, map[string]string{"organization_id": org}},
		{"challenge", start, "invalid_pkce_code_challenge", 400, map[string]string{"organization_id": org, "pkce_code_challenge": "x"}},
		{"login URL", start, "invalid_login_oauth_url", 400, map[string]string{"organization_id": org, "login_redirect_url": "javascript:alert(1)"}},
		{"signup URL", start, "invalid_signup_oauth_url", 400, map[string]string{"organization_id": org, "signup_redirect_url": "x"}},
		{"discovery URL", "/v1/b2b/public/oauth/google/discovery/start", "invalid_discovery_redirect_url", 400, map[string]string{"discovery_redirect_url": "x"}},
		{"persona without an address", start, "invalid_email", 400, map[string]string{"organization_id": org, "mock_persona": "ada"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			anonymous := wire{t: t, stytch: w.stytch, header: http.Header{"Authorization": {"none"}}}
			anonymous.refuses(tt.status, tt.kind, http.MethodGet, w.startURL(tt.path, tt.params), nil)
		})
	}
	t.Run("a URL that is not registered", func(t *testing.T) {
		strict := wire{t: t, stytch: &mock.Stytch{RedirectURLs: []string{"https://app.example.edu/auth"}}}
		strict.refuses(400, "no_match_for_provided_oauth_url", http.MethodGet,
			strict.startURL(start, map[string]string{"organization_id": strict.organization(nil), "login_redirect_url": "https://evil.example.org/"}), nil)
	})
}

// The page is for people: it lists who there is, and each choice leads on.
func TestIdentityProviderPage(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"organization_name": `<script>alert("x")</script>`})
	w.member(org, object{"email_address": "ada@example.edu", "name": "Ada & Co"})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "grace@example.edu", Name: "Grace"})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "grace@example.edu", Name: "Grace Hopper"})
	start := map[string]string{"organization_id": org, "login_redirect_url": "https://app.example.edu/auth?keep=1", "signup_redirect_url": "https://app.example.edu/welcome"}
	show := func() (page, base string) {
		to := w.come("/v1/b2b/public/oauth/google/start", start)
		require.Equal(t, "/mock/idp", to.Path)
		res := w.send(http.MethodGet, to.RequestURI(), nil)
		require.Equal(t, "text/html; charset=utf-8", res.Header.Get("Content-Type"))
		require.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'")
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(raw), to.RequestURI()
	}
	page, _ := show()
	require.NotContains(t, page, "<script>")
	require.Contains(t, page, "Ada &amp; Co")
	require.Contains(t, page, "Grace Hopper")
	require.NotContains(t, page, ">Grace<", "AddIdPUser changes somebody who is known")
	follow := func(page, with string) *url.URL {
		link := regexp.MustCompile(`href="(/mock/idp/callback[^"]*` + with + `[^"]*)"`).FindStringSubmatch(page)
		require.NotNil(t, link, page)
		res := w.send(http.MethodGet, strings.ReplaceAll(link[1], "&amp;", "&"), nil)
		require.Equal(t, http.StatusFound, res.StatusCode)
		to, err := url.Parse(res.Header.Get("Location"))
		require.NoError(t, err)
		w.refuses(400, "oauth_invalid_state", http.MethodGet, strings.ReplaceAll(link[1], "&amp;", "&"), nil)
		return to
	}
	member := follow(page, "ada")
	require.Equal(t, "/auth", member.Path)
	require.Equal(t, "1", member.Query().Get("keep"))
	require.Equal(t, "oauth", member.Query().Get("stytch_token_type"))
	w.ok(http.MethodPost, oauthPath+"/authenticate", object{"oauth_token": member.Query().Get("token")})
	page, _ = show()
	require.Equal(t, "/welcome", follow(page, "grace").Path, "who is no member yet signs up")
	page, _ = show()
	cancelled := follow(page, "access_denied")
	require.Equal(t, "access_denied", cancelled.Query().Get("error"))
	require.Empty(t, cancelled.Query().Get("token"))
	page, _ = show()
	require.Equal(t, "server_error", follow(page, "server_error").Query().Get("error"))

	_, stale := show()
	w.stytch.Age(10 * time.Minute)
	w.refuses(400, "oauth_invalid_state", http.MethodGet, stale, nil)
	require.Panics(t, func() { w.stytch.AddIdPUser(mock.IdPUser{Email: "grace"}) })
}

func TestOAuthTokens(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	w.member(org, object{"email_address": "ada@example.edu"})
	path := oauthPath + "/authenticate"
	w.refuses(400, "invalid_token", http.MethodPost, path, object{"oauth_token": "x"})
	old := w.oauthToken("google", org, "ada@example.edu")
	w.stytch.Age(5 * time.Minute)
	w.refuses(404, "oauth_token_not_found", http.MethodPost, path, object{"oauth_token": old})

	doomed := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
	orphan := w.oauthToken("google", doomed, "ada@example.edu")
	w.ok(http.MethodDelete, organizations+"/"+doomed, nil)
	w.refuses(404, "oauth_token_not_found", http.MethodPost, path, object{"oauth_token": orphan})

	bound := w.come("/v1/b2b/public/oauth/google/start", map[string]string{
		"organization_id": org, "mock_persona": "ada@example.edu", "pkce_code_challenge": "hODA6vqpWjTCk_J4rFLkXOU3urXnUqAOaVmhOuEDtlo",
	}).Query().Get("token")
	w.refuses(404, "oauth_token_not_found", http.MethodPost, oauthPath+"/discovery/authenticate", object{"discovery_oauth_token": bound})
	w.refuses(400, "pkce_expected_code_verifier", http.MethodPost, path, object{"oauth_token": bound})
	w.refuses(400, "invalid_session_duration_minutes", http.MethodPost, path, object{"oauth_token": bound, "session_duration_minutes": 1})
	w.ok(http.MethodPost, path, object{"oauth_token": bound, "pkce_code_verifier": "00000000000000000000000000000000"})
}

func TestOAuthProvisioning(t *testing.T) {
	byDomain := object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}}
	byTenant := object{"oauth_tenant_jit_provisioning": "RESTRICTED", "allowed_oauth_tenants": object{"slack": []string{"T1"}}, "email_invites": "ALL_ALLOWED"}
	for _, tt := range []struct {
		name, provider string
		settings       object
		idpUser        mock.IdPUser
		kind           string // of the refusal; empty: signed in or unfinished
		authenticated  bool
	}{
		{"nobody may join", "google", nil, mock.IdPUser{}, "email_jit_provisioning_not_allowed", false},
		{"by domain", "google", byDomain, mock.IdPUser{}, "", true},
		{"by domain, with an address that nobody vouches for", "google", byDomain, mock.IdPUser{Unverified: true}, "", false},
		{"by domain, with a provider that never does", "github", byDomain, mock.IdPUser{}, "", false},
		{"by workspace", "slack", byTenant, mock.IdPUser{Tenants: []string{"T0", "T1"}}, "", false},
		{"by another workspace", "slack", byTenant, mock.IdPUser{Tenants: []string{"T2"}}, "invalid_oauth_tenant_for_jit_provisioning", false},
		{"by the workspace of another provider", "hubspot", byTenant, mock.IdPUser{Tenants: []string{"T1"}}, "invalid_oauth_tenant_for_jit_provisioning", false},
		{"by a method that is not allowed", "google", object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"microsoft_oauth"}, "email_invites": "ALL_ALLOWED"}, mock.IdPUser{}, "operation_restricted_by_organization_auth_methods", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			org := w.organization(tt.settings)
			tt.idpUser.Email, tt.idpUser.Name = "new@example.edu", "New Person"
			w.stytch.AddIdPUser(tt.idpUser)
			token := w.oauthToken(tt.provider, org, "new@example.edu")
			if tt.kind != "" {
				w.refuses(400, tt.kind, http.MethodPost, oauthPath+"/authenticate", object{"oauth_token": token})
				return
			}
			out := w.ok(http.MethodPost, oauthPath+"/authenticate", object{"oauth_token": token})
			require.Equal(t, tt.authenticated, out["member_authenticated"])
			require.Equal(t, "New Person", out.text("member", "name"))
			require.Equal(t, tt.authenticated, out.at("member", "email_address_verified"))
			require.Equal(t, tt.authenticated, len(list(out.at("member", "oauth_registrations"))) == 1, "an account counts once it is confirmed")
		})
	}
}

// A provider that does not vouch for addresses must not open somebody's account.
func TestUnverifiedAddressOpensNothing(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "ada@example.edu"})
	w.stytch.SignIn(memberID(id)) // she has proven her address
	ist := requirePending(t, w.oauth("github", org, "ada@example.edu"))
	require.Empty(t, w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).at("member", "oauth_registrations"))
	token := w.link(org, "ada@example.edu", nil)
	out := w.ok(http.MethodPost, links+"/authenticate", object{"magic_links_token": token, "intermediate_session_token": ist})
	require.Equal(t, true, out["member_authenticated"])
	require.Len(t, out.at("member_session", "authentication_factors"), 2)
	require.Equal(t, true, w.oauth("github", org, "ada@example.edu")["member_authenticated"], "the account is confirmed")

	// The account leads to her, whatever its address is by now.
	w.stytch.AddIdPUser(mock.IdPUser{Email: "moved@example.edu", Subject: "42"})
	moved := w.member(org, object{"email_address": "moved@example.edu"})
	w.oauth("google", org, "moved@example.edu")
	w.ok(http.MethodPut, organizations+"/"+org+"/members/"+moved, object{"email_address": "new.name@example.edu"})
	require.Equal(t, moved, w.oauth("google", org, "moved@example.edu").text("member_id"))
}

func TestOAuthDiscovery(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"oauth_tenant_jit_provisioning": "RESTRICTED", "allowed_oauth_tenants": object{"slack": []string{"T1"}}, "email_invites": "ALL_ALLOWED"})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Name: "Ada", Tenants: []string{"T1", "T2"}})
	begin := func(provider string) object {
		to := w.come("/v1/b2b/public/oauth/"+provider+"/discovery/start", map[string]string{"mock_persona": "ada@example.edu"})
		require.Equal(t, "discovery_oauth", to.Query().Get("stytch_token_type"))
		require.False(t, to.Query().Has("slug"))
		return w.ok(http.MethodPost, oauthPath+"/discovery/authenticate", object{"discovery_oauth_token": to.Query().Get("token")})
	}
	out := begin("slack")
	require.Equal(t, []string{"eligible_to_join_by_oauth_tenant"}, types(out))
	require.Equal(t, "T1", out["provider_tenant_id"])
	require.Equal(t, []any{"T1", "T2"}, out["provider_tenant_ids"])
	require.Equal(t, "Ada", out["full_name"])
	joined := w.ok(http.MethodPost, discover+"/intermediate_sessions/exchange", object{"intermediate_session_token": out.text("intermediate_session_token"), "organization_id": org})
	require.NotNil(t, joined["primary_required"], "Slack does not vouch for her address")
	require.Equal(t, "pending", joined.text("member", "status"))

	require.Empty(t, types(begin("github"))[1:])
	founded := w.ok(http.MethodPost, discover+"/organizations/create", object{"intermediate_session_token": begin("github").text("intermediate_session_token")})
	require.NotNil(t, founded["primary_required"])
	founded = w.ok(http.MethodPost, discover+"/organizations/create", object{"intermediate_session_token": begin("google").text("intermediate_session_token")})
	require.Equal(t, true, founded["member_authenticated"])
	require.Equal(t, "Google", object(list(founded.at("member", "oauth_registrations"))[0].(map[string]any)).text("provider_type"))
}

func TestOAuthProviderTokens(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"oauth_tenant_jit_provisioning": "RESTRICTED", "allowed_oauth_tenants": object{"slack": []string{"T1"}}, "email_invites": "ALL_ALLOWED"})
	id := w.member(org, object{"email_address": "ada@example.edu"})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Tenants: []string{"T1"}})
	for _, provider := range []string{"google", "microsoft", "slack", "hubspot", "github"} {
		t.Run(provider, func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			at := organizations + "/" + org + "/members/" + id + "/oauth_providers/" + provider
			w.refuses(404, "member_oauth_token_not_found", http.MethodGet, at, nil)
			out := w.oauth(provider, org, "ada@example.edu")
			if out["member_authenticated"] != true {
				w.ok(http.MethodPost, links+"/authenticate", object{"magic_links_token": w.link(org, "ada@example.edu", nil), "intermediate_session_token": out.text("intermediate_session_token")})
			}
			answer := w.ok(http.MethodGet, at, nil)
			if account := list(answer["registrations"]); len(account) > 0 {
				answer = account[0].(map[string]any)
			}
			require.Equal(t, out.text("provider_values", "access_token"), answer.text("access_token"))
			require.Empty(t, answer.text("refresh_token"), "only for who asks")
			if provider == "google" {
				require.NotEmpty(t, w.ok(http.MethodGet, at+"?include_refresh_token=true", nil).text("refresh_token"))
			}
		})
	}
}

// With a provider's account one can switch organizations, but not on the strength
// of an address that nobody has proven.
func TestExchangeOfOAuth(t *testing.T) {
	w := newWire(t)
	org, other := w.organization(nil), w.organization(nil)
	ada := w.member(org, object{"email_address": "ada@example.edu"})
	w.member(other, object{"email_address": "ada@example.edu"})
	w.member(other, object{"email_address": "victim@example.edu"})
	exchange := func(token string) object { return object{"organization_id": other, "session_token": token} }
	session := w.oauth("google", org, "ada@example.edu").text("session_token")
	out := w.ok(http.MethodPost, sessions+"/exchange", exchange(session))
	factor := object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any))
	require.Equal(t, "oauth_exchange_google", factor.text("delivery_method"))
	require.NotEmpty(t, factor.text("google_oauth_exchange_factor", "email_id"))
	require.Empty(t, out.at("member", "oauth_registrations"), "the provider's tokens stay where they were given")

	microsoft := w.oauth("microsoft", org, "ada@example.edu").text("session_token")
	w.refuses(401, "insufficient_factors_for_session_exchange", http.MethodPost, sessions+"/exchange", exchange(microsoft))

	w.ok(http.MethodPut, organizations+"/"+org+"/members/"+ada, object{"email_address": "victim@example.edu"})
	w.refuses(401, "insufficient_factors_for_session_exchange", http.MethodPost, sessions+"/exchange", exchange(session))
}
