package signin

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// factors returns what a pending sign-in can be finished with.
func (p pendingSignIn) factors() SecondFactors {
	sms, app := p.has(grimoireauth.SecondFactorSMS) || p.numbered, p.has(grimoireauth.SecondFactorApp)
	return SecondFactors{
		SMSCode:  sms && p.sent,
		SendSMS:  sms && !p.sent,
		AskPhone: !sms && p.mayEnrol(grimoireauth.SecondFactorSMS),
		AppCode:  app || p.appBegun,
		Recovery: app,
		EnrolApp: !p.appBegun && !p.numbered && p.mayEnrol(grimoireauth.SecondFactorApp),
	}
}

// factorPage is the page "factor" of a pending sign-in.
func (a attempt) factorPage() Page {
	page := a.page()
	page.Factors = a.pending.factors()
	return page
}

// dueFactor returns the attempt of a request that gives a second factor. If there is
// none it has answered.
func (h *Handler) dueFactor(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.due(w, r)
	if ok && a.pending.owed != owedFactor {
		redirect(w, h.next(a))
		return attempt{}, false
	}
	return a, ok
}

func (h *Handler) askFactor(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.dueFactor(w, r); ok {
		page := a.factorPage()
		page.Again = pendingFor(r)
		h.show(w, http.StatusOK, "factor", page)
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
	a, ok := h.dueFactor(w, r)
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
	name, page := "factor", a.factorPage()
	if enrolment, ok := enrolmentOf(r.PostForm); ok && kind == codeApp {
		name, page.Enrolment = "enrol", enrolment
	}
	if !oneKind || !oneCode || !form.MatchString(code) {
		h.factorRefused(w, r, a, name, page, &grimoireauth.Error{Op: "check second factor", Kind: grimoireauth.ErrWrongCode})
		return
	}
	// The intermediate is this browser's secret.
	key := strings.Join([]string{"factor", a.pending.intermediate.Token.Reveal(), kind, code}, ":")
	// The member is what the browser says, and Stytch compares it with the intermediate.
	// So only a guess that Stytch has looked at counts against this member.
	use := a.pending.use(ActionGuess, source(r.Context()))
	err := h.sign(w, r, signing{attempt: a, key: key}, h.guess(use, wrongFactor, func(ctx context.Context) (grimoireauth.SignedIn, error) {
		signedIn, err := resume(ctx, a.pending.unfinished(), grimoireauth.FactorCode{Code: grimoireauth.NewSecret(code)})
		if err == nil && kind == codeSMS {
			h.limit.Release(ctx, a.pending.use(ActionSendSMS, use.Source)) // it has been used
		}
		return signedIn, err
	}))
	if err != nil {
		h.factorRefused(w, r, a, name, page, err)
	}
}

// wrongFactor reports whether a code of a second factor counts as a wrong guess.
func wrongFactor(err error) bool {
	return errors.Is(err, grimoireauth.ErrWrongCode) || errors.Is(err, grimoireauth.ErrLocked) ||
		errors.Is(err, grimoireauth.ErrTokenSpent) && !errors.Is(err, grimoireauth.ErrSignInExpired)
}

// use is what is done to the second factor of the member.
func (p pendingSignIn) use(action Action, from netip.Addr) Use {
	return Use{Action: action, Class: string(p.class), Address: string(p.member), Source: from}
}

// unfinished returns what Stytch has to know.
func (p pendingSignIn) unfinished() grimoireauth.Unfinished {
	return grimoireauth.Unfinished{
		Person:       grimoireauth.Person{Member: p.member, Class: p.class},
		Intermediate: p.intermediate,
	}
}

// noPhone is refused like any other that is no number; an empty one would mean the
// number that they have.
const noPhone = "none"

// sendFactor sends a code by SMS: to the member's number, or to the one that they
// give, which becomes theirs.
func (h *Handler) sendFactor(w http.ResponseWriter, r *http.Request) {
	a, ok := h.dueFactor(w, r)
	if !ok {
		return
	}
	typed, _ := single(r.PostForm, "phone")
	phone := ""
	if a.pending.factors().AskPhone {
		phone = ungrouped(typed, "-()") // Stytch takes E.164
		if phone == "" {
			phone = noPhone
		}
	}
	err := h.sendSMS(r, a.pending, phone)
	if limited, own := ours(err); own && limited != nil && limited.pending && phone == "" {
		a.pending.sent = true // by another browser of theirs, and it works here
		redirect(w, h.next(h.keep(w, r, a))+pendingQuery(err))
		return
	}
	if errors.Is(err, errHasFactor) {
		h.hasFactor(w, r, a, grimoireauth.SecondFactorApp)
		return
	}
	if err != nil {
		page := a.factorPage()
		h.sendRefused(w, r, a, page, err)
		return
	}
	a.pending.sent, a.pending.numbered = true, a.pending.numbered || phone != ""
	redirect(w, h.next(h.keep(w, r, a)))
}

// sendSMS sends a code to the member's phone, or to one that was typed in, which is
// limited by its number as well.
func (h *Handler) sendSMS(r *http.Request, p pendingSignIn, phone string) (err error) {
	uses := []Use{p.use(ActionSendSMS, source(r.Context()))}
	if phone != "" && phone != noPhone {
		uses = append(uses, Use{Action: ActionSendSMS, Address: phone, Source: source(r.Context())})
	}
	// Also if the browser is gone: see send.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	for i, use := range uses {
		if err := h.reserve(ctx, use); err != nil {
			for _, earlier := range uses[:i] {
				h.limit.Release(ctx, earlier)
			}
			return err
		}
	}
	if len(uses) > 1 {
		err = h.without(ctx, p, grimoireauth.SecondFactorApp)
	}
	if err == nil {
		err = h.client.SignIn.SendSMSCode(ctx, p.unfinished(), grimoireauth.SMSCode{Phone: phone})
	}
	if err != nil {
		// Nothing was sent, and what is wrong is no secret from those who have shown the
		// first factor.
		for _, use := range uses {
			h.limit.Release(ctx, use)
		}
	}
	return err
}

func (h *Handler) sendRefused(w http.ResponseWriter, r *http.Request, a attempt, page Page, err error) {
	_, asked := answered(err)
	switch {
	case errors.Is(err, grimoireauth.ErrInvalid) && (!asked || page.Factors.AskPhone):
		page.Notice = "That is not a phone number that can get an SMS. It begins with a plus and the country, such as +61 400 000 000."
		h.show(w, http.StatusBadRequest, "factor", page)
	case errors.Is(err, grimoireauth.ErrConflict):
		// Another number is known by now; nobody is told which.
		h.note(r, "no code sent", err)
		a.pending.numbered = true
		a = h.keep(w, r, a)
		page = a.factorPage()
		page.Notice = "A phone number was given before, and another one cannot take its place here. Send the code to that one, or ask your instructor to remove it."
		h.show(w, http.StatusConflict, "factor", page)
	default:
		h.factorRefused(w, r, a, "factor", page, err)
	}
}

// factorRefused says what went wrong with a second factor: on the page named, where
// that can help. The unfinished sign-in is kept as long as anything can.
func (h *Handler) factorRefused(w http.ResponseWriter, r *http.Request, a attempt, name string, page Page, err error) {
	again := func(status int, notice string) {
		h.note(r, "second factor refused", err)
		a = h.keep(w, r, a)
		page := a.factorPage()
		page.Notice = notice
		h.show(w, status, "factor", page)
	}
	var instead *grimoireauth.NotAllowedError
	switch {
	case unknown(err), errors.Is(err, grimoireauth.ErrWrongCode): // also ErrLocked
		h.refuse(w, r, err, page, name)
	case errors.Is(err, grimoireauth.ErrTokenSpent) && !errors.Is(err, grimoireauth.ErrSignInExpired):
		// A code of an app that was not confirmed in time comes to this as well.
		a.pending.appBegun = false
		again(http.StatusGone, "That code was used already, or is too old. Ask for a new one, or wait for the next one in your app.")
	case errors.Is(err, grimoireauth.ErrNotFound):
		a.pending.appBegun = false
		again(http.StatusNotFound, "There is nothing set up for you that this code belongs to.")
	case errors.As(err, &instead):
		a.pending.allowed = instead.SecondFactors
		a.pending.enrolled, a.pending.sent, a.pending.numbered, a.pending.appBegun = nil, false, false, false
		again(http.StatusForbidden, "The class does not allow this second factor any more.")
	default:
		h.drop(w, r, a)
		page := a.page()
		page.Attempt = ""
		h.refuse(w, r, err, page, "factor")
	}
}

// errHasFactor: the member has another second factor than the one to be added.
var errHasFactor error = &grimoireauth.Error{Op: "add second factor: the member has another one", Kind: grimoireauth.ErrConflict}

// without asks Stytch whether the member lacks this second factor, before they get
// another one: the cookie, which says so as well, is theirs to change, and Stytch
// lets anybody add one who has shown the first factor.
func (h *Handler) without(ctx context.Context, p pendingSignIn, factor grimoireauth.SecondFactor) error {
	member, err := h.client.Roster.Get(ctx, p.class, p.member)
	if err != nil {
		return err
	}
	has := member.App
	if factor == grimoireauth.SecondFactorSMS {
		has = member.Phone != ""
	}
	switch {
	case !has:
		return nil
	case member.Breakglass: // may use every factor
		return errHasFactor
	}
	// One that the class does not accept any more is of no use to them.
	class, err := h.client.Classes.Get(ctx, p.class)
	if err == nil && class.Settings.AllowsSecondFactor(factor) {
		return errHasFactor
	}
	return err
}

// hasFactor asks for the second factor that the member has.
func (h *Handler) hasFactor(w http.ResponseWriter, r *http.Request, a attempt, factor grimoireauth.SecondFactor) {
	h.note(r, "no second factor added", errHasFactor)
	a.pending.enrolled = append(a.pending.enrolled, factor)
	a = h.keep(w, r, a)
	page := a.factorPage()
	page.Notice = "You have a second proof already. Please use that one, or ask your instructor to remove it."
	h.show(w, http.StatusConflict, "factor", page)
}
