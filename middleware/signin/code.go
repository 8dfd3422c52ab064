package signin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
)

// startCode e-mails a code and shows the form for it.
func (h *Handler) startCode(w http.ResponseWriter, r *http.Request, page Page) {
	err := h.send(r, ActionSendCode, page, func(ctx context.Context) error {
		if page.Class == "" {
			return h.client.SignIn.SendDiscoveryCode(ctx, grimoireauth.DiscoveryCode{Email: page.Email})
		}
		return h.client.SignIn.SendEmailCode(ctx, grimoireauth.EmailCode{Class: grimoireauth.ClassID(page.Class), Email: page.Email})
	})
	if h.sent(w, r, page, err) {
		a := h.again(r, page, asksCode).ask(asksCode, page.Email, codeLife)
		redirect(w, h.address("code", h.keep(w, r, a))+pendingQuery(err))
	}
}

// showCode is the form for the code. It can be reloaded without a second e-mail.
func (h *Handler) showCode(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.asking(w, r, asksCode); ok {
		page := a.back()
		page.Attempt, page.Again = a.id, pendingFor(r)
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
	if known && a.asks == "" && a.goesOn(time.Now()) {
		redirect(w, h.next(a)) // another tab has shown the code
		return
	}
	if known = known && a.asks == asksCode; known && !a.live(time.Now()) {
		h.lost(w, r, a, true)
		return
	}
	page := a.back()
	page.Attempt = a.id
	if !known {
		var ok bool
		if page, ok = h.typed(w, r); !ok {
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
	half := h.half(a, page.Class)
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
			SignInOptions: grimoireauth.SignInOptions{Continue: half.proof()},
		})
	}
	err = h.sign(w, r, signing{attempt: a, half: half, key: key}, h.guess(use, wrongGuess, h.used(ActionSendCode, work)))
	if err != nil {
		h.refuseTyped(w, r, err, page, "code", grimoireauth.ErrWrongCode)
	}
}

// refuseTyped refuses what was typed in. That there is no such class, or nobody of
// that address in it, is not told: it is wrong as anything else would be.
func (h *Handler) refuseTyped(w http.ResponseWriter, r *http.Request, err error, page Page, again string, wrong error) {
	_, asked := answered(err)
	switch {
	case outage(err):
	case errors.Is(err, grimoireauth.ErrInvalid) && !asked:
		h.notAnAddress(w, r, page, again)
		return
	case errors.Is(err, grimoireauth.ErrNotFound), errors.Is(err, grimoireauth.ErrInvalid), errors.Is(err, grimoireauth.ErrNotInvited),
		errors.Is(err, grimoireauth.ErrLocked): // only somebody can be locked out; the sentence says it to everybody
		h.note(r, "sign-in refused", err)
		err = wrong
	}
	h.refuse(w, r, err, page, again)
}
