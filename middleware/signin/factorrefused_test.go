package signin_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestFactorRefusals(t *testing.T) {
	tests := []struct {
		name     string
		fault    mock.Fault
		status   int
		says     string
		kept     bool
		endpoint string
	}{
		{"Stytch is down", mock.Fault{Status: 502, Body: "<html>bad gateway</html>"}, 503, "Nothing is lost", true, smsChecked},
		{"a rate limit", mock.Fault{Status: 429, ErrorType: "too_many_requests"}, 503, "Nothing is lost", true, smsChecked},
		{"locked", mock.Fault{Status: 429, ErrorType: "user_lock_limit_reached"}, 429, "too many wrong attempts", true, smsChecked},
		{"wrong", mock.Fault{Status: 404, ErrorType: "otp_code_not_found"}, 403, "not right", true, smsChecked},
		{"used or old", mock.Fault{Status: 401, ErrorType: "unable_to_auth_otp_code"}, 410, "used already, or is too old", true, smsChecked},
		{"not set up", mock.Fault{Status: 404, ErrorType: "totp_not_found"}, 404, "nothing set up", true, smsChecked},
		{"not allowed any more", mock.Fault{Status: 400, ErrorType: "operation_restricted_by_organization_mfa_methods"}, 403, "does not allow this second factor", true, smsChecked},
		{"the sign-in is over", mock.Fault{Status: 404, ErrorType: "intermediate_session_not_found"}, 410, "Please begin again", false, smsChecked},
		{"of another class", mock.Fault{Status: 400, ErrorType: "invalid_intermediate_session_token_for_organization"}, 403, "Please begin again", false, smsChecked},
		{"of another member", mock.Fault{Status: 400, ErrorType: "member_session_member_id_mismatch"}, 500, "Please begin again", false, smsChecked},
		{"an answer without a session", mock.Fault{Status: 200, Body: `{"status_code":200,"request_id":"r"}`}, 503, "Nothing is lost", true, smsChecked},
		{"nothing can be sent", mock.Fault{Status: 503}, 503, "Nothing is lost", true, smsSent},
		{"nothing can be sent any more", mock.Fault{Status: 404, ErrorType: "intermediate_session_not_found"}, 410, "Please begin again", false, smsSent},
		{"the carrier refuses", mock.Fault{Status: 400, ErrorType: "downstream_carrier_error"}, 503, "Nothing is lost", true, smsSent},
	}
	w := newFixture(t, signin.Config{Limit: unlimited{}})
	class, _ := w.strict()
	w.withPhone(class.ID)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := w.browser()
			b.begun(class.ID)
			tt.fault.Endpoint = tt.endpoint
			w.stytch.Fail(tt.fault)
			defer w.stytch.ClearFaults()
			path, form := "/auth/factor", factorForm("sms_otp", "123456")
			if tt.endpoint == smsSent {
				path, form = "/auth/factor/send", url.Values{}
			}
			res := b.post(path, form)
			require.Equal(t, tt.status, res.status)
			require.Contains(t, res.body, tt.says)
			require.Equal(t, tt.kept, len(b.kept()) > 0, "the cookie goes on a definite end, and never in an outage")
			require.Equal(t, tt.status == 503 || tt.status == 429, res.header.Get("Retry-After") != "")
			require.Empty(t, b.cookie(sessionAt))
		})
	}
}

// A class that has changed its mind since the page was written.
func TestFactorThatTheClassDoesNotAllow(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict(mock.Settings{"mfa_methods": "RESTRICTED", "allowed_mfa_methods": []string{"totp"}})
	b := w.browser()
	b.begun(class.ID)
	page := b.get("/auth/factor").body
	require.NotContains(t, page, `name="phone"`)
	require.Contains(t, page, "Set up an authenticator app")
	res := b.post("/auth/factor", factorForm("sms_otp", "123456"))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "does not allow this second factor")
	require.Contains(t, res.body, "Set up an authenticator app", "with the way that is allowed")
}

func TestFactorFormsThatCannotBe(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	b.begun(class.ID)
	checked := w.calls(smsChecked)
	for name, form := range map[string]url.Values{
		"no factor":         {"code": {"123456"}},
		"two factors":       {"factor": {"sms_otp", "totp"}, "code": {"123456"}},
		"an unknown factor": factorForm("email_otp", "123456"),
		"two codes":         {"factor": {"sms_otp"}, "code": {"123456", "654321"}},
		"no code":           factorForm("sms_otp", ""),
		"a word":            factorForm("sms_otp", "abcdef"),
		"seven digits":      factorForm("sms_otp", "1234567"),
		"a recovery code":   factorForm("recovery_code", "<script>"),
	} {
		res := b.post("/auth/factor", form)
		require.Equal(t, http.StatusForbidden, res.status, name)
		require.Contains(t, res.body, "not right", name)
		require.NotContains(t, res.body, "<script", name)
	}
	query := b.post("/auth/factor?factor=sms_otp&code=123456", url.Values{})
	require.Equal(t, http.StatusForbidden, query.status, "only the body counts")
	require.Zero(t, w.calls(smsChecked)-checked, "Stytch is not asked")
	forged := b.request("POST", "/auth/factor", factorForm("sms_otp", "123456"))
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, b.send(forged).status)
	require.Zero(t, w.calls(smsChecked)-checked)
}

// The pages of a pending sign-in in a browser that has none.
func TestFinishingNothing(t *testing.T) {
	w := newFixture(t, signin.Config{})
	stranger := w.browser()
	for _, path := range []string{"/auth/unfinished", "/auth/factor", "/auth/classes"} {
		res := stranger.get(path)
		require.Equal(t, http.StatusSeeOther, res.status, path)
		require.Equal(t, "/auth/", res.at, path)
	}
	for _, path := range []string{"/auth/factor", "/auth/factor/send", "/auth/factor/enrol", "/auth/classes"} {
		require.Equal(t, "/auth/", stranger.post(path, url.Values{}).at, path)
	}
	ada := w.browser()
	ada.signIn(w.law.ID, "ada@example.edu")
	require.Equal(t, "/", ada.get("/auth/factor").at, "back, after it was finished")
	require.Equal(t, "/", ada.post("/auth/factor", factorForm("totp", "123456")).at)
}
