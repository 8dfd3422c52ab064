package signin

import (
	"context"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"rsc.io/qr"
)

// Enrolment is what somebody needs to set an authenticator app up. It stands on the
// page "enrol" and goes with its form from try to try, under the names in quotes,
// since nobody can ask for it again. All of it is secret.
type Enrolment struct {
	Key           string   // "key": what to type if the app cannot scan, base32
	URI           string   // "uri": what the picture says; empty if it fits none
	RecoveryCodes []string // "recovery", each
}

const maxURI = 2331 // bytes; a QR code of the level used here holds as many

var (
	appKeyForm = regexp.MustCompile(`^[A-Z2-7]{16,128}=*$`)
	uriForm    = regexp.MustCompile(`^otpauth://totp/[!-~]+$`)
)

// Picture returns the QR code as a data: URL, empty if there is none.
func (e Enrolment) Picture() template.URL {
	if !uriForm.MatchString(e.URI) || len(e.URI) > maxURI {
		return ""
	}
	code, err := qr.Encode(e.URI, qr.M)
	if err != nil {
		return "" // the key can still be typed
	}
	code.Scale = 4
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()))
}

// Groups returns the key in groups of four, as it is easiest to type.
func (e Enrolment) Groups() string {
	var groups []string
	for rest := e.Key; rest != ""; {
		n := min(4, len(rest))
		groups, rest = append(groups, rest[:n]), rest[n:]
	}
	return strings.Join(groups, " ")
}

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
