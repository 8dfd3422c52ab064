package signin

import (
	"errors"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// confirm names the class and has one button.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	a, ok := h.named(r)
	switch {
	case !ok || a.token.kind == "" || !a.live(time.Now()):
		h.withoutLink(w, r, a, ok)
	case a.token.kind == kindPassword:
		redirect(w, h.address("new-password", a))
	case a.token.fromProvider():
		// Only an outage leads here.
		page := confirmation(a, nil)
		page.Notice = nothingLost + untilNext(nil)
		retryAfter(w, nil)
		h.show(w, http.StatusServiceUnavailable, "confirm", page)
	default:
		h.show(w, http.StatusOK, "confirm", confirmation(a, h.asked(r, a.token)))
	}
}

// confirmation is the page "confirm". The link does not say to which address it was
// sent: the page names the one that was asked for, if there is only one. After a link
// that was not asked for, the page "account" names the account.
func confirmation(a attempt, asked []attempt) Page {
	page := Page{
		ClassName: a.token.slug, Attempt: a.id,
		Impersonation: a.token.kind == kindImpersonation,
		Elsewhere:     a.token.unasked(asked),
	}
	for i, other := range asked {
		if i > 0 && !sameAddress(other.email, page.Email) {
			page.Email = ""
			break
		}
		page.Email = other.email
	}
	return page
}

// withoutLink is for people who come back after they have signed in, or too late,
// and for browsers that keep no cookies.
func (h *Handler) withoutLink(w http.ResponseWriter, r *http.Request, a attempt, known bool) {
	if known && a.goesOn(time.Now()) {
		redirect(w, h.next(a)) // another tab has pressed the button of the same link
		return
	}
	if h.continues(r, "") {
		redirect(w, h.target(a.returnTo))
		return
	}
	if known && a.token.kind != "" && !a.live(time.Now()) {
		page := a.back()
		if asked := h.asked(r, a.token); len(asked) > 0 {
			page.Email, page.ReturnTo = asked[0].email, asked[0].returnTo
		}
		page.Notice = "That took too long. " + openAgain
		h.drop(w, r, a)
		h.offer(w, r, http.StatusGone, page)
		return
	}
	h.offer(w, r, http.StatusBadRequest, Page{Class: a.class, ReturnTo: a.returnTo, Notice: openAgain})
}

// finish uses the token that was put away and signs the browser in.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request) {
	a, ok := h.named(r)
	if !ok || a.token.kind == "" || !a.live(time.Now()) {
		h.withoutLink(w, r, a, ok)
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
	asked := h.asked(r, a.token)
	page := confirmation(a, asked)
	half := (*attempt)(nil)
	if len(asked) > 0 {
		a.returnTo, a.email = asked[0].returnTo, asked[0].email
		half = h.half(asked[0], a.token.slug)
	}
	err := h.sign(w, r, signing{attempt: a, asked: asked, unasked: a.token.unasked(asked), half: half, key: a.token.key(a.nonce)}, h.use(a.token, a, half))
	page.ReturnTo = a.returnTo
	switch spent := errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown); {
	case err == nil:
	case outage(err):
		// The token is kept only where trying again can help.
		h.refuse(w, r, err, page, "confirm")
	case spent && a.token.kind == kindLink && h.continues(r, a.token.slug):
		// The same link, clicked again in the browser that it signed in.
		h.drop(w, r, a)
		redirect(w, h.target(a.returnTo))
	default:
		// A used link may have been used by the first of two clicks, on another replica,
		// whose cookie says how this attempt goes on: that one stays.
		if !spent || errors.Is(err, grimoireauth.ErrSignInExpired) {
			h.drop(w, r, a)
		}
		page.Class, page.Attempt = a.token.slug, ""
		h.refuse(w, r, err, page, "sign-in")
	}
}

// finishProvider tries a token again that an outage has kept from being used.
func (h *Handler) finishProvider(w http.ResponseWriter, r *http.Request, a attempt) {
	if a.asks != a.token.kind {
		h.drop(w, r, a)
		h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, Page{}, "sign-in")
		return
	}
	page := confirmation(a, nil)
	switch err := h.signByProvider(w, r, a); {
	case err == nil:
	case outage(err):
		h.refuse(w, r, err, page, "confirm")
	default:
		h.providerRefused(w, r, a, true, err)
	}
}
