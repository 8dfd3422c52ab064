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
	"github.com/promptgrimoire/auth/internal/text"
)

// typed reads the class and the address that were typed in. Without a class it is
// about finding one, if that is offered; otherwise the page asks for it, and typed
// returns false.
func (h *Handler) readStartForm(w http.ResponseWriter, r *http.Request) (Page, bool) {
	email, one := single(r.PostForm, "email")
	page := Page{Class: h.wantedClass(r), Email: text.Trim(email), ReturnTo: h.returnTo(r)}
	if !one || page.Class == "" && !h.findsClass(r) {
		page.Notice = "Which class is it? Its short name is in the address that your instructor gave you."
		h.offer(w, r, http.StatusBadRequest, page)
		return Page{}, false
	}
	return page, true
}

// again returns the attempt that a form goes on with, for the same class: one that
// owes another way to sign in, or one that asked for the same before. Otherwise it is
// a new one.
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
			return h.client.SignIn.SendDiscoveryLink(ctx, grimoireauth.DiscoveryLink{
				Email: page.Email, RedirectURL: h.callbackURL(), Expires: h.config.LinkExpires,
			})
		}
		return h.client.SignIn.SendMagicLink(ctx, grimoireauth.MagicLink{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, RedirectURL: h.callbackURL(), Expires: h.config.LinkExpires,
		})
	})
	if h.afterSending(w, r, page, err) {
		a := h.attemptToContinue(r, page, requestLink).requesting(requestLink, page.Email, h.config.linkLife())
		redirect(w, h.address("sent", h.keep(w, r, a))+againQuery(err))
	}
}

// showSent says that an e-mail is on its way. It has an address of its own, so that
// it can be reloaded and come back to without a second e-mail.
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
			return h.client.SignIn.SendDiscoveryCode(ctx, grimoireauth.DiscoveryCode{Email: page.Email})
		}
		return h.client.SignIn.SendEmailCode(ctx, grimoireauth.EmailCode{Class: grimoireauth.ClassID(page.Class), Email: page.Email})
	})
	if h.afterSending(w, r, page, err) {
		a := h.attemptToContinue(r, page, requestCode).requesting(requestCode, page.Email, codeLife)
		redirect(w, h.address("code", h.keep(w, r, a))+againQuery(err))
	}
}

// showCode is the form for the code. It can be reloaded without a second e-mail.
func (h *Handler) showCode(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.attemptFor(w, r, requestCode); ok {
		page := a.startPage()
		page.Attempt, page.Again = a.id, againIn(r)
		h.show(w, http.StatusOK, "code", page)
	}
}

// codeForm is a code by e-mail, by SMS or of an app.
var codeForm = regexp.MustCompile(`^[0-9]{6}$`)

// ungrouped takes out of what was typed in the spaces, and the signs named, with
// which codes and numbers are printed in groups, and marks of direction, which come with
// a text that is copied. Digits of every script become 0 to 9.
func ungrouped(typed, signs string) string {
	digits, _ := text.Digits(typed)
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || strings.ContainsRune(signs, c) || unicode.Is(unicode.Bidi_Control, c) {
			return -1
		}
		return c
	}, digits)
}

// checkCode signs in with a code by e-mail, or leads to the classes of an address.
func (h *Handler) checkCode(w http.ResponseWriter, r *http.Request) {
	a, known := h.named(r)
	if known && a.requested == "" && a.canContinue(time.Now()) {
		redirect(w, h.next(a)) // another tab has shown the code
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
		page.Notice = "Please choose one of the ways to sign in."
		h.offer(w, r, http.StatusBadRequest, page)
		return
	}
	code, _ := single(r.PostForm, "code")
	code = ungrouped(code, "-")
	if !codeForm.MatchString(code) {
		page.Notice = "A code has six digits. Please look at the e-mail again."
		h.show(w, http.StatusBadRequest, "code", page)
		return
	}
	// A double click is one redemption, if this browser has asked for the code.
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
	work := func(ctx context.Context) (grimoireauth.SignedIn, error) {
		if page.Class == "" {
			return h.client.SignIn.DiscoverByCode(ctx, grimoireauth.DiscoveryCodeCheck{Email: page.Email, Code: grimoireauth.NewSecret(code)})
		}
		return h.client.SignIn.WithEmailCode(ctx, grimoireauth.EmailCodeSignIn{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, Code: grimoireauth.NewSecret(code),
			SignInOptions: grimoireauth.SignInOptions{Continue: pending.proof()},
		})
	}
	err = h.sign(w, r, signing{attempt: a, continues: pending, key: key}, h.limitGuesses(use, wrongGuess, h.releaseAfter(ActionSendCode, work)))
	if err != nil {
		h.refuseTyped(w, r, err, page, "code", grimoireauth.ErrWrongCode)
	}
}

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
	if _, asked := stytchErrorType(err); isTemporary(err) || errors.Is(err, grimoireauth.ErrInvalid) && !asked {
		// Nothing was sent, and that says nothing about the address. What Stytch refuses
		// because of a person counts as sent, since the next answer must not tell the two
		// apart.
		h.limit.Release(ctx, use)
	}
	return err
}

// sent answers what has been tried to e-mail, and reports whether to go on as if it
// had been: whoever may not have anything is told the same as everybody else, since
// the answer must not say who is in a class.
func (h *Handler) afterSending(w http.ResponseWriter, r *http.Request, page Page, err error) bool {
	errorType, asked := stytchErrorType(err)
	limited, own := limitedHere(err)
	switch {
	case err == nil:
	case errors.Is(err, grimoireauth.ErrInvalid) && !asked:
		h.notAnAddress(w, r, page, "sign-in")
		return false
	case own && limited != nil && limited.pending:
		h.logInfo(r, "nothing e-mailed: a message is on its way", err)
	case own:
		h.tooMany(w, r, err, page, "sign-in")
		return false
	case isTemporary(err), !asked, strings.Contains(errorType, "url"):
		// An outage, Stytch's own rate limit, or a redirect URL that is not registered:
		// nobody gets anything, so saying so tells nothing about anybody. Our limit has
		// kept an address from being refused by Stytch's only because it is known.
		h.logFault(r, "nothing can be e-mailed", err)
		page.Notice = notNow + untilNext(err)
		retryAfter(w, err)
		h.offer(w, r, http.StatusServiceUnavailable, page)
		return false
	default:
		// Stytch refused this one: not invited, no such class, a class with other
		// ways to sign in, or locked out. To say so would say something about the
		// address.
		h.logInfo(r, "nothing e-mailed", err)
	}
	return true
}

// pendingParameter says on the page of a message that it was asked for a moment ago,
// until when another one is not sent, as a Unix time. It is no secret, and nothing
// follows from it but a sentence.
const againParameter = "again"

func againQuery(err error) string {
	limited, own := limitedHere(err)
	wait, _ := grimoireauth.RetryAfter(err)
	if !own || limited == nil || !limited.pending {
		return ""
	}
	return "&" + againParameter + "=" + strconv.FormatInt(time.Now().Add(wait+time.Second-1).Unix(), 10)
}

// pendingFor returns how long another message is not sent, in words, "" if it can be.
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
