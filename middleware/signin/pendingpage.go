package signin

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// stepUp keeps the proof of what is done and leads to what is owed.
func (h *Handler) stepUp(w http.ResponseWriter, r *http.Request, s signing, e *grimoireauth.StepUpError) {
	pending := pendingSignIn{
		owed:         owedFactor,
		intermediate: e.Intermediate,
		class:        e.Class.ID,
		slug:         e.Class.Slug,
		className:    e.Class.Name,
		member:       e.Member.Member,
		methods:      e.Methods,
		allowed:      e.Allowed,
		enrolled:     e.Enrolled,
		sent:         e.CodeSent,
	}
	email := e.Member.Email
	// Stytch says the same token again while a sign-in goes on.
	if earlier := s.attempt.pending; earlier.owed != "" && earlier.intermediate.Token.Equal(pending.intermediate.Token) {
		pending.discovered = earlier.discovered
	}
	switch {
	case e.Discovery != nil:
		pending.owed, pending.discovered, email = owedClass, true, e.Discovery.Email
	case e.Primary:
		pending.owed = owedPrimary
	}
	a, nameless := s.attempt, false
	if asked, ok := s.askedBy(email); ok {
		a.returnTo = asked.returnTo
		h.drop(w, r, asked)
	} else if s.surprises(email) {
		nameless = email == "" // no account to ask about
		a.account, a.email = email, s.askedFor()
	}
	h.dropHalf(w, r, s)
	a, ok := h.keepPending(w, r, a, pending)
	if !ok || nameless {
		h.fault(r, "a pending sign-in of a form that is not known", e)
		h.drop(w, r, s.attempt)
		h.offer(w, r, http.StatusInternalServerError, Page{Class: string(pending.class), ClassName: pending.className, Notice: "You could not be signed in. Please begin again here."})
		return
	}
	h.note(r, "sign-in not finished yet", e)
	redirect(w, h.next(a))
}

// next is the address of the page on which a pending sign-in goes on.
func (h *Handler) next(a attempt) string {
	if a.account != "" {
		return h.address("account", a)
	}
	return h.address(a.pending.owed.page(), a)
}

// keepPending puts a pending sign-in into its attempt, which ends with it, and
// reports whether it could: what attemptOf would not take is not kept.
func (h *Handler) keepPending(w http.ResponseWriter, r *http.Request, a attempt, pending pendingSignIn) (attempt, bool) {
	now := time.Now()
	if latest := now.Add(intermediateLife); pending.intermediate.ExpiresAt.After(latest) {
		pending.intermediate.ExpiresAt = latest
	}
	a.asks, a.verifier, a.token = "", grimoireauth.Secret{}, callbackToken{}
	a.pending, a.until = pending.fitted(), pending.intermediate.ExpiresAt.Unix()
	switch {
	case pending.slug != "":
		a.class = a.pending.slug
	case pending.class != "":
		a.class = string(pending.class)
	}
	if read, ok := h.attemptOf(a.id, a.fitted().value(), now); !ok || !read.owes(now) {
		return attempt{}, false
	}
	return h.keep(w, r, a), true
}

// half returns the attempt if it is a pending sign-in that one more primary way to
// sign in to this class, an id or a slug, finishes. Nil: it is none, or its account has
// to be confirmed first.
func (h *Handler) half(a attempt, class string) *attempt {
	p := a.pending
	if !a.owes(time.Now()) || a.account != "" || p.owed != owedPrimary || class == "" || (class != string(p.class) && !strings.EqualFold(class, p.slug)) {
		return nil
	}
	return &a
}

// proof is what another way to sign in goes on from, nil for none.
func (a *attempt) proof() grimoireauth.Proof {
	if a == nil {
		return nil
	}
	return a.pending.intermediate
}

// doesNotFit reports whether a way to sign in failed because of the pending sign-in
// that it was to finish: that one is over, or of another person who left it behind.
// The next try goes without it.
func (a *attempt) doesNotFit(err error) bool {
	if a == nil || unknown(err) {
		return false
	}
	_, asked := answered(err)
	return asked && (errors.Is(err, grimoireauth.ErrSignInExpired) || errors.Is(err, grimoireauth.ErrInvalid) || errors.Is(err, grimoireauth.ErrUnauthenticated))
}

// due returns the attempt with the pending sign-in that a request is about. If there
// is none, or its account has to be confirmed first, it has answered.
func (h *Handler) due(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.owing(r)
	switch {
	case !ok || !a.owes(time.Now()):
		h.lost(w, r, a, ok)
		return attempt{}, false
	case a.account != "":
		redirect(w, h.next(a))
		return attempt{}, false
	}
	return a, true
}

// goOn leads to the page of what is owed. One more primary way to sign in is
// offered here.
func (h *Handler) goOn(w http.ResponseWriter, r *http.Request) {
	a, ok := h.due(w, r)
	switch {
	case !ok:
	case a.pending.owed != owedPrimary:
		redirect(w, h.next(a))
	default:
		page := a.page()
		page.Notice = "One more step: please show in one of these ways, too, that it is you."
		h.offer(w, r, http.StatusOK, page, a.pending.methods...)
	}
}

// page is what every page about a pending sign-in says.
func (a attempt) page() Page {
	p := a.pending
	page := Page{Attempt: a.id, Class: p.slug, ClassName: p.className, OtherClasses: p.discovered, ReturnTo: a.returnTo}
	if page.Class == "" {
		page.Class = string(p.class)
	}
	return page
}
