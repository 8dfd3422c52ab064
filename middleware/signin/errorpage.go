package signin

import (
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// errorPage is the response to one kind of error.
type errorPage struct {
	is     error
	status int
	notice string
	again  bool // the same form can be tried again
}

// errorPages maps errors to pages: special cases stand before the general ones. The
// sentences are fixed, so no input is reflected. They are for people who have proven
// something: none of them is about an address that was only typed in.
var errorPages = []errorPage{
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

// The sentences for temporary errors, whatever their cause. Each ends with when to try
// again: see untilNext.
const (
	notNow      = "Signing in does not work at the moment. Please try again in "
	ownFault    = "This site could not finish signing you in. Nothing is lost: please press the button again in "
	nothingLost = "Signing in does not work at the moment. Nothing is lost: please press the button again in "
)

// refuse says what went wrong and what to do next: on the page named again if trying
// again can succeed, otherwise on the sign-in page of page.Class.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error, page Page, again string) {
	if _, own := limitedHere(err); own {
		h.tooMany(w, r, err, page, again)
		return
	}
	if isTemporary(err) {
		h.logFault(r, "sign-in not finished", err)
		page.Notice = nothingLost + untilNext(err)
		if own := (*applicationError)(nil); errors.As(err, &own) {
			page.Notice = ownFault + untilNext(err)
		}
		retryAfter(w, err)
		h.showNamed(w, r, http.StatusServiceUnavailable, again, page)
		return
	}
	found, known := errorPageOf(err)
	if !known {
		h.logFault(r, "sign-in failed", err)
		h.offer(w, r, http.StatusInternalServerError, page.withNotice("You could not be signed in. Please begin again here."))
		return
	}
	h.logInfo(r, "sign-in refused", err)
	page.Notice = found.notice
	if found.status == http.StatusTooManyRequests {
		retryAfter(w, err)
	}
	var instead *stytchclient.NotAllowedError
	switch {
	case found.again:
		h.showNamed(w, r, found.status, again, page)
	case errors.As(err, &instead):
		if page.Class == "" {
			page.Class = instead.Class.Slug
		}
		h.offer(w, r, found.status, page, instead.Methods...)
	default:
		h.offer(w, r, found.status, page)
	}
}

// errorPageOf returns the first page whose error matches.
func errorPageOf(err error) (errorPage, bool) {
	for _, found := range errorPages {
		if errors.Is(err, found.is) {
			return found, true
		}
	}
	return errorPage{}, false
}

// refuseTyped rejects typed input. It does not say that there is no such class, or no
// such address in it: the page is the same as for a wrong code or password.
func (h *Handler) refuseTyped(w http.ResponseWriter, r *http.Request, err error, page Page, again string, wrong error) {
	_, answered := stytchErrorType(err)
	switch {
	case isTemporary(err):
	case errors.Is(err, grimoireauth.ErrInvalid) && !answered:
		h.notAnAddress(w, r, page, again)
		return
	case errors.Is(err, grimoireauth.ErrNotFound), errors.Is(err, grimoireauth.ErrInvalid), errors.Is(err, grimoireauth.ErrNotInvited),
		errors.Is(err, grimoireauth.ErrLocked): // only a known address can be locked, and every page for a wrong code mentions the lock
		h.logInfo(r, "sign-in refused", err)
		err = wrong
	}
	h.refuse(w, r, err, page, again)
}

func (h *Handler) notAnAddress(w http.ResponseWriter, r *http.Request, page Page, again string) {
	h.showNamed(w, r, http.StatusBadRequest, again, page.withNotice("That is not an e-mail address. It looks like name@example.edu."))
}

// tooMany says that a limit of this site has refused a request, when to try again and
// what else can be done. It is not for outages, and says nothing about who has an
// address.
func (h *Handler) tooMany(w http.ResponseWriter, r *http.Request, err error, page Page, again string) {
	h.logInfo(r, "refused by a limit", err)
	limited, _ := limitedHere(err)
	wait := inWords(retryIn(err))
	page.Notice = "There are too many requests from your network just now. Please try again in " + wait + "."
	if limited != nil {
		links := h.emailLinks(r, page.Class)
		page.Notice = limited.sentence(wait, links)
		page.Instead = limited.instead(links)
	}
	retryAfter(w, err)
	h.showNamed(w, r, http.StatusTooManyRequests, again, page)
}

// emailLinks returns the links by e-mail of a class that have no limit on guesses: to
// sign in, and to set a password. If the class cannot be looked up, it may have both.
func (h *Handler) emailLinks(r *http.Request, class string) Methods {
	may := classMethods{methods: everyMethod}
	if class != "" {
		may = h.classMethods(r, class)
	}
	methods := h.methodsFor(may, Page{})
	methods.Password = methods.Password && class != ""
	return methods
}

// instead returns the method to e-mail while codes and passwords are not checked, or ""
// if there is none.
func (e *limitError) instead(links Methods) string {
	switch {
	case e.action != ActionGuess || e.member:
		return ""
	case links.MagicLink:
		return string(grimoireauth.MethodMagicLink)
	case links.Password:
		return methodReset
	}
	return ""
}

// sentence says how long to wait, and which links by e-mail work without waiting.
func (e *limitError) sentence(wait string, links Methods) string {
	switch {
	case e.action == ActionGuess && e.member:
		return "There were too many wrong codes. Please wait " + wait + " before you try again, or ask your instructor."
	case e.action == ActionGuess:
		notice := "There were too many wrong codes or passwords for this address. They are looked at again in " + wait + "."
		switch e.instead(links) {
		case string(grimoireauth.MethodMagicLink):
			notice += " The link in an e-mail works all the time: open the one that you have, or ask for one here."
		case methodReset:
			notice += " A link to set a password works all the time: open the one that you have, or ask for one here."
		}
		return notice
	case e.action == ActionSendReset && e.pending:
		return "A link to set a password is on its way, if the address is known here. It was asked for in another browser, and works only there. You can ask for one here in " + wait + ", or sign in in another way."
	case e.action == ActionSendSMS:
		return "No other code can be sent to this phone for " + wait + ". The newest code that you have works."
	case e.action == ActionAskClass:
		return "Too many classes were asked for from your network. Please try again in " + wait + "."
	}
	return "No message was sent: too many were asked for just now. Please try again in " + wait +
		". What is in your mail already works, and so does your school's sign-in."
}
