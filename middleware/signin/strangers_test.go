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

var ssoOnly = mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}}

// A stranger asks for the pages of classes that do not exist, eighteen a second. Classes
// that do keep their only way to sign in, and Stytch hears little of it: from a client
// address that is known, and from behind a proxy.
func TestX05_MadeUpClasses(t *testing.T) {
	for name, tt := range map[string]struct {
		from string
		most int // calls in 330 seconds, besides a refresh of thirty classes each minute
	}{
		"one client address": {"198.51.100.1", 100 + 330},
		"behind a proxy":     {"127.0.0.1", 100 + 3300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				var classes []string
				for i := range 30 {
					class := w.stytch.AddClass(fmt.Sprintf("TORT%d", 1100+i), ssoOnly)
					w.stytch.AddSSO(class.ID, "saml", nil)
					classes = append(classes, string(class.ID))
				}
				has := func(class string) bool {
					return strings.Contains(w.at("203.0.113.1").get("/auth/?class="+class).body, "/auth/sso/")
				}
				for _, class := range classes {
					require.True(t, has(class))
				}
				time.Sleep(2 * time.Minute)
				began := len(w.stytch.Journal())
				without, views := 0, 0
				for i := range 6000 {
					res := w.at(tt.from).get(fmt.Sprintf("/auth/?class=made-up-%d", i))
					if res.status != http.StatusOK {
						require.Equal(t, http.StatusTooManyRequests, res.status)
						require.Contains(t, res.body, "could not be found out")
						require.NotEmpty(t, res.header.Get("Retry-After"))
					}
					if i%160 == 0 {
						if views++; !has(classes[i/160%30]) {
							without++
						}
					}
					time.Sleep(55 * time.Millisecond)
				}
				require.Zero(t, without, "pages without the only way in, of %d", views)
				require.LessOrEqual(t, len(w.stytch.Journal())-began, tt.most+2*views+10)

				fresh := w.stytch.AddClass("CRIM2000", ssoOnly)
				w.stytch.AddSSO(fresh.ID, "saml", nil)
				if tt.from != "127.0.0.1" {
					require.True(t, has(fresh.Slug), "also a class that is new here, from another client address")
				}
			})
		})
	}
}

// If the methods of a class cannot be looked up, the page says so and offers to look
// again.
func TestX05_NotKnownIsNotNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class := w.stytch.AddClass("TORT1100", ssoOnly)
		w.stytch.AddSSO(class.ID, "saml", nil)
		w.stytch.Fail(mock.Fault{Endpoint: "GET /v1/b2b/organizations/{organization_id}", Status: 500})
		unsure := func(res answer) {
			t.Helper()
			require.Contains(t, res.body, "could not be found out")
			require.Contains(t, res.body, "Look again")
			require.NotContains(t, res.body, "/auth/sso/")
			require.Contains(t, res.body, "E-mail me a link")
		}
		b := w.at("198.51.100.1")
		unsure(b.get("/auth/?class=" + class.Slug))
		unsure(b.post("/auth/start", url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}, "method": {"nothing"}}))
		w.stytch.ClearFaults()
		time.Sleep(6 * time.Second)
		require.Contains(t, b.get("/auth/?class="+class.Slug).body, "/auth/sso/")
		w.stytch.Fail(mock.Fault{Endpoint: "GET /v1/b2b/organizations/{organization_id}", Status: 500})
		time.Sleep(time.Hour)
		require.Contains(t, b.get("/auth/?class="+class.Slug).body, "/auth/sso/", "what was known is not forgotten")
		w.stytch.ClearFaults()

		// One that cannot be asked about because of this client address.
		for i := range 200 {
			b.get(fmt.Sprintf("/auth/?class=made-up-%d", i))
		}
		other := w.stytch.AddClass("CRIM2000", ssoOnly)
		w.stytch.AddSSO(other.ID, "saml", nil)
		res := b.get("/auth/?class=" + other.Slug)
		require.Equal(t, http.StatusTooManyRequests, res.status)
		unsure(res)
		require.Contains(t, w.at("203.0.113.1").get("/auth/?class="+other.Slug).body, "/auth/sso/")
		require.Contains(t, b.get("/auth/?class="+other.Slug).body, "/auth/sso/", "by now it is known here")
	})
}

// Stytch's rate limit is an outage: nothing is said to be on its way, and the operator
// hears of it. A lock is one of a person and told to none.
func TestX06_StytchsLimitIsAnOutage(t *testing.T) {
	endpoints := []string{
		sent, codeSent, "POST /v1/b2b/passwords/email/reset/start",
		"POST /v1/b2b/magic_links/email/discovery/send", "POST /v1/b2b/otps/email/discovery/send",
	}
	fail := func(w *fixture, errorType string) {
		for _, endpoint := range endpoints {
			w.stytch.Fail(mock.Fault{Endpoint: endpoint, Status: 429, ErrorType: errorType})
		}
	}
	bothMappings(t, func(t *testing.T, w *fixture) {
		for kind, form := range messageForms(w.law) {
			for _, errorType := range []string{"too_many_requests", "captcha_failed", "too_few_tokens_authenticated"} {
				fail(w, errorType)
				for _, email := range []string{"ada@example.edu", "unknown@example.edu"} {
					form.Set("email", email)
					res := w.browser().post("/auth/start", form)
					require.Equal(t, http.StatusServiceUnavailable, res.status, "%s %s", kind, errorType)
					require.NotEmpty(t, res.header.Get("Retry-After"))
					require.NotContains(t, res.body, "on its way")
				}
				w.stytch.ClearFaults()
				time.Sleep(time.Minute)
			}
			require.Contains(t, w.log.String(), "level=ERROR")

			fail(w, "user_lock_limit_reached")
			form.Set("email", "ada@example.edu")
			res := w.browser().post("/auth/start", form)
			require.Equal(t, http.StatusSeeOther, res.status, kind)
			w.stytch.ClearFaults()
			time.Sleep(10 * time.Minute)
		}
	})
}

// Asking twice at one moment, in several classes, tells nothing about an address: our
// limit comes before Stytch's.
func TestX06_AskingTwiceTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{Discovery: true})
		w.stytch.RateLimits = true
		closed := w.stytch.AddClass("TORT1100")
		w.stytch.AddStudent(closed.ID, "ada@example.edu")
		ask := func(email string) (all []string) {
			for range 3 {
				for _, class := range []string{w.law.Slug, closed.Slug, "no-such-class", ""} {
					for _, method := range []string{"magic_link", "email_otp", "reset"} {
						if class == "" && method == "reset" {
							continue
						}
						b := w.at("198.51.100.1")
						began := time.Now()
						form := url.Values{"class": {class}, "email": {email}, "method": {method}}
						res := b.post("/auth/start", form)
						page := res
						if res.status == http.StatusSeeOther {
							page = b.get(res.header.Get("Location"))
						}
						all = append(all, fmt.Sprintln(class, method, res.status, time.Since(began), res.header.Get("Retry-After"),
							random.ReplaceAllString(strings.ReplaceAll(page.body, email, "EMAIL"), "RANDOM")))
					}
				}
			}
			return all
		}
		known := ask("ada@example.edu")
		time.Sleep(time.Hour)
		require.Equal(t, known, ask("unknown@example.edu"))
	})
}

// The same for what is typed in: a wrong code, ten times.
func TestX06_GuessingTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		guess := func(email string) (all []string) {
			for i := range 30 {
				form := url.Values{"class": {w.law.Slug}, "email": {email}, "method": {"password"}, "password": {"a guess"}}
				res := w.at(fmt.Sprintf("198.51.100.%d", i%7)).post("/auth/start", form)
				all = append(all, fmt.Sprintln(res.status, res.header.Get("Retry-After"), random.ReplaceAllString(strings.ReplaceAll(res.body, email, "EMAIL"), "RANDOM")))
			}
			return all
		}
		known := guess("ada@example.edu")
		time.Sleep(time.Hour)
		require.Equal(t, known, guess("unknown@example.edu"))
	})
}
