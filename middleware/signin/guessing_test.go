package signin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// wrongCode returns another code than this.
func wrongCode(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

const discoveryCodeChecked = "POST /v1/b2b/otps/email/discovery/authenticate"

// guessed counts the guesses that have reached Stytch.
func (w *fixture) guessed() int {
	return w.calls(codeChecked) + w.calls(passwordChecked) + w.calls(discoveryCodeChecked)
}

// Ten wrong guesses reach Stytch in ten minutes, three of them from one client address,
// by all kinds of guesses together. While three addresses guess, she signs in from a
// fourth by her code; while more do, by the link in her mail, which the page names.
func TestX04_Guessing(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		ada := w.at("203.0.113.1")
		ada.ask(startForm(w.law, "email_otp", ""))
		code := w.newest().Code
		guess := func(address string, i int) answer {
			form := startForm(w.law, "password", "")
			form.Set("class", []string{w.law.Slug, string(w.law.ID)}[i%2])
			form.Set("email", []string{"ada@example.edu", "Ada@EXAMPLE.edu "}[i%2])
			if i%3 == 0 {
				form.Set("password", fmt.Sprint("guess", i))
				return w.at(address).post("/auth/start", form)
			}
			form.Set("code", wrongCode(code))
			return w.at(address).post("/auth/code", form)
		}
		for source := range 3 {
			before := w.guessed()
			for i := range 200 {
				res := guess(fmt.Sprintf("198.51.100.%d", source), i)
				if i < 3 {
					require.Equal(t, http.StatusForbidden, res.status, res.body)
				} else {
					require.Equal(t, http.StatusTooManyRequests, res.status, res.body)
					require.Equal(t, "600", res.header.Get("Retry-After"))
					require.Contains(t, res.body, "The link in an e-mail works all the time")
				}
			}
			require.Equal(t, 3, w.guessed()-before)
		}
		require.Equal(t, http.StatusSeeOther, ada.post("/auth/code", url.Values{"code": {code}}).status)
		require.Equal(t, string(w.ada), ada.who())

		for source := range 20 {
			guess(fmt.Sprintf("2001:db8:0:%x::%d", source, source), 0)
		}
		require.Equal(t, 10+1, w.guessed(), "and her own, which was right")
		require.Equal(t, http.StatusTooManyRequests, guess("203.0.113.1", 0).status)
		again := w.at("203.0.113.1")
		again.ask(startForm(w.law, "magic_link", ""))
		require.Equal(t, http.StatusSeeOther, again.post("/auth/callback", again.open(w.callbackAddress(w.newest()))).status)
		require.Equal(t, string(w.ada), again.who())

		// Another person of the class is not concerned, and it is over in ten minutes.
		w.stytch.AddStudent(w.law.ID, "bob@example.edu")
		bob := w.at("198.51.100.0")
		form := startForm(w.law, "email_otp", "")
		form.Set("email", "bob@example.edu")
		bob.ask(form)
		require.Equal(t, http.StatusSeeOther, bob.post("/auth/code", url.Values{"code": {w.newest().Code}}).status)
		time.Sleep(10 * time.Minute)
		require.Equal(t, http.StatusForbidden, guess("198.51.100.0", 0).status)
	})
}

// Codes of a discovery are limited by the address alone.
func TestX04_GuessingInADiscovery(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		w.at("203.0.113.1").ask(startForm(mock.Class{}, "email_otp", ""))
		form := startForm(mock.Class{}, "", "")
		form.Set("code", wrongCode(w.newest().Code))
		for i := range 500 {
			w.at(fmt.Sprintf("198.51.100.%d", i%50)).post("/auth/code", form)
		}
		require.Equal(t, 10, w.guessed())
	})
}

// The page names no link that the class does not have.
func TestX04_TheWayThatIsOpen(t *testing.T) {
	for methods, want := range map[string]string{
		"magic_link,password": "The link in an e-mail works all the time",
		"password":            "A link to set a password works all the time",
		"email_otp":           "looked at again in 10 minutes.</p>",
	} {
		t.Run(methods, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				class := w.stytch.AddClass("TORT1100", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": strings.Split(methods, ",")})
				form := startForm(class, "password", "")
				form.Set("password", "a guess")
				var res answer
				for range 4 {
					res = w.browser().post("/auth/start", form)
				}
				require.Equal(t, http.StatusTooManyRequests, res.status)
				require.Contains(t, res.body, want)
			})
		})
	}
}

// Behind a proxy for which nothing is set up, the limit by address and class is left.
func TestX04_GuessingBehindAProxy(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		form := startForm(w.law, "password", "")
		form.Set("password", "a guess")
		for range 500 {
			w.at("10.0.0.1").post("/auth/start", form)
		}
		require.Equal(t, 10, w.guessed())
	})
}

// The guesses of many requests at once are counted before they are made.
func TestX04_GuessingAtOnce(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		w.at("203.0.113.1").get("/auth/?class=" + w.law.Slug)
		w.stytch.Fail(mock.Fault{Endpoint: passwordChecked, Latency: time.Second})
		form := startForm(w.law, "password", "")
		form.Set("password", "a guess")
		done := make(chan int)
		for i := range 100 {
			go func() { done <- w.at(fmt.Sprintf("198.51.100.%d", i%50)).post("/auth/start", form).status }()
		}
		for range 100 {
			<-done
		}
		require.Equal(t, 10, w.guessed())
	})
}

// An outage is no wrong guess: when it is over, the right one is taken.
func TestX04_AnOutageIsNoGuess(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		ada := w.at("203.0.113.1")
		ada.ask(startForm(w.law, "email_otp", ""))
		w.stytch.Fail(mock.Fault{Endpoint: codeChecked, Status: 500})
		for range 20 {
			require.Equal(t, http.StatusServiceUnavailable, ada.post("/auth/code", url.Values{"code": {w.newest().Code}}).status)
		}
		w.stytch.ClearFaults()
		time.Sleep(10 * time.Second)
		require.Equal(t, http.StatusSeeOther, ada.post("/auth/code", url.Values{"code": {w.newest().Code}}).status)
	})
}

// The codes of a second factor are limited by member.
func TestX04_GuessingASecondFactor(t *testing.T) {
	for factor, endpoint := range map[string]string{
		"sms_otp":       smsChecked,
		"totp":          "POST /v1/b2b/totp/authenticate",
		"recovery_code": "POST /v1/b2b/recovery_codes/recover",
	} {
		t.Run(factor, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				class, ada := w.strict()
				if factor == "sms_otp" {
					w.withPhone(class.ID)
				} else {
					w.withApp(class.ID, ada)
				}
				before := w.calls(endpoint)
				for i := range 20 {
					b := w.at(fmt.Sprintf("198.51.100.%d", i))
					b.begun(class.ID)
					for j := range 5 {
						code := "000000"
						if factor == "recovery_code" {
							code = fmt.Sprintf("abcd-%04d", j)
						}
						b.post("/auth/factor", factorForm(factor, code))
					}
				}
				require.LessOrEqual(t, w.calls(endpoint)-before, 10)
				res := w.at("203.0.113.1")
				res.begun(class.ID)
				late := res.post("/auth/factor", factorForm(factor, "000000"))
				require.Equal(t, http.StatusTooManyRequests, late.status)
				require.Contains(t, late.body, "too many wrong codes")
				require.NotEmpty(t, late.header.Get("Retry-After"))
				require.NotEmpty(t, res.kept(), "the sign-in goes on when the time is over")
			})
		})
	}
}

// Codes by SMS are sent to a member, and to a number that is typed in, a few times.
func TestX04_FewSMS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, _ := w.strict()
		w.withPhone(class.ID)
		before := w.calls(smsSent)
		for i := range 300 {
			b := w.at(fmt.Sprintf("198.51.100.%d", i%20))
			b.begun(class.ID)
			res := b.post("/auth/factor/send", url.Values{})
			require.Equal(t, "/auth/factor", res.at, res.body)
			require.Contains(t, b.get("/auth/factor").body, "newest one does")
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, w.calls(smsSent)-before, 5)
	})
}
