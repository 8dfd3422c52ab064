package signin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// requirePending returns the attempt with the pending sign-in of a request. If there is
// none, or its account has to be confirmed first, it writes the response and returns
// false.
func (h *Handler) requirePending(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.pendingAttempt(r)
	switch {
	case !ok || !a.isPending(time.Now()):
		h.attemptGone(w, r, a, ok)
		return attempt{}, false
	case a.account != "":
		redirect(w, h.next(a))
		return attempt{}, false
	}
	return a, true
}

// goOn redirects to the page of the missing step. For one more primary method it is the
// page itself.
func (h *Handler) goOn(w http.ResponseWriter, r *http.Request) {
	a, ok := h.requirePending(w, r)
	switch {
	case !ok:
	case a.pending.step != stepPrimary:
		redirect(w, h.next(a))
	default:
		h.offer(w, r, http.StatusOK, a.pendingPage().withNotice("One more step: please show in one of these ways, too, that it is you."), a.pending.methods...)
	}
}

// attemptFor returns the attempt that the request names if it has requested one of
// these. Otherwise it writes the response and returns false.
func (h *Handler) attemptFor(w http.ResponseWriter, r *http.Request, requested ...string) (attempt, bool) {
	a, ok := h.named(r)
	if !ok || !slices.Contains(requested, a.requested) || !a.live(time.Now()) {
		h.attemptGone(w, r, a, ok)
		return attempt{}, false
	}
	return a, true
}

// continues reports whether the browser has a session, in the class of the slug if it
// is not empty. Then a used link that is clicked again goes on with that session.
func (h *Handler) continues(r *http.Request, slug string) bool {
	live, err := h.guard.Check(r)
	return err == nil && (slug == "" || slug == live.OrganizationSlug())
}

// attemptGone answers a request for a page whose attempt is finished, expired, at
// another step, or of another browser. The class and the return address are kept if
// they are known.
func (h *Handler) attemptGone(w http.ResponseWriter, r *http.Request, a attempt, known bool) {
	if known && a.canContinue(time.Now()) {
		redirect(w, h.next(a)) // this step is done
		return
	}
	if _, err := h.guard.Check(r); err == nil && !(known && a.live(time.Now())) {
		redirect(w, h.destination(a.returnTo))
		return
	}
	switch {
	case known && !a.live(time.Now()), known && a.pending.step != "" && !a.isPending(time.Now()):
		page := a.startPage()
		page.Notice = tooLong
		h.drop(w, r, a)
		h.offer(w, r, http.StatusGone, page)
	case known:
		h.offer(w, r, http.StatusConflict, a.startPage().withNotice("This page belongs to another step. Please go on from here."))
	case attemptID(r) != "":
		h.offer(w, r, http.StatusGone, Page{Notice: notHere})
	default:
		redirect(w, h.config.prefix())
	}
}

const (
	tooLong = "That took too long. Please begin again here: the class and the page that you wanted are kept."
	notHere = "That sign-in is finished, took too long, or began in another browser. Please begin again here."
)

// requireAccount returns the attempt whose account has to be confirmed. If there is
// none, it writes the response and returns false.
func (h *Handler) requireAccount(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.named(r)
	if !ok || a.account == "" || !a.live(time.Now()) {
		h.attemptGone(w, r, a, ok)
		return attempt{}, false
	}
	return a, true
}

// askAccount names the account, and the requested address if there is one.
func (h *Handler) askAccount(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.requireAccount(w, r); ok {
		h.show(w, http.StatusOK, "account", a.accountPage())
	}
}

func (a attempt) accountPage() Page {
	page := a.startPage()
	page.Attempt, page.Account, page.Elsewhere = a.id, a.account, a.email == ""
	return page
}

// confirmAccount reads the answer: field "answer", yes or no.
func (h *Handler) confirmAccount(w http.ResponseWriter, r *http.Request) {
	a, ok := h.requireAccount(w, r)
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
		h.show(w, http.StatusBadRequest, "account", page.withNotice("Please choose one of the two."))
		return
	}
	a.account = ""
	if a.held.IsZero() {
		redirect(w, h.next(h.keep(w, r, a)))
		return
	}
	token, sum, ok := h.heldBy(a)
	if !ok || sum != keySum("") {
		h.drop(w, r, a)
		h.offer(w, r, http.StatusGone, Page{Class: a.class, ReturnTo: a.returnTo, Notice: tooLong})
		return
	}
	credentials := grimoireauth.NewCredentials("", token.Reveal())
	key := strings.Join([]string{"held", a.nonce, token.Reveal()}, "\n")
	confirmed := a
	confirmed.held = grimoireauth.Secret{} // so that drop does not end the session
	err := h.sign(w, r, signing{attempt: confirmed, key: key, repeatable: true}, func(ctx context.Context) (stytchclient.SignedIn, error) {
		return h.client.Sessions.Fetch(ctx, credentials)
	})
	switch {
	case err == nil:
	case isTemporary(err):
		h.refuse(w, r, err, page, "account")
	case errors.Is(err, grimoireauth.ErrSessionEnded):
		h.drop(w, r, confirmed)
		h.offer(w, r, http.StatusGone, Page{Class: a.class, ReturnTo: a.returnTo, Notice: tooLong})
	default:
		h.drop(w, r, a)
		h.refuse(w, r, err, Page{Class: a.class, ReturnTo: a.returnTo}, "sign-in")
	}
}
