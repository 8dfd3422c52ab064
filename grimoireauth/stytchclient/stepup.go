package stytchclient

import (
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// StepUpError says that a sign-in is not finished: who it is for, what the class
// still wants, and the proof of what was done so far. It matches [grimoireauth.ErrStepUp].
//
// What is owed comes in this order: one more primary way to sign in (Primary), a second
// factor (MFA).
type StepUpError struct {
	Op     string
	Member grimoireauth.Member
	Class  grimoireauth.Class
	// Intermediate proves the part that is done, for ten minutes. It is a secret
	// and no session.
	Intermediate grimoireauth.Intermediate

	// Primary reports whether one more primary way to sign in is owed, before MFA.
	// Methods are those that will do; sign in by one of them with
	// [SignInOptions.Continue] set to Intermediate. Not every Intermediate may be
	// continued by every method, and signing in anew by one of them is always right.
	Primary bool
	Methods []grimoireauth.SignInMethod

	// MFA reports whether a second factor is owed.
	MFA bool
	// Allowed are the second factors that the class accepts from this member, and
	// Enrolled those of them that the member has, the one they prefer first. With
	// none enrolled, they enroll one of Allowed on the way. A recovery code does for an
	// enrolled authenticator app.
	Allowed, Enrolled []grimoireauth.SecondFactor
	// CodeSent reports whether Stytch has sent the SMS code already.
	CodeSent bool
}

// Owner returns what [SecondFactors] needs to finish the sign-in. It is zero while one more
// primary way to sign in is owed.
func (e *StepUpError) Owner() FactorOwner {
	if e.Primary {
		return FactorOwner{}
	}
	return FactorOwner{Person: e.Member.Person, Proof: e.Intermediate}
}

// Error says what is owed, without the secret.
func (e *StepUpError) Error() string {
	owed := make([]string, 0, 2)
	if e.Primary {
		owed = append(owed, "one of "+strings.Join(words[string](e.Methods), ", "))
	}
	if e.MFA {
		owed = append(owed, "a second factor")
	}
	return "grimoireauth: " + e.Op + ": " + grimoireauth.ErrStepUp.Error() + ": the class asks for " + strings.Join(owed, " and then ")
}

// Unwrap returns [grimoireauth.ErrStepUp].
func (e *StepUpError) Unwrap() error { return grimoireauth.ErrStepUp }

// intermediateLife is how long an intermediate_session_token lasts:
// https://stytch.com/docs/b2b/guides/discovery/overview
const intermediateLife = 10 * time.Minute

// newIntermediate is the Intermediate of an answer. Stytch hands out the same
// token again while a sign-in goes on, and its time goes on as well.
func newIntermediate(token string, began grimoireauth.Intermediate) grimoireauth.Intermediate {
	fresh := grimoireauth.Intermediate{Token: grimoireauth.NewSecret(token), ExpiresAt: time.Now().Add(intermediateLife)}
	if fresh.Token.Equal(began.Token) && !began.ExpiresAt.IsZero() && began.ExpiresAt.Before(fresh.ExpiresAt) {
		fresh.ExpiresAt = began.ExpiresAt
	}
	return fresh
}

// provesAddress are the ways to sign in that prove an e-mail address, which is
// what a person owes if a provider does not vouch for their address.
// Source: https://stytch.com/docs/b2b/guides/oauth/overview
var provesAddress = []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodSSO, grimoireauth.MethodGoogle, grimoireauth.MethodMicrosoft}

func stepUp(op string, res sessionAnswer, began grimoireauth.Intermediate, member grimoireauth.Member, class grimoireauth.Class) error {
	switch {
	case res.Token != "" || res.JWT != "" || res.Session != nil:
		return incomplete(op, res.RequestID, "says that the sign-in is unfinished and has a session")
	case res.Intermediate == "":
		return incomplete(op, res.RequestID, "says that the sign-in is unfinished and not how to go on")
	case res.Primary == nil && res.MFA == nil:
		return incomplete(op, res.RequestID, "says that the sign-in is unfinished and not what it lacks")
	}
	stepUp := &StepUpError{
		Op:           op,
		Member:       member,
		Class:        class,
		Intermediate: newIntermediate(res.Intermediate, began),
	}
	if res.Primary != nil {
		stepUp.Primary = true
		stepUp.Methods = primaryMethods(res.Primary.AllowedAuthMethods, class)
	}
	if res.MFA != nil {
		stepUp.MFA = true
		stepUp.CodeSent = res.MFA.SecondaryAuthInitiated == "sms_otp"
		stepUp.Allowed = allowedSecondFactors(class.Settings)
		if member.Breakglass {
			stepUp.Allowed = slices.Clone(everySecondFactor) // bound by no restriction
		}
		if options := res.MFA.MemberOptions; options != nil {
			stepUp.Enrolled = enrolled(stepUp.Allowed, options.MFAPhoneNumber != "", options.TOTPRegistrationID != "", member.DefaultSecondFactor)
		}
	}
	return stepUp
}

// primaryMethods reads allowed_auth_methods. A class without a restriction has an
// empty list there, also when a proof of the address is owed.
func primaryMethods(allowed []string, class grimoireauth.Class) []grimoireauth.SignInMethod {
	if len(allowed) > 0 {
		return words[grimoireauth.SignInMethod](allowed)
	}
	return slices.DeleteFunc(slices.Clone(provesAddress), func(m grimoireauth.SignInMethod) bool { return !class.Settings.Allows(m) })
}

// enrolled lists what a member has, as far as the class accepts it.
func enrolled(allowed []grimoireauth.SecondFactor, phone, app bool, preferred grimoireauth.SecondFactor) []grimoireauth.SecondFactor {
	has := map[grimoireauth.SecondFactor]bool{grimoireauth.SecondFactorSMS: phone, grimoireauth.SecondFactorApp: app}
	out := slices.DeleteFunc(slices.Clone(allowed), func(f grimoireauth.SecondFactor) bool { return !has[f] })
	slices.SortStableFunc(out, func(a, b grimoireauth.SecondFactor) int {
		switch {
		case a == preferred && b != preferred:
			return -1
		case b == preferred && a != preferred:
			return 1
		}
		return 0
	})
	return out
}
