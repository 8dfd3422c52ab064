package signin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// SecondFactors say what the page "factor" asks for. Each is a form of its own;
// codes go to Prefix + "factor" with the fields "factor" and "code".
type SecondFactors struct {
	SMSCode  bool // the code of an SMS that is on its way: factor "sms_otp"
	SendSMS  bool // a button that sends one: Prefix + "factor/send"
	AskPhone bool // the number to send it to, field "phone" of the same
	AppCode  bool // the code that an authenticator app shows: factor "totp"
	Recovery bool // instead of the app: factor "recovery_code"
	EnrolApp bool // a button that sets an app up: Prefix + "factor/enrol"

	Phone string // the number as it was typed
}

// Any reports whether the page can do anything that the class asks for.
func (f SecondFactors) Any() bool {
	return f.SMSCode || f.SendSMS || f.AskPhone || f.AppCode || f.Recovery || f.EnrolApp
}

// First returns the form that is to have the focus.
func (f SecondFactors) First() string {
	switch {
	case f.SMSCode:
		return "sms"
	case f.AppCode:
		return "app"
	case f.AskPhone:
		return "phone"
	}
	return ""
}

// factors returns what an unfinished sign-in can be finished with.
func (u unfinished) factors() SecondFactors {
	sms, app := u.has(grimoireauth.SecondFactorSMS) || u.numbered, u.has(grimoireauth.SecondFactorApp)
	return SecondFactors{
		SMSCode:  sms && u.sent,
		SendSMS:  sms && !u.sent,
		AskPhone: !sms && u.mayEnrol(grimoireauth.SecondFactorSMS),
		AppCode:  app || u.pending,
		Recovery: app,
		EnrolApp: !u.pending && !u.numbered && u.mayEnrol(grimoireauth.SecondFactorApp),
	}
}

// factorPage is the page "factor" of an unfinished sign-in.
func (u unfinished) factorPage() Page {
	page := u.page()
	page.Factors = u.factors()
	return page
}

// owing returns the unfinished sign-in of a request that gives a second factor. If
// there is none it has answered.
func (h *Handler) owing(w http.ResponseWriter, r *http.Request) (unfinished, bool) {
	u, ok := h.readUnfinished(r)
	switch {
	case !ok:
		h.withoutUnfinished(w, r)
		return unfinished{}, false
	case u.owed != owedFactor:
		redirect(w, h.config.prefix()+u.owed.page())
		return unfinished{}, false
	}
	return u, true
}

func (h *Handler) askFactor(w http.ResponseWriter, r *http.Request) {
	if u, ok := h.owing(w, r); ok {
		h.show(w, http.StatusOK, "factor", u.factorPage())
	}
}

// The kinds of codes, field "factor".
const (
	codeSMS      = string(grimoireauth.SecondFactorSMS)
	codeApp      = string(grimoireauth.SecondFactorApp)
	codeRecovery = "recovery_code"
)

var recoveryCodeForm = regexp.MustCompile(`^[A-Za-z0-9-]{4,64}$`)

// checkFactor finishes the sign-in with a code.
func (h *Handler) checkFactor(w http.ResponseWriter, r *http.Request) {
	u, ok := h.owing(w, r)
	if !ok {
		return
	}
	kind, oneKind := single(r.PostForm, "factor")
	code, oneCode := single(r.PostForm, "code")
	code = ungrouped(code, "")
	resume, form := h.client.SignIn.ResumeWithSMS, codeForm
	switch kind {
	case codeSMS:
	case codeApp:
		resume = h.client.SignIn.ResumeWithApp
	case codeRecovery:
		resume, form = h.client.SignIn.ResumeWithRecoveryCode, recoveryCodeForm
	default:
		oneKind = false
	}
	name, page := "factor", u.factorPage()
	if enrolment, ok := enrolmentOf(r.PostForm); ok && kind == codeApp {
		name, page.Enrolment = "enrol", enrolment
	}
	if !oneKind || !oneCode || !form.MatchString(code) {
		h.factorRefused(w, r, u, name, page, &grimoireauth.Error{Op: "check second factor", Kind: grimoireauth.ErrWrongCode})
		return
	}
	target, _ := h.begun(r)
	// The intermediate is this browser's secret.
	key := strings.Join([]string{"factor", u.intermediate.Token.Reveal(), kind, code}, ":")
	err := h.sign(w, r, key, target, func(ctx context.Context) (grimoireauth.SignedIn, error) {
		return resume(ctx, u.unfinished(), grimoireauth.FactorCode{Code: grimoireauth.NewSecret(code)})
	})
	if err != nil {
		h.factorRefused(w, r, u, name, page, err)
	}
}

// unfinished returns what Stytch has to know.
func (u unfinished) unfinished() grimoireauth.Unfinished {
	return grimoireauth.Unfinished{
		Person:       grimoireauth.Person{Member: u.member, Class: u.class},
		Intermediate: u.intermediate,
	}
}

// noPhone is refused like any other that is no number; an empty one would mean the
// number that they have.
const noPhone = "none"

// sendFactor sends a code by SMS: to the member's number, or to the one that they
// give, which becomes theirs.
func (h *Handler) sendFactor(w http.ResponseWriter, r *http.Request) {
	u, ok := h.owing(w, r)
	if !ok {
		return
	}
	typed, _ := single(r.PostForm, "phone")
	phone := ""
	if u.factors().AskPhone {
		phone = ungrouped(typed, "-()") // Stytch takes E.164
		if phone == "" {
			phone = noPhone
		}
	}
	var err error
	if phone != "" && phone != noPhone {
		err = h.without(r.Context(), u, grimoireauth.SecondFactorApp)
	}
	if err == nil {
		err = h.client.SignIn.SendSMSCode(r.Context(), u.unfinished(), grimoireauth.SMSCode{Phone: phone})
	}
	if errors.Is(err, errHasFactor) {
		h.hasFactor(w, r, u, grimoireauth.SecondFactorApp)
		return
	}
	if err != nil {
		page := u.factorPage()
		page.Factors.Phone = typed
		h.sendRefused(w, r, u, page, err)
		return
	}
	u.sent, u.numbered = true, u.numbered || phone != ""
	h.keepUnfinished(w, u)
	redirect(w, h.config.prefix()+owedFactor.page())
}

func (h *Handler) sendRefused(w http.ResponseWriter, r *http.Request, u unfinished, page Page, err error) {
	_, asked := answered(err)
	switch {
	case errors.Is(err, grimoireauth.ErrInvalid) && (!asked || page.Factors.AskPhone):
		page.Notice = "That is not a phone number that can get an SMS. It begins with a plus and the country, such as +61 400 000 000."
		h.show(w, http.StatusBadRequest, "factor", page)
	case errors.Is(err, grimoireauth.ErrConflict):
		// Another number is known by now; nobody is told which.
		h.note(r, "no code sent", err)
		u.numbered = true
		h.keepUnfinished(w, u)
		page = u.factorPage()
		page.Notice = "A phone number was given before, and another one cannot take its place here. Send the code to that one, or ask your instructor to remove it."
		h.show(w, http.StatusConflict, "factor", page)
	default:
		h.factorRefused(w, r, u, "factor", page, err)
	}
}

// factorRefused says what went wrong with a second factor: on the page named, where
// that can help. The unfinished sign-in is kept as long as anything can.
func (h *Handler) factorRefused(w http.ResponseWriter, r *http.Request, u unfinished, name string, page Page, err error) {
	again := func(status int, notice string) {
		h.note(r, "second factor refused", err)
		h.keepUnfinished(w, u)
		page := u.factorPage()
		page.Notice = notice
		h.show(w, status, "factor", page)
	}
	var instead *grimoireauth.NotAllowedError
	switch {
	case unknown(err), errors.Is(err, grimoireauth.ErrWrongCode): // also ErrLocked
		h.refuse(w, r, err, page, name)
	case errors.Is(err, grimoireauth.ErrTokenSpent) && !errors.Is(err, grimoireauth.ErrSignInExpired):
		// A code of an app that was not confirmed in time comes to this as well.
		u.pending = false
		again(http.StatusGone, "That code was used already, or is too old. Ask for a new one, or wait for the next one in your app.")
	case errors.Is(err, grimoireauth.ErrNotFound):
		u.pending = false
		again(http.StatusNotFound, "There is nothing set up for you that this code belongs to.")
	case errors.As(err, &instead):
		u.allowed = instead.SecondFactors
		u.enrolled, u.sent, u.numbered, u.pending = nil, false, false, false
		again(http.StatusForbidden, "The class does not allow this second factor any more.")
	default:
		h.abandon(w)
		h.refuse(w, r, err, u.page(), "factor")
	}
}
