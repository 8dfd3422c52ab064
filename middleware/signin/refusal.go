package signin

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// refusal is what a page answers to an error.
type refusal struct {
	is     error
	status int
	notice string
	again  bool // trying again in the same form can help
}

// refusals say what a page answers to each error: special cases stand before what
// they are a case of. The sentences are fixed, so nothing that arrived is ever
// reflected, and they are for people who have proven something: nothing here is
// said about an address that was only typed in.
var refusals = []refusal{
	{grimoireauth.ErrLocked, http.StatusTooManyRequests, "There were too many wrong attempts. Please wait an hour before you try again, or use another way.", true},
	{grimoireauth.ErrWrongCode, http.StatusForbidden, "That code is not right. Check it and try again: only the newest one works, and after too many wrong ones none does for an hour.", true},
	{grimoireauth.ErrWrongPassword, http.StatusForbidden, "The e-mail address or the password is not right. After too many wrong attempts the right one is refused for an hour, too: then wait, or use another way.", true},
	{grimoireauth.ErrWeakPassword, http.StatusUnprocessableEntity, "Please choose another password: this one is too easy to guess, has been leaked somewhere, or is your old one.", true},
	{grimoireauth.ErrPasswordMustChange, http.StatusForbidden, "This password cannot be used any more. Ask for a link to set a new one.", true},

	{grimoireauth.ErrSignInExpired, http.StatusGone, "That took too long, or is finished already. Please begin again here.", false},
	{grimoireauth.ErrTokenSpent, http.StatusGone, "This link or code was used already, or is too old. Ask for a new one here.", false},
	{grimoireauth.ErrTokenUnknown, http.StatusNotFound, "This link or code is not known any more. Ask for a new one here.", false},
	{grimoireauth.ErrOtherBrowser, http.StatusForbidden, "This sign-in began in another browser, or too long ago. Please begin again here.", false},
	{grimoireauth.ErrOtherClass, http.StatusForbidden, "This belongs to another class than it says. Please begin again here.", false},

	{grimoireauth.ErrClassArchived, http.StatusForbidden, "This class is over, so nobody can sign in to it any more. Please ask your instructor.", false},
	{grimoireauth.ErrSuspended, http.StatusForbidden, "You are suspended from this class. Please ask your instructor.", false},
	{grimoireauth.ErrNotInvited, http.StatusForbidden, "This class does not know you. Please ask your instructor for an invitation.", false},
	{grimoireauth.ErrMethodNotAllowed, http.StatusForbidden, "This class wants you to sign in in another way. Please use one of these.", false},
	{grimoireauth.ErrUnauthenticated, http.StatusForbidden, "What you have shown so far does not count in this class. Please begin again here.", false},
	{grimoireauth.ErrForbidden, http.StatusForbidden, "You cannot sign in to this class in this way. Please ask your instructor.", false},
}

// What cannot be done at the moment, for whatever reason that is not the person's. The
// end of each sentence is when to try again: see untilNext.
const (
	notNow      = "Signing in does not work at the moment. Please try again in "
	ownFault    = "This site could not finish signing you in. Nothing is lost: please press the button again in "
	nothingLost = "Signing in does not work at the moment. Nothing is lost: please press the button again in "
)

// refuse says what went wrong and what to do next: on the page named again where
// that can help, otherwise on the sign-in page of page.Class.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error, page Page, again string) {
	write := func(status int, name string, only ...grimoireauth.SignInMethod) {
		if name == "sign-in" {
			h.offer(w, r, status, page, only...)
			return
		}
		h.show(w, status, name, page)
	}
	if _, own := ours(err); own {
		h.tooMany(w, r, err, page, again)
		return
	}
	if outage(err) {
		h.fault(r, "sign-in not finished", err)
		page.Notice = nothingLost + untilNext(err)
		if own := (*applicationError)(nil); errors.As(err, &own) {
			page.Notice = ownFault + untilNext(err)
		}
		retryAfter(w, err)
		write(http.StatusServiceUnavailable, again)
		return
	}
	refusal, known := refusalOf(err)
	if !known {
		h.fault(r, "sign-in failed", err)
		page.Notice = "You could not be signed in. Please begin again here."
		write(http.StatusInternalServerError, "sign-in")
		return
	}
	h.note(r, "sign-in refused", err)
	page.Notice = refusal.notice
	if refusal.status == http.StatusTooManyRequests {
		retryAfter(w, err)
	}
	var instead *grimoireauth.NotAllowedError
	switch {
	case refusal.again:
		write(refusal.status, again)
	case errors.As(err, &instead):
		if page.Class == "" {
			page.Class = instead.Class.Slug
		}
		write(refusal.status, "sign-in", instead.Methods...)
	default:
		write(refusal.status, "sign-in")
	}
}

// refusalOf returns the first refusal that the error is a case of.
func refusalOf(err error) (refusal, bool) {
	for _, refusal := range refusals {
		if errors.Is(err, refusal.is) {
			return refusal, true
		}
	}
	return refusal{}, false
}

// unknown reports that nobody could find out, which is asked before all else.
func unknown(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

// outage reports that the same may go well in a moment. Somebody who is locked out
// has an answer, and a different one.
func outage(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited) && !errors.Is(err, grimoireauth.ErrLocked)
}

// answered returns the error_type of Stytch's answer, and whether there is one:
// otherwise the input was refused here.
func answered(err error) (errorType string, yes bool) {
	var explained *grimoireauth.Error
	if !errors.As(err, &explained) || explained.Status == 0 {
		return "", false
	}
	return explained.Type, true
}

// defaultRetry is when to come back if no error says it.
const defaultRetry = 5 * time.Second

// retryAfter says when to come back.
func retryAfter(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", strconv.Itoa(retrySeconds(err)))
}

func retrySeconds(err error) int {
	wait, ok := grimoireauth.RetryAfter(err)
	if !ok {
		wait = defaultRetry
	}
	return int((min(wait, time.Hour) + time.Second - 1) / time.Second)
}

// untilNext ends a sentence with when to try again.
func untilNext(err error) string {
	if seconds := retrySeconds(err); seconds > 1 {
		return strconv.Itoa(seconds) + " seconds."
	}
	return "a second."
}

func redirect(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}
