package signin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

var (
	formOnPage   = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)">(.*?)</form>`)
	hiddenField  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	methodButton = regexp.MustCompile(`<button(?: class="[a-z]*")? name="method" value="([^"]*)">([^<]*)</button>`)
)

// startButtons returns the buttons of a page that have something sent, in the order of
// the key Tab, and the hidden fields of their form.
func startButtons(t *testing.T, body string) (labels []string, forms []url.Values) {
	t.Helper()
	for _, form := range formOnPage.FindAllStringSubmatch(body, -1) {
		if form[1] != "/auth/start" {
			continue
		}
		require.Equal(t, strings.Count(form[2], "<button"), len(methodButton.FindAllString(form[2], -1)), "each is a button to submit, and the keyboard reaches it")
		for _, button := range methodButton.FindAllStringSubmatch(form[2], -1) {
			fields := url.Values{"method": {button[1]}}
			for _, field := range hiddenField.FindAllStringSubmatch(form[2], -1) {
				fields.Set(field[1], field[2])
			}
			labels, forms = append(labels, button[2]), append(forms, fields)
		}
	}
	return labels, forms
}

// After too many guesses the page for the code has a button for the way that its sentence
// names, and only then.
func TestX04_TheCodePageHasTheLinkThatItNames(t *testing.T) {
	for _, row := range []struct {
		methods, want string
	}{
		{"email_otp,magic_link", "E-mail me a link"},
		{"email_otp,magic_link,password", "E-mail me a link"},
		{"email_otp,password", "E-mail me a link to set a password"},
		{"email_otp", ""},
		{"", "E-mail me a link"}, // a discovery
	} {
		t.Run(row.methods, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{Discovery: true})
				class := mock.Class{}
				if row.methods != "" {
					class = w.stytch.AddClass("TORT1100", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": strings.Split(row.methods, ",")})
					w.stytch.AddStudent(class.ID, "ada@example.edu")
				}
				b := w.browser()
				page := b.ask(startForm(class, "email_otp", "/me"))
				labels, _ := startButtons(t, page.body)
				require.Equal(t, []string{"Send another code"}, labels)

				var res answer
				for i := 0; i < 20 && res.status != http.StatusTooManyRequests; i++ {
					if code := fmt.Sprintf("%06d", i); code != w.newest().Code {
						res = b.post("/auth/code", url.Values{"code": {code}})
					}
				}
				require.Equal(t, http.StatusTooManyRequests, res.status)
				labels, forms := startButtons(t, res.body)
				if row.want == "" {
					require.Equal(t, []string{"Send another code"}, labels)
					require.NotContains(t, res.body, "ask for one here")
					return
				}
				require.Contains(t, res.body, "ask for one here")
				require.Equal(t, []string{row.want, "Send another code"}, labels)

				w.stytch.Age(2 * time.Second) // one e-mail a second
				before := len(w.stytch.Outbox())
				res = b.post("/auth/start", forms[0])
				require.Equal(t, http.StatusSeeOther, res.status, res.body)
				require.Equal(t, "/auth/sent", res.at)
				require.Len(t, w.stytch.Outbox(), before+1)
				if row.methods != "" && !strings.HasSuffix(row.want, "password") {
					require.Equal(t, http.StatusSeeOther, b.post("/auth/callback", b.open(w.callbackAddress(w.newest()))).status)
					require.NotEmpty(t, b.who())
				}
			})
		})
	}
}
