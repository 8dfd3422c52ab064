package signin

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// factors returns the second factors with which the sign-in can be finished.
func (p pendingSignIn) factors() SecondFactors {
	sms, app := p.has(grimoireauth.SecondFactorSMS) || p.phoneGiven, p.has(grimoireauth.SecondFactorApp)
	return SecondFactors{
		SMSCode:   sms && p.sent,
		SendSMS:   sms && !p.sent,
		AskPhone:  !sms && p.mayEnroll(grimoireauth.SecondFactorSMS),
		AppCode:   app || p.appStarted,
		Recovery:  app,
		EnrollApp: !p.appStarted && !p.phoneGiven && p.mayEnroll(grimoireauth.SecondFactorApp),
	}
}

// factorPage returns the page "factor" of the pending sign-in.
func (a attempt) factorPage() Page {
	page := a.pendingPage()
	page.Factors = a.pending.factors()
	return page
}

// requireFactor returns the attempt of a request about a second factor. If there is
// none, it writes the response and returns false.
func (h *Handler) requireFactor(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.requirePending(w, r)
	if ok && a.pending.step != stepFactor {
		redirect(w, h.next(a))
		return attempt{}, false
	}
	return a, ok
}

func (h *Handler) askFactor(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.requireFactor(w, r); ok {
		page := a.factorPage()
		page.Again = againIn(r)
		h.show(w, http.StatusOK, "factor", page)
	}
}

// The kinds of codes, in the field "factor".
const (
	codeSMS      = string(grimoireauth.SecondFactorSMS)
	codeApp      = string(grimoireauth.SecondFactorApp)
	codeRecovery = "recovery_code"
)

var recoveryCodeForm = regexp.MustCompile(`^[A-Za-z0-9-]{4,64}$`)

// checkFactor finishes the sign-in with a code.
func (h *Handler) checkFactor(w http.ResponseWriter, r *http.Request) {
	a, ok := h.requireFactor(w, r)
	if !ok {
		return
	}
	kind, oneKind := single(r.PostForm, "factor")
	code, oneCode := single(r.PostForm, "code")
	code = ungrouped(code, "")
	resume, form := h.client.SecondFactors.WithSMSCode, codeForm
	switch kind {
	case codeSMS:
	case codeApp:
		resume = h.client.SecondFactors.WithAppCode
	case codeRecovery:
		resume, form = h.client.SecondFactors.WithRecoveryCode, recoveryCodeForm
	default:
		oneKind = false
	}
	name, page := "factor", a.factorPage()
	if enrollment, ok := enrollmentOf(r.PostForm); ok && kind == codeApp {
		name, page.Enrollment = "enrol", enrollment
	}
	if !oneKind || !oneCode || !form.MatchString(code) {
		h.factorRefused(w, r, a, name, page, &grimoireauth.Error{Op: "check second factor", Kind: grimoireauth.ErrWrongCode})
		return
	}
	// The intermediate_session_token is a secret of this browser.
	key := strings.Join([]string{"factor", a.pending.intermediate.Token.Reveal(), kind, code}, ":")
	// The member is what the cookie says, and Stytch compares it with the
	// intermediate_session_token. So a guess counts against the member only after
	// Stytch has checked it.
	use := a.pending.use(ActionGuess, source(r.Context()))
	err := h.sign(w, r, signing{attempt: a, key: key}, h.limitGuesses(use, wrongFactor, func(ctx context.Context) (stytchclient.SignedIn, error) {
		signedIn, err := resume(ctx, a.pending.factorOwner(), stytchclient.FactorCode{Code: grimoireauth.NewSecret(code)})
		if err == nil && kind == codeSMS {
			h.limit.Release(ctx, a.pending.use(ActionSendSMS, use.Source)) // the message was used
		}
		return signedIn, err
	}))
	if err != nil {
		h.factorRefused(w, r, a, name, page, err)
	}
}

// enrollmentOf reads the fields of the form "enrol", which the page has shown to the
// same person before. It rejects values of another form.
func enrollmentOf(form map[string][]string) (Enrollment, bool) {
	key, oneKey := single(form, "key")
	uri, oneURI := single(form, "uri")
	e := Enrollment{Key: key, URI: uri, RecoveryCodes: form["recovery"]}
	if !oneKey || !oneURI || !appKeyForm.MatchString(key) || (uri != "" && (!uriForm.MatchString(uri) || len(uri) > maxURI)) {
		return Enrollment{}, false
	}
	if len(e.RecoveryCodes) > 20 {
		return Enrollment{}, false
	}
	for _, code := range e.RecoveryCodes {
		if !recoveryCodeForm.MatchString(code) {
			return Enrollment{}, false
		}
	}
	return e, true
}

// wrongFactor reports whether a code of a second factor counts as a wrong guess.
func wrongFactor(err error) bool {
	return errors.Is(err, grimoireauth.ErrWrongCode) || errors.Is(err, grimoireauth.ErrLocked) ||
		errors.Is(err, grimoireauth.ErrTokenSpent) && !errors.Is(err, grimoireauth.ErrSignInExpired)
}

// use returns the Use of an action on the member's second factor.
func (p pendingSignIn) use(action Action, from netip.Addr) Use {
	return Use{Action: action, Class: string(p.class), Address: string(p.member), Source: from}
}

// factorOwner returns the pending sign-in as the client takes it.
func (p pendingSignIn) factorOwner() stytchclient.FactorOwner {
	return stytchclient.FactorOwner{
		Person: grimoireauth.Person{Member: p.member, Class: p.class},
		Proof:  p.intermediate,
	}
}

// factorRefused says what went wrong with a second factor: on the page with this name
// if trying again can succeed. The pending sign-in is kept as long as it can be
// finished.
func (h *Handler) factorRefused(w http.ResponseWriter, r *http.Request, a attempt, name string, page Page, err error) {
	again := func(status int, notice string) {
		h.logInfo(r, "second factor refused", err)
		a = h.keep(w, r, a)
		h.show(w, status, "factor", a.factorPage().withNotice(notice))
	}
	var instead *stytchclient.NotAllowedError
	switch {
	case isUndecided(err), errors.Is(err, grimoireauth.ErrWrongCode): // also ErrLocked
		h.refuse(w, r, err, page, name)
	case errors.Is(err, grimoireauth.ErrTokenSpent) && !errors.Is(err, grimoireauth.ErrSignInExpired):
		// Stytch also answers this if an app was not confirmed in time.
		a.pending.appStarted = false
		again(http.StatusGone, "That code was used already, or is too old. Ask for a new one, or wait for the next one in your app.")
	case errors.Is(err, grimoireauth.ErrNotFound):
		a.pending.appStarted = false
		again(http.StatusNotFound, "There is nothing set up for you that this code belongs to.")
	case errors.As(err, &instead):
		a.pending.allowed = instead.SecondFactors
		a.pending.enrolled, a.pending.sent, a.pending.phoneGiven, a.pending.appStarted = nil, false, false, false
		again(http.StatusForbidden, "The class does not allow this second factor any more.")
	default:
		h.drop(w, r, a)
		page := a.pendingPage()
		page.Attempt = ""
		h.refuse(w, r, err, page, "factor")
	}
}
