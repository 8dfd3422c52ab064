package signin_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// C08, C12: at every step of an attempt, before and after it has expired, for a
// stranger and for a person who is signed in: each address leads to a page with a way
// on and no redirect loop, and so does each form that is sent at the wrong step.
func TestC12_EveryAddressAtEveryStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{Discovery: true, Limit: unlimited{}})
		w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
		w.stytch.AddStudent(w.art.ID, "bob@example.edu")
		strict, _ := w.strict()
		w.withPhone(strict.ID)
		connection := w.stytch.AddSSO(w.law.ID, "saml", nil)
		wait := func() { w.stytch.Age(2 * time.Second); time.Sleep(2 * time.Second) }
		ask := func(b *browser, class, method string) {
			wait()
			b.ask(url.Values{"class": {class}, "email": {"ada@example.edu"}, "method": {method}, "return_to": {"/classes/a"}})
		}
		states := map[string]func(b *browser){
			"nothing":         func(*browser) {},
			"link asked":      func(b *browser) { ask(b, w.law.Slug, "magic_link") },
			"code asked":      func(b *browser) { ask(b, w.law.Slug, "email_otp") },
			"reset asked":     func(b *browser) { ask(b, w.law.Slug, "reset") },
			"discovery asked": func(b *browser) { ask(b, "", "magic_link") },
			"a link":          func(b *browser) { wait(); b.open(w.link(w.law.ID, "ada@example.edu")) },
			"a reset link":    func(b *browser) { wait(); b.resetLink("ada@example.edu") },
			"at a provider":   func(b *browser) { b.leave("/auth/oauth/google?class=" + w.law.Slug + "&return_to=/classes/a") },
			"at a school":     func(b *browser) { b.leave("/auth/sso/" + connection + "?class=" + w.law.Slug) },
			"a class to choose": func(b *browser) {
				ask(b, "", "magic_link")
				b.press(b.open(w.callbackAddress(w.newest())))
			},
			"a second factor": func(b *browser) {
				wait()
				require.Equal(t, "/auth/factor", b.press(b.open(w.link(strict.ID, "ada@example.edu"))).at)
			},
			"another account": func(b *browser) {
				ask(b, w.law.Slug, "magic_link")
				wait()
				require.Equal(t, "/auth/account", b.post("/auth/callback", b.open(w.link(w.law.ID, "mallory@example.edu"))).at)
			},
		}
		pages := []string{"", "start", "code", "sent", "oauth/google", "oauth/nobody", "sso/" + connection, "sso/x", "callback", "confirm", "account", "new-password",
			"unfinished", "factor", "factor/send", "factor/enrol", "classes", "switch", "logout", "signed-out", "session", "signed-out.css", "nothing", "factor/", "callback/x"}
		forms := []url.Values{{}, {"code": {"123456"}, "factor": {"sms_otp"}, "password": {"correct horse battery staple 9"}, "answer": {"perhaps"}, "phone": {"0"}, "class": {string(w.art.ID)}, "email": {"x@example.edu"}, "method": {"email_otp"}}}
		type tab struct {
			name    string
			cookies []*http.Cookie
			attempt string
		}
		u, _ := url.Parse(home)
		var tabs []tab
		for _, signedIn := range []bool{false, true} {
			for name, reach := range states {
				b := w.browser()
				if signedIn {
					wait()
					b.signIn(w.art.ID, "bob@example.edu")
					b.attempt = ""
				}
				reach(b)
				if b.attempt == "" {
					for _, cookie := range b.jar.Cookies(u) {
						if strings.HasPrefix(cookie.Name, attemptAt) {
							b.attempt = strings.TrimPrefix(cookie.Name, attemptAt)
						}
					}
				}
				tabs = append(tabs, tab{fmt.Sprintf("%s, signed in %v", name, signedIn), b.jar.Cookies(u), b.attempt})
			}
		}
		visit := func(late bool) {
			for _, at := range tabs {
				for _, page := range pages {
					for i := range 1 + len(forms) {
						where := fmt.Sprintf("%s: %s, form %d, late %v", at.name, page, i-1, late)
						b := w.browser()
						b.jar, _ = cookiejar.New(nil)
						for _, cookie := range at.cookies {
							b.plant(cookie.Name, cookie.Value)
						}
						b.attempt = at.attempt
						path := "/auth/" + page
						if b.attempt != "" {
							path += "?attempt=" + b.attempt
						}
						r := b.request("GET", path, nil)
						if i > 0 {
							form := url.Values{"attempt": {at.attempt}}
							for name, values := range forms[i-1] {
								form[name] = values
							}
							r = b.request("POST", path, form)
						}
						r.Header.Set("Sec-Fetch-Site", "same-origin")
						before := b.cookie(sessionAt)
						res := b.send(r)
						for hops := 0; res.status == http.StatusSeeOther; hops++ {
							require.Less(t, hops, 6, "%s: in a circle at %s", where, res.at)
							if strings.HasPrefix(res.at, "https://") || !strings.HasPrefix(res.at, "/auth/") {
								break
							}
							res = b.get(res.at)
						}
						require.NotEqual(t, http.StatusServiceUnavailable, res.status, where)
						require.Less(t, res.status, 504, where)
						require.NotEqual(t, http.StatusInternalServerError, res.status, "%s %s", where, res.body)
						if after := b.cookie(sessionAt); after != before {
							require.True(t, after == "" && page == "logout" || strings.Contains(where, "form 1") && (page == "new-password" || page == "classes" || page == "switch") || page == "callback" && strings.Contains(at.name, "a link"), "%s: signs in", where)
						}
						if page == "session" || page == "signed-out.css" || res.status == http.StatusSeeOther {
							continue
						}
						require.Contains(t, res.header.Get("Content-Type"), "text/html", where)
						if res.status != http.StatusOK {
							require.Regexp(t, `<form|<a `, res.body, where)
							require.Regexp(t, `role="alert"`, res.body, where)
						}
					}
				}
			}
		}
		visit(false)
		time.Sleep(70 * time.Minute)
		w.stytch.Age(70 * time.Minute)
		visit(true)
	})
}
