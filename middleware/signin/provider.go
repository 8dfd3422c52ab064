package signin

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// connectionForm is what the id of a connection can look like.
var connectionForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// startOAuth leads to a provider.
func (h *Handler) startOAuth(w http.ResponseWriter, r *http.Request) {
	page, ok := h.mayStart(w, r)
	if !ok {
		return
	}
	var method grimoireauth.SignInMethod
	for _, provider := range providers {
		if provider.path == r.PathValue("provider") {
			method = provider.method
		}
	}
	switch {
	case !h.serves(method):
		page.Notice = "Please choose one of the ways to sign in."
		h.offer(w, r, http.StatusNotFound, page)
	case page.Class != "":
		start, err := h.client.SignIn.StartOAuth(grimoireauth.OAuthStart{
			Provider: method, Class: grimoireauth.ClassID(page.Class), RedirectURL: h.callbackURL(), Verifier: h.sharedVerifier(r, asksOAuth),
		})
		h.leave(w, r, asksOAuth, page, start, err)
	case h.finds(r):
		start, err := h.client.SignIn.StartDiscoveryOAuth(grimoireauth.DiscoveryOAuthStart{
			Provider: method, RedirectURL: h.callbackURL(), Verifier: h.sharedVerifier(r, asksDiscoveryOAuth),
		})
		h.leave(w, r, asksDiscoveryOAuth, page, start, err)
	default:
		page.Notice = "Which class is it?"
		h.offer(w, r, http.StatusBadRequest, page)
	}
}

// startSSO leads to a school's identity provider.
func (h *Handler) startSSO(w http.ResponseWriter, r *http.Request) {
	page, ok := h.mayStart(w, r)
	if !ok {
		return
	}
	connection := r.PathValue("connection")
	switch {
	case !h.serves(grimoireauth.MethodSSO) || !connectionForm.MatchString(connection):
		page.Notice = "Please choose one of the ways to sign in."
		h.offer(w, r, http.StatusNotFound, page)
	case page.Class == "":
		page.Notice = "Which class is it?"
		h.offer(w, r, http.StatusBadRequest, page)
	default:
		start, err := h.client.SignIn.StartSSO(grimoireauth.SSOStart{
			Connection: grimoireauth.ConnectionID(connection), RedirectURL: h.callbackURL(), Verifier: h.sharedVerifier(r, asksSSO),
		})
		h.leave(w, r, asksSSO, page, start, err)
	}
}

// mayStart reports whether this request may begin something, and writes the answer
// if not. Starting is a GET, since browsers hold the redirects of forms to
// form-action; so nothing begins that the person has not clicked on these pages or
// typed in.
func (h *Handler) mayStart(w http.ResponseWriter, r *http.Request) (Page, bool) {
	if speculative(r) {
		h.nothing(w, r)
		return Page{}, false
	}
	if err := r.ParseForm(); err != nil {
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That address is not complete. Please start here."})
		return Page{}, false
	}
	page := Page{Class: h.wanted(r), ReturnTo: h.back(r)}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return page, true
	}
	h.offer(w, r, http.StatusOK, page)
	return Page{}, false
}

// leave keeps the verifier for this browser and sends it to Stytch.
func (h *Handler) leave(w http.ResponseWriter, r *http.Request, asks string, page Page, start grimoireauth.Start, err error) {
	if err != nil {
		h.fault(r, "sign-in cannot be started", err)
		page.Notice = notNow + untilNext(err)
		h.offer(w, r, http.StatusInternalServerError, page)
		return
	}
	a := newAttempt(page.Class, page.ReturnTo)
	if earlier, ok := h.named(r); ok && h.half(earlier, page.Class) != nil {
		a = earlier
		a.class, a.returnTo = page.Class, page.ReturnTo
	}
	a = a.ask(asks, "", redirectLife)
	a.verifier = start.Verifier
	h.keep(w, r, a)
	w.Header().Set("Referrer-Policy", "no-referrer")
	redirect(w, start.URL)
}

// speculative reports a request that nobody has asked for yet: a preview, or a
// browser that loads pages before they are wanted.
// Source: https://fetch.spec.whatwg.org/#sec-purpose-header
func speculative(r *http.Request) bool {
	if r.Method == http.MethodHead {
		return true
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(r.Header.Get(name)), "prefetch") {
			return true
		}
	}
	return false
}

// nothing answers a speculative request: browsers drop an answer with this status
// and ask again once a person wants it.
func (h *Handler) nothing(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	h.show(w, http.StatusServiceUnavailable, "message", Page{Notice: "Your browser asked for this page ahead of time. Please open it again."})
}
