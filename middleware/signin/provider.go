package signin

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
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
	if earlier, ok := h.named(r); ok && earlier.half(page.Class) != nil {
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

// redirected returns the attempt that a token from a provider belongs to, and
// whether that is sure. Stytch brings back which class the token is for and nothing
// that is ours, so of two attempts for one class it is the newer one. The verifier is
// the same for both.
func (h *Handler) redirected(r *http.Request, t callbackToken) (a attempt, sure, ok bool) {
	all := h.attempts(r, func(a attempt) bool { return a.asks == t.kind })
	if len(all) == 0 {
		return attempt{}, false, false
	}
	// A token that an outage left behind is another redirect's.
	slices.SortStableFunc(all, func(a, b attempt) int { return len(a.token.token) - len(b.token.token) })
	if t.kind != kindDiscoveryOAuth && t.slug != "" {
		i := slices.IndexFunc(all, func(a attempt) bool { return h.sameClass(r, a.class, t.slug) })
		if i < 0 {
			return all[0], false, true
		}
		return all[i], true, true
	}
	return all[0], len(all) == 1, true
}

// arrive uses the token that a browser brings from a provider.
func (h *Handler) arrive(w http.ResponseWriter, r *http.Request, t callbackToken) {
	a, sure, ok := h.redirected(r, t)
	if !ok {
		if h.continues(r, t.slug) {
			redirect(w, h.config.home())
			return
		}
		h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, h.late(r, t.kind, t.slug), "sign-in")
		return
	}
	a.token = t
	err := h.signByProvider(w, r, a)
	switch {
	case err == nil:
	case outage(err):
		// The page with the button to try again says so, without the token in its URL.
		if _, own := ours(err); own {
			h.note(r, "refused by a limit", err)
		} else {
			h.fault(r, "sign-in not finished", err)
		}
		redirect(w, h.address("confirm", h.keep(w, r, a.lasting(tokenLife))))
	default:
		h.providerRefused(w, r, a, sure, err)
	}
}

// signByProvider redeems the token of an attempt that led to a provider. The verifier
// is the secret of this browser that names the redemption, so that a second click is
// the same one whichever attempt it is taken for.
func (h *Handler) signByProvider(w http.ResponseWriter, r *http.Request, a attempt) error {
	half := a.half(a.class)
	return h.sign(w, r, signing{attempt: a, half: half, key: a.token.key(a.verifier.Reveal())}, h.use(a.token, a, half))
}

// providerRefused says why. The attempt is forgotten if the token was surely its
// own: a token that was used before or belongs to another browser may not be.
func (h *Handler) providerRefused(w http.ResponseWriter, r *http.Request, a attempt, sure bool, err error) {
	spent := errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown)
	if spent && h.continues(r, a.token.slug) {
		// Reloaded, or gone back to, in the browser that it signed in.
		redirect(w, h.target(a.returnTo))
		return
	}
	if sure && !spent && !errors.Is(err, grimoireauth.ErrOtherBrowser) {
		h.drop(w, r, a)
	}
	h.refuse(w, r, err, Page{Class: a.class, ReturnTo: a.returnTo}, "sign-in")
}

// withoutToken reports the answer of a provider without a sign-in: an error
// and no token (RFC 6749, 4.1.2.1).
func withoutToken(rawQuery string) bool {
	query, err := url.ParseQuery(rawQuery)
	return err == nil && !query.Has("token") && query.Has("error")
}
