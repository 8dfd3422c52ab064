package signin

import (
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin/internal/cookie"
)

// pendingSignIn is a sign-in for which Stytch requires one more step. The browser can
// change it: Stytch checks the intermediate_session_token, and everything else only
// decides which page is shown. The zero value is no sign-in.
type pendingSignIn struct {
	step         step
	intermediate grimoireauth.Intermediate
	discovered   bool // it began without a class, so another class can be chosen

	// These are empty while a class has to be chosen.
	class     grimoireauth.ClassID
	slug      string
	className string
	member    grimoireauth.MemberID
	methods   []grimoireauth.SignInMethod

	allowed, enrolled []grimoireauth.SecondFactor
	sent              bool // a code by SMS was sent
	phoneGiven        bool // the phone number was typed in during this sign-in
	appStarted        bool // an app was set up and no code of it was checked yet
}

// step is the next step of a pending sign-in.
type step string

const (
	stepClass   step = "class"
	stepPrimary step = "primary"
	stepFactor  step = "factor"
)

// page returns the path of the page of the step.
func (o step) page() string {
	switch o {
	case stepClass:
		return "classes"
	case stepFactor:
		return "factor"
	}
	return "unfinished"
}

const (
	// intermediateLife is Stytch's: https://stytch.com/docs/b2b/guides/discovery/overview
	intermediateLife = 10 * time.Minute
	jwtLife          = 5 * time.Minute // of a session_jwt: https://stytch.com/docs/b2b/guides/sessions/using-jwts
	// clockSkew is how much the clocks of two processes that serve one attempt may
	// differ: as much as one may be ahead and still sign people in (see checkClock).
	clockSkew = jwtLife
	maxName   = 512 // bytes: Stytch's 128 characters
	maxWords  = 16
)

// classForm is the form of an organization_id or a slug. Stytch accepts either as an
// organization_id.
var classForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)

// tokenForm is the form of Stytch's opaque tokens, base64url with padding.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,512}={0,2}$`)

func slugOK(slug string) bool { return slug == "" || classForm.MatchString(slug) }

var (
	classIDForm  = regexp.MustCompile(`^organization-[A-Za-z0-9-]{1,110}$`)
	memberIDForm = regexp.MustCompile(`^member-[A-Za-z0-9-]{1,110}$`)
	wordForm     = regexp.MustCompile(`^[a-z0-9_]{1,32}$`) // a method as Stytch spells it
)

// pendingFields are the fields in the cookie of an attempt. All are empty if there is
// no pending sign-in.
var pendingFields = []cookie.Field[pendingSignIn]{
	cookie.Text(func(p *pendingSignIn) *step { return &p.step }),
	cookie.Time(func(p *pendingSignIn) *time.Time { return &p.intermediate.ExpiresAt }),
	cookie.Secret(func(p *pendingSignIn) *grimoireauth.Secret { return &p.intermediate.Token }),
	cookie.Flags(
		cookie.Flag[pendingSignIn]{Letter: "d", At: func(p *pendingSignIn) *bool { return &p.discovered }},
		cookie.Flag[pendingSignIn]{Letter: "s", At: func(p *pendingSignIn) *bool { return &p.sent }},
		cookie.Flag[pendingSignIn]{Letter: "n", At: func(p *pendingSignIn) *bool { return &p.phoneGiven }},
		cookie.Flag[pendingSignIn]{Letter: "a", At: func(p *pendingSignIn) *bool { return &p.appStarted }},
	),
	cookie.Text(func(p *pendingSignIn) *grimoireauth.ClassID { return &p.class }),
	cookie.Text(func(p *pendingSignIn) *string { return &p.slug }),
	cookie.Text(func(p *pendingSignIn) *grimoireauth.MemberID { return &p.member }),
	cookie.Words(func(p *pendingSignIn) *[]grimoireauth.SignInMethod { return &p.methods }),
	cookie.Words(func(p *pendingSignIn) *[]grimoireauth.SecondFactor { return &p.allowed }),
	cookie.Words(func(p *pendingSignIn) *[]grimoireauth.SecondFactor { return &p.enrolled }),
	cookie.Text(func(p *pendingSignIn) *string { return &p.className }),
}

// live reports whether the sign-in has not expired. It also rejects a time that is
// longer than Stytch gives, allowing for clockSkew.
func (p pendingSignIn) live(now time.Time) bool {
	left := p.intermediate.ExpiresAt.Sub(now)
	return left > 0 && left <= intermediateLife+clockSkew
}

func (p pendingSignIn) wellFormed() bool {
	if p.step == "" {
		return cookie.Empty(p, pendingFields)
	}
	if p.intermediate.ExpiresAt.IsZero() || !tokenForm.MatchString(p.intermediate.Token.Reveal()) || !slugOK(p.slug) || len(p.className) > maxName {
		return false
	}
	known := classIDForm.MatchString(string(p.class)) && memberIDForm.MatchString(string(p.member))
	switch p.step {
	case stepClass:
		return p.discovered && p.class == "" && p.member == "" && p.slug == "" && p.methods == nil && p.allowed == nil && p.enrolled == nil
	case stepPrimary, stepFactor:
		return known && wordsOK(p.methods) && factorsOK(p.allowed) && factorsOK(p.enrolled)
	}
	return false
}

// fitted leaves out what does not fit and is only shown on a page, and methods of a
// form that this version does not know.
func (p pendingSignIn) fitted() pendingSignIn {
	p.methods = slices.DeleteFunc(slices.Clone(p.methods), func(m grimoireauth.SignInMethod) bool { return !wordForm.MatchString(string(m)) })
	if len(p.methods) > maxWords {
		p.methods = p.methods[:maxWords]
	}
	p.allowed = slices.DeleteFunc(slices.Clone(p.allowed), unknownFactor)
	p.enrolled = slices.DeleteFunc(slices.Clone(p.enrolled), unknownFactor)
	if !slugOK(p.slug) {
		p.slug = ""
	}
	if len(p.className) > maxName {
		p.className = ""
	}
	if p.step == stepClass {
		p = pendingSignIn{step: p.step, intermediate: p.intermediate, discovered: p.discovered}
	}
	return p
}

func wordsOK(methods []grimoireauth.SignInMethod) bool {
	return len(methods) <= maxWords && !slices.ContainsFunc(methods, func(m grimoireauth.SignInMethod) bool { return !wordForm.MatchString(string(m)) })
}

func factorsOK(factors []grimoireauth.SecondFactor) bool {
	return len(factors) <= 2 && !slices.ContainsFunc(factors, unknownFactor)
}

func unknownFactor(f grimoireauth.SecondFactor) bool {
	return f != grimoireauth.SecondFactorSMS && f != grimoireauth.SecondFactorApp
}

// has reports whether the member has this second factor.
func (p pendingSignIn) has(factor grimoireauth.SecondFactor) bool {
	return slices.Contains(p.enrolled, factor)
}

// mayEnroll reports whether the member can add this second factor during the sign-in. A
// member who has one cannot: otherwise the first factor alone would be enough to enter
// the class.
func (p pendingSignIn) mayEnroll(factor grimoireauth.SecondFactor) bool {
	return len(p.enrolled) == 0 && slices.Contains(p.allowed, factor)
}

// chooseClassError is a sign-in without a class that has found the classes of a person.
// It matches [grimoireauth.ErrStepUp].
type chooseClassError struct{ found stytchclient.Discovered }

func (e *chooseClassError) Error() string { return "sign in: a class has to be chosen" }

func (e *chooseClassError) Unwrap() error { return grimoireauth.ErrStepUp }

// choosing returns what a discovery found as the outcome of a sign-in.
func choosing(found stytchclient.Discovered, err error) (stytchclient.SignedIn, error) {
	if err == nil {
		err = &chooseClassError{found}
	}
	return stytchclient.SignedIn{}, err
}

// pendingAfter returns what is kept of a sign-in that is not finished, and the address of
// its account.
func pendingAfter(err error) (pending pendingSignIn, email string, ok bool) {
	var class *chooseClassError
	if errors.As(err, &class) {
		return pendingSignIn{step: stepClass, discovered: true, intermediate: class.found.Intermediate}, class.found.Email, true
	}
	var e *stytchclient.StepUpError
	if !errors.As(err, &e) {
		return pendingSignIn{}, "", false
	}
	pending = pendingSignIn{
		step:         stepFactor,
		intermediate: e.Intermediate,
		class:        e.Class.ID,
		slug:         e.Class.Slug,
		className:    e.Class.Name,
		member:       e.Member.Member,
		methods:      e.Methods,
		allowed:      e.Allowed,
		enrolled:     e.Enrolled,
		sent:         e.CodeSent,
	}
	if e.Primary {
		pending.step = stepPrimary
	}
	return pending, e.Member.Email, true
}
