package signin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// surprisingAccountError is a sign-in for another address than the one that this
// browser asked for, or by a link that it did not ask for: a link that a person who
// wants to be mistaken for the reader may have sent (login CSRF). The link is used up
// by then, since it does not say for which address it is.
type surprisingAccountError struct{ signedIn grimoireauth.SignedIn }

func (*surprisingAccountError) Error() string {
	return "the account is not the one that was asked for"
}

// hold keeps a finished sign-in until the person says that they want to be this
// account. The session_token waits in the cookie of the attempt, which proves no
// session, so that any replica can go on with it; the session ends if the answer is
// no, or if the question is seen too late.
func (h *Handler) hold(w http.ResponseWriter, r *http.Request, s signing, signedIn grimoireauth.SignedIn) error {
	a := s.attempt
	a.asks, a.verifier, a.token, a.pending = "", grimoireauth.Secret{}, callbackToken{}, pendingSignIn{}
	a.class, a.email, a.account = string(signedIn.Class.ID), s.askedFor(), signedIn.Member.Email
	if slug := signedIn.Class.Slug; slug != "" && slugOK(slug) {
		a.class = slug
	}
	a.held = signedIn.Token
	a = a.lasting(heldLife)
	if _, ok := h.attemptOf(a.id, a.fitted().value(), time.Now()); !ok {
		h.end(context.WithoutCancel(r.Context()), r, signedIn.Session, "a sign-in that cannot be kept")
		return &grimoireauth.Error{Op: "sign in: keep it for a confirmation", Err: errNotProven}
	}
	h.note(r, "a link was for an account that was not asked for", nil)
	redirect(w, h.next(h.keep(w, r, a)))
	return nil
}

// endHeld ends a session that was held and that the person did not want.
func (h *Handler) endHeld(r *http.Request, token grimoireauth.Secret) {
	const why = "a sign-in that was not confirmed"
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	now, err := h.client.Sessions.Authenticate(ctx, grimoireauth.NewCredentials("", token.Reveal()))
	switch {
	case err == nil:
		h.end(ctx, r, now.Session, why)
	case !errors.Is(err, grimoireauth.ErrSessionEnded):
		h.note(r, "session not revoked: "+why, err)
	}
}

// confirming returns the attempt whose account is to be confirmed. Otherwise it has
// answered.
func (h *Handler) confirming(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.named(r)
	if !ok || a.account == "" || !a.live(time.Now()) {
		h.lost(w, r, a, ok)
		return attempt{}, false
	}
	return a, true
}

// askAccount names the account, and the address that was asked for if there is one.
func (h *Handler) askAccount(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.confirming(w, r); ok {
		h.show(w, http.StatusOK, "account", a.accountPage())
	}
}

func (a attempt) accountPage() Page {
	page := a.back()
	page.Attempt, page.Account, page.Elsewhere = a.id, a.account, a.email == ""
	return page
}

// confirmAccount takes the answer: field "answer", yes or no.
func (h *Handler) confirmAccount(w http.ResponseWriter, r *http.Request) {
	a, ok := h.confirming(w, r)
	if !ok {
		return
	}
	page := a.accountPage()
	switch answer, _ := single(r.PostForm, "answer"); answer {
	case "yes":
	case "no":
		h.drop(w, r, a)
		h.toSignIn(w, grimoireauth.ClassID(a.class), a.returnTo)
		return
	default:
		page.Notice = "Please choose one of the two."
		h.show(w, http.StatusBadRequest, "account", page)
		return
	}
	a.account = ""
	if a.held.IsZero() {
		redirect(w, h.next(h.keep(w, r, a)))
		return
	}
	credentials := grimoireauth.NewCredentials("", a.held.Reveal())
	key := strings.Join([]string{"held", a.nonce, a.held.Reveal()}, "\n")
	confirmed := a
	confirmed.held = grimoireauth.Secret{} // the session goes on
	err := h.sign(w, r, signing{attempt: confirmed, key: key}, func(ctx context.Context) (grimoireauth.SignedIn, error) {
		return h.client.Sessions.Fetch(ctx, credentials)
	})
	switch {
	case err == nil:
	case outage(err):
		h.refuse(w, r, err, page, "account")
	case errors.Is(err, grimoireauth.ErrSessionEnded):
		h.drop(w, r, confirmed)
		h.offer(w, r, http.StatusGone, Page{Class: a.class, ReturnTo: a.returnTo, Notice: tooLong})
	default:
		h.drop(w, r, a)
		h.refuse(w, r, err, Page{Class: a.class, ReturnTo: a.returnTo}, "sign-in")
	}
}
