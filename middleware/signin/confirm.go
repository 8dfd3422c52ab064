package signin

import (
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// confirm names the class and has one button.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	a, ok := h.readArrival(r)
	switch {
	case !ok:
		h.withoutLink(w, r)
	case a.kind == kindPassword:
		redirect(w, h.config.prefix()+"new-password")
	case a.fromProvider():
		// Only an outage leads here.
		page := h.confirmation(r, a)
		page.Notice = nothingLost
		retryAfter(w, nil)
		h.show(w, http.StatusServiceUnavailable, "confirm", page)
	default:
		h.show(w, http.StatusOK, "confirm", h.confirmation(r, a))
	}
}

func (h *Handler) confirmation(r *http.Request, a arrival) Page {
	_, here := h.begun(r)
	return Page{
		ClassName: a.slug, Link: a.digest(),
		Impersonation: a.kind == kindImpersonation,
		Elsewhere:     !here && !a.fromProvider() && a.kind != kindImpersonation,
	}
}

// withoutLink is for those who come back after they have signed in, and for
// browsers that keep no cookies.
func (h *Handler) withoutLink(w http.ResponseWriter, r *http.Request) {
	if h.continues(r, "") {
		target, _ := h.begun(r)
		redirect(w, target)
		return
	}
	h.offer(w, r, http.StatusBadRequest, Page{Notice: openAgain})
}

// finish uses the token that was put away and signs the browser in.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request) {
	a, ok := h.readArrival(r)
	if !ok {
		h.withoutLink(w, r)
		return
	}
	if a.kind == kindPassword || !a.shown(r) {
		// The page that was read is about another token than the one put away since.
		redirect(w, h.config.prefix()+"confirm")
		return
	}
	target, _ := h.begun(r)
	page := h.confirmation(r, a)
	page.Class = a.slug
	var f flow
	if a.fromProvider() {
		if f, ok = h.readFlow(r, a.kind); !ok || f.nonce != a.nonce {
			h.setCookie(w, linkCookie, "", 0)
			h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, Page{}, "sign-in")
			return
		}
		target, page.Class, page.ReturnTo = h.target(f.returnTo), f.class, f.returnTo
	}
	err := h.sign(w, r, a.key(), target, h.use(r, a, f))
	again := "sign-in"
	switch {
	case err == nil:
		return
	case outage(err):
		// The token is kept only where trying again can help.
		again = "confirm"
	case (errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown)) && a.kind == kindLink && h.continues(r, a.slug):
		// The same link, clicked again in the browser that it signed in.
		h.forgetSignIn(w, r)
		redirect(w, target)
		return
	default:
		h.setCookie(w, linkCookie, "", 0)
		if a.fromProvider() {
			h.setCookie(w, flowName(a.kind), "", 0)
		}
	}
	h.refuse(w, r, err, page, again)
}
