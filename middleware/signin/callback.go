package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"regexp"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The kinds of links that are taken, by stytch_token_type. Any other, also one
// that Stytch adds, is refused: a token of one kind must not be redeemed as
// another. Source: https://stytch.com/docs/b2b/guides/magic-links/send-emails
const magicLink = "multi_tenant_magic_links"

// tokenForm is the form of Stytch's opaque tokens, base64url with padding.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,512}={0,2}$`)

func slugOK(slug string) bool { return slug == "" || classForm.MatchString(slug) }

// putAway is where the link in the e-mail leads. It takes the token out of the
// URL into a cookie and redirects to a page without it; nothing is redeemed, so
// mail scanners and previews do no harm, and HEAD does nothing at all.
func (h *Handler) putAway(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	l, ok := linkOf(r.URL.RawQuery)
	if !ok {
		h.show(w, http.StatusBadRequest, "sign-in", Page{Notice: "That link is not complete, or not of a kind that works here. Please open it again from the e-mail, or ask for a new one."})
		return
	}
	l.nonce = rand.Text()
	// The same link again in the same browser is the same attempt.
	if earlier, ok := h.readLink(r); ok && earlier.token == l.token && earlier.slug == l.slug {
		l.nonce = earlier.nonce
	}
	h.setLink(w, l)
	w.Header().Set("Location", h.config.prefix()+"confirm")
	w.WriteHeader(http.StatusSeeOther)
}

// linkOf reads the query of a callback: each parameter once, each of its form.
// What else is there, such as an error description, is not looked at and never
// shown.
func linkOf(rawQuery string) (link, bool) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return link{}, false
	}
	token, one := single(query, "token")
	kind, oneKind := single(query, "stytch_token_type")
	slug, oneSlug := single(query, "slug")
	ok := one && oneKind && oneSlug && kind == magicLink && tokenForm.MatchString(token) && slugOK(slug)
	if !ok {
		return link{}, false
	}
	return link{slug: slug, token: token}, true
}

// confirm names the class and has one button.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	target, here := h.begun(r)
	l, ok := h.readLink(r)
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
	l, ok := h.readLink(r)
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
	// Who was signed in here before; also an outage is no reason to stop.
	before, beforeErr := h.guard.Check(r)
	signedIn, err := h.links.run(r.Context(), l, func(a *attempt) error { return h.signIn(r, a, l, before) })
	if err == nil {
		err = h.guard.SetCookies(w, signedIn.Authentication)
	}
	if err == nil {
		h.forgetSignIn(w)
		redirect(w, target)
		return
	}
	if continues := beforeErr == nil && (l.slug == "" || l.slug == before.OrganizationSlug()); continues &&
		(errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown)) {
		// The same link, clicked again in the browser that it signed in.
		h.forgetSignIn(w)
		redirect(w, target)
		return
	}
	h.failed(w, r, err, l, here)
}

// failed says what to do next. The link is kept only where trying again can
// help.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request, err error, l link, here bool) {
	page := Page{Class: l.slug, ClassName: l.slug}
	if unknown(err) {
		h.fault(r, "sign-in not finished", err)
		page.Link, page.Elsewhere = l.digest(), !here
		page.Notice = "Signing in does not work at the moment. Nothing is lost: please press the button again in a moment."
		h.unavailable(w, err, "confirm", page)
		return
	}
	h.setCookie(w, linkCookie, "", 0)
	var unfinished *grimoireauth.StepUpError
	switch {
	case errors.As(err, &unfinished):
		page.ClassName = unfinished.Class.Name
		page.Owed = owed(unfinished)
		h.show(w, http.StatusForbidden, "step-up", page)
	case errors.Is(err, grimoireauth.ErrTokenSpent):
		page.Notice = "This link was used already, or is too old. Ask for a new one here."
		h.show(w, http.StatusGone, "sign-in", page)
	case errors.Is(err, grimoireauth.ErrTokenUnknown):
		page.Notice = "This link is not known any more. Ask for a new one here."
		h.show(w, http.StatusNotFound, "sign-in", page)
	case errors.Is(err, errOtherClass):
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
