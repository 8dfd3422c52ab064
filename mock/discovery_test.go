package mock_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

const discover = "/v1/b2b/discovery"

// discoveryIST proves an address without an organization.
func (w wire) discoveryIST(email string) string {
	w.t.Helper()
	w.ok(http.MethodPost, otps+"/email/discovery/send", object{"email_address": email})
	out := w.ok(http.MethodPost, otps+"/email/discovery/authenticate", object{"email_address": email, "code": w.lastMessage(email).Code})
	return out.text("intermediate_session_token")
}

func (w wire) lastMessage(to string) mock.Message {
	w.t.Helper()
	outbox := w.stytch.Outbox()
	for i := len(outbox) - 1; i >= 0; i-- {
		if outbox[i].To == to {
			return outbox[i]
		}
	}
	require.Fail(w.t, "nothing was sent", to)
	return mock.Message{}
}

// types lists the memberships of discovered organizations.
func types(out object) []string {
	var found []string
	for _, o := range list(out["discovered_organizations"]) {
		found = append(found, object(o.(map[string]any)).text("membership", "type"))
	}
	return found
}

func TestDiscoveredOrganizations(t *testing.T) {
	w := newWire(t)
	open := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}, "email_invites": "ALL_ALLOWED"})
	email := "ada@example.edu"
	require.Empty(t, types(w.ok(http.MethodPost, discover+"/organizations", object{"intermediate_session_token": w.discoveryIST(email)})),
		"nobody there has proven an address of the domain: anybody could have made the organization")
	w.stytch.SignIn(memberID(w.member(open, object{"email_address": "first@example.edu"})))

	active := w.organization(nil)
	w.member(active, object{"email_address": email})
	pending := w.organization(nil)
	w.member(pending, object{"email_address": email, "create_member_as_pending": true})
	invited := w.organization(nil)
	w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": invited, "email_address": "ADA@example.edu"})
	w.organization(nil) // that has nothing to do with her
	gone := w.organization(nil)
	w.ok(http.MethodDelete, organizations+"/"+gone+"/members/"+w.member(gone, object{"email_address": email}), nil)

	ist := w.discoveryIST(email)
	for range 2 { // listing uses nothing up
		out := w.ok(http.MethodPost, discover+"/organizations", object{"intermediate_session_token": ist})
		require.Equal(t, []string{"eligible_to_join_by_email_domain", "active_member", "pending_member", "invited_member"}, types(out))
		require.Equal(t, email, out["email_address"])
		require.Nil(t, out["organization_id_hint"])
	}
	signedIn := w.ok(http.MethodPost, discover+"/intermediate_sessions/exchange", object{"intermediate_session_token": ist, "organization_id": active})
	out := w.ok(http.MethodPost, discover+"/organizations", object{"session_token": signedIn.text("session_token")})
	require.Equal(t, []string{"active_member", "pending_member", "invited_member"}, types(out), "a session shows no organizations to join")

	w.refuses(400, "too_many_session_arguments", http.MethodPost, discover+"/organizations", object{"intermediate_session_token": ist, "session_token": signedIn.text("session_token")})
	w.refuses(400, "no_session_arguments", http.MethodPost, discover+"/organizations", object{})
	w.refuses(400, "invalid_session_token", http.MethodPost, discover+"/organizations", object{"intermediate_session_token": "x"})
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, discover+"/organizations", object{"intermediate_session_token": ist})
}

func TestExchangeOfDiscovery(t *testing.T) {
	for _, tt := range []struct {
		name     string
		settings object
		member   object // nil: a stranger
		status   int
		kind     string
	}{
		{"member", nil, object{}, 200, ""},
		{"pending member", nil, object{"create_member_as_pending": true}, 200, ""},
		{"stranger", nil, nil, 400, "email_jit_provisioning_not_allowed"},
		{"stranger of the domain", object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}}, nil, 200, ""},
		{"stranger of another domain", object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.org"}}, nil, 400, "invalid_email_for_jit_provisioning"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			org := w.organization(tt.settings)
			if tt.member != nil {
				w.member(org, with(object{"email_address": "ada@example.edu"}, tt.member))
			}
			body := object{"intermediate_session_token": w.discoveryIST("ada@example.edu"), "organization_id": org}
			if tt.kind != "" {
				w.refuses(tt.status, tt.kind, http.MethodPost, discover+"/intermediate_sessions/exchange", body)
				return
			}
			w.refuses(400, "invalid_session_duration_minutes", http.MethodPost, discover+"/intermediate_sessions/exchange", with(body, object{"session_duration_minutes": 4}))
			out := w.ok(http.MethodPost, discover+"/intermediate_sessions/exchange", body)
			require.Equal(t, true, out["member_authenticated"])
			require.Equal(t, "active", out.text("member", "status"))
			require.Equal(t, true, out.at("member", "email_address_verified"))
			w.refuses(404, "intermediate_session_not_found", http.MethodPost, discover+"/intermediate_sessions/exchange", body)
		})
	}
}

// An exchange that owes a second factor keeps the token, and the token then
// finishes the sign-in.
func TestExchangeThatOwesMFA(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	id := w.member(org, object{"email_address": "ada@example.edu", "mfa_phone_number": "+15005550006"})
	ist := w.discoveryIST("ada@example.edu")
	out := w.ok(http.MethodPost, discover+"/intermediate_sessions/exchange", object{"intermediate_session_token": ist, "organization_id": org})
	require.Equal(t, ist, requirePending(t, out))
	require.Equal(t, "sms_otp", out.text("mfa_required", "secondary_auth_initiated"))
	require.Nil(t, out["primary_required"])
	signedIn := w.ok(http.MethodPost, otps+"/sms/authenticate", object{
		"organization_id": org, "member_id": id, "intermediate_session_token": ist, "code": w.lastMessage("+15005550006").Code,
	})
	require.Len(t, signedIn.at("member_session", "authentication_factors"), 2)
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, discover+"/organizations", object{"intermediate_session_token": ist})
}

func TestExchangeThatOwesAPrimary(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}, "sso_jit_provisioning": "ALL_ALLOWED"})
	id := w.member(org, object{"email_address": "ada@example.edu"})
	ist := w.discoveryIST("ada@example.edu")
	out := w.ok(http.MethodPost, discover+"/intermediate_sessions/exchange", object{"intermediate_session_token": ist, "organization_id": org})
	require.Equal(t, []any{"sso"}, out.at("primary_required", "allowed_auth_methods"))
	require.Nil(t, out["mfa_required"], "a primary method is owed first")
	w.refuses(400, "action_available_only_once_primary_authentication_is_met", http.MethodPost, totps+"/authenticate",
		object{"organization_id": org, "member_id": id, "intermediate_session_token": ist, "code": "123456"})
}

func TestCreateByDiscovery(t *testing.T) {
	w := newWire(t)
	create := discover + "/organizations/create"
	t.Run("is named after its founder", func(t *testing.T) {
		for _, tt := range []struct{ email, name, slug string }{
			{"ada@grimoire.org", "grimoire.org", "grimoire-org"},
			{"ada@example.edu", "ada", "ada"},
			{"ada@gmail.com", "ada", "ada-2"},
		} {
			out := w.ok(http.MethodPost, create, object{"intermediate_session_token": w.discoveryIST(tt.email)})
			require.Equal(t, tt.name, out.text("organization", "organization_name"))
			require.Equal(t, tt.slug, out.text("organization", "organization_slug"))
			require.Equal(t, true, out.at("member", "is_admin"))
			require.Equal(t, []any{"stytch_member", "stytch_admin"}, out.at("member_session", "roles"))
		}
	})
	t.Run("may owe a second factor at once", func(t *testing.T) {
		out := w.ok(http.MethodPost, create, object{"intermediate_session_token": w.discoveryIST("eve@example.edu"), "mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
		requirePending(t, out)
		require.NotNil(t, out["mfa_required"])
	})
	t.Run("refusals leave nothing behind", func(t *testing.T) {
		w.organization(object{"claimed_email_domains": []string{"claimed.edu"}})
		before := w.ok(http.MethodPost, organizations+"/search", object{}).at("results_metadata", "total")
		w.refuses(400, "claimed_email_domains_not_supported", http.MethodPost, create, object{"intermediate_session_token": w.discoveryIST("bob@example.edu"), "claimed_email_domains": []string{"bob.edu"}})
		w.refuses(400, "organization_slug_already_used", http.MethodPost, create, object{"intermediate_session_token": w.discoveryIST("bob@example.edu"), "organization_slug": "ada"})
		w.refuses(400, "action_not_allowed_email_domain_is_claimed", http.MethodPost, create, object{"intermediate_session_token": w.discoveryIST("bob@claimed.edu")})
		require.Equal(t, before, w.ok(http.MethodPost, organizations+"/search", object{}).at("results_metadata", "total"))
	})
}

func TestDiscoveryLinks(t *testing.T) {
	w := newWire(t)
	email := "ada@example.edu"
	challenge := "hODA6vqpWjTCk_J4rFLkXOU3urXnUqAOaVmhOuEDtlo" // of 32 zeros
	send := func() string {
		w.ok(http.MethodPost, links+"/email/discovery/send", object{"email_address": email, "pkce_code_challenge": challenge})
		return w.lastMessage(email).Token
	}
	authenticate := links + "/discovery/authenticate"
	token := send()
	w.refuses(400, "pkce_expected_code_verifier", http.MethodPost, authenticate, object{"discovery_magic_links_token": token})
	w.refuses(401, "pkce_mismatch", http.MethodPost, authenticate, object{"discovery_magic_links_token": token, "pkce_code_verifier": "11111111111111111111111111111111"})
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, authenticate, object{"discovery_magic_links_token": token, "pkce_code_verifier": "00000000000000000000000000000000"})
	w.ok(http.MethodPost, authenticate, object{"discovery_magic_links_token": send(), "pkce_code_verifier": "00000000000000000000000000000000"})

	old := send()
	w.stytch.Age(time.Hour)
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, authenticate, object{"discovery_magic_links_token": old, "pkce_code_verifier": "00000000000000000000000000000000"})
	org := w.organization(nil)
	w.member(org, object{"email_address": email})
	w.refuses(404, "magic_link_not_found", http.MethodPost, authenticate, object{"discovery_magic_links_token": w.link(org, email, nil)})

	w.ok(http.MethodPost, links+"/email/discovery/send", object{"email_address": email, "discovery_redirect_url": "https://app.example.edu/auth?keep=1"})
	res := w.send(http.MethodGet, w.lastMessage(email).Link[len(w.stytch.BaseURL()):], nil)
	require.Equal(t, "https://app.example.edu/auth?keep=1&stytch_token_type=discovery&token="+queryOf(w.lastMessage(email).Token), res.Header.Get("Location"))
	for field, kind := range map[string]string{"discovery_expiration_minutes": "invalid_expiration", "discovery_redirect_url": "bad_request"} {
		w.refuses(400, kind, http.MethodPost, links+"/email/discovery/send", object{"email_address": email, field: 4})
	}
	w.refuses(400, "invalid_email", http.MethodPost, links+"/email/discovery/send", object{"email_address": "ada"})
}

func queryOf(token string) string { return url.QueryEscape(token) }
