package signin

import (
	"context"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// signInByPassword signs in with an address and a password. Both are read from the
// body of a POST only, and the password goes nowhere but to Stytch.
func (h *Handler) signInByPassword(w http.ResponseWriter, r *http.Request, page Page) {
	page.Password = true
	password, one := single(r.PostForm, "password")
	if !one || password == "" {
		page.Notice = "Please type your password, too."
		h.offer(w, r, http.StatusBadRequest, page)
		return
	}
	a, ok := h.named(r)
	half := h.half(a, page.Class)
	if !ok || half == nil {
		a = newAttempt(page.Class, page.ReturnTo)
	}
	a.returnTo = page.ReturnTo
	use, err := h.useOf(r, ActionGuess, page.Class, page.Email)
	if err != nil {
		h.refuse(w, r, err, page, "sign-in")
		return
	}
	// No key: twice is two good sign-ins, and the browser keeps the later one.
	err = h.sign(w, r, signing{attempt: a, half: half}, h.guess(use, wrongGuess, func(ctx context.Context) (grimoireauth.SignedIn, error) {
		return h.client.SignIn.WithPassword(ctx, grimoireauth.PasswordSignIn{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, Password: grimoireauth.NewSecret(password),
			SignInOptions: grimoireauth.SignInOptions{Continue: half.proof()},
		})
	}))
	if err != nil {
		h.refuseTyped(w, r, err, page, "sign-in", grimoireauth.ErrWrongPassword)
	}
}
