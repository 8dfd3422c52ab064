package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// enrolmentOf reads the fields of the form "enrol". They come back from the person
// whom they were shown to; what is not of their form is no enrolment.
func enrolmentOf(form map[string][]string) (Enrolment, bool) {
	key, oneKey := single(form, "key")
	uri, oneURI := single(form, "uri")
	e := Enrolment{Key: key, URI: uri, RecoveryCodes: form["recovery"]}
	if !oneKey || !oneURI || !appKeyForm.MatchString(key) || (uri != "" && (!uriForm.MatchString(uri) || len(uri) > maxURI)) {
		return Enrolment{}, false
	}
	if len(e.RecoveryCodes) > 20 {
		return Enrolment{}, false
	}
	for _, code := range e.RecoveryCodes {
		if !recoveryCodeForm.MatchString(code) {
			return Enrolment{}, false
		}
	}
	return e, true
}

// enrol begins to set an authenticator app up and shows what it needs.
func (h *Handler) enrol(w http.ResponseWriter, r *http.Request) {
	a, ok := h.dueFactor(w, r)
	if !ok {
		return
	}
	if !a.pending.mayEnrol(grimoireauth.SecondFactorApp) {
		redirect(w, h.next(a))
		return
	}
	// What a first click was told, a second one could not ask for again.
	key := "enrol:" + a.pending.intermediate.Token.Reveal()
	got, err := h.enrolments.run(r.Context(), key, func(got *grimoireauth.AppEnrolment) (bool, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
		defer cancel()
		err := h.without(ctx, a.pending, grimoireauth.SecondFactorSMS)
		if err == nil {
			*got, err = h.client.SignIn.EnrollApp(ctx, a.pending.unfinished())
		}
		return err == nil, err
	})
	if errors.Is(err, errHasFactor) {
		h.hasFactor(w, r, a, grimoireauth.SecondFactorSMS)
		return
	}
	if errors.Is(err, grimoireauth.ErrConflict) {
		h.note(r, "no app set up", err)
		a.pending.appBegun = true
		a = h.keep(w, r, a)
		page := a.factorPage()
		page.Notice = "Setting up an app was begun before. If it is in your app, type the code that it shows. If not, use another way, or come back in an hour."
		h.show(w, http.StatusConflict, "factor", page)
		return
	}
	if err != nil {
		h.factorRefused(w, r, a, "factor", a.factorPage(), err)
		return
	}
	a.pending.appBegun = true
	a = h.keep(w, r, a)
	page := a.page()
	page.Enrolment = Enrolment{Key: got.Secret.Reveal(), URI: got.URI.Reveal()}
	if len(page.Enrolment.URI) > maxURI {
		page.Enrolment.URI = ""
	}
	for _, code := range got.RecoveryCodes {
		page.Enrolment.RecoveryCodes = append(page.Enrolment.RecoveryCodes, code.Reveal())
	}
	h.show(w, http.StatusOK, "enrol", page)
}
