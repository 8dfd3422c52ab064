package signin_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// messageForms are all forms that e-mail something to ada@example.edu.
func messageForms(class mock.Class) map[string]url.Values {
	forms := map[string]url.Values{
		"discovery link": startForm(mock.Class{}, "magic_link", ""),
		"discovery code": startForm(mock.Class{}, "email_otp", ""),
	}
	for _, method := range []string{"magic_link", "email_otp", "reset"} {
		forms[method] = startForm(class, method, "")
	}
	return forms
}

// bothMappings runs a test with one Organization for each class, and with one for all.
func bothMappings(t *testing.T, test func(t *testing.T, w *fixture)) {
	for name, oneOrganization := range map[string]bool{"a class each": false, "one organization": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := newFixture(t, signin.Config{})
				base.stytch.RateLimits = true
				test(t, base.process(oneOrganization))
			})
		})
	}
}

// A stranger who requests a message every two seconds, for ten minutes, has few sent to
// an address: of each kind, under every spelling of class and address.
func TestX04_FewMessagesToAnAddress(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		for kind, form := range messageForms(w.law) {
			before := len(w.stytch.Outbox())
			for i := range 300 {
				if class := form.Get("class"); class != "" {
					form.Set("class", []string{w.law.Slug, string(w.law.ID), "LAWS1100"}[i%3])
				}
				form.Set("email", []string{"ada@example.edu", " ADA@Example.edu"}[i%2])
				res := w.at(fmt.Sprintf("198.51.100.%d", i%9)).post("/auth/start", form)
				if form.Get("method") == "reset" && res.status == http.StatusTooManyRequests {
					require.Contains(t, res.body, "works only there", kind)
				} else {
					require.Equal(t, http.StatusSeeOther, res.status, "%s: %s", kind, res.body)
				}
				time.Sleep(2 * time.Second)
			}
			require.LessOrEqual(t, len(w.stytch.Outbox())-before, 5, kind)
			require.NotEqual(t, len(w.stytch.Outbox()), before, kind)
			time.Sleep(11 * time.Minute)

			// From one client address it is less, so that another one has some left.
			before = len(w.stytch.Outbox())
			for range 60 {
				w.at("198.51.100.1").post("/auth/start", form)
				time.Sleep(5 * time.Second)
			}
			require.LessOrEqual(t, len(w.stytch.Outbox())-before, 3, kind)
			w.at("203.0.113.1").post("/auth/start", form)
			require.LessOrEqual(t, len(w.stytch.Outbox())-before, 4, kind)
			time.Sleep(11 * time.Minute)
		}
	})
}

// Behind a proxy for which nothing is set up no client address is known. The limits by
// address and class hold.
func TestX04_FewMessagesBehindAProxy(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		for kind, form := range messageForms(w.law) {
			before := len(w.stytch.Outbox())
			for range 300 {
				w.at("127.0.0.1").post("/auth/start", form)
				time.Sleep(2 * time.Second)
			}
			require.LessOrEqual(t, len(w.stytch.Outbox())-before, 5, kind)
			time.Sleep(11 * time.Minute)
		}
	})
}

// A stranger who asks for a message to her address does not make the one that she has
// useless; her own second browser gets in with it as well.
func TestX04_AMessageIsNotSuperseded(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		for _, class := range []string{w.law.Slug, ""} {
			form := startForm(mock.Class{Slug: class}, "email_otp", "")
			ada := w.at("203.0.113.1")
			ada.ask(form)
			code := w.newest().Code
			for i := range 20 {
				time.Sleep(time.Second)
				stranger := w.at(fmt.Sprintf("198.51.100.%d", i%3))
				res := stranger.post("/auth/start", form)
				require.Equal(t, http.StatusSeeOther, res.status)
				page := stranger.get(res.header.Get("Location"))
				require.Contains(t, page.body, fmt.Sprintf("Others can be sent in %d seconds", 29-i))
			}
			phone := w.at("203.0.113.99")
			res := phone.post("/auth/start", form)
			require.Equal(t, http.StatusSeeOther, res.status)
			require.Equal(t, code, w.newest().Code)
			res = phone.post("/auth/code", url.Values{"code": {code}})
			require.Equal(t, http.StatusSeeOther, res.status, res.body)
			time.Sleep(time.Hour)
		}

		// The link of a reset is bound to her browser, so it is not sent to another one.
		form := startForm(w.law, "reset", "")
		ada := w.at("203.0.113.1")
		ada.ask(form)
		link := w.newest()
		time.Sleep(10 * time.Second)
		stranger := w.at("198.51.100.1").post("/auth/start", form)
		require.Equal(t, http.StatusTooManyRequests, stranger.status)
		require.Equal(t, "20", stranger.header.Get("Retry-After"))
		require.Contains(t, stranger.body, "works only there")
		require.Equal(t, "/auth/sent", ada.post("/auth/start", form).at, "she has asked, and the link works here")
		require.Equal(t, link, w.newest())
		require.Equal(t, "/auth/new-password", ada.get(w.callbackAddress(link)).at)
		password := ada.newPassword()
		password.Set("password", goodPassword)
		require.Equal(t, http.StatusSeeOther, ada.post("/auth/new-password", password).status)
	})
}

// A message that has been used supersedes nothing: the next one can be sent at once.
func TestX04_SignInAgainAtOnce(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		for range 10 {
			b := w.at("203.0.113.1")
			b.ask(startForm(w.law, "magic_link", ""))
			require.Equal(t, http.StatusSeeOther, b.post("/auth/callback", b.open(w.callbackAddress(w.newest()))).status)
			require.Equal(t, string(w.ada), b.who())
			b = w.at("203.0.113.1")
			b.ask(startForm(w.law, "email_otp", ""))
			require.Equal(t, http.StatusSeeOther, b.post("/auth/code", url.Values{"code": {w.newest().Code}}).status)
			require.Equal(t, string(w.ada), b.who())
		}
	})
}

// A burst of messages to made-up addresses, of all kinds, ends with the share of the
// client address. Another client address is not affected.
func TestX04_BurstFromOneAddress(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		forms := messageForms(w.law)
		refused := 0
		for i := range 2000 {
			for _, form := range forms {
				form.Set("email", fmt.Sprintf("u%d@elsewhere.example", i))
				res := w.at("198.51.100.1").post("/auth/start", form)
				if res.status == http.StatusTooManyRequests {
					refused++
					require.NotEmpty(t, res.header.Get("Retry-After"))
				}
				break
			}
		}
		require.InDelta(t, 1600, refused, 10)
		require.LessOrEqual(t, len(w.stytch.Outbox()), 410)

		ada := w.at("203.0.113.1")
		ada.ask(startForm(w.law, "magic_link", ""))
		require.Equal(t, http.StatusSeeOther, ada.post("/auth/callback", ada.open(w.callbackAddress(w.newest()))).status)
	})
}

// A lecture behind one client address: 300 people sign in within two minutes.
func TestX04_Lecture(t *testing.T) {
	for _, method := range []string{"magic_link", "email_otp", "sso"} {
		t.Run(method, func(t *testing.T) {
			bothMappings(t, func(t *testing.T, w *fixture) {
				connection := w.stytch.AddSSO(w.law.ID, "saml", nil)
				began := time.Now()
				in := 0
				for i := range 300 {
					email := fmt.Sprintf("student%d@example.edu", i)
					w.stytch.AddStudent(w.law.ID, email)
					b := w.at("203.0.113.1")
					require.Equal(t, http.StatusOK, b.get("/auth/?class="+w.law.Slug).status)
					form := startForm(w.law, method, "")
					form.Set("email", email)
					switch method {
					case "sso":
						b.get(w.provider(b.leave("/auth/sso/"+connection+"?class="+w.law.Slug), "mock_persona", email))
					case "magic_link":
						b.ask(form)
						b.post("/auth/callback", b.open(w.callbackAddress(w.newest())))
					default:
						b.ask(form)
						if i%5 == 0 { // and some mistype
							b.post("/auth/code", url.Values{"code": {wrongCode(w.newest().Code)}})
						}
						b.post("/auth/code", url.Values{"code": {w.newest().Code}})
					}
					if b.who() != "" {
						in++
					}
					time.Sleep(390 * time.Millisecond)
				}
				require.Equal(t, 300, in)
				require.LessOrEqual(t, time.Since(began), 2*time.Minute)
			})
		})
	}
}

// Strangers request messages to her address all the time, of all kinds and for made-up
// classes. She gets her own message within seconds.
func TestX04_MessagesHaveTurns(t *testing.T) {
	bothMappings(t, func(t *testing.T, w *fixture) {
		stop, all := make(chan struct{}), sync.WaitGroup{}
		for source := range 3 {
			all.Go(func() {
				kinds := messageForms(w.law)
				names := slices.Sorted(maps.Keys(kinds))
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					case <-time.After(50 * time.Millisecond):
					}
					form := maps.Clone(kinds[names[i%len(names)]])
					if i%20 == 0 && form.Get("class") != "" {
						form.Set("class", []string{fmt.Sprint("made-up", source, "-", i), fmt.Sprintf("organization-test-%08d-0000-4000-8000-000000000000", source*10000+i)}[i%40/20])
					}
					r := w.at(fmt.Sprintf("198.51.100.%d", source)).request("POST", "/auth/start", form)
					all.Go(func() { w.app.ServeHTTP(httptest.NewRecorder(), r) })
				}
			})
		}
		time.Sleep(time.Second)
		for i := range 20 {
			method := []string{"magic_link", "email_otp"}[i%2]
			ada := w.at("203.0.113.1")
			began := time.Now()
			res := ada.post("/auth/start", startForm(w.law, method, ""))
			require.Equal(t, http.StatusSeeOther, res.status, "%d: %s", i, res.body)
			require.LessOrEqual(t, time.Since(began), 8*time.Second)
			time.Sleep(7 * time.Second)
		}
		close(stop)
		all.Wait()
	})
}
