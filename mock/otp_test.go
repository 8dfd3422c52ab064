package mock_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestEmailOTP(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	email := "ada@example.edu"
	w.member(org, object{"email_address": email})
	send := func(fields object) string {
		w.ok(http.MethodPost, otps+"/email/login_or_signup", with(object{"organization_id": org, "email_address": email}, fields))
		return w.lastMessage(email).Code
	}
	authenticate := func(code string) object {
		return object{"organization_id": org, "email_address": email, "code": code}
	}
	path := otps + "/email/authenticate"

	code := send(nil)
	require.Empty(t, w.lastMessage(email).Link)
	for _, wrong := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
		w.refuses(400, "invalid_code", http.MethodPost, path, authenticate(wrong))
	}
	w.refuses(404, "otp_code_not_found", http.MethodPost, path, authenticate(other(code)))
	w.refuses(404, "otp_code_not_found", http.MethodPost, path, object{"organization_id": org, "email_address": "bob@example.edu", "code": code})
	elsewhere := w.organization(nil)
	w.member(elsewhere, object{"email_address": email})
	w.refuses(404, "otp_code_not_found", http.MethodPost, path, object{"organization_id": elsewhere, "email_address": email, "code": code})

	newer := send(nil)
	if newer != code {
		w.refuses(401, "unable_to_auth_otp_code", http.MethodPost, path, authenticate(code))
	}
	w.refuses(400, "invalid_session_duration_minutes", http.MethodPost, path, with(authenticate(newer), object{"session_duration_minutes": 1}))
	out := w.ok(http.MethodPost, path, authenticate(newer))
	require.Equal(t, true, out["member_authenticated"], "a request that was wrong did not use the code up")
	require.Equal(t, "email_otp", object(list(out.at("member_session", "authentication_factors"))[0].(map[string]any)).text("type"))
	require.Equal(t, true, out.at("member", "email_address_verified"))
	w.refuses(401, "unable_to_auth_otp_code", http.MethodPost, path, authenticate(newer))

	expired := send(object{"login_expiration_minutes": 2})
	w.stytch.Age(2 * time.Minute)
	w.refuses(401, "unable_to_auth_otp_code", http.MethodPost, path, authenticate(expired))
	for _, minutes := range []int{1, 16} {
		w.refuses(400, "invalid_expiration_otp", http.MethodPost, otps+"/email/login_or_signup", object{"organization_id": org, "email_address": email, "login_expiration_minutes": minutes})
	}
	w.refuses(400, "invalid_locale", http.MethodPost, otps+"/email/login_or_signup", object{"organization_id": org, "email_address": email, "locale": "de"})
	w.refuses(400, "email_jit_provisioning_not_allowed", http.MethodPost, otps+"/email/login_or_signup", object{"organization_id": org, "email_address": "new@example.edu"})

	closed := w.organization(object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"magic_link"}, "email_invites": "ALL_ALLOWED"})
	w.member(closed, object{"email_address": email})
	w.refuses(400, "operation_restricted_by_organization_auth_methods", http.MethodPost, otps+"/email/login_or_signup", object{"organization_id": closed, "email_address": email})
}

// other is a code that is not this one.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestSMS(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	id := w.member(org, object{"email_address": "ada@example.edu"})
	whose := object{"organization_id": org, "member_id": id}
	phone := "+15005550006"
	unfinished := func() object {
		ist := requirePending(t, w.authenticateLink(w.link(org, "ada@example.edu", nil)))
		return with(whose, object{"intermediate_session_token": ist})
	}
	send, authenticate := otps+"/sms/send", otps+"/sms/authenticate"

	w.refuses(400, "missing_sms_parameter", http.MethodPost, send, unfinished())
	w.refuses(400, "invalid_phone_number", http.MethodPost, send, with(unfinished(), object{"mfa_phone_number": "555"}))
	first := unfinished()
	w.ok(http.MethodPost, send, with(first, object{"mfa_phone_number": phone}))
	w.refuses(400, "duplicate_member_phone_number_for_member", http.MethodPost, send, with(first, object{"mfa_phone_number": "+15005550007"}))
	code := object{"code": w.lastMessage(phone).Code}

	stranger := w.stytch.SignIn(memberID(w.member(org, nil)))
	for _, tt := range []struct {
		name, kind string
		status     int
		body       object
	}{
		{"nothing before it", "no_associated_session_passed_in", 400, whose},
		{"two things before it", "too_many_session_arguments", 400, with(first, object{"session_token": stranger.Token.Reveal()})},
		{"somebody else's session", "member_session_member_id_mismatch", 400, with(whose, object{"session_token": stranger.Token.Reveal()})},
		{"an enrollment that is none", "invalid_argument", 400, with(first, object{"set_mfa_enrollment": "maybe"})},
		{"too short a session", "invalid_session_duration_minutes", 400, with(first, object{"session_duration_minutes": 1})},
		{"an unknown member", "member_not_found", 404, with(first, object{"member_id": "member-test-nobody"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.kind, http.MethodPost, authenticate, with(tt.body, code))
		})
	}
	w.refuses(404, "otp_code_not_found", http.MethodPost, authenticate, with(first, object{"code": other(code.text("code"))}))
	out := w.ok(http.MethodPost, authenticate, with(first, code))
	require.NotEmpty(t, out.text("session_jwt"))
	require.NotContains(t, out, "member_authenticated")
	require.Equal(t, true, out.at("member", "mfa_enrolled"), "where everybody needs a second factor, using one enrols")
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, authenticate, with(first, code))

	// From now on the code is sent by itself, and works for two minutes.
	next := unfinished()
	late := object{"code": w.lastMessage(phone).Code}
	w.stytch.Age(2 * time.Minute)
	w.refuses(401, "unable_to_auth_otp_code", http.MethodPost, authenticate, with(next, late))
	w.refuses(400, "no_associated_session_passed_in", http.MethodPost, send, whose)
	w.stytch.Age(8 * time.Minute)
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, authenticate, with(next, late))
}

func TestMFAMethodsOfTheOrganization(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"mfa_methods": "RESTRICTED", "allowed_mfa_methods": []string{"totp"}, "email_invites": "ALL_ALLOWED"})
	whose := object{"organization_id": org, "member_id": w.member(org, object{"mfa_phone_number": "+15005550006"})}
	w.refuses(400, "operation_restricted_by_organization_mfa_methods", http.MethodPost, otps+"/sms/send", whose)
	w.ok(http.MethodPost, totps, whose)
	breakglass := with(whose, object{"member_id": w.member(org, object{"is_breakglass": true, "mfa_phone_number": "+15005550007"})})
	w.ok(http.MethodPost, otps+"/sms/send", breakglass)
}

func TestRecoveryCodes(t *testing.T) {
	w := newWire(t)
	whose, _ := enrollTOTP(t, w)
	member := memberID(whose.text("member_id"))
	mine := with(whose, object{"session_token": w.stytch.SignIn(member).Token.Reveal()})
	list := "/v1/b2b/recovery_codes/" + whose.text("organization_id") + "/" + whose.text("member_id")
	recover := "/v1/b2b/recovery_codes/recover"

	w.refuses(404, "recovery_codes_not_found", http.MethodGet, list, nil)
	w.refuses(400, "no_active_recovery_code_backed_factor", http.MethodPost, recover, with(mine, object{"recovery_code": "a1b2-c3d4-e5f6"}))
	w.ok(http.MethodPost, totps+"/authenticate", with(mine, object{"code": w.stytch.TOTPCode(member)}))

	codes := w.ok(http.MethodGet, list, nil)["recovery_codes"].([]any)
	w.refuses(400, "recovery_code_used_as_totp_code", http.MethodPost, totps+"/authenticate", with(mine, object{"code": codes[0]}))
	w.refuses(400, "totp_code_used_as_recovery_code", http.MethodPost, recover, with(mine, object{"recovery_code": "123456"}))
	out := w.ok(http.MethodPost, recover, with(mine, object{"recovery_code": codes[0]}))
	require.EqualValues(t, 9, out["recovery_codes_remaining"])
	require.Len(t, w.ok(http.MethodGet, list, nil)["recovery_codes"], 9)
	w.ok(http.MethodPost, "/v1/b2b/recovery_codes/rotate", whose)
	w.refuses(401, "unable_to_authenticate_recovery_code", http.MethodPost, recover, with(mine, object{"recovery_code": codes[1]}))
}

func TestLocks(t *testing.T) {
	w := wire{t: t, stytch: &mock.Stytch{LockAfter: 3}}
	org := w.organization(nil)
	id := w.member(org, object{"email_address": "ada@example.edu"})
	w.ok(http.MethodPost, otps+"/email/login_or_signup", object{"organization_id": org, "email_address": "ada@example.edu"})
	code := w.lastMessage("ada@example.edu").Code
	attempt := object{"organization_id": org, "email_address": "ada@example.edu", "code": other(code)}
	locked := func() object {
		return w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil)["member"].(map[string]any)
	}
	for range 3 {
		require.Equal(t, false, locked()["is_locked"])
		w.refuses(404, "otp_code_not_found", http.MethodPost, otps+"/email/authenticate", attempt)
	}
	w.refuses(429, "user_lock_limit_reached", http.MethodPost, otps+"/email/authenticate", with(attempt, object{"code": code}))
	require.Equal(t, true, locked()["is_locked"])
	require.NotNil(t, locked()["lock_expires_at"])
	w.stytch.Age(time.Hour)
	require.Equal(t, false, locked()["is_locked"])
	w.refuses(401, "unable_to_auth_otp_code", http.MethodPost, otps+"/email/authenticate", with(attempt, object{"code": code}))
	require.Panics(t, func() { (&mock.Stytch{LockAfter: -1}).ProjectID() })
}
