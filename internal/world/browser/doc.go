// Package browser is a model of a web browser for simulations in virtual time.
//
// A [Browser] has one [Jar] (RFC 6265bis) and several tabs. A [Tab] does what a
// person does: [Tab.Navigate], [Tab.Click], [Tab.Submit], [Tab.Reload],
// [Tab.Back], [Tab.Close]; and what the scripts of its page do: [Tab.Fetch],
// [Tab.Visit], [Tab.Popup], [Tab.Post], and document.cookie by [Tab.Script],
// on which [SDK] does what Stytch's browser SDK does.
//
// Requests leave through the [Transport] that the simulation gives. It decides
// how long everything takes, and so in which order answers arrive: the browser
// stores the cookies of a response when its header arrives, not when the server
// made it.
//
//	synctest.Test(t, func(t *testing.T) {
//		b := browser.New(browser.Config{Name: "ada", Transport: func(r *browser.Request) (*http.Response, error) {
//			time.Sleep(latency(seed, r.Name))
//			w := httptest.NewRecorder()
//			handler.ServeHTTP(w, r.Request)
//			return w.Result(), nil
//		}})
//		tab := b.Open()
//		page, err := tab.Navigate("https://tutor.example.edu/auth/")
//		page, err = tab.Submit(page.Form("/auth/start"), url.Values{"email": {"ada@example.edu"}}, "magic_link")
//		b.Wait()
//	})
//
// # What decides
//
// Only the transport's latencies decide an outcome, and neither the order of goroutines
// or of a map nor a random number. The requests that a page makes at once leave one
// [Config].Gap apart, in the page's order. Two responses that arrive at the same instant
// have no order, so the transport's latencies have to avoid that. Data that several calls
// of the transport share needs a lock, in virtual time as well.
//
// Every request has a name (browser.tab.action.hop), which does not depend on
// other tabs; [Tab.Label] makes it independent of the tab's other actions as
// well.
//
// # What is modelled
//
// Modelled are the identity, order, lifetime, limits, prefixes and SameSite of cookies;
// redirects; Sec-Fetch, Origin and Referer headers; what a reload and a form post again;
// pages that come back without a request; CORS with its preflight; form-action;
// meta refresh up to five seconds. Not modelled: frames, scripts other than
// what the simulation calls, an HTTP cache, storage partitioning, service
// workers, prefetching, HSTS and the two minutes of "Lax+POST".
package browser
