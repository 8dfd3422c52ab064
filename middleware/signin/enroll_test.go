package signin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="(key|uri|recovery|factor)" value="([^"]*)">`)

// enrollForm is the form of the page "enrol" with what a browser would send back.
func enrollForm(page, code string) url.Values {
	form := url.Values{"code": {code}}
	for _, field := range hidden.FindAllStringSubmatch(page, -1) {
		form.Add(field[1], strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`).Replace(field[2]))
	}
	return form
}

func TestEnrollApp(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, ada := w.strict()
	b := w.browser()
	b.begun(class.ID)
	page := b.post("/auth/factor/enrol", url.Values{})
	require.Equal(t, http.StatusOK, page.status, page.body)
	require.Contains(t, page.body, `src="data:image/png;base64,`)
	require.Contains(t, page.header.Get("Content-Security-Policy"), "img-src 'self' data:")
	form := enrollForm(page.body, "")
	require.Len(t, form["recovery"], 10)
	require.True(t, strings.HasPrefix(form.Get("uri"), "otpauth://totp/Secure%20Systems:ada@example.edu?"), "the picture says who and where")
	require.Contains(t, form.Get("uri"), "secret="+form.Get("key"))

	// A second click could not ask again: Stytch would say that there is one.
	require.Equal(t, page.body, b.post("/auth/factor/enrol", url.Values{}).body)
	require.Equal(t, 1, w.calls(appEnrolled))

	// A wrong code loses nothing.
	code := w.stytch.TOTPCode(ada)
	for _, wrong := range []string{other(code), "12", ""} {
		form = enrollForm(page.body, wrong)
		res := b.post("/auth/factor", form)
		require.Equal(t, http.StatusForbidden, res.status)
		require.Contains(t, res.body, "That code is not right")
		require.Contains(t, res.body, `src="data:image/png;base64,`)
		again := enrollForm(res.body, wrong)
		require.Equal(t, form, again)
	}
	// An outage keeps it as well.
	w.stytch.Fail(mock.Fault{Endpoint: appChecked, Status: 503, RetryAfter: 7 * time.Second})
	res := b.post("/auth/factor", enrollForm(page.body, code))
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Equal(t, "7", res.header.Get("Retry-After"))
	require.Equal(t, form["recovery"], enrollForm(res.body, "")["recovery"])
	w.stytch.ClearFaults()
	b.finished(b.post("/auth/factor", enrollForm(page.body, code)), "/", ada)
	for _, secret := range append(form["recovery"], form.Get("key")) {
		require.NotContains(t, w.log.String(), secret)
	}

	again := w.browser()
	again.begun(class.ID)
	require.Contains(t, again.get("/auth/factor").body, "No app at hand?")
	again.finished(again.post("/auth/factor", factorForm("recovery_code", form["recovery"][3])), "/", ada)
}

// A person who left during the enrolment may have the account in the app, or not.
func TestEnrollAppThatWasBegunBefore(t *testing.T) {
	w := newFixture(t, signin.Config{})
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
	late.press(late.open(w.link(class.ID, "bob@example.edu")))
	late.post("/auth/factor/enrol", url.Values{})
	w.stytch.Fail(mock.Fault{Endpoint: appChecked, Status: 401, ErrorType: "expired_totp"})
	res = late.post("/auth/factor", factorForm("totp", "123456"))
	require.Equal(t, http.StatusGone, res.status)
	require.Contains(t, res.body, "Set up an authenticator app")
}

// The form goes to the person and back; what else comes back is not put on a page.
func TestEnrollFormThatIsNotOurs(t *testing.T) {
	w := newFixture(t, signin.Config{})
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
			form := enrollForm(page, "000000")
			change(form)
			res := b.post("/auth/factor", form)
			require.NotContains(t, res.body, "<script")
			require.NotContains(t, res.body, "javascript:")
			require.NotContains(t, res.body, "<img")
		})
	}
	require.NotEmpty(t, b.kept())
}
