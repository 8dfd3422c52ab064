package mock_test

import (
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

const (
	passwordPath = "/v1/b2b/passwords"
	goodPassword = "otter-lantern-9-quiver"
	newPassword  = "marble-ninety-fjord-lemon"
)

// withPassword makes a member who has goodPassword.
func withPassword(w wire, settings object) (org, id, email string) {
	org, email = w.organization(settings), w.unique()+"@example.edu"
	id = w.member(org, object{"email_address": email})
	w.ok(http.MethodPost, passwordPath+"/email/reset", object{"password_reset_token": w.resetToken(org, email, nil), "password": goodPassword})
	return org, id, email
}

func (w wire) resetToken(org, email string, fields object) string {
	w.t.Helper()
	w.ok(http.MethodPost, passwordPath+"/email/reset/start", with(object{"organization_id": org, "email_address": email}, fields))
	return w.lastMessage(email).Token
}

func TestPasswordStrength(t *testing.T) {
	for _, tt := range []struct {
		password, email string
		valid, breached bool
	}{
		{"Password123!", "", false, false},
		{"qwertyuiop", "", false, true},
		{"aaaaaaaaaaaaaaaaaaaa", "", false, false},
		{"12345678901234567890", "", false, false},
		{"P@ssw0rd2024", "", false, false},
		{"correcthorsebatterystaple", "", false, true},
		{"ada.lovelace1999", "ada.lovelace@example.edu", false, false},
		{"short-1", "", false, false},
		{goodPassword, "", true, false},
		{newPassword, "", true, false},
	} {
		t.Run(tt.password, func(t *testing.T) {
			out := newWire(t).ok(http.MethodPost, passwordPath+"/strength_check", object{"password": tt.password, "email_address": tt.email})
			require.Equal(t, tt.valid, out["valid_password"], "%v", out)
			require.Equal(t, tt.breached, out["breached_password"])
		})
	}
	newWire(t).refuses(400, "invalid_argument", http.MethodPost, passwordPath+"/strength_check", object{})
}

func FuzzPasswordStrength(f *testing.F) {
	for _, seed := range []string{"", "Password123!", goodPassword, "ééé\xff", "1234"} {
		f.Add(seed, "ada@example.edu")
	}
	w := newWire(f)
	f.Fuzz(func(t *testing.T, password, email string) {
		if password == "" {
			return
		}
		out := wire{t: t, stytch: w.stytch}.ok(http.MethodPost, passwordPath+"/strength_check", object{"password": password, "email_address": email})
		score, ok := out["score"].(float64)
		require.True(t, ok && score >= 0 && score <= 4)
		require.Equal(t, score >= 3 && out["breached_password"] == false, out["valid_password"])
	})
}

func TestPasswordAuthenticate(t *testing.T) {
	w := newWire(t)
	org, _, email := withPassword(w, nil)
	path := passwordPath + "/authenticate"
	good := object{"organization_id": org, "email_address": email, "password": goodPassword}
	for _, tt := range []struct {
		name, kind string
		status     int
		change     object
	}{
		{"wrong", "unauthorized_credentials", 401, object{"password": "wrong"}},
		{"empty", "unauthorized_credentials", 401, object{"password": ""}},
		{"nobody", "member_not_found", 404, object{"email_address": "nobody@example.edu"}},
		{"no address", "invalid_email", 400, object{"email_address": "ada"}},
		{"no organization", "organization_not_found", 404, object{"organization_id": "nowhere"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.kind, http.MethodPost, path, with(good, tt.change))
		})
	}
	out := w.ok(http.MethodPost, path, good)
	require.Equal(t, "knowledge", object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any)).text("delivery_method"))

	// Another organization's member of this address has a password of their own.
	elsewhere := w.organization(nil)
	w.member(elsewhere, object{"email_address": email})
	w.refuses(404, "member_password_not_found", http.MethodPost, path, with(good, object{"organization_id": elsewhere}))

	closed := w.organization(object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}, "sso_jit_provisioning": "ALL_ALLOWED"})
	w.member(closed, object{"email_address": email})
	for _, endpoint := range []string{"/authenticate", "/email/reset/start", "/existing_password/reset"} {
		w.refuses(400, "operation_restricted_by_organization_auth_methods", http.MethodPost, passwordPath+endpoint, with(good, object{"organization_id": closed, "existing_password": "x", "new_password": "y"}))
	}
}

func TestPasswordReset(t *testing.T) {
	w := newWire(t)
	org, id, email := withPassword(w, nil)
	path := passwordPath + "/email/reset"
	before := w.stytch.SignIn(memberID(id))
	token := w.resetToken(org, email, nil)
	w.refuses(400, "weak_password", http.MethodPost, path, object{"password_reset_token": token, "password": "hello"})
	w.refuses(400, "breached_password", http.MethodPost, path, object{"password_reset_token": token, "password": "correcthorsebatterystaple"})
	w.authenticate(before) // nothing has happened yet
	out := w.ok(http.MethodPost, path, object{"password_reset_token": token, "password": newPassword})
	require.NotEmpty(t, out.text("member_email_id"))
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": before.Token.Reveal()})
	w.refuses(401, "unauthorized_credentials", http.MethodPost, passwordPath+"/authenticate", object{"organization_id": org, "email_address": email, "password": goodPassword})

	late := w.resetToken(org, email, nil)
	w.stytch.Age(30 * time.Minute)
	w.refuses(401, "unable_to_auth_password_reset_token", http.MethodPost, path, object{"password_reset_token": late, "password": goodPassword})
	w.refuses(400, "invalid_token", http.MethodPost, path, object{"password_reset_token": "x", "password": goodPassword})
	w.refuses(401, "unable_to_auth_password_reset_token", http.MethodPost, path, object{"password_reset_token": w.link(org, email, nil), "password": goodPassword})

	// PKCE, whose fields have shorter names here.
	bound := w.resetToken(org, email, object{"code_challenge": "hODA6vqpWjTCk_J4rFLkXOU3urXnUqAOaVmhOuEDtlo"})
	w.refuses(400, "pkce_expected_code_verifier", http.MethodPost, path, object{"password_reset_token": bound, "password": goodPassword, "pkce_code_verifier": "00000000000000000000000000000000"})
	w.ok(http.MethodPost, path, object{"password_reset_token": bound, "password": goodPassword, "code_verifier": "00000000000000000000000000000000"})
}

func TestPasswordResetBySession(t *testing.T) {
	w := newWire(t)
	org, id, _ := withPassword(w, nil)
	mine, other := w.stytch.SignIn(memberID(id)), w.stytch.SignIn(memberID(id))
	body := object{"organization_id": org, "password": newPassword, "session_token": mine.Token.Reveal()}
	w.refuses(404, "member_does_not_exist_in_organization", http.MethodPost, passwordPath+"/session/reset", with(body, object{"organization_id": w.organization(nil)}))
	w.ok(http.MethodPost, passwordPath+"/session/reset", body)
	w.authenticate(mine)
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": other.Token.Reveal()})
	old := w.stytch.SignIn(memberID(id), mock.WithJWTAge(6*time.Minute))
	w.refuses(401, "session_too_old_to_reset_password", http.MethodPost, passwordPath+"/session/reset", with(body, object{"session_token": old.Token.Reveal()}))
}

func TestExistingPasswordReset(t *testing.T) {
	w := newWire(t)
	org, id, email := withPassword(w, nil)
	session := w.stytch.SignIn(memberID(id))
	body := object{"organization_id": org, "email_address": email, "existing_password": goodPassword, "new_password": newPassword}
	path := passwordPath + "/existing_password/reset"
	w.refuses(401, "unauthorized_credentials", http.MethodPost, path, with(body, object{"existing_password": "wrong"}))
	w.refuses(400, "cannot_reset_password_with_existing_password", http.MethodPost, path, with(body, object{"new_password": goodPassword}))
	w.refuses(400, "weak_password", http.MethodPost, path, with(body, object{"new_password": "hello"}))
	w.authenticate(session)
	w.ok(http.MethodPost, path, body)
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": session.Token.Reveal()})
}

func TestMigratePassword(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	path := passwordPath + "/migrate"
	sum := sha512.Sum512([]byte("<" + goodPassword + ">"))
	body := object{
		"organization_id": org, "email_address": "ada@example.edu", "name": "Ada", "roles": []string{"tutor"},
		"hash": hex.EncodeToString(sum[:]), "hash_type": "sha_512", "sha_512_config": object{"prepend_salt": "<", "append_salt": ">"},
	}
	for kind, change := range map[string]object{
		"invalid_hash_type":          {"hash_type": "rot13"},
		"invalid_sha_512_hash":       {"hash": "abc"},
		"invalid_hash":               {"hash_type": "scrypt", "hash": ""},
		"invalid_bcrypt_hash":        {"hash_type": "bcrypt"},
		"invalid_phpass_hash_prefix": {"hash_type": "phpass"},
		"invalid_rbac_role_id":       {"roles": []string{"wizard"}},
	} {
		w.refuses(400, kind, http.MethodPost, path, with(body, change))
	}
	out := w.ok(http.MethodPost, path, body)
	require.Equal(t, true, out["member_created"])
	require.Equal(t, "Ada", out.text("member", "name"))
	w.ok(http.MethodPost, passwordPath+"/authenticate", object{"organization_id": org, "email_address": "ada@example.edu", "password": goodPassword})
	w.refuses(400, "password_already_exists", http.MethodPost, path, body)
}

// With the project's other setting, a password is that of an address.
func TestCrossOrgPasswords(t *testing.T) {
	w := wire{t: t, stytch: &mock.Stytch{CrossOrgPasswords: true}}
	org, id, email := withPassword(w, nil)
	second := w.organization(nil)
	w.member(second, object{"email_address": email})
	w.ok(http.MethodPost, passwordPath+"/authenticate", object{"organization_id": second, "email_address": email, "password": goodPassword})
	password := w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).text("member", "member_password_id")
	w.refuses(400, "cross_org_passwords_enabled", http.MethodDelete, organizations+"/"+org+"/members/passwords/"+password, nil)

	out := w.ok(http.MethodPost, passwordPath+"/discovery/authenticate", object{"email_address": email, "password": goodPassword})
	require.Equal(t, []string{"active_member", "active_member"}, types(out))
	founded := w.ok(http.MethodPost, discover+"/organizations/create", object{"intermediate_session_token": out.text("intermediate_session_token")})
	require.NotNil(t, founded["primary_required"], "a password proves no address, so it founds nothing by itself")
	w.refuses(404, "member_password_not_found", http.MethodPost, passwordPath+"/discovery/authenticate", object{"email_address": "nobody@example.edu", "password": "x"})

	w.ok(http.MethodPost, passwordPath+"/email/require_reset", object{"email_address": email})
	w.refuses(400, "member_reset_password", http.MethodPost, passwordPath+"/discovery/authenticate", object{"email_address": email, "password": goodPassword})
	session := w.stytch.SignIn(memberID(id))
	w.ok(http.MethodPost, passwordPath+"/discovery/email/reset/start", object{"email_address": email})
	w.ok(http.MethodPost, passwordPath+"/discovery/email/reset", object{"password_reset_token": w.lastMessage(email).Token, "password": newPassword})
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": session.Token.Reveal()})
}

// With passwords of addresses, guesses at discovery count against everybody who
// has the address, and a right one ends the count.
func TestDiscoveryGuessesLock(t *testing.T) {
	w := wire{t: t, stytch: &mock.Stytch{CrossOrgPasswords: true, LockAfter: 3}}
	org, id, email := withPassword(w, nil)
	second := w.organization(nil)
	elsewhere := w.member(second, object{"email_address": email})
	bystander := w.member(second, nil)
	path := passwordPath + "/discovery/authenticate"
	right := object{"email_address": email, "password": goodPassword}
	wrong := with(right, object{"email_address": strings.ToUpper(email), "password": "wrong"})
	locked := func(org, id string) any {
		return w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).at("member", "is_locked")
	}

	guess := func(n int) {
		for range n {
			w.refuses(401, "unauthorized_credentials", http.MethodPost, path, wrong)
		}
	}
	guess(2)
	w.ok(http.MethodPost, path, right)
	guess(2)
	require.Equal(t, false, locked(org, id), "the count began again")
	guess(1)
	require.Equal(t, true, locked(org, id))
	require.Equal(t, true, locked(second, elsewhere))
	require.Equal(t, false, locked(second, bystander))
	w.refuses(429, "user_lock_limit_reached", http.MethodPost, path, right)
	w.refuses(429, "user_lock_limit_reached", http.MethodPost, passwordPath+"/authenticate", with(right, object{"organization_id": org}))
	w.stytch.Age(time.Hour)
	w.ok(http.MethodPost, path, right)

	// One member's lock is not to be got around here.
	for range 3 {
		w.refuses(401, "unauthorized_credentials", http.MethodPost, passwordPath+"/authenticate", with(wrong, object{"organization_id": org}))
	}
	require.Equal(t, false, locked(second, elsewhere))
	w.refuses(429, "user_lock_limit_reached", http.MethodPost, path, right)
}

// The message of a reset has a second link at Stytch, which is checked like the first.
func TestW09_ResetChecksItsSecondLink(t *testing.T) {
	w := wire{t: t, stytch: &mock.Stytch{CrossOrgPasswords: true, RedirectURLs: []string{"https://grimoire.example.edu/auth"}}}
	org := w.organization(nil)
	w.member(org, object{"email_address": "ada@example.edu"})
	for path, field := range map[string]string{"/email/reset/start": "login_redirect_url", "/discovery/email/reset/start": "discovery_redirect_url"} {
		body := object{"organization_id": org, "email_address": "ada@example.edu"}
		if strings.HasPrefix(path, "/discovery") {
			delete(body, "organization_id")
		}
		w.ok(http.MethodPost, passwordPath+path, with(body, object{field: "https://grimoire.example.edu/auth"}))
		w.refuses(400, "no_match_for_provided_magic_link_url", http.MethodPost, passwordPath+path, with(body, object{field: "https://evil.example/auth"}))
		w.refuses(400, "invalid_"+field, http.MethodPost, passwordPath+path, with(body, object{field: "javascript:alert(1)"}))
	}
}
