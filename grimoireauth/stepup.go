package grimoireauth

import (
	"strings"
	"time"
)

// StepUpError says that a sign-in is not finished: who it is for, what the class
// still wants, and the proof of what was done so far. It matches [ErrStepUp].
type StepUpError struct {
	Op     string
	Member Member
	Class  Class
	// Intermediate proves the part that is done, for ten minutes. It is a secret
	// and no session.
	Intermediate Intermediate
	// Methods are the primary ways to sign in of which the class wants one more,
	// in Stytch's words ("sso", "google_oauth", …). They are owed before MFA.
	Methods []string
	// MFA reports whether a second factor is owed.
	MFA bool
	// PhoneNumber and TOTP say which second factors the member has enrolled. With
	// neither, one has to be enrolled first.
	PhoneNumber, TOTP bool
	// CodeSent reports whether Stytch has sent the SMS code already.
	CodeSent bool
}

// Error says what is owed, without the secret.
func (e *StepUpError) Error() string {
	owed := make([]string, 0, 2)
	if len(e.Methods) > 0 {
		owed = append(owed, "one of "+strings.Join(e.Methods, ", "))
	}
	if e.MFA {
		owed = append(owed, "a second factor")
	}
	return "grimoireauth: " + e.Op + ": " + ErrStepUp.Error() + ": the class asks for " + strings.Join(owed, " and then ")
}

// Unwrap returns [ErrStepUp].
func (e *StepUpError) Unwrap() error { return ErrStepUp }

// intermediateLife is how long an intermediate_session_token lasts:
// https://stytch.com/docs/b2b/guides/discovery/overview
const intermediateLife = 10 * time.Minute

func stepUp(op string, o outcome, member Member, class Class) error {
	switch {
	case o.token != "" || o.jwt != "" || o.session != nil:
		return incomplete(op, o.requestID, "says that the sign-in is unfinished and has a session")
	case o.intermediate == "":
		return incomplete(op, o.requestID, "says that the sign-in is unfinished and not how to go on")
	case o.primary == nil && o.mfa == nil:
		return incomplete(op, o.requestID, "says that the sign-in is unfinished and not what it lacks")
	}
	unfinished := &StepUpError{
		Op:     op,
		Member: member,
		Class:  class,
		Intermediate: Intermediate{
			Token:     NewSecret(o.intermediate),
			ExpiresAt: time.Now().Add(intermediateLife),
		},
	}
	if o.primary != nil {
		unfinished.Methods = o.primary.AllowedAuthMethods
	}
	if o.mfa != nil {
		unfinished.MFA = true
		unfinished.CodeSent = o.mfa.SecondaryAuthInitiated == "sms_otp"
		if options := o.mfa.MemberOptions; options != nil {
			unfinished.PhoneNumber = options.MFAPhoneNumber != ""
			unfinished.TOTP = options.TOTPRegistrationID != ""
		}
	}
	return unfinished
}
