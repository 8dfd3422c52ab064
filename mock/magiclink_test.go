package mock_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestAuthenticateMagicLink(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "ada@example.edu"})
	token := w.link(org, "ada@example.edu", nil)
	out := w.authenticateLink(token)
	require.Equal(t, id, out["member_id"])
	require.Equal(t, org, out["organization_id"])
	require.Regexp(t, `^email-test-`, out["method_id"])
	require.Equal(t, false, out["reset_sessions"])
	require.Equal(t, true, out["member_authenticated"])
	require.Equal(t, "", out["intermediate_session_token"])
	for _, name := range []string{"intermediate_session_token_expires_at", "mfa_required", "primary_required", "member_device"} {
		require.Contains(t, out, name)
		require.Nil(t, out[name], name)
	}
	require.Regexp(t, `^[A-Za-z0-9_-]{44}$`, out["session_token"])
	require.Regexp(t, `^member-session-test-`, out.at("member_session", "member_session_id"))
	factor := object(out.at("member_session", "authentication_factors").([]any)[0].(map[string]any))
	require.Equal(t, "magic_link", factor["type"])
	require.Equal(t, "email", factor["delivery_method"])
	require.Equal(t, "PRIMARY", factor["sequence_order"])
	require.Equal(t, map[string]any{"email_id": out["method_id"], "email_address": "ada@example.edu"}, factor["email_factor"])

	for _, tt := range []struct {
		name, token string
		status      int
		errorType   string
	}{
		{"used", token, 401, "unable_to_auth_magic_link"},
		{"unknown", "SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4=", 404, "magic_link_not_found"},
		{"empty", "", 400, "invalid_token"},
		{"no base64", "not a token", 400, "invalid_token"},
		{"short", "c2hvcnQ=", 400, "invalid_token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.errorType, http.MethodPost, links+"/authenticate", object{"magic_links_token": tt.token})
		})
	}
	t.Run("a wrong request does not use it up", func(t *testing.T) {
		token := w.link(org, "ada@example.edu", nil)
		dead := "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q"
		for _, tt := range []struct {
			given     object
			status    int
			errorType string
		}{
			{object{"session_duration_minutes": 4}, 400, "invalid_session_duration_minutes"},
			{object{"session_duration_minutes": 0}, 400, "invalid_session_duration_minutes"},
			{object{"locale": "xx"}, 400, "invalid_locale"},
			{object{"session_custom_claims": object{"sub": "x"}}, 400, "reserved_claims_in_custom_claims"},
			{object{"session_token": dead}, 404, "session_not_found"},
			{object{"session_token": "x"}, 400, "invalid_session_token"},
			{object{"session_token": dead, "session_jwt": "x"}, 400, "too_many_session_arguments"},
			{object{"session_token": out["session_token"], "intermediate_session_token": "x"}, 400, "invalid_session_fields"},
			{object{"intermediate_session_token": "x"}, 400, "invalid_session_token"},
			{object{"intermediate_session_token": dead}, 404, "intermediate_session_not_found"},
			{object{"pkce_code_verifier": strings.Repeat("0", 43)}, 400, "pkce_did_not_expect_code_verifier"},
		} {
			tt.given["magic_links_token"] = token
			w.refuses(tt.status, tt.errorType, http.MethodPost, links+"/authenticate", tt.given)
		}
		w.authenticateLink(token)
	})
}

func TestMagicLinkWithASession(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	w.member(org, object{"email_address": "ada@example.edu"})
	w.member(org, object{"email_address": "bob@example.edu"})
	first := w.authenticateLink(w.link(org, "ada@example.edu", nil))

	again := w.ok(http.MethodPost, links+"/authenticate", object{
		"magic_links_token": w.link(org, "ada@example.edu", nil), "session_token": first["session_token"],
		"session_duration_minutes": 120, "session_custom_claims": object{"seat": "A4"},
	})
	require.Equal(t, first["session_token"], again["session_token"], "one's own session is updated")
	require.Equal(t, first.text("member_session", "member_session_id"), again.text("member_session", "member_session_id"))
	require.Len(t, again.at("member_session", "authentication_factors"), 1, "the same proof is renewed")
	require.Equal(t, "A4", again.text("member_session", "custom_claims", "seat"))
	ends, err := time.Parse(time.RFC3339, again.text("member_session", "expires_at"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), ends, time.Minute)

	bob := w.ok(http.MethodPost, links+"/authenticate", object{
		"magic_links_token": w.link(org, "bob@example.edu", nil), "session_jwt": first["session_jwt"],
	})
	require.NotEqual(t, first["session_token"], bob["session_token"], "somebody else's is ignored")
	w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": first["session_token"]})
}

func TestLinksExpire(t *testing.T) {
	for _, tt := range []struct {
		name, kind string
		minutes    any
		life       time.Duration
	}{
		{"login", "login", nil, time.Hour},
		{"short login", "login", 5, 5 * time.Minute},
		{"invite", "invite", nil, 7 * 24 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWire(t)
				org := w.organization(nil)
				w.member(org, object{"email_address": "ada@example.edu"})
				send := func(name string) string {
					if tt.kind == "login" {
						return w.link(org, "ada@example.edu", object{"login_expiration_minutes": tt.minutes})
					}
					w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": name + "@example.edu"})
					outbox := w.stytch.Outbox()
					return outbox[len(outbox)-1].Token
				}
				early, late := send("early"), send("late")
				time.Sleep(tt.life - time.Microsecond)
				w.authenticateLink(early)
				time.Sleep(time.Microsecond)
				w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": late})
			})
		})
	}
}

func TestFollowLink(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"organization_slug": "laws1100"})
	w.member(org, object{"email_address": "ada@example.edu"})
	follow := func(t *testing.T, method, link string) (int, url.Values) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, link, nil) // no credentials: a browser
		require.NoError(t, err)
		res, err := w.stytch.RoundTrip(req)
		require.NoError(t, err)
		to, err := url.Parse(res.Header.Get("Location"))
		require.NoError(t, err)
		return res.StatusCode, to.Query()
	}
	sent := func() mock.Message {
		outbox := w.stytch.Outbox()
		return outbox[len(outbox)-1]
	}

	t.Run("looking does not use it up", func(t *testing.T) {
		token := w.link(org, "ada@example.edu", object{"login_redirect_url": "https://grimoire.example.edu/in?return_to=%2Fx&slug=mine"})
		for _, method := range []string{"HEAD", "GET", "GET", "HEAD"} {
			status, query := follow(t, method, sent().Link)
			require.Equal(t, http.StatusFound, status)
			require.Equal(t, url.Values{
				"return_to": {"/x"}, "slug": {"laws1100"}, "token": {token}, "stytch_token_type": {"multi_tenant_magic_links"},
			}, query)
		}
		w.authenticateLink(token)
		status, query := follow(t, "GET", sent().Link)
		require.Equal(t, http.StatusFound, status, "a used link leads to the page that says so")
		require.Equal(t, token, query.Get("token"))
	})
	t.Run("default", func(t *testing.T) {
		w.link(org, "ada@example.edu", nil)
		res := w.send(http.MethodGet, strings.TrimPrefix(sent().Link, "http://stytch.localhost"), nil)
		require.True(t, strings.HasPrefix(res.Header.Get("Location"), "http://localhost:3000/authenticate?"))
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	})
	page := links + "/redirect"
	w.refuses(400, "public_token_required", http.MethodGet, page+"?token=x", nil)
	w.refuses(404, "public_token_not_found", http.MethodGet, page+"?public_token=x&token=x", nil)
	w.refuses(404, "magic_link_not_found", http.MethodGet, page+"?public_token="+w.stytch.PublicToken()+"&token=x", nil)
	for _, entry := range w.stytch.Journal() {
		require.NotContains(t, entry.Path, "token=", "the journal keeps no query")
	}
}

func TestPKCE(t *testing.T) {
	// Stytch's own test vector.
	verifier, challenge := strings.Repeat("0", 32), "hODA6vqpWjTCk_J4rFLkXOU3urXnUqAOaVmhOuEDtlo"
	w := newWire(t)
	org := w.organization(nil)
	w.member(org, object{"email_address": "ada@example.edu"})
	token := w.link(org, "ada@example.edu", object{"pkce_code_challenge": challenge})
	redeem := func(verifier string) object {
		return object{"magic_links_token": token, "pkce_code_verifier": verifier}
	}
	w.refuses(400, "pkce_expected_code_verifier", http.MethodPost, links+"/authenticate", redeem(""))
	w.refuses(400, "invalid_pkce_code_verifier", http.MethodPost, links+"/authenticate", redeem("short"))
	w.ok(http.MethodPost, links+"/authenticate", redeem(verifier))

	t.Run("one guess", func(t *testing.T) {
		token = w.link(org, "ada@example.edu", object{"pkce_code_challenge": challenge})
		w.refuses(401, "pkce_mismatch", http.MethodPost, links+"/authenticate", redeem(strings.Repeat("1", 43)))
		w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", redeem(verifier))
	})
}

func TestSandbox(t *testing.T) {
	w := newWire(t)
	const org = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b"
	for _, path := range []string{"/email/login_or_signup", "/email/invite"} {
		out := w.ok(http.MethodPost, links+path, object{"organization_id": org, "email_address": "sandbox@stytch.com"})
		require.Equal(t, org, out.text("organization", "organization_id"))
	}
	require.Empty(t, w.stytch.Outbox(), "nothing is sent")
	good := object{"magic_links_token": "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94="}
	for range 2 {
		out := w.ok(http.MethodPost, links+"/authenticate", good)
		require.Equal(t, true, out["member_authenticated"])
		w.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": out["session_jwt"]})
	}
	w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU="})
	w.refuses(404, "magic_link_not_found", http.MethodPost, links+"/authenticate", object{"magic_links_token": "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM="})

	t.Run("not in a live project", func(t *testing.T) {
		live := wire{t: t, stytch: &mock.Stytch{Project: "project-live-" + uuid, DangerouslyLive: true}}
		status, out := live.do(http.MethodPost, links+"/authenticate", good)
		require.Equal(t, 404, status)
		require.Equal(t, "magic_link_not_found", out["error_type"])
	})
}
