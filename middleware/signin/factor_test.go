package signin_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	smsSent      = "POST /v1/b2b/otps/sms/send"
	smsChecked   = "POST /v1/b2b/otps/sms/authenticate"
	appEnrolled  = "POST /v1/b2b/totp"
	appChecked   = "POST /v1/b2b/totp/authenticate"
	codeUsed     = "POST /v1/b2b/recovery_codes/recover"
	unfinishedAt = "__Host-grimoire_unfinished"
	sessionAt    = "__Host-stytch_session"
)

// strict is a class that asks everybody for a second factor, with Ada in it.
func (w *world) strict(settings ...mock.Settings) (mock.Class, grimoireauth.MemberID) {
	all := mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"}
	for _, more := range settings {
		for name, value := range more {
			all[name] = value
		}
	}
	class := w.stytch.AddClass("Secure Systems", all)
	return class, w.stytch.AddStudent(class.ID, "ada@example.edu")
}

// begun signs in as far as an e-mail leads: to where the second factor is asked for.
func (b *browser) begun(class grimoireauth.ClassID) {
	b.w.t.Helper()
	res := b.post("/auth/callback", b.open(b.w.link(class, "ada@example.edu")))
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.Equal(b.w.t, "/auth/factor", res.at)
	require.Empty(b.w.t, b.cookie(sessionAt))
	require.NotEmpty(b.w.t, b.cookie(unfinishedAt))
}

// half is the same through the client.
func (w *world) half(class grimoireauth.ClassID) grimoireauth.Unfinished {
	w.t.Helper()
	require.NoError(w.t, w.client.SignIn.SendMagicLink(context.Background(), grimoireauth.MagicLink{Class: class, Email: "ada@example.edu"}))
	_, err := w.client.SignIn.RedeemMagicLink(context.Background(), grimoireauth.NewSecret(w.newest().Token))
	var stepUp *grimoireauth.StepUpError
	require.True(w.t, errors.As(err, &stepUp), "%v", err)
	return stepUp.Unfinished()
}

// withPhone gives Ada a phone in the class, as on an earlier day.
func (w *world) withPhone(class grimoireauth.ClassID) {
	w.t.Helper()
	half := w.half(class)
	require.NoError(w.t, w.client.SignIn.SendSMSCode(context.Background(), half, grimoireauth.SMSCode{Phone: "+61400000000"}))
	_, err := w.client.SignIn.ResumeWithSMS(context.Background(), half, grimoireauth.FactorCode{Code: grimoireauth.NewSecret(w.newest().Code)})
	require.NoError(w.t, err)
}

// withApp gives her an authenticator app and returns her recovery codes.
func (w *world) withApp(class grimoireauth.ClassID, member grimoireauth.MemberID) []grimoireauth.Secret {
	w.t.Helper()
	half := w.half(class)
	app, err := w.client.SignIn.EnrollApp(context.Background(), half)
	require.NoError(w.t, err)
	_, err = w.client.SignIn.ResumeWithApp(context.Background(), half, grimoireauth.FactorCode{Code: grimoireauth.NewSecret(w.stytch.TOTPCode(member))})
	require.NoError(w.t, err)
	return app.RecoveryCodes
}

func factorForm(factor, code string) url.Values {
	return url.Values{"factor": {factor}, "code": {code}}
}

// other returns six digits that are not this code.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// finished says that the browser is signed in as this member and keeps nothing of
// the way.
func (b *browser) finished(res answer, target string, member grimoireauth.MemberID) {
	b.w.t.Helper()
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.Equal(b.w.t, target, res.at)
	require.Equal(b.w.t, string(member), b.who())
	require.Empty(b.w.t, b.cookie(unfinishedAt), "L08: gone with the exchange")
}

func TestFactorBySMSThatStytchHasSent(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	page := "/classes/" + string(class.ID) + "?week=3"
	b.post("/auth/start", url.Values{"class": {string(class.ID)}, "email": {"ada@example.edu"}, "method": {"magic_link"}, "return_to": {page}})
	b.post("/auth/callback", b.open(w.arrival(w.newest())))

	code := w.newest().Code
	require.Zero(t, w.calls(smsSent)-1, "Stytch sent this one by itself; the other was on an earlier day")
	asked := b.get("/auth/factor")
	require.Equal(t, http.StatusOK, asked.status)
	require.Contains(t, asked.body, "Secure Systems asks for one more step")
	require.Contains(t, asked.body, `autocomplete="one-time-code"`)
	require.NotContains(t, asked.body, "authenticator app", "she has none, and this is no time to add one")

	wrong := b.post("/auth/factor", factorForm("sms_otp", other(code)))
	require.Equal(t, http.StatusForbidden, wrong.status)
	require.Contains(t, wrong.body, "That code is not right")
	require.NotContains(t, wrong.body, other(code), "what was typed is not echoed")
	b.finished(b.post("/auth/factor", factorForm("sms_otp", " "+code[:3]+" "+code[3:])), page, ada)
}

func TestFactorBySMSToANewNumber(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	b := w.browser()
	b.begun(class.ID)
	asked := b.get("/auth/factor").body
	require.Contains(t, asked, `name="phone"`)
	require.Contains(t, asked, "Set up an authenticator app")
	require.NotContains(t, asked, "recovery")

	for _, phone := range []string{"", "0400 000 000", "+61", "ada@example.edu", "+6140000000<b>"} {
		res := b.post("/auth/factor/send", url.Values{"phone": {phone}})
		require.Equal(t, http.StatusBadRequest, res.status, phone)
		require.Contains(t, res.body, "not a phone number")
		require.NotContains(t, res.body, "<b>")
	}
	require.Zero(t, w.calls(smsSent))

	res := b.post("/auth/factor/send", url.Values{"phone": {"+61 (400) 000-000"}})
	require.Equal(t, "/auth/factor", res.at)
	require.Equal(t, "+61400000000", w.newest().To)
	first := w.newest().Code
	require.Contains(t, b.get("/auth/factor").body, "Send another code")
	require.Equal(t, "/auth/factor", b.post("/auth/factor/send", url.Values{}).at)
	second := w.newest().Code
	require.Equal(t, 2, w.calls(smsSent))

	if first != second {
		require.Equal(t, http.StatusGone, b.post("/auth/factor", factorForm("sms_otp", first)).status, "only the newest works")
	}
	b.finished(b.post("/auth/factor", factorForm("sms_otp", second)), "/", ada)
}

// A number that was given before is theirs: nobody who knows the first factor can
// have the second sent to themselves, in another tab either.
func TestFactorBySMSToAnotherNumber(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	b := w.browser()
	b.begun(class.ID)
	before := b.cookie(unfinishedAt)
	b.post("/auth/factor/send", url.Values{"phone": {"+61400000000"}})
	b.plant(unfinishedAt, before) // the other tab's
	res := b.post("/auth/factor/send", url.Values{"phone": {"+61499999999"}})
	require.Equal(t, http.StatusConflict, res.status)
	require.Contains(t, res.body, "another one cannot take its place")
	require.NotContains(t, res.body, "400000000", "it is not told")
	require.Contains(t, res.body, "Send me a code")
	require.Equal(t, "/auth/factor", b.post("/auth/factor/send", url.Values{}).at)
	require.Equal(t, "+61400000000", w.newest().To)
	b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)
}

func TestFactorByApp(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	w.withApp(class.ID, ada)
	b := w.browser()
	b.begun(class.ID)
	asked := b.get("/auth/factor").body
	require.Contains(t, asked, "The code in your authenticator app")
	require.Contains(t, asked, "recovery code")
	require.NotContains(t, asked, `name="phone"`)
	require.NotContains(t, asked, "Set up")

	code := w.stytch.TOTPCode(ada)
	require.Equal(t, http.StatusForbidden, b.post("/auth/factor", factorForm("totp", other(code))).status)
	b.finished(b.post("/auth/factor", factorForm("totp", code)), "/", ada)
}

func TestFactorByRecoveryCode(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	codes := w.withApp(class.ID, ada)
	b := w.browser()
	b.begun(class.ID)
	require.Equal(t, http.StatusForbidden, b.post("/auth/factor", factorForm("recovery_code", "aaaa-bbbb-cccc")).status)
	b.finished(b.post("/auth/factor", factorForm("recovery_code", codes[0].Reveal())), "/", ada)

	again := w.browser()
	again.begun(class.ID)
	require.Equal(t, http.StatusForbidden, again.post("/auth/factor", factorForm("recovery_code", codes[0].Reveal())).status, "each works once")
	again.finished(again.post("/auth/factor", factorForm("recovery_code", codes[1].Reveal())), "/", ada)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(key|uri|recovery|factor)" value="([^"]*)">`)

// enrolForm is the form of the page "enrol" with what a browser would send back.
func enrolForm(page, code string) url.Values {
	form := url.Values{"code": {code}}
	for _, field := range hidden.FindAllStringSubmatch(page, -1) {
		form.Add(field[1], strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`).Replace(field[2]))
	}
	return form
}

func TestEnrolApp(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	b := w.browser()
	b.begun(class.ID)
	page := b.post("/auth/factor/enrol", url.Values{})
	require.Equal(t, http.StatusOK, page.status, page.body)
	require.Contains(t, page.body, `src="data:image/png;base64,`)
	require.Contains(t, page.header.Get("Content-Security-Policy"), "img-src 'self' data:")
	form := enrolForm(page.body, "")
	require.Len(t, form["recovery"], 10)
	require.True(t, strings.HasPrefix(form.Get("uri"), "otpauth://totp/Secure%20Systems:ada@example.edu?"), "the picture says who and where")
	require.Contains(t, form.Get("uri"), "secret="+form.Get("key"))

	// A second click could not ask again: Stytch would say that there is one.
	require.Equal(t, page.body, b.post("/auth/factor/enrol", url.Values{}).body)
	require.Equal(t, 1, w.calls(appEnrolled))

	// A wrong code loses nothing.
	code := w.stytch.TOTPCode(ada)
	for _, wrong := range []string{other(code), "12", ""} {
		form = enrolForm(page.body, wrong)
		res := b.post("/auth/factor", form)
		require.Equal(t, http.StatusForbidden, res.status)
		require.Contains(t, res.body, "That code is not right")
		require.Contains(t, res.body, `src="data:image/png;base64,`)
		again := enrolForm(res.body, wrong)
		require.Equal(t, form, again)
	}
	// Neither does an outage.
	w.stytch.Fail(mock.Fault{Endpoint: appChecked, Status: 503, RetryAfter: 7 * time.Second})
	res := b.post("/auth/factor", enrolForm(page.body, code))
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Equal(t, "7", res.header.Get("Retry-After"))
	require.Equal(t, form["recovery"], enrolForm(res.body, "")["recovery"])
	w.stytch.ClearFaults()
	b.finished(b.post("/auth/factor", enrolForm(page.body, code)), "/", ada)
	for _, secret := range append(form["recovery"], form.Get("key")) {
		require.NotContains(t, w.log.String(), secret)
	}

	again := w.browser()
	again.begun(class.ID)
	require.Contains(t, again.get("/auth/factor").body, "No app at hand?")
	again.finished(again.post("/auth/factor", factorForm("recovery_code", form["recovery"][3])), "/", ada)
}

// Whoever left while the app was being set up has it on the phone, or has not.
func TestEnrolAppThatWasBegunBefore(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	first := w.browser()
	first.begun(class.ID)
	first.post("/auth/factor/enrol", url.Values{})
	require.Contains(t, first.get("/auth/factor").body, "The code in your authenticator app", "after a reload")

	b := w.browser()
	b.begun(class.ID)
	res := b.post("/auth/factor/enrol", url.Values{})
	require.Equal(t, http.StatusConflict, res.status)
	require.Contains(t, res.body, "begun before")
	require.Contains(t, res.body, `name="phone"`, "the other way is there")
	b.finished(b.post("/auth/factor", factorForm("totp", w.stytch.TOTPCode(ada))), "/", ada)

	// An hour later it counts no more, and can be begun again.
	late := w.browser()
	w.stytch.AddStudent(class.ID, "bob@example.edu")
	late.post("/auth/callback", late.open(w.link(class.ID, "bob@example.edu")))
	late.post("/auth/factor/enrol", url.Values{})
	w.stytch.Fail(mock.Fault{Endpoint: appChecked, Status: 401, ErrorType: "expired_totp"})
	res = late.post("/auth/factor", factorForm("totp", "123456"))
	require.Equal(t, http.StatusGone, res.status)
	require.Contains(t, res.body, "Set up an authenticator app")
}

// The form goes to the person and back; what else comes back is not put on a page.
func TestEnrolFormThatIsNotOurs(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, _ := w.strict()
	b := w.browser()
	b.begun(class.ID)
	page := b.post("/auth/factor/enrol", url.Values{}).body
	for name, change := range map[string]func(url.Values){
		"a key that is none":        func(f url.Values) { f.Set("key", "<script>") },
		"a URI of another kind":     func(f url.Values) { f.Set("uri", "javascript:alert(1)") },
		"a URI that is too long":    func(f url.Values) { f.Set("uri", "otpauth://totp/"+strings.Repeat("a", 2400)) },
		"a code that is markup":     func(f url.Values) { f.Add("recovery", "<script>") },
		"too many codes":            func(f url.Values) { f["recovery"] = strings.Split(strings.Repeat("a1b2-c3d4,", 21), ",")[:21] },
		"two keys":                  func(f url.Values) { f.Add("key", f.Get("key")) },
		"a URI with a line break":   func(f url.Values) { f.Set("uri", f.Get("uri")+"\n") },
		"nothing but the code":      func(f url.Values) { f.Del("key"); f.Del("uri"); f.Del("recovery") },
		"the factor is another one": func(f url.Values) { f.Set("factor", "sms_otp") },
	} {
		t.Run(name, func(t *testing.T) {
			form := enrolForm(page, "000000")
			change(form)
			res := b.post("/auth/factor", form)
			require.NotContains(t, res.body, "<script")
			require.NotContains(t, res.body, "javascript:")
			require.NotContains(t, res.body, "data:image")
		})
	}
	require.NotEmpty(t, b.cookie(unfinishedAt))
}

// A double click on a recovery code: one call, and both go on.
func TestL13_FactorTwice(t *testing.T) {
	w := newWorld(t, signin.Config{})
	class, ada := w.strict()
	codes := w.withApp(class.ID, ada)
	b := w.browser()
	b.begun(class.ID)
	form := factorForm("recovery_code", codes[0].Reveal())
	first, second := b.request("POST", "/auth/factor", form), b.request("POST", "/auth/factor", form)
	var group sync.WaitGroup
	answers := make([]answer, 2)
	jar := *b // both carry the cookies of before
	for i, r := range []*http.Request{first, second} {
		for _, cookie := range jar.jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
		fresh := w.browser()
		group.Go(func() { answers[i] = fresh.send(r) })
	}
	group.Wait()
	for _, got := range answers {
		require.Equal(t, http.StatusSeeOther, got.status)
		require.Equal(t, "/", got.at)
		require.Contains(t, strings.Join(got.header.Values("Set-Cookie"), "\n"), sessionAt+"=")
	}
	require.Equal(t, 1, w.calls(codeUsed))
}

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
	w := newWorld(t, signin.Config{})
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
			require.Equal(t, tt.kept, b.cookie(unfinishedAt) != "", "the cookie goes on a definite end, and never in an outage")
			require.Equal(t, tt.status == 503 || tt.status == 429, res.header.Get("Retry-After") != "")
			require.Empty(t, b.cookie(sessionAt))
		})
	}
}

// A class that has changed its mind since the page was written.
func TestFactorThatTheClassDoesNotAllow(t *testing.T) {
	w := newWorld(t, signin.Config{})
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
	w := newWorld(t, signin.Config{})
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

// The pages of an unfinished sign-in for whoever has none.
func TestFinishingNothing(t *testing.T) {
	w := newWorld(t, signin.Config{})
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
