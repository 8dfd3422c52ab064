package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// callback is where the links in e-mails and the identity providers lead. It takes
// the token out of the URL into a cookie and redirects to a page without it;
// nothing is redeemed, so mail scanners and previews do no harm, and HEAD does
// nothing at all.
func (h *Handler) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	a, ok := h.arrivalOf(r.URL.RawQuery)
	if !ok || a.kind != kindLink {
		h.show(w, http.StatusBadRequest, "sign-in", Page{Notice: "That link is not complete, or not of a kind that works here. Please open it again from the e-mail, or ask for a new one."})
		return
	}
	h.putAway(w, r, a)
	redirect(w, h.config.prefix()+"confirm")
}

// confirm names the class and has one button.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	target, here := h.begun(r)
	l, ok := h.readArrival(r)
	if !ok {
		h.withoutLink(w, r, target)
		return
	}
	h.show(w, http.StatusOK, "confirm", Page{ClassName: l.slug, Link: l.digest(), Elsewhere: !here})
}

// withoutLink is for those who come back after they have signed in, and for
// browsers that keep no cookies.
func (h *Handler) withoutLink(w http.ResponseWriter, r *http.Request, target string) {
	if _, err := h.guard.Check(r); err == nil {
		redirect(w, target)
		return
	}
	h.show(w, http.StatusBadRequest, "sign-in", Page{Notice: "Please open the link in your e-mail again, or ask for a new one here. Your browser must accept cookies."})
}

// finish redeems the link and signs the browser in.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request) {
	target, here := h.begun(r)
	l, ok := h.readArrival(r)
	if !ok {
		h.withoutLink(w, r, target)
		return
	}
	shown, one := single(r.PostForm, "link")
	if !one || subtle.ConstantTimeCompare([]byte(shown), []byte(l.digest())) != 1 {
		// The page that was read is about another link than the one put away since.
		redirect(w, h.config.prefix()+"confirm")
		return
	}
	err := h.sign(w, r, l.key(), target, func(ctx context.Context) (grimoireauth.SignedIn, error) {
		return h.client.SignIn.WithMagicLink(ctx, grimoireauth.MagicLinkSignIn{
			Token: grimoireauth.NewSecret(l.token), Class: grimoireauth.ClassID(l.slug),
			SignInOptions: grimoireauth.SignInOptions{Continue: h.continuing(r, l.slug)},
		})
	})
	if err == nil {
		return
	}
	before, beforeErr := h.guard.Check(r)
	if continues := beforeErr == nil && (l.slug == "" || l.slug == before.OrganizationSlug()); continues &&
		(errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown)) {
		// The same link, clicked again in the browser that it signed in.
		h.forgetSignIn(w, r)
		redirect(w, target)
		return
	}
	h.failed(w, r, err, l, here)
}

// failed says what to do next. The link is kept only where trying again can
// help.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request, err error, l arrival, here bool) {
	page := Page{Class: l.slug, ClassName: l.slug}
	if unknown(err) {
		h.fault(r, "sign-in not finished", err)
		page.Link, page.Elsewhere = l.digest(), !here
		page.Notice = "Signing in does not work at the moment. Nothing is lost: please press the button again in a moment."
		h.unavailable(w, err, "confirm", page)
		return
	}
	h.setCookie(w, linkCookie, "", 0)
	switch {
	case errors.Is(err, grimoireauth.ErrTokenSpent):
		page.Notice = "This link was used already, or is too old. Ask for a new one here."
		h.show(w, http.StatusGone, "sign-in", page)
	case errors.Is(err, grimoireauth.ErrTokenUnknown):
		page.Notice = "This link is not known any more. Ask for a new one here."
		h.show(w, http.StatusNotFound, "sign-in", page)
	case errors.Is(err, grimoireauth.ErrOtherClass):
		page.Class = ""
		h.note(r, "sign-in refused", err)
		page.Notice = "This link belongs to another class than it says. Ask for a new one here."
		h.show(w, http.StatusForbidden, "sign-in", page)
	case errors.Is(err, grimoireauth.ErrForbidden):
		h.note(r, "sign-in refused", err)
		page.Notice = "You cannot sign in to this class in this way. Please ask your instructor."
		h.show(w, http.StatusForbidden, "sign-in", page)
	default:
		h.fault(r, "sign-in failed", err)
		page.Notice = "You could not be signed in with this link. Ask for a new one here."
		h.show(w, http.StatusInternalServerError, "sign-in", page)
	}
}

// unknown reports that nobody could find out, which is asked before all else.
func unknown(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

func redirect(w http.ResponseWriter, path string) {
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
}
