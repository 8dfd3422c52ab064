package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// sendFactor sends a code by SMS: to the member's number, or to a number that they
// give, which becomes theirs.
func (h *Handler) sendFactor(w http.ResponseWriter, r *http.Request) {
	a, ok := h.requireFactor(w, r)
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
	if earlierMessage(err) && phone == "" {
		a.pending.sent = true // another browser of the member has requested it, and it works here as well
		redirect(w, h.next(h.keep(w, r, a))+againQuery(err))
		return
	}
	if errors.Is(err, errHasOtherFactor) {
		h.showHasFactor(w, r, a, grimoireauth.SecondFactorApp)
		return
	}
	if err != nil {
		h.sendRefused(w, r, a, a.factorPage(), err)
		return
	}
	a.pending.sent, a.pending.phoneGiven = true, a.pending.phoneGiven || phone != ""
	redirect(w, h.next(h.keep(w, r, a)))
}

// noPhone is rejected like any text that is no number. An empty number would mean the
// number that the member has.
const noPhone = "none"

// sendSMS sends a code to the member's phone, or to a typed number, which has a limit
// of its own.
func (h *Handler) sendSMS(r *http.Request, p pendingSignIn, phone string) (err error) {
	uses := []Use{p.use(ActionSendSMS, source(r.Context()))}
	if phone != "" && phone != noPhone {
		uses = append(uses, Use{Action: ActionSendSMS, Address: phone, Source: source(r.Context())})
	}
	// The call goes on if the browser is gone: see send.
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
		err = h.requireNoFactor(ctx, p, grimoireauth.SecondFactorApp)
	}
	if err == nil {
		err = h.client.SecondFactors.SendSMSCode(ctx, p.factorOwner(), stytchclient.SMSCode{Phone: phone})
	}
	if err != nil {
		// No message was sent. The person has shown the first factor, so the page may
		// say why.
		for _, use := range uses {
			h.limit.Release(ctx, use)
		}
	}
	return err
}

func (h *Handler) sendRefused(w http.ResponseWriter, r *http.Request, a attempt, page Page, err error) {
	_, answered := stytchErrorType(err)
	switch {
	case errors.Is(err, grimoireauth.ErrInvalid) && (!answered || page.Factors.AskPhone):
		h.show(w, http.StatusBadRequest, "factor", page.withNotice("That is not a phone number that can get an SMS. It begins with a plus and the country, such as +61 400 000 000."))
	case errors.Is(err, grimoireauth.ErrConflict):
		// The member has another number by now. The page does not say which.
		h.logInfo(r, "no code sent", err)
		a.pending.phoneGiven = true
		a = h.keep(w, r, a)
		page = a.factorPage()
		h.show(w, http.StatusConflict, "factor", page.withNotice("A phone number was given before, and another one cannot take its place here. Send the code to that one, or ask your instructor to remove it."))
	default:
		h.factorRefused(w, r, a, "factor", page, err)
	}
}

// enroll begins to set an authenticator app up and shows the secret for it.
func (h *Handler) enroll(w http.ResponseWriter, r *http.Request) {
	a, ok := h.requireFactor(w, r)
	if !ok {
		return
	}
	if !a.pending.mayEnroll(grimoireauth.SecondFactorApp) {
		redirect(w, h.next(a))
		return
	}
	// A second click gets the answer of the first one, since Stytch shows the secret
	// only once.
	key := "enrol:" + a.pending.intermediate.Token.Reveal()
	got, err := h.enrollments.Do(r.Context(), key, func(got *stytchclient.AppEnrollment) (bool, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
		defer cancel()
		err := h.requireNoFactor(ctx, a.pending, grimoireauth.SecondFactorSMS)
		if err == nil {
			*got, err = h.client.SecondFactors.EnrollApp(ctx, a.pending.factorOwner())
		}
		return err == nil, err
	})
	if errors.Is(err, errHasOtherFactor) {
		h.showHasFactor(w, r, a, grimoireauth.SecondFactorSMS)
		return
	}
	if errors.Is(err, grimoireauth.ErrConflict) {
		h.logInfo(r, "no app set up", err)
		a.pending.appStarted = true
		a = h.keep(w, r, a)
		h.show(w, http.StatusConflict, "factor", a.factorPage().withNotice("Setting up an app was begun before. If it is in your app, type the code that it shows. If not, use another way, or come back in an hour."))
		return
	}
	if err != nil {
		h.factorRefused(w, r, a, "factor", a.factorPage(), err)
		return
	}
	a.pending.appStarted = true
	a = h.keep(w, r, a)
	page := a.pendingPage()
	page.Enrollment = Enrollment{Key: got.Secret.Reveal(), URI: got.URI.Reveal()}
	if len(page.Enrollment.URI) > maxURI {
		page.Enrollment.URI = ""
	}
	for _, code := range got.RecoveryCodes {
		page.Enrollment.RecoveryCodes = append(page.Enrollment.RecoveryCodes, code.Reveal())
	}
	h.show(w, http.StatusOK, "enrol", page)
}

// errHasOtherFactor says that the member has another second factor than the one to be
// added.
var errHasOtherFactor error = &grimoireauth.Error{Op: "add second factor: the member has another one", Kind: grimoireauth.ErrConflict}

// requireNoFactor returns errHasOtherFactor if the member already has this second
// factor, according to Stytch. It is called before another one is added: the cookie
// contains this too, but the browser can change it, and Stytch lets a person who has
// shown the first factor add a second one.
func (h *Handler) requireNoFactor(ctx context.Context, p pendingSignIn, factor grimoireauth.SecondFactor) error {
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
	case member.Breakglass: // the member may use every factor
		return errHasOtherFactor
	}
	// The member cannot use a factor that the class no longer accepts.
	class, err := h.client.Classes.Get(ctx, p.class)
	if err == nil && class.Settings.AllowsSecondFactor(factor) {
		return errHasOtherFactor
	}
	return err
}

// showHasFactor asks for the second factor that the member has.
func (h *Handler) showHasFactor(w http.ResponseWriter, r *http.Request, a attempt, factor grimoireauth.SecondFactor) {
	h.logInfo(r, "no second factor added", errHasOtherFactor)
	a.pending.enrolled = append(a.pending.enrolled, factor)
	a = h.keep(w, r, a)
	h.show(w, http.StatusConflict, "factor", a.factorPage().withNotice("You have a second proof already. Please use that one, or ask your instructor to remove it."))
}
