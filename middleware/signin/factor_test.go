package signin_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	smsSent     = "POST /v1/b2b/otps/sms/send"
	smsChecked  = "POST /v1/b2b/otps/sms/authenticate"
	appEnrolled = "POST /v1/b2b/totp"
	appChecked  = "POST /v1/b2b/totp/authenticate"
	codeUsed    = "POST /v1/b2b/recovery_codes/recover"
	sessionAt   = "__Host-stytch_session"
)

// strict is a class that requires a second factor of all, with Ada in it.
func (w *fixture) strict(settings ...mock.Settings) (mock.Class, grimoireauth.MemberID) {
	all := mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"}
	for _, more := range settings {
		for name, value := range more {
			all[name] = value
		}
	}
	class := w.stytch.AddClass("Secure Systems", all)
	return class, w.stytch.AddStudent(class.ID, "ada@example.edu")
}

// begun signs in by e-mail, up to the page for the second factor.
func (b *browser) begun(class grimoireauth.ClassID) {
	b.w.t.Helper()
	res := b.press(b.open(b.w.link(class, "ada@example.edu")))
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.Equal(b.w.t, "/auth/factor", res.at)
	require.Empty(b.w.t, b.cookie(sessionAt))
	require.NotEmpty(b.w.t, b.kept())
}

// unfinished does the same through the client.
func (w *fixture) unfinished(class grimoireauth.ClassID) stytchclient.FactorOwner {
	w.t.Helper()
	require.NoError(w.t, w.client.SignIn.SendMagicLink(context.Background(), stytchclient.MagicLink{Class: class, Email: "ada@example.edu"}))
	_, err := w.client.SignIn.WithMagicLink(context.Background(), stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(w.newest().Token)})
	var stepUp *stytchclient.StepUpError
	require.True(w.t, errors.As(err, &stepUp), "%v", err)
	return stepUp.Owner()
}

// withPhone gives Ada a phone in the class, as on an earlier day.
func (w *fixture) withPhone(class grimoireauth.ClassID) {
	w.t.Helper()
	half := w.unfinished(class)
	require.NoError(w.t, w.client.SecondFactors.SendSMSCode(context.Background(), half, stytchclient.SMSCode{Phone: "+61400000000"}))
	_, err := w.client.SecondFactors.WithSMSCode(context.Background(), half, stytchclient.FactorCode{Code: grimoireauth.NewSecret(w.newest().Code)})
	require.NoError(w.t, err)
}

// withApp gives her an authenticator app and returns her recovery codes.
func (w *fixture) withApp(class grimoireauth.ClassID, member grimoireauth.MemberID) []grimoireauth.Secret {
	w.t.Helper()
	half := w.unfinished(class)
	app, err := w.client.SecondFactors.EnrollApp(context.Background(), half)
	require.NoError(w.t, err)
	_, err = w.client.SecondFactors.WithAppCode(context.Background(), half, stytchclient.FactorCode{Code: grimoireauth.NewSecret(w.stytch.TOTPCode(member))})
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

// finished checks that the browser is signed in as this member and keeps no attempt.
func (b *browser) finished(res answer, target string, member grimoireauth.MemberID) {
	b.w.t.Helper()
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.Equal(b.w.t, target, res.at)
	require.Equal(b.w.t, string(member), b.who())
	require.Empty(b.w.t, b.kept(), "L08: gone with the exchange")
}

func TestFactorBySMSThatStytchHasSent(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	page := "/classes/" + string(class.ID) + "?week=3"
	b.post("/auth/start", url.Values{"class": {string(class.ID)}, "email": {"ada@example.edu"}, "method": {"magic_link"}, "return_to": {page}})
	b.press(b.open(w.callbackAddress(w.newest())))

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
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
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
		time.Sleep(31 * time.Second)
		require.Equal(t, "/auth/factor", b.post("/auth/factor/send", url.Values{}).at)
		second := w.newest().Code
		require.Equal(t, 2, w.calls(smsSent))

		if first != second {
			require.Equal(t, http.StatusGone, b.post("/auth/factor", factorForm("sms_otp", first)).status, "only the newest works")
		}
		b.finished(b.post("/auth/factor", factorForm("sms_otp", second)), "/", ada)
	})
}

// A number that was given before cannot be replaced: a person who knows only the first
// factor cannot have the code sent to another phone, in another tab either.
func TestFactorBySMSToAnotherNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, ada := w.strict()
		b := w.browser()
		b.begun(class.ID)
		name, before := b.only()
		b.post("/auth/factor/send", url.Values{"phone": {"+61400000000"}})
		b.plant(name, before) // the other tab's
		time.Sleep(31 * time.Second)
		res := b.post("/auth/factor/send", url.Values{"phone": {"+61499999999"}})
		require.Equal(t, http.StatusConflict, res.status)
		require.Contains(t, res.body, "another one cannot take its place")
		require.NotContains(t, res.body, "400000000", "it is not told")
		require.Contains(t, res.body, "Send me a code")
		require.Equal(t, "/auth/factor", b.post("/auth/factor/send", url.Values{}).at)
		require.Equal(t, "+61400000000", w.newest().To)
		b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)
	})
}

func TestFactorByApp(t *testing.T) {
	w := newFixture(t, signin.Config{})
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
	w := newFixture(t, signin.Config{})
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

// A double click on a recovery code: one call, and both go on.
func TestL13_FactorTwice(t *testing.T) {
	w := newFixture(t, signin.Config{})
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
