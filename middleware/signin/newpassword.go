package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// showNewPassword is the form to set a password with.
func (h *Handler) showNewPassword(w http.ResponseWriter, r *http.Request) {
	a, _, ok := h.mayReset(w, r)
	if ok {
		h.show(w, http.StatusOK, "new-password", Page{ClassName: a.slug, Link: a.digest()})
	}
}

// mayReset returns the link and what this browser has asked for. Otherwise it
// writes what to do instead, and the link stays good.
func (h *Handler) mayReset(w http.ResponseWriter, r *http.Request) (arrival, reset, bool) {
	a, ok := h.readArrival(r)
	if !ok || a.kind != kindPassword {
		h.offer(w, r, http.StatusBadRequest, Page{Notice: openAgain})
		return arrival{}, reset{}, false
	}
	asked, ok := h.readReset(r)
	if !ok {
		h.offer(w, r, http.StatusForbidden, Page{Class: a.slug,
			Notice: "The link to set a password works only in the browser that asked for it, for half an hour. Ask for a new one here."})
		return arrival{}, reset{}, false
	}
	return a, asked, true
}

// setPassword sets the password and signs in.
func (h *Handler) setPassword(w http.ResponseWriter, r *http.Request) {
	a, asked, ok := h.mayReset(w, r)
	if !ok {
		return
	}
	page := Page{Class: a.slug, ClassName: a.slug, ReturnTo: asked.returnTo, Link: a.digest()}
	if !a.shown(r) {
		redirect(w, h.config.prefix()+"new-password")
		return
	}
	typed, one := single(r.PostForm, "password")
	if !one || typed == "" {
		page.Notice = "Please type a password."
		h.show(w, http.StatusBadRequest, "new-password", page)
		return
	}
	password := grimoireauth.NewSecret(typed)
	continuing := h.continuing(r, a.slug)
	// Another password is another attempt: a weak one leaves the link good.
	sum := sha256.Sum256([]byte(typed))
	err := h.sign(w, r, a.key()+":"+hex.EncodeToString(sum[:]), h.target(asked.returnTo), func(ctx context.Context) (grimoireauth.SignedIn, error) {
		return h.client.SignIn.FinishPasswordReset(ctx, grimoireauth.NewPassword{
			Token: grimoireauth.NewSecret(a.token), Verifier: asked.verifier, Password: password, Class: grimoireauth.ClassID(a.slug),
			SignInOptions: grimoireauth.SignInOptions{Continue: continuing},
		})
	})
	again := "new-password"
	switch {
	case err == nil:
		return
	case outage(err):
	case errors.Is(err, grimoireauth.ErrWeakPassword):
		page.Advice = h.advice(r, password)
	default:
		again = "sign-in"
		h.setCookie(w, linkCookie, "", 0)
		h.setCookie(w, resetCookie, "", 0)
	}
	h.refuse(w, r, err, page, again)
}

// advice says what would make a password better. None is no harm.
func (h *Handler) advice(r *http.Request, password grimoireauth.Secret) []string {
	strength, err := h.client.SignIn.CheckPassword(r.Context(), password, "")
	if err != nil {
		h.note(r, "password not checked", err)
		return nil
	}
	var advice []string
	if strength.Leaked {
		advice = append(advice, "It stands in a public list of stolen passwords.")
	}
	if strength.MissingCharacters > 0 {
		advice = append(advice, "It should be longer.")
	}
	if strength.MissingKinds > 0 {
		advice = append(advice, "Mix lower and upper case, digits and signs.")
	}
	if strength.Warning != "" {
		advice = append(advice, strength.Warning)
	}
	return append(advice, strength.Suggestions...)
}
