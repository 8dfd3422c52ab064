package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/text"
)

// readStartForm reads the class and the address from the form. Without a class the form
// is about a discovery, if Config allows it; otherwise the page asks for the class, and
// readStartForm returns false.
func (h *Handler) readStartForm(w http.ResponseWriter, r *http.Request) (Page, bool) {
	email, one := single(r.PostForm, "email")
	page := Page{Class: h.wantedClass(r), Email: text.Trim(email), ReturnTo: h.returnTo(r)}
	if !one || page.Class == "" && !h.findsClass(r) {
		h.offer(w, r, http.StatusBadRequest, page.withNotice("Which class is it? Its short name is in the address that your instructor gave you."))
		return Page{}, false
	}
	return page, true
}

// attemptToContinue returns the attempt that a form continues in the same class: one
// that needs another primary method, or one that requested the same before. If there is
// none it returns a new one.
func (h *Handler) attemptToContinue(r *http.Request, page Page, requested string) attempt {
	a, ok := h.named(r)
	now := time.Now()
	switch {
	case !ok:
	case a.awaitingPrimary(page.Class) != nil, a.requested == requested && a.class == page.Class && !a.isPending(now):
		a.class, a.returnTo = page.Class, page.ReturnTo
		a.verifier = grimoireauth.Secret{}
		return a
	}
	return newAttempt(page.Class, page.ReturnTo)
}

// startLink e-mails a link.
func (h *Handler) startLink(w http.ResponseWriter, r *http.Request, page Page) {
	err := h.send(r, ActionSendLink, page, func(ctx context.Context) error {
		if page.Class == "" {
			return h.client.Discovery.SendLink(ctx, stytchclient.MagicLink{
				Email: page.Email, RedirectURL: h.callbackURL(), Expires: h.config.LinkExpires,
			})
		}
		return h.client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, RedirectURL: h.callbackURL(), Expires: h.config.LinkExpires,
		})
	})
	if h.afterSending(w, r, page, err) {
		a := h.attemptToContinue(r, page, requestLink).requesting(requestLink, page.Email, h.config.linkLife())
		redirect(w, h.address("sent", h.keep(w, r, a))+againQuery(err))
	}
}

// showSent says that an e-mail is on its way. It has an address of its own, so that the
// page can be reloaded without sending a second e-mail.
func (h *Handler) showSent(w http.ResponseWriter, r *http.Request) {
	a, ok := h.attemptFor(w, r, requestLink, requestReset)
	if !ok {
		return
	}
	page := a.startPage()
	page.Attempt, page.Method, page.Again = a.id, string(grimoireauth.MethodMagicLink), againIn(r)
	if a.requested == requestReset {
		page.Method = methodReset
	}
	h.show(w, http.StatusOK, "sent", page)
}

// startCode e-mails a code and shows the form for it.
func (h *Handler) startCode(w http.ResponseWriter, r *http.Request, page Page) {
	err := h.send(r, ActionSendCode, page, func(ctx context.Context) error {
		if page.Class == "" {
			return h.client.Discovery.SendCode(ctx, stytchclient.EmailCode{Email: page.Email})
		}
		return h.client.SignIn.SendEmailCode(ctx, stytchclient.EmailCode{Class: grimoireauth.ClassID(page.Class), Email: page.Email})
	})
	if h.afterSending(w, r, page, err) {
		a := h.attemptToContinue(r, page, requestCode).requesting(requestCode, page.Email, codeLife)
		redirect(w, h.address("code", h.keep(w, r, a))+againQuery(err))
	}
}

// showCode is the form for the code. It can be reloaded without sending a second
// e-mail.
func (h *Handler) showCode(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.attemptFor(w, r, requestCode); ok {
		page := a.startPage()
		page.Attempt, page.Again = a.id, againIn(r)
		h.show(w, http.StatusOK, "code", page)
	}
}

// codeForm is the form of a code by e-mail, by SMS or from an app.
var codeForm = regexp.MustCompile(`^[0-9]{6}$`)

// ungrouped removes spaces, the given signs and marks of direction from typed text:
// codes and numbers are printed in groups, and copied text contains such marks. It
// converts the digits of every script to 0 to 9.
func ungrouped(typed, signs string) string {
	digits, _ := text.Digits(typed)
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || strings.ContainsRune(signs, c) || unicode.Is(unicode.Bidi_Control, c) {
			return -1
		}
		return c
	}, digits)
}

// checkCode signs in with a code from an e-mail, or lists the classes of an address.
func (h *Handler) checkCode(w http.ResponseWriter, r *http.Request) {
	a, known := h.named(r)
	if known && a.requested == "" && a.canContinue(time.Now()) {
		redirect(w, h.next(a)) // another tab has used the code
		return
	}
	if known = known && a.requested == requestCode; known && !a.live(time.Now()) {
		h.attemptGone(w, r, a, true)
		return
	}
	page := a.startPage()
	page.Attempt = a.id
	if !known {
		var ok bool
		if page, ok = h.readStartForm(w, r); !ok {
			return
		}
		a = newAttempt(page.Class, page.ReturnTo)
	}
	if !h.serves(grimoireauth.MethodEmailCode) {
		h.offer(w, r, http.StatusBadRequest, page.withNotice("Please choose one of the ways to sign in."))
		return
	}
	code, _ := single(r.PostForm, "code")
	code = ungrouped(code, "-")
	if !codeForm.MatchString(code) {
		h.show(w, http.StatusBadRequest, "code", page.withNotice("A code has six digits. Please look at the e-mail again."))
		return
	}
	// A double click is one redemption, if this browser has requested the code.
	key := ""
	if known {
		key = strings.Join([]string{"code", a.nonce, page.Class, page.Email, code}, "\n")
	}
	pending := a.awaitingPrimary(page.Class)
	use, err := h.useOf(r, ActionGuess, page.Class, page.Email)
	if err != nil {
		h.refuse(w, r, err, page, "code")
		return
	}
	work := func(ctx context.Context) (stytchclient.SignedIn, error) {
		if page.Class == "" {
			return choosing(h.client.Discovery.ByCode(ctx, page.Email, grimoireauth.NewSecret(code)))
		}
		return h.client.SignIn.WithEmailCode(ctx, stytchclient.EmailCodeSignIn{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, Code: grimoireauth.NewSecret(code),
			SignInOptions: stytchclient.SignInOptions{Continue: pending.proof()},
		})
	}
	err = h.sign(w, r, signing{attempt: a, continues: pending, key: key}, h.limitGuesses(use, wrongGuess, h.releaseAfter(ActionSendCode, work)))
	if err != nil {
		h.refuseTyped(w, r, err, page, "code", grimoireauth.ErrWrongCode)
	}
}

// send sends a message to the address of the page, within its limits. Its error is that
// of the call to Stytch, or contains a [limitError].
func (h *Handler) send(r *http.Request, action Action, page Page, call func(context.Context) error) error {
	use, err := h.useOf(r, action, page.Class, page.Email)
	if err != nil {
		return err
	}
	// The call goes on if the browser is gone. An interrupted call may have sent the
	// message, and if it were released, strangers could have it sent again and again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	if err := h.reserveSoon(ctx, use); err != nil {
		return err
	}
	err = call(ctx)
	if _, answered := stytchErrorType(err); isTemporary(err) || errors.Is(err, grimoireauth.ErrInvalid) && !answered {
		// No message was sent, and the reason is the same for every address. If Stytch refuses because of a
		// person, the message counts as sent, since the next response must not tell the
		// two cases apart.
		h.limit.Release(ctx, use)
	}
	return err
}

// afterSending answers a request for a message, and reports whether the page may say
// that it was sent. The page says so as well if Stytch refused because of the person,
// since the response must not say who is in a class.
func (h *Handler) afterSending(w http.ResponseWriter, r *http.Request, page Page, err error) bool {
	errorType, answered := stytchErrorType(err)
	_, own := limitedHere(err)
	switch {
	case err == nil:
	case errors.Is(err, grimoireauth.ErrInvalid) && !answered:
		h.notAnAddress(w, r, page, "sign-in")
		return false
	case earlierMessage(err):
		h.logInfo(r, "nothing e-mailed: a message is on its way", err)
	case own:
		h.tooMany(w, r, err, page, "sign-in")
		return false
	case isTemporary(err), !answered, strings.Contains(errorType, "url"):
		// An outage, Stytch's own rate limit, or a redirect URL that is not registered.
		// These are the same for every address, so the page may say so. Stytch's rate
		// limit per address is not reached, since our limit is stricter.
		h.logFault(r, "nothing can be e-mailed", err)
		page.Notice = notNow + untilNext(err)
		retryAfter(w, err)
		h.offer(w, r, http.StatusServiceUnavailable, page)
		return false
	default:
		// Stytch refused this address: not invited, no such class, a class with other
		// methods, or locked out. The page does not say so, since that would say
		// something about the address.
		h.logInfo(r, "nothing e-mailed", err)
	}
	return true
}

// againParameter contains, on the page of a message that was requested a moment ago,
// the Unix time before which no other one is sent. It is no secret, and it only changes
// a sentence.
const againParameter = "again"

func againQuery(err error) string {
	if !earlierMessage(err) {
		return ""
	}
	wait, _ := grimoireauth.RetryAfter(err)
	return "&" + againParameter + "=" + strconv.FormatInt(time.Now().Add(wait+time.Second-1).Unix(), 10)
}

// againIn returns in words how long no other message is sent, or "" if one can be sent
// now.
func againIn(r *http.Request) string {
	query, _ := url.ParseQuery(r.URL.RawQuery)
	text, _ := single(query, againParameter)
	seconds, err := strconv.ParseInt(text, 10, 64)
	wait := time.Until(time.Unix(seconds, 0))
	if err != nil || wait <= 0 || wait > time.Hour {
		return ""
	}
	return inWords(wait)
}
