package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// send sends a message to the address of the page, unless it was reserved for another.
// Its error is one of Stytch's call, or of a [limitError].
func (h *Handler) send(r *http.Request, action Action, page Page, call func(context.Context) error) error {
	use, err := h.useOf(r, action, page.Class, page.Email)
	if err != nil {
		return err
	}
	// Also if the browser is gone. What is given up in the middle may have been sent, and
	// giving it back would let strangers have it sent again and again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	if err := h.reserveSoon(ctx, use); err != nil {
		return err
	}
	err = call(ctx)
	if _, asked := answered(err); outage(err) || errors.Is(err, grimoireauth.ErrInvalid) && !asked {
		// Nothing was sent, and that says nothing about the address. What Stytch refuses
		// because of a person counts as sent, since the next answer must not tell the two
		// apart.
		h.limit.Release(ctx, use)
	}
	return err
}

// shortWait is how long a page waits for a limit instead of telling a person to.
const shortWait = 2 * time.Second

// reserveSoon reserves a message, and waits if that takes a moment only: a person who
// asks for a link and then for a code is told nothing about limits.
func (h *Handler) reserveSoon(ctx context.Context, use Use) error {
	err := h.reserve(ctx, use)
	limited, own := ours(err)
	wait, _ := grimoireauth.RetryAfter(err)
	if !own || limited == nil || limited.pending || wait > shortWait {
		return err
	}
	select {
	case <-time.After(wait):
		return h.reserve(ctx, use)
	case <-ctx.Done():
		return err
	}
}

// wrongGuess reports whether a code or a password counts as a wrong guess, which is
// all that an answer of Stytch's may be but a right one: what else there is could tell
// a right guess apart. An outage is no answer.
func wrongGuess(err error) bool {
	switch {
	case err == nil, outage(err):
		return false
	case errors.Is(err, grimoireauth.ErrStepUp), errors.Is(err, grimoireauth.ErrPasswordMustChange):
		return false
	}
	_, asked := answered(err)
	return asked
}

// pendingParameter says on the page of a message that it was asked for a moment ago,
// until when another one is not sent, as a Unix time. It is no secret, and nothing
// follows from it but a sentence.
const pendingParameter = "again"

func pendingQuery(err error) string {
	limited, own := ours(err)
	wait, _ := grimoireauth.RetryAfter(err)
	if !own || limited == nil || !limited.pending {
		return ""
	}
	return "&" + pendingParameter + "=" + strconv.FormatInt(time.Now().Add(wait+time.Second-1).Unix(), 10)
}

// pendingFor returns how long another message is not sent, in words, "" if it can be.
func pendingFor(r *http.Request) string {
	query, _ := url.ParseQuery(r.URL.RawQuery)
	text, _ := single(query, pendingParameter)
	seconds, err := strconv.ParseInt(text, 10, 64)
	wait := time.Until(time.Unix(seconds, 0))
	if err != nil || wait <= 0 || wait > time.Hour {
		return ""
	}
	return inWords(wait)
}

// inWords returns a time that is not shorter than wait.
func inWords(wait time.Duration) string {
	seconds := int((wait + time.Second - 1) / time.Second)
	switch minutes := (seconds + 59) / 60; {
	case seconds <= 1:
		return "a second"
	case seconds <= 90:
		return strconv.Itoa(seconds) + " seconds"
	default:
		return strconv.Itoa(minutes) + " minutes"
	}
}

// tooMany says that a limit of this site has refused something, when to try again and
// which way is open. It is no outage, and says nothing about who has an address.
func (h *Handler) tooMany(w http.ResponseWriter, r *http.Request, err error, page Page, again string) {
	h.note(r, "refused by a limit", err)
	limited, _ := ours(err)
	wait, ok := grimoireauth.RetryAfter(err)
	if !ok {
		wait = defaultRetry
	}
	page.Notice = "There are too many requests from your network just now. Please try again in " + inWords(wait) + "."
	if limited != nil {
		links := h.links(r, page.Class)
		page.Notice = limited.sentence(inWords(wait), links)
		page.Instead = limited.instead(links)
	}
	retryAfter(w, err)
	if again == "sign-in" {
		h.offer(w, r, http.StatusTooManyRequests, page)
		return
	}
	h.show(w, http.StatusTooManyRequests, again, page)
}

// links returns the links by e-mail that sign in to a class and are not counted: to sign
// in, and to set a password. A class that cannot be looked up may have both.
func (h *Handler) links(r *http.Request, class string) Ways {
	may := allowed{methods: everyMethod}
	if class != "" {
		may = h.allowed(r, class)
	}
	ways := h.ways(may, Page{})
	ways.Password = ways.Password && class != ""
	return ways
}

// instead returns what can be e-mailed and signs in while codes and passwords are not
// looked at: the method of a form to start, "" if there is none.
func (e *limitError) instead(links Ways) string {
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

// sentence says what to do instead of waiting, with the links by e-mail that there are.
func (e *limitError) sentence(wait string, links Ways) string {
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
