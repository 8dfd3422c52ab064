package signin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// callback is where links in e-mails and identity providers redirect to. It removes the
// token from the URL at once. A token from a provider is redeemed here, since this
// browser has started that sign-in. A link may have been opened by a mail scanner or by
// another person, so its token waits in a cookie until a person presses a button.
func (h *Handler) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodHead {
		h.answerSpeculative(w, r)
		return
	}
	t, ok := h.callbackTokenOf(r.URL.RawQuery)
	switch {
	case !ok && withoutToken(r.URL.RawQuery):
		// The error description is neither read nor shown: an attacker can write it.
		page := Page{}
		if all := h.attempts(r, attempt.redirects); len(all) > 0 {
			page = all[0].startPage()
		}
		h.offer(w, r, http.StatusForbidden, page.withNotice("You were not signed in there: it was cancelled or refused. Please try again, or use another way."))
	case !ok:
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That link is not complete, or not of a kind that works here. Please open it again from the e-mail, or ask for a new one."})
	case t.fromProvider():
		if isSpeculative(r) {
			h.answerSpeculative(w, r)
			return
		}
		h.providerCallback(w, r, t)
	case t.kind == kindPassword:
		redirect(w, h.address("new-password", h.keepToken(w, r, t)))
	default:
		redirect(w, h.address("confirm", h.keepToken(w, r, t)))
	}
}

// callbackTokenOf reads the query of a callback: each parameter at most once, and each
// of the expected form. Other parameters, such as an error description, are ignored and
// never shown.
func (h *Handler) callbackTokenOf(rawQuery string) (callbackToken, bool) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return callbackToken{}, false
	}
	token, one := single(query, "token")
	kind, oneKind := single(query, "stytch_token_type")
	slug, oneSlug := single(query, "slug")
	t := callbackToken{kind: kind, slug: slug, token: token}
	if !one || !oneKind || !oneSlug || !h.acceptsKind(kind) || !t.wellFormed() {
		return callbackToken{}, false
	}
	return t, true
}

// keepToken keeps the token of a link in an attempt of its own, so that a link from
// another person replaces no other attempt. If the same browser opens the same link
// again, it gets the same attempt.
func (h *Handler) keepToken(w http.ResponseWriter, r *http.Request, t callbackToken) attempt {
	a := newAttempt(t.slug, "")
	for _, s := range h.stored(r) {
		if s.readable && s.token == t {
			a = s.attempt
		}
	}
	a.token = t
	return h.keep(w, r, a.lasting(tokenLife))
}

const openAgain = "Please open the link in your e-mail again, or ask for a new one here. Your browser must accept cookies."

// confirm shows the name of the class and one button.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	a, ok := h.named(r)
	switch {
	case !ok || a.token.kind == "" || !a.live(time.Now()):
		h.linkGone(w, r, a, ok)
	case a.token.kind == kindPassword:
		redirect(w, h.address("new-password", a))
	case a.token.fromProvider():
		// The browser comes here only after a temporary error.
		page := confirmation(a, nil)
		page.Notice = nothingLost + untilNext(nil)
		retryAfter(w, nil)
		h.show(w, http.StatusServiceUnavailable, "confirm", page)
	default:
		h.show(w, http.StatusOK, "confirm", confirmation(a, h.requestsFor(r, a.token)))
	}
}

// confirmation returns the page "confirm". The link does not say to which address it
// was sent: the page names the requested address if there is only one. After a link
// that was not requested, the page "account" names the account.
func confirmation(a attempt, requests []attempt) Page {
	page := Page{
		ClassName: a.token.slug, Attempt: a.id,
		Impersonation: a.token.kind == kindImpersonation,
		Elsewhere:     a.token.unrequested(requests),
	}
	for i, other := range requests {
		if i > 0 && !sameAddress(other.email, page.Email) {
			page.Email = ""
			break
		}
		page.Email = other.email
	}
	return page
}

// unrequested reports whether no attempt of this browser has requested the link with
// this token. A token from a provider is bound to the browser by its verifier, and an
// impersonation has a text of its own.
func (t callbackToken) unrequested(requests []attempt) bool {
	return len(requests) == 0 && !t.fromProvider() && t.kind != kindImpersonation
}

// requestsFor returns the attempts of this browser that requested an e-mail with such a
// link, for this class or for a discovery, the newest first. The link does not say to
// which address it was sent.
func (h *Handler) requestsFor(r *http.Request, t callbackToken) []attempt {
	switch t.kind {
	case kindDiscovery:
		return h.attempts(r, func(a attempt) bool { return a.requested == requestLink && a.class == "" })
	case kindLink:
		// The e-mail with a link to set a password contains a link to sign in as well.
		return h.attempts(r, func(a attempt) bool {
			return (a.requested == requestLink || a.requested == requestReset) && h.sameClass(r, a.class, t.slug)
		})
	}
	return nil
}

// linkGone answers a browser without the token of a link: the person comes back after
// the sign-in or too late, or the browser keeps no cookies.
func (h *Handler) linkGone(w http.ResponseWriter, r *http.Request, a attempt, known bool) {
	if known && a.canContinue(time.Now()) {
		redirect(w, h.next(a)) // another tab has used the same link
		return
	}
	if h.continues(r, "") {
		redirect(w, h.destination(a.returnTo))
		return
	}
	if known && a.token.kind != "" && !a.live(time.Now()) {
		page := a.startPage()
		if requests := h.requestsFor(r, a.token); len(requests) > 0 {
			page.Email, page.ReturnTo = requests[0].email, requests[0].returnTo
		}
		page.Notice = "That took too long. " + openAgain
		h.drop(w, r, a)
		h.offer(w, r, http.StatusGone, page)
		return
	}
	h.offer(w, r, http.StatusBadRequest, Page{Class: a.class, ReturnTo: a.returnTo, Notice: openAgain})
}

// finish redeems the token that was kept and signs the browser in.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request) {
	a, ok := h.named(r)
	if !ok || a.token.kind == "" || !a.live(time.Now()) {
		h.linkGone(w, r, a, ok)
		return
	}
	if a.token.kind == kindPassword {
		redirect(w, h.address("new-password", a))
		return
	}
	if a.token.fromProvider() {
		h.finishProvider(w, r, a)
		return
	}
	requests := h.requestsFor(r, a.token)
	page := confirmation(a, requests)
	pending := (*attempt)(nil)
	if len(requests) > 0 {
		a.returnTo, a.email = requests[0].returnTo, requests[0].email
		pending = requests[0].awaitingPrimary(a.token.slug)
	}
	err := h.sign(w, r, signing{attempt: a, requests: requests, unrequested: a.token.unrequested(requests), continues: pending, key: a.token.key(a.nonce)}, h.redeem(a.token, a, pending))
	page.ReturnTo = a.returnTo
	switch spent := errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown); {
	case err == nil:
	case isTemporary(err):
		// The attempt keeps its token, since trying again can succeed.
		h.refuse(w, r, err, page, "confirm")
	case spent && a.token.kind == kindLink && h.continues(r, a.token.slug):
		// The same link was clicked again in the browser that it has signed in.
		h.drop(w, r, a)
		redirect(w, h.destination(a.returnTo))
	default:
		// The first of two clicks may have used the link on another replica, whose
		// cookie says how the attempt continues. So the attempt is kept.
		if !spent || errors.Is(err, grimoireauth.ErrSignInExpired) {
			h.drop(w, r, a)
		}
		page.Class, page.Attempt = a.token.slug, ""
		h.refuse(w, r, err, page, "sign-in")
	}
}

// finishProvider redeems a token from a provider after a temporary error.
func (h *Handler) finishProvider(w http.ResponseWriter, r *http.Request, a attempt) {
	if a.requested != a.token.kind {
		h.drop(w, r, a)
		h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, Page{}, "sign-in")
		return
	}
	page := confirmation(a, nil)
	s := h.providerSigning(a)
	switch err := h.sign(w, r, s, h.redeem(a.token, a, s.continues)); {
	case err == nil:
	case isTemporary(err):
		h.refuse(w, r, err, page, "confirm")
	default:
		h.providerRefused(w, r, a, true, err)
	}
}
