package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// signInByPassword signs in with an address and a password. It reads both from the body
// of a POST only, and sends the password to Stytch only.
func (h *Handler) signInByPassword(w http.ResponseWriter, r *http.Request, page Page) {
	page.Password = true
	password, one := single(r.PostForm, "password")
	if !one || password == "" {
		h.offer(w, r, http.StatusBadRequest, page.withNotice("Please type your password, too."))
		return
	}
	a, ok := h.named(r)
	pending := a.awaitingPrimary(page.Class)
	if !ok || pending == nil {
		a = newAttempt(page.Class, page.ReturnTo)
	}
	a.returnTo = page.ReturnTo
	use, err := h.useOf(r, ActionGuess, page.Class, page.Email)
	if err != nil {
		h.refuse(w, r, err, page, "sign-in")
		return
	}
	// No key: two submissions are two sign-ins, and the browser keeps the later one.
	err = h.sign(w, r, signing{attempt: a, continues: pending}, h.limitGuesses(use, wrongGuess, func(ctx context.Context) (stytchclient.SignedIn, error) {
		return h.client.SignIn.WithPassword(ctx, stytchclient.PasswordSignIn{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, Password: grimoireauth.NewSecret(password),
			SignInOptions: stytchclient.SignInOptions{Continue: pending.proof()},
		})
	}))
	if err != nil {
		h.refuseTyped(w, r, err, page, "sign-in", grimoireauth.ErrWrongPassword)
	}
}

// startReset e-mails a link to set a password. The link works only together with the
// verifier of this browser, so an attacker who reads the e-mail cannot use it.
func (h *Handler) startReset(w http.ResponseWriter, r *http.Request, page Page) {
	page.Password = true
	verifier := h.sharedVerifier(r, requestReset)
	err := h.send(r, ActionSendReset, page, func(ctx context.Context) error {
		_, err := h.client.Passwords.StartReset(ctx, stytchclient.PasswordReset{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email,
			RedirectURL: h.callbackURL(), LoginRedirectURL: h.callbackURL(), Verifier: verifier,
		})
		return err
	})
	if earlierMessage(err) && !h.hasRequestedReset(r, page) {
		// The earlier link works only in the browser that requested it.
		h.tooMany(w, r, err, page, "sign-in")
		return
	}
	if !h.afterSending(w, r, page, err) {
		return
	}
	// A refused address gets the same cookie.
	a := h.attemptToContinue(r, page, requestReset).requesting(requestReset, page.Email, resetLife)
	a.verifier = verifier
	redirect(w, h.address("sent", h.keep(w, r, a))+againQuery(err))
}

// hasRequestedReset reports whether this browser has requested a link to set the
// password of this address in this class.
func (h *Handler) hasRequestedReset(r *http.Request, page Page) bool {
	return len(h.attempts(r, func(a attempt) bool {
		return a.requested == requestReset && a.class == page.Class && sameAddress(a.email, page.Email)
	})) > 0
}

// showNewPassword is the form for a new password.
func (h *Handler) showNewPassword(w http.ResponseWriter, r *http.Request) {
	a, _, ok := h.mayReset(w, r)
	if ok {
		h.show(w, http.StatusOK, "new-password", Page{ClassName: a.token.slug, Attempt: a.id})
	}
}

const notSaved = "You are signed in, but this password was not saved: its link is used up or was given up in this browser. If you have not just saved it in another tab, ask for a new link here."

// mayReset returns the attempt with the link, and the attempt that requested it. If
// there is none, it writes the response and returns false, and the link can still be
// used.
func (h *Handler) mayReset(w http.ResponseWriter, r *http.Request) (a, request attempt, ok bool) {
	a, ok = h.named(r)
	if !ok || a.token.kind != kindPassword || !a.live(time.Now()) {
		if r.Method == http.MethodPost && !(ok && a.canContinue(time.Now())) && h.continues(r, "") {
			// Another tab has signed in, and the password of this form was not saved.
			h.offer(w, r, http.StatusGone, Page{Class: a.class, ReturnTo: a.returnTo, Notice: notSaved})
			return attempt{}, attempt{}, false
		}
		h.linkGone(w, r, a, ok)
		return attempt{}, attempt{}, false
	}
	all := h.attempts(r, func(a attempt) bool { return a.requested == requestReset })
	if len(all) == 0 {
		page := h.expiredPage(r, requestReset, a.token.slug)
		page.Class = a.token.slug
		h.offer(w, r, http.StatusForbidden, page.withNotice("The link to set a password works only in the browser that asked for it, for half an hour. Ask for a new one here."))
		return attempt{}, attempt{}, false
	}
	// All of them have one verifier; the return address is that of the class.
	request = all[0]
	if i := slices.IndexFunc(all, func(other attempt) bool { return h.sameClass(r, other.class, a.token.slug) }); i >= 0 {
		request = all[i]
	}
	return a, request, true
}

// setPassword sets the password and signs in.
func (h *Handler) setPassword(w http.ResponseWriter, r *http.Request) {
	a, request, ok := h.mayReset(w, r)
	if !ok {
		return
	}
	slug := a.token.slug
	page := Page{Class: slug, ClassName: slug, ReturnTo: request.returnTo, Attempt: a.id}
	typed, one := single(r.PostForm, "password")
	if !one || typed == "" {
		h.show(w, http.StatusBadRequest, "new-password", page.withNotice("Please type a password."))
		return
	}
	password := grimoireauth.NewSecret(typed)
	pending := request.awaitingPrimary(slug)
	// The key contains the password: after a weak one the link still works.
	sum := sha256.Sum256([]byte(typed))
	key := a.token.key(a.nonce) + "\n" + hex.EncodeToString(sum[:])
	a.returnTo = request.returnTo
	err := h.sign(w, r, signing{attempt: a, requests: []attempt{request}, continues: pending, key: key, revokes: true}, h.releaseAfter(ActionSendReset, func(ctx context.Context) (stytchclient.SignedIn, error) {
		return h.client.Passwords.FinishReset(ctx, stytchclient.NewPassword{
			Token: grimoireauth.NewSecret(a.token.token), Verifier: request.verifier, Password: password, Class: grimoireauth.ClassID(slug),
			SignInOptions: stytchclient.SignInOptions{Continue: pending.proof()},
		})
	}))
	again := "new-password"
	switch {
	case err == nil:
		return
	case isTemporary(err):
	case errors.Is(err, grimoireauth.ErrWeakPassword):
		page.Advice = h.advice(r, password)
	default:
		again = "sign-in"
		h.drop(w, r, a)
		page.Attempt = ""
	}
	h.refuse(w, r, err, page, again)
}

// advice returns how to make a password better. It returns nil if Stytch does not say.
func (h *Handler) advice(r *http.Request, password grimoireauth.Secret) []string {
	strength, err := h.client.Passwords.Check(r.Context(), password, "")
	if err != nil {
		h.logInfo(r, "password not checked", err)
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
