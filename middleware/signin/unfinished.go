package signin

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// stepUp keeps the proof of what is done and leads to what is owed. Where to go in
// the end is in the start cookie, which begun reads on the next request.
func (h *Handler) stepUp(w http.ResponseWriter, r *http.Request, e *grimoireauth.StepUpError) {
	u := unfinished{
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
	// Stytch says the same token again while a sign-in goes on.
	if earlier, ok := h.readUnfinished(r); ok && earlier.intermediate.Token.Equal(u.intermediate.Token) {
		u.discovered = earlier.discovered
	}
	switch {
	case e.Discovery != nil:
		u.owed, u.discovered = owedClass, true
	case e.Primary:
		u.owed = owedPrimary
	}
	if !h.keepUnfinished(w, u) {
		h.fault(r, "an unfinished sign-in of a form that is not known", e)
		h.abandon(w)
		h.offer(w, r, http.StatusInternalServerError, Page{Class: string(u.class), ClassName: u.className, Notice: "You could not be signed in. Please begin again here."})
		return
	}
	h.note(r, "sign-in not finished yet", e)
	redirect(w, h.config.prefix()+u.owed.page())
}

// continuing returns the proof of an unfinished sign-in that one more primary way
// to sign in finishes, nil if there is none for this class, which is an id or a
// slug.
func (h *Handler) continuing(r *http.Request, class string) grimoireauth.Proof {
	u, ok := h.readUnfinished(r)
	if !ok || u.owed != owedPrimary || class == "" || (class != string(u.class) && !strings.EqualFold(class, u.slug)) {
		return nil
	}
	return u.intermediate
}

// doesNotFit reports whether a way to sign in failed because of the unfinished
// sign-in that it was to finish: that one is over, or somebody else's who left it
// behind. The next try goes without it.
func (h *Handler) doesNotFit(r *http.Request, err error) bool {
	u, ok := h.readUnfinished(r)
	if !ok || u.owed != owedPrimary || unknown(err) {
		return false
	}
	_, asked := answered(err)
	return asked && (errors.Is(err, grimoireauth.ErrSignInExpired) || errors.Is(err, grimoireauth.ErrInvalid) || errors.Is(err, grimoireauth.ErrUnauthenticated))
}

// goOn leads to the page of what is owed. One more primary way to sign in is
// offered here.
func (h *Handler) goOn(w http.ResponseWriter, r *http.Request) {
	u, ok := h.readUnfinished(r)
	switch {
	case !ok:
		h.withoutUnfinished(w, r)
	case u.owed != owedPrimary:
		redirect(w, h.config.prefix()+u.owed.page())
	default:
		page := u.page()
		// What is sent from here remembers anew where to go in the end.
		page.ReturnTo, _ = h.begun(r)
		page.Notice = "One more step: please show in one of these ways, too, that it is you."
		h.offer(w, r, http.StatusOK, page, u.methods...)
	}
}

// withoutUnfinished is for those who come back after they have signed in, or too
// late.
func (h *Handler) withoutUnfinished(w http.ResponseWriter, r *http.Request) {
	target, _ := h.begun(r)
	if _, err := h.guard.Check(r); err == nil {
		redirect(w, target)
		return
	}
	redirect(w, h.config.prefix())
}

// abandon forgets an unfinished sign-in: after a definite failure, never because
// nobody could say.
func (h *Handler) abandon(w http.ResponseWriter) { h.setCookie(w, unfinishedCookie, "", 0) }

// keepUnfinished puts the unfinished sign-in into its cookie, which ends with it,
// and reports whether it could: what readUnfinished would not take is not kept.
func (h *Handler) keepUnfinished(w http.ResponseWriter, u unfinished) bool {
	u, now := u.fitted(), time.Now()
	if latest := now.Add(intermediateLife); u.intermediate.ExpiresAt.After(latest) {
		u.intermediate.ExpiresAt = latest
	}
	value := u.cookie()
	if _, ok := unfinishedOf(value, now); !ok {
		return false
	}
	h.setCookie(w, unfinishedCookie, value, u.intermediate.ExpiresAt.Sub(now))
	return true
}

func (h *Handler) readUnfinished(r *http.Request) (unfinished, bool) {
	return unfinishedOf(h.cookie(r, unfinishedCookie), time.Now())
}

// page is what every page about an unfinished sign-in says.
func (u unfinished) page() Page {
	page := Page{Class: u.slug, ClassName: u.className, OtherClasses: u.discovered}
	if page.Class == "" {
		page.Class = string(u.class)
	}
	return page
}

// has reports whether the member has this second factor.
func (u unfinished) has(factor grimoireauth.SecondFactor) bool {
	return slices.Contains(u.enrolled, factor)
}

// mayEnrol reports whether the member can get this second factor on the way.
// Whoever has one already cannot: another would open the class to those who know
// the first factor only.
func (u unfinished) mayEnrol(factor grimoireauth.SecondFactor) bool {
	return len(u.enrolled) == 0 && slices.Contains(u.allowed, factor)
}
