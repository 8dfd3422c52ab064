package signin

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// connectionForm is the form of a connection id.
var connectionForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// startOAuth redirects to an OAuth provider.
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
		h.offer(w, r, http.StatusNotFound, page.withNotice("Please choose one of the ways to sign in."))
	case page.Class != "":
		start, err := h.client.SignIn.StartOAuth(stytchclient.OAuthStart{
			Provider: method, Class: grimoireauth.ClassID(page.Class), RedirectURL: h.callbackURL(), Verifier: h.sharedVerifier(r, requestOAuth),
		})
		h.redirectToProvider(w, r, requestOAuth, page, start, err)
	case h.findsClass(r):
		start, err := h.client.Discovery.StartOAuth(stytchclient.OAuthStart{
			Provider: method, RedirectURL: h.callbackURL(), Verifier: h.sharedVerifier(r, requestDiscoveryOAuth),
		})
		h.redirectToProvider(w, r, requestDiscoveryOAuth, page, start, err)
	default:
		h.offer(w, r, http.StatusBadRequest, page.withNotice("Which class is it?"))
	}
}

// startSSO redirects to a school's identity provider.
func (h *Handler) startSSO(w http.ResponseWriter, r *http.Request) {
	page, ok := h.mayStart(w, r)
	if !ok {
		return
	}
	connection := r.PathValue("connection")
	switch {
	case !h.serves(grimoireauth.MethodSSO) || !connectionForm.MatchString(connection):
		h.offer(w, r, http.StatusNotFound, page.withNotice("Please choose one of the ways to sign in."))
	case page.Class == "":
		h.offer(w, r, http.StatusBadRequest, page.withNotice("Which class is it?"))
	default:
		start, err := h.client.SignIn.StartSSO(stytchclient.SSOStart{
			Connection: stytchclient.ConnectionID(connection), RedirectURL: h.callbackURL(), Verifier: h.sharedVerifier(r, requestSSO),
		})
		h.redirectToProvider(w, r, requestSSO, page, start, err)
	}
}

// mayStart reports whether this request may start a sign-in at a provider. If not, it
// writes the response. Starting is a GET, since browsers apply form-action to the
// redirects of forms; so it accepts only requests that a person has made by a link on
// these pages or by typing the address.
func (h *Handler) mayStart(w http.ResponseWriter, r *http.Request) (Page, bool) {
	if isSpeculative(r) {
		h.answerSpeculative(w, r)
		return Page{}, false
	}
	if err := r.ParseForm(); err != nil {
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That address is not complete. Please start here."})
		return Page{}, false
	}
	page := Page{Class: h.wantedClass(r), ReturnTo: h.returnTo(r)}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return page, true
	}
	h.offer(w, r, http.StatusOK, page)
	return Page{}, false
}

// redirectToProvider keeps the verifier in the attempt and redirects the browser to
// Stytch.
func (h *Handler) redirectToProvider(w http.ResponseWriter, r *http.Request, requested string, page Page, start stytchclient.Start, err error) {
	if err != nil {
		h.logFault(r, "sign-in cannot be started", err)
		h.offer(w, r, http.StatusInternalServerError, page.withNotice(notNow+untilNext(err)))
		return
	}
	a := newAttempt(page.Class, page.ReturnTo)
	if earlier, ok := h.named(r); ok && earlier.awaitingPrimary(page.Class) != nil {
		a = earlier
		a.class, a.returnTo = page.Class, page.ReturnTo
	}
	a = a.requesting(requested, "", redirectLife)
	a.verifier = start.Verifier
	h.keep(w, r, a)
	w.Header().Set("Referrer-Policy", "no-referrer")
	redirect(w, start.URL)
}

// isSpeculative reports whether the browser loads the page before a person has opened
// it, for a preview or a prefetch. Source:
// https://fetch.spec.whatwg.org/#sec-purpose-header
func isSpeculative(r *http.Request) bool {
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

// answerSpeculative answers a speculative request. Browsers discard a response with
// this status and request the page again when a person opens it.
func (h *Handler) answerSpeculative(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	h.show(w, http.StatusServiceUnavailable, "message", Page{Notice: "Your browser asked for this page ahead of time. Please open it again."})
}

// redirected returns the attempt to which a token from a provider belongs, and whether
// that is certain. Stytch returns the class of the token and no id of ours, so of two
// attempts for one class the newer one is taken. Both have the same verifier.
func (h *Handler) redirected(r *http.Request, t callbackToken) (a attempt, sure, ok bool) {
	all := h.attempts(r, func(a attempt) bool { return a.requested == t.kind })
	if len(all) == 0 {
		return attempt{}, false, false
	}
	// An attempt that has a token belongs to an earlier redirect.
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

// providerCallback redeems the token that a browser brings from a provider.
func (h *Handler) providerCallback(w http.ResponseWriter, r *http.Request, t callbackToken) {
	a, sure, ok := h.redirected(r, t)
	if !ok {
		if h.continues(r, t.slug) {
			redirect(w, h.config.home())
			return
		}
		h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, h.expiredPage(r, t.kind, t.slug), "sign-in")
		return
	}
	a.token = t
	s := h.providerSigning(a)
	err := h.sign(w, r, s, h.redeem(a.token, a, s.continues))
	switch {
	case err == nil:
	case isTemporary(err):
		// The page with the button to try again says so, without the token in its URL.
		if _, own := limitedHere(err); own {
			h.logInfo(r, "refused by a limit", err)
		} else {
			h.logFault(r, "sign-in not finished", err)
		}
		if held := h.holding(s, err); !held.held.IsZero() {
			a = held
		}
		redirect(w, h.address("confirm", h.keep(w, r, a.lasting(tokenLife))))
	default:
		h.providerRefused(w, r, a, sure, err)
	}
}

// providerSigning is the sign-in by the token of a redirect. The key contains the
// verifier, so that a second click has the same key, whichever attempt is taken for it.
func (h *Handler) providerSigning(a attempt) signing {
	return signing{attempt: a, continues: a.awaitingPrimary(a.class), key: a.token.key(a.verifier.Reveal())}
}

// providerRefused says why the sign-in failed. It deletes the attempt if the token
// certainly belongs to it, which is not so for a used token or one of another browser.
func (h *Handler) providerRefused(w http.ResponseWriter, r *http.Request, a attempt, sure bool, err error) {
	spent := errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown)
	if spent && h.continues(r, a.token.slug) {
		// The callback was reloaded in the browser that is signed in.
		redirect(w, h.destination(a.returnTo))
		return
	}
	if sure && !spent && !errors.Is(err, grimoireauth.ErrOtherBrowser) {
		h.drop(w, r, a)
	}
	h.refuse(w, r, err, Page{Class: a.class, ReturnTo: a.returnTo}, "sign-in")
}

// withoutToken reports whether the provider returned an error and no token (RFC 6749,
// section 4.1.2.1).
func withoutToken(rawQuery string) bool {
	query, err := url.ParseQuery(rawQuery)
	return err == nil && !query.Has("token") && query.Has("error")
}
